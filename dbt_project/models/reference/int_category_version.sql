-- grain: one row per code set, kind, category code and begin of validity
with

stated as (
    select
        {{ json_text('attributes', 'code_set') }} as code_set,
        coalesce({{ json_text('attributes', 'kind') }}, '') as kind,
        {{ json_text('attributes', 'category_code') }} as category_code,
        {{ json_text('attributes', 'major_code') }} as major_code,
        {{ json_text('attributes', 'major_name') }} as major_name,
        {{ json_text('attributes', 'minor_name') }} as minor_name,
        {{ json_text('attributes', 'canonical_name') }} as canonical_name,
        {{ json_text('attributes', 'canonical_mapping') }} as canonical_mapping,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'category'
),

versions as (
    {{ versions_of('stated', ['code_set', 'kind', 'category_code']) }}
),

mount as (
    select city, time_zone from {{ ref('stg_mount') }}
),

local_sets as (
    select code_set, bool_or(is_local) as is_local
    from {{ ref('int_code_set_version') }}
    group by code_set
),

layouts as (
    -- how the digits of a national set are laid out, and which minor codes it leaves to the cities
    select
        code_set,
        major_digits + minor_digits as digits,
        major_digits + 1 as minor_begin,
        extension_from,
        extension_to
    from {{ ref('national_code_set') }}
    where minor_digits is not null
),

dated as (
    select
        versions.*,
        local_sets.is_local,
        mount.city as mount_city,
        case
            when length(versions.category_code) = layouts.digits
                then substr(versions.category_code, layouts.minor_begin)
        end as minor_code,
        coalesce(
            length(versions.category_code) = layouts.digits
            and substr(versions.category_code, layouts.minor_begin)
            between layouts.extension_from and layouts.extension_to,
            false
        ) as is_extension,
        cast({{ to_local('versions.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on,
        cast({{ to_local('versions.valid_to_at', 'mount.time_zone') }} as date) as valid_to_on
    from versions
    cross join mount
    inner join local_sets on versions.code_set = local_sets.code_set
    left join layouts on versions.code_set = layouts.code_set
)

select
    code_set || '/' || kind || '/' || category_code || '@' || cast(valid_from_on as string) as category_id,
    code_set || '/' || kind || '/' || category_code as category_key,
    code_set, kind, category_code, major_code, minor_code, major_name, minor_name, canonical_name,
    coalesce(canonical_mapping, 'exact') as canonical_mapping,
    is_extension,
    case when is_local or is_extension then mount_city end as city,
    valid_from_at, valid_to_at, valid_from_on, valid_to_on
from dated
