-- grain: one row per work schedule and moment that a deadline needs (schedule_code, moment_at): what its clock reads then
with

moments as (
    select schedule_code, started_at as moment_at from {{ ref('int_case_limit') }}
    where is_work_clock
    union
    select schedule_code, paused_from_at as moment_at from {{ ref('int_case_pause') }}
    where is_work_clock
    union
    select schedule_code, paused_to_at as moment_at from {{ ref('int_case_pause') }}
    where is_work_clock and paused_to_at is not null
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

dated as (
    select
        moments.schedule_code,
        moments.moment_at,
        cast({{ to_local('moments.moment_at', 'mount.time_zone') }} as date) as day
    from moments
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
