-- grain: one row per case, stage and attempt that was done after its deadline (case_id, stage, attempt): how far the clock ran on
-- In the measure of the limit: seconds of its clock, or days that it counts. A pause that begins after the deadline does
-- not stop it, as it would not have moved it.
with

late as (
    select * from {{ ref('int_case_deadline') }}
    where stopped_at > due_at
),

clocks as (
    select case_id, stage, attempt, is_work_clock from {{ ref('int_case_limit') }}
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

moments as (
    select late.schedule_code, late.due_at as moment_at from late
    union
    select late.schedule_code, late.stopped_at as moment_at from late
),

readings as (
    {{ readings_of('moments') }}
),

days as (
    select schedule_code, day, day_no, workday_no from {{ ref('int_work_day') }}
)

select
    late.case_id,
    late.stage,
    late.attempt,
    late.day_rule,
    case when late.day_rule = 'day_count' then late.total_days else late.total_seconds end as total,
    case
        when late.day_rule = 'day_count' and clocks.is_work_clock then stop_days.workday_no - due_days.workday_no
        when late.day_rule = 'day_count' then stop_days.day_no - due_days.day_no
        when clocks.is_work_clock then stop_readings.reading_seconds - due_readings.reading_seconds
        else {{ epoch_seconds('late.stopped_at') }} - {{ epoch_seconds('late.due_at') }}
    end as overrun
from late
cross join mount
inner join clocks on late.case_id = clocks.case_id and late.stage = clocks.stage and late.attempt = clocks.attempt
left join readings as due_readings
    on late.schedule_code = due_readings.schedule_code and late.due_at = due_readings.moment_at
left join readings as stop_readings
    on late.schedule_code = stop_readings.schedule_code and late.stopped_at = stop_readings.moment_at
left join days as due_days
    on
        late.schedule_code = due_days.schedule_code
        and cast({{ to_local('late.due_at', 'mount.time_zone') }} as date) = due_days.day
left join days as stop_days
    on
        late.schedule_code = stop_days.schedule_code
        and cast({{ to_local('late.stopped_at', 'mount.time_zone') }} as date) = stop_days.day
