-- grain: one row per work schedule and local day, with what was worked and counted up to it (schedule_code, day)
-- The spine reaches from the first start that needs it to far enough behind the last: the clock, starts and pauses,
-- and twice the longest limit.
with

starts as (
    select
        started_at,
        coalesce(total_days, {{ whole_quotient('total_seconds', 28800) }}) as total_days
    from {{ ref('int_case_limit') }}
    where is_work_clock or day_rule = 'day_count'
),

pauses as (
    select max(paused_to_at) as last_pause_at from {{ ref('int_case_pause') }}
    where is_work_clock or day_rule = 'day_count'
),

mount as (
    select clock_at, time_zone, cast({{ to_local('clock_at', 'time_zone') }} as date) as clock_day
    from {{ ref('stg_mount') }}
),

needed as (
    select
        min(starts.started_at) as first_start_at,
        max(starts.started_at) as last_start_at,
        max(starts.total_days) as longest_days
    from starts
),

reach as (
    select
        greatest(
            cast({{ to_local('needed.first_start_at', 'mount.time_zone') }} as date),
            {{ add_days('mount.clock_day', '-' ~ var('calendar_days_back')) }}
        ) as first_day,
        {{ add_days(
            'least('
            ~ 'greatest('
            ~ 'cast(' ~ to_local('needed.last_start_at', 'mount.time_zone') ~ ' as date), mount.clock_day, '
            ~ 'coalesce(cast(' ~ to_local('pauses.last_pause_at', 'mount.time_zone') ~ ' as date), mount.clock_day)), '
            ~ add_days('mount.clock_day', var('calendar_days_ahead')) ~ ')',
            var('calendar_days_ahead') ~ ' + 2 * needed.longest_days'
        ) }} as last_day
    from needed
    cross join pauses
    cross join mount
    where needed.first_start_at is not null
),

spine as (
    select {{ each_day('first_day', 'last_day') }} as day
    from reach
    where first_day <= last_day
),

days as (
    select
        spine.day,
        coalesce(exceptions.is_workday, {{ iso_weekday('spine.day') }} <= 5) as is_workday,
        exceptions.day_name
    from spine
    left join {{ ref('int_calendar_exception') }} as exceptions on spine.day = exceptions.day
),

shifts as (
    select * from {{ ref('int_shift_version') }}
),

schedules as (
    select distinct schedule_code from shifts
),

shift_minutes as (
    select
        schedules.schedule_code,
        days.day,
        sum(shifts.end_minute - shifts.start_minute) as minutes,
        max(shifts.end_minute) as last_minute
    from schedules
    cross join days
    inner join shifts on schedules.schedule_code = shifts.schedule_code
    where shifts.valid_from_on <= days.day and (shifts.valid_to_on is null or days.day < shifts.valid_to_on)
    group by schedules.schedule_code, days.day
),

worked as (
    select
        schedules.schedule_code,
        days.day,
        days.is_workday,
        days.day_name,
        cast(case when days.is_workday then coalesce(shift_minutes.minutes, 0) else 0 end as bigint)
        * 60 as work_seconds,
        shift_minutes.last_minute
    from schedules
    cross join days
    left join shift_minutes
        on schedules.schedule_code = shift_minutes.schedule_code and days.day = shift_minutes.day
)

select
    schedule_code,
    day,
    is_workday,
    day_name,
    work_seconds,
    cast(
        sum(work_seconds)
            over (partition by schedule_code order by day rows between unbounded preceding and current row)
        as bigint
    ) - work_seconds as seconds_before,
    last_minute,
    cast(
        sum(1) over (partition by schedule_code order by day rows between unbounded preceding and current row)
        as bigint
    ) as day_no,
    cast(
        sum(case when is_workday then 1 else 0 end)
            over (partition by schedule_code order by day rows between unbounded preceding and current row)
        as bigint
    ) as workday_no,
    min(case when is_workday then day end)
        over (partition by schedule_code order by day rows between current row and unbounded following)
        as next_workday
from worked
