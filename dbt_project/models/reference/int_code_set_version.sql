-- grain: one row per code set and begin of validity
-- What the city states of a set goes before what is known of the national ones; a set whose codes are listed and of which
-- nothing is said is a member all the same.
with

mount as (
    select city, time_zone from {{ ref('stg_mount') }}
),

stated as (
    select
        {{ json_text('attributes', 'code_set') }} as code_set,
        {{ json_text('attributes', 'title') }} as title,
        {{ json_text('attributes', 'standard') }} as standard,
        {{ json_text('attributes', 'city') }} as city,
        cast({{ json_text('attributes', 'is_local') }} as boolean) as is_local,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'code_set'
),

versions as (
    {{ versions_of('stated', ['code_set']) }}
),

told as (
    select
        versions.code_set,
        versions.title,
        versions.standard,
        coalesce(versions.is_local, false) as is_local,
        case when versions.is_local then coalesce(versions.city, mount.city) end as city,
        true as is_declared,
        cast({{ to_local('versions.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on,
        cast({{ to_local('versions.valid_to_at', 'mount.time_zone') }} as date) as valid_to_on
    from versions
    cross join mount
),

known as (
    select
        national.code_set,
        national.title_zh as title,
        national.standard,
        national.is_local,
        case when national.is_local then mount.city end as city,
        true as is_declared,
        coalesce(national.valid_from, date '1900-01-01') as valid_from_on,
        national.valid_to as valid_to_on
    from {{ ref('national_code_set') }} as national
    cross join mount
    where national.code_set not in (select code_set from told)
),

listed as (
    select distinct {{ json_text('attributes', 'code_set') }} as code_set
    from {{ ref('int_reference_statement') }}
    where reference_table = 'category'
),

undeclared as (
    select
        listed.code_set,
        listed.code_set as title,
        cast(null as string) as standard,
        true as is_local,
        mount.city,
        false as is_declared,
        date '1900-01-01' as valid_from_on,
        cast(null as date) as valid_to_on
    from listed
    cross join mount
    where
        listed.code_set not in (select code_set from told)
        and listed.code_set not in (select code_set from known)
)

select * from told
union all
select * from known
union all
select * from undeclared
