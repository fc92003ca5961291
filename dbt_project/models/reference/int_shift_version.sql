-- grain: one row per schedule, first minute of a shift and begin of validity
with

stated as (
    select
        {{ json_text('attributes', 'schedule_code') }} as schedule_code,
        cast({{ json_text('attributes', 'start_minute') }} as integer) as start_minute,
        cast({{ json_text('attributes', 'end_minute') }} as integer) as end_minute,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'shift'
),

versions as (
    {{ versions_of('stated', ['schedule_code', 'start_minute']) }}
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

told as (
    select
        versions.schedule_code, versions.start_minute, versions.end_minute,
        cast({{ to_local('versions.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on,
        cast({{ to_local('versions.valid_to_at', 'mount.time_zone') }} as date) as valid_to_on
    from versions
    cross join mount
),

usual as (
    -- the field's own default hours, for a city that states none
    select 'default' as schedule_code, 480 as start_minute, 720 as end_minute
    union all
    select 'default' as schedule_code, 840 as start_minute, 1080 as end_minute
)

select schedule_code, start_minute, end_minute, valid_from_on, valid_to_on
from told
union all
select
    schedule_code,
    start_minute,
    end_minute,
    date '1900-01-01' as valid_from_on,
    cast(null as date) as valid_to_on
from usual
where schedule_code not in (select schedule_code from told)
