-- grain: one row per case stage with a limit, attempt, and time for which its clock stands (case_id, stage, attempt, pause_no)
-- Suspensions, and where the stage resumes after an undoing also the time from its stop to the undoing; what overlaps is one.
with

limits as (
    select * from {{ ref('int_case_limit') }}
),

told as (
    select
        limits.case_id, limits.stage, limits.attempt,
        timeline.valid_from_at as from_at, timeline.valid_to_at as to_at
    from limits
    inner join {{ ref('int_case_timeline') }} as timeline on limits.case_id = timeline.case_id
    where timeline.stage = 'suspended'
    union all
    select limits.case_id, limits.stage, limits.attempt, runs.stopped_at as from_at, runs.undone_at as to_at
    from limits
    inner join {{ ref('int_case_stage_run') }} as runs
        on limits.case_id = runs.case_id and limits.stage = runs.stage
    where limits.attempt = 'final' and limits.rework_rule = 'resume' and runs.undone_at > runs.stopped_at
),

touching as (
    -- what begins when the stage has stopped does not hold it up
    select
        limits.case_id, limits.stage, limits.attempt,
        greatest(told.from_at, limits.started_at) as from_at,
        -- an end that is not yet known lies behind every moment
        coalesce(told.to_at, timestamp '9999-12-31 00:00:00') as to_at
    from limits
    inner join told
        on limits.case_id = told.case_id and limits.stage = told.stage and limits.attempt = told.attempt
    where
        (told.to_at is null or told.to_at > limits.started_at)
        and (limits.stopped_at is null or told.from_at < limits.stopped_at)
),

reached as (
    select
        touching.*,
        max(to_at) over (
            partition by case_id, stage, attempt
            order by from_at, to_at rows between unbounded preceding and 1 preceding
        ) as reached_at
    from touching
),

numbered as (
    select
        reached.*,
        sum(case when reached_at is null or from_at > reached_at then 1 else 0 end) over (
            partition by case_id, stage, attempt
            order by from_at, to_at rows between unbounded preceding and current row
        ) as pause_no
    from reached
),

merged as (
    select case_id, stage, attempt, pause_no, min(from_at) as paused_from_at, max(to_at) as to_at
    from numbered
    group by case_id, stage, attempt, pause_no
)

select
    merged.case_id,
    merged.stage,
    merged.attempt,
    limits.schedule_code,
    limits.is_work_clock,
    limits.day_rule,
    limits.started_at,
    cast(merged.pause_no as bigint) as pause_no,
    merged.paused_from_at,
    case when merged.to_at < timestamp '9999-12-31 00:00:00' then merged.to_at end as paused_to_at
from merged
inner join limits
    on merged.case_id = limits.case_id and merged.stage = limits.stage and merged.attempt = limits.attempt
