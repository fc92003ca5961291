-- grain: one row per work schedule and shift of a working day (schedule_code, started_at)
with

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

shifts_of_days as (
    select
        days.schedule_code,
        days.day,
        shifts.start_minute,
        cast(shifts.end_minute - shifts.start_minute as bigint) * 60 as work_seconds,
        days.seconds_before as seconds_before_day
    from {{ ref('int_work_day') }} as days
    inner join {{ ref('int_shift_version') }} as shifts on days.schedule_code = shifts.schedule_code
    where
        days.is_workday
        and shifts.valid_from_on <= days.day
        and (shifts.valid_to_on is null or days.day < shifts.valid_to_on)
)

select
    shifts_of_days.schedule_code,
    shifts_of_days.day,
    {{ to_utc(
        add_seconds('cast(shifts_of_days.day as timestamp)', 'shifts_of_days.start_minute * 60'), 'mount.time_zone'
    ) }} as started_at,
    shifts_of_days.work_seconds,
    shifts_of_days.seconds_before_day
    + cast(sum(shifts_of_days.work_seconds) over (
        partition by shifts_of_days.schedule_code, shifts_of_days.day
        order by shifts_of_days.start_minute
        rows between unbounded preceding and current row
    ) as bigint)
    - shifts_of_days.work_seconds as seconds_before
from shifts_of_days
cross join mount
