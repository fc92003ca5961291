-- grain: one row per case, stage that has begun and has a limit, and attempt (case_id, stage, attempt)
-- The rule valid when the attempt began: the organisation's own beats '*', then the category's own beats '*', then the
-- filing condition's own beats '*'. A case that tells no condition takes no conditioned rule: it is never guessed.
with

candidates as (
    select
        stages.case_id, stages.stage, stages.attempt, stages.started_at, stages.stopped_at, stages.rework_rule,
        stages.extension_count, stages.org_code,
        limits.limit_id, limits.limit_value, limits.limit_unit, limits.is_work_clock,
        limits.day_rule, limits.end_minute, limits.roll_over, limits.limit_seconds, limits.limit_days,
        row_number() over (
            partition by stages.case_id, stages.stage, stages.attempt
            order by
                case when limits.org_code = '*' then 2 else 1 end,
                case when limits.category_code = '*' then 2 else 1 end,
                case when limits.filing_condition = '*' then 2 else 1 end,
                limits.valid_from_at desc
        ) as preference
    from {{ ref('int_case_stage') }} as stages
    inner join {{ ref('int_limit_version') }} as limits
        on stages.category_code_set_told = limits.code_set and stages.stage = limits.stage
    where
        limits.category_code in (stages.category_code_told, '*')
        and limits.org_code in (stages.org_code, '*')
        and limits.filing_condition in (coalesce(stages.filing_condition, '*'), '*')
        and limits.valid_from_at <= stages.started_at
        and (limits.valid_to_at is null or stages.started_at < limits.valid_to_at)
),

schedules as (
    select distinct schedule_code from {{ ref('int_shift_version') }}
)

select
    candidates.case_id,
    candidates.stage,
    candidates.attempt,
    candidates.started_at,
    candidates.stopped_at,
    candidates.rework_rule,
    candidates.extension_count,
    candidates.limit_id,
    candidates.limit_value,
    candidates.limit_unit,
    candidates.is_work_clock,
    candidates.day_rule,
    candidates.end_minute,
    candidates.roll_over,
    -- an organisation that states hours of its own is measured by them
    coalesce(schedules.schedule_code, 'default') as schedule_code,
    -- each granted extension adds the limit once more
    candidates.limit_seconds * (1 + candidates.extension_count) as total_seconds,
    candidates.limit_days * (1 + candidates.extension_count) as total_days
from candidates
left join schedules on candidates.org_code = schedules.schedule_code
where candidates.preference = 1
