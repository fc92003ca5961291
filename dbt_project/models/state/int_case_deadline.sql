-- grain: one row per case, stage that has begun and has a limit, and attempt (case_id, stage, attempt): when it is due
-- Rolling, all on one clock: continuous seconds, or the working seconds of the organisation's schedule. A pause counts
-- where it begins before the limit is used up, and for exactly as long as that clock ran meanwhile. Extensions add to the
-- limit. The due moment is the first at which the clock has run that far; while a counted suspension lasts there is none.
-- Limits counted in days stand in int_case_day_count.
with

limits as (
    select
        limits.*,
        case
            when limits.is_work_clock then readings.reading_seconds
            else {{ epoch_seconds('limits.started_at') }}
        end as start_reading
    from {{ ref('int_case_limit') }} as limits
    left join {{ ref('int_clock_reading') }} as readings
        on limits.schedule_code = readings.schedule_code and limits.started_at = readings.moment_at
    where limits.day_rule = 'rolling'
),

pauses as (
    select
        pauses.case_id,
        pauses.stage,
        pauses.attempt,
        pauses.pause_no,
        pauses.paused_to_at is null as is_lasting,
        case
            when pauses.is_work_clock then from_readings.reading_seconds
            else {{ epoch_seconds('pauses.paused_from_at') }}
        end as from_reading,
        case
            when pauses.is_work_clock then to_readings.reading_seconds
            else {{ epoch_seconds('pauses.paused_to_at') }}
        end as to_reading
    from {{ ref('int_case_pause') }} as pauses
    left join {{ ref('int_clock_reading') }} as from_readings
        on
            pauses.schedule_code = from_readings.schedule_code
            and pauses.paused_from_at = from_readings.moment_at
    left join {{ ref('int_clock_reading') }} as to_readings
        on pauses.schedule_code = to_readings.schedule_code and pauses.paused_to_at = to_readings.moment_at
    where pauses.day_rule = 'rolling'
),

running as (
    -- clock used up when the pause began: time since the start without the pauses before
    select
        pauses.case_id,
        pauses.stage,
        pauses.attempt,
        pauses.is_lasting,
        pauses.to_reading - pauses.from_reading as pause_seconds,
        limits.total_seconds,
        pauses.from_reading
        - limits.start_reading
        - coalesce(sum(pauses.to_reading - pauses.from_reading) over (
            partition by pauses.case_id, pauses.stage, pauses.attempt
            order by pauses.pause_no
            rows between unbounded preceding and 1 preceding
        ), 0) as used_seconds
    from pauses
    inner join limits
        on
            pauses.case_id = limits.case_id
            and pauses.stage = limits.stage
            and pauses.attempt = limits.attempt
),

paused as (
    select
        case_id,
        stage,
        attempt,
        cast(coalesce(sum(pause_seconds), 0) as bigint) as pause_seconds,
        bool_or(is_lasting) as is_paused
    from running
    where used_seconds < total_seconds
    group by case_id, stage, attempt
),

targets as (
    select
        limits.case_id, limits.stage, limits.attempt, limits.started_at, limits.is_work_clock, limits.schedule_code,
        coalesce(paused.pause_seconds, 0) as pause_seconds,
        coalesce(paused.is_paused, false) as is_paused,
        limits.total_seconds + coalesce(paused.pause_seconds, 0) as run_seconds,
        limits.start_reading + limits.total_seconds + coalesce(paused.pause_seconds, 0) as due_reading,
        {{ whole_quotient(
            'limits.start_reading + limits.total_seconds + coalesce(paused.pause_seconds, 0) - 1', 3600
        ) }} as due_hour
    from limits
    left join paused
        on limits.case_id = paused.case_id and limits.stage = paused.stage and limits.attempt = paused.attempt
),

shift_hours as (
    -- the working hours, counted from the calendar's begin, that a shift touches: the key of the inverse look-up
    select
        schedule_code,
        started_at,
        seconds_before,
        work_seconds,
        {{ each_number(
            whole_quotient('seconds_before', 3600), whole_quotient('seconds_before + work_seconds - 1', 3600)
        ) }} as due_hour
    from {{ ref('int_work_shift') }}
    where work_seconds > 0
),

work_dues as (
    select
        targets.case_id,
        targets.stage,
        targets.attempt,
        {{ add_seconds('shift_hours.started_at', 'targets.due_reading - shift_hours.seconds_before') }}
            as due_at
    from targets
    inner join shift_hours
        on targets.schedule_code = shift_hours.schedule_code and targets.due_hour = shift_hours.due_hour
    where
        targets.is_work_clock
        and shift_hours.seconds_before < targets.due_reading
        and targets.due_reading <= shift_hours.seconds_before + shift_hours.work_seconds
)

select
    limits.case_id,
    limits.stage,
    limits.attempt,
    limits.started_at,
    limits.stopped_at,
    limits.rework_rule,
    limits.extension_count,
    limits.limit_id,
    limits.limit_value,
    limits.limit_unit,
    limits.day_rule,
    limits.schedule_code,
    limits.total_seconds,
    limits.total_days,
    targets.pause_seconds,
    day_counts.pause_days,
    coalesce(targets.is_paused, day_counts.is_paused) as is_paused,
    case
        when limits.day_rule = 'day_count' then day_counts.due_at
        when targets.is_paused then null
        when limits.is_work_clock then work_dues.due_at
        else {{ add_seconds('limits.started_at', 'targets.run_seconds') }}
    end as due_at
from {{ ref('int_case_limit') }} as limits
left join targets
    on limits.case_id = targets.case_id and limits.stage = targets.stage and limits.attempt = targets.attempt
left join work_dues
    on limits.case_id = work_dues.case_id and limits.stage = work_dues.stage and limits.attempt = work_dues.attempt
left join {{ ref('int_case_day_count') }} as day_counts
    on limits.case_id = day_counts.case_id and limits.stage = day_counts.stage and limits.attempt = day_counts.attempt
