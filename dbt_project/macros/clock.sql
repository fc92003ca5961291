{#-
  A query: what the clocks of work schedules read at some moments: working seconds from the calendar's begin. `moments`
  is a relation of schedule_code and moment_at (UTC); moments outside the calendar have no reading.
-#}
{% macro readings_of(moments) -%}
with

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

dated as (
    select
        moments.schedule_code,
        moments.moment_at,
        cast({{ to_local('moments.moment_at', 'mount.time_zone') }} as date) as day
    from {{ moments }} as moments
    cross join mount
),

worked_today as (
    -- of each shift of the day as much as lies before the moment
    select
        dated.schedule_code,
        dated.moment_at,
        cast(sum(
            greatest(0, least(
                shifts.work_seconds,
                {{ epoch_seconds('dated.moment_at') }} - {{ epoch_seconds('shifts.started_at') }}
            ))
        ) as bigint) as seconds
    from dated
    inner join {{ ref('int_work_shift') }} as shifts
        on dated.schedule_code = shifts.schedule_code and dated.day = shifts.day
    group by dated.schedule_code, dated.moment_at
)

select
    dated.schedule_code,
    dated.moment_at,
    days.seconds_before + coalesce(worked_today.seconds, 0) as reading_seconds
from dated
inner join
    {{ ref('int_work_day') }} as days
    on dated.schedule_code = days.schedule_code and dated.day = days.day
left join worked_today
    on dated.schedule_code = worked_today.schedule_code and dated.moment_at = worked_today.moment_at
{%- endmacro %}
