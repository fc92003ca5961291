-- grain: one row per code set and begin of validity; with 'unknown'
with

mount as (
    select cast({{ to_local('clock_at', 'time_zone') }} as date) as clock_day from {{ ref('stg_mount') }}
),

members as (
    select code_set, title, standard, city, is_local, is_declared, valid_from_on, valid_to_on
    from {{ ref('int_code_set_version') }}
    union all
    select
        'unknown' as code_set, '未知' as title, cast(null as string) as standard, cast(null as string) as city,
        false as is_local, false as is_declared,
        date '1900-01-01' as valid_from_on, cast(null as date) as valid_to_on
)

select
    members.code_set || '@' || cast(members.valid_from_on as string) as code_set_id,
    members.code_set, members.title, members.standard, members.city, members.is_local, members.is_declared,
    members.valid_from_on, members.valid_to_on,
    members.valid_from_on <= mount.clock_day
    and (members.valid_to_on is null or mount.clock_day < members.valid_to_on) as is_current
from members
cross join mount
