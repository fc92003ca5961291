-- grain: one row per work schedule and moment that a deadline needs (schedule_code, moment_at): what its clock reads then
with

moments as (
    select schedule_code, started_at as moment_at from {{ ref('int_case_limit') }}
    where is_work_clock and day_rule = 'rolling'
    union
    select schedule_code, paused_from_at as moment_at from {{ ref('int_case_pause') }}
    where is_work_clock and day_rule = 'rolling'
    union
    select schedule_code, paused_to_at as moment_at from {{ ref('int_case_pause') }}
    where is_work_clock and day_rule = 'rolling' and paused_to_at is not null
),

readings as (
    {{ readings_of('moments') }}
)

select * from readings
