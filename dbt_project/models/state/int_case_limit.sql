-- grain: one row per case and stage that has a limit (case_id, stage)
-- The rule valid when the stage began: the organisation's own beats '*', then the category's own beats '*'. `handle`
-- begins with the dispatch (a unit that never signs is late all the same), `close` with the report.
with

cases as (
    select
        case_id,
        category_code_set_told,
        category_code_told,
        coalesce(org_code_told, '*') as org_code,
        extension_count,
        coalesce(dispatched_at, registered_at, accepted_at, opened_at) as handle_started_at,
        opened_at as close_started_at
    from {{ ref('int_case_state') }}
    where category_code_set_told is not null
),

stages as (
    select
        case_id, category_code_set_told, category_code_told, org_code, extension_count,
        'handle' as stage, handle_started_at as started_at
    from cases
    union all
    select
        case_id, category_code_set_told, category_code_told, org_code, extension_count,
        'close' as stage, close_started_at as started_at
    from cases
),

limits as (
    select * from {{ ref('int_limit_version') }}
),

candidates as (
    select
        stages.case_id, stages.stage, stages.started_at, stages.extension_count, stages.org_code,
        limits.limit_value, limits.limit_unit, limits.limit_seconds, limits.is_work_clock,
        row_number() over (
            partition by stages.case_id, stages.stage
            order by
                case when limits.org_code = '*' then 2 else 1 end,
                case when limits.category_code = '*' then 2 else 1 end,
                limits.valid_from_at desc
        ) as preference
    from stages
    inner join limits
        on stages.category_code_set_told = limits.code_set and stages.stage = limits.stage
    where
        limits.category_code in (stages.category_code_told, '*')
        and limits.org_code in (stages.org_code, '*')
        and limits.valid_from_at <= stages.started_at
        and (limits.valid_to_at is null or stages.started_at < limits.valid_to_at)
),

schedules as (
    select distinct schedule_code from {{ ref('int_shift_version') }}
)

select
    candidates.case_id,
    candidates.stage,
    candidates.started_at,
    candidates.limit_value,
    candidates.limit_unit,
    candidates.is_work_clock,
    -- an organisation that states hours of its own is measured by them
    coalesce(schedules.schedule_code, 'default') as schedule_code,
    -- each granted extension adds the limit once more, to the disposal and to the whole
    candidates.limit_seconds * (1 + candidates.extension_count) as total_seconds
from candidates
left join schedules on candidates.org_code = schedules.schedule_code
where candidates.preference = 1
