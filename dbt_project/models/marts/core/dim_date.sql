-- grain: one row per local day from the first event to a year after the clock (day)
with

mount as (
    select cast({{ to_local('clock_at', 'time_zone') }} as date) as clock_day, time_zone
    from {{ ref('stg_mount') }}
),

told as (
    select min(cast({{ to_local('events.occurred_at', 'mount.time_zone') }} as date)) as first_day
    from {{ ref('evt_grid_event') }} as events
    cross join mount
),

reach as (
    -- a stray year 1900 must not make a calendar of a hundred thousand days
    select
        greatest(
            coalesce(told.first_day, mount.clock_day),
            {{ add_days('mount.clock_day', '-' ~ var('calendar_days_back')) }}
        ) as first_day,
        {{ add_days('mount.clock_day', 366) }} as last_day
    from told
    cross join mount
),

days as (
    select {{ each_day('first_day', 'last_day') }} as day
    from reach
    where first_day <= last_day
)

select
    days.day,
    cast(date_trunc('week', days.day) as date) as week_start,
    cast(date_trunc('month', days.day) as date) as month_start,
    cast(date_trunc('quarter', days.day) as date) as quarter_start,
    cast(date_trunc('year', days.day) as date) as year_start,
    cast({{ iso_weekday('days.day') }} as integer) as iso_weekday,
    coalesce(exceptions.is_workday, {{ iso_weekday('days.day') }} <= 5) as is_workday,
    exceptions.day_name
from days
left join {{ ref('int_calendar_exception') }} as exceptions on days.day = exceptions.day
