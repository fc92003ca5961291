-- grain: one row per case, stage that has begun and for which its code set has a limit, and attempt (case_id, stage, attempt)
-- `final` is the stage as it stands. Where it was undone there is also `first`: the stage as it stood when it was first
-- undone. What an undoing does to the clock is said by the seed stage, or there by the dated rework rule: `bundled` (the
-- one clock goes on), `resume` (it stood from the stop to the undoing), `restart` (a new one begins with the undoing).
with

cases as (
    select
        case_id, category_code_set_told, category_code_told, filing_condition, org_code_told, status, closed_at
    from {{ ref('int_case_state') }}
),

runs as (
    select
        runs.*,
        max(run_no) over (partition by case_id, stage) as undone_count,
        max(case when run_no = 0 then began_at end) over (partition by case_id, stage) as first_began_at
    from {{ ref('int_case_stage_run') }} as runs
),

stages as (
    select
        cases.category_code_set_told, cases.category_code_told, cases.filing_condition, cases.status, cases.closed_at,
        runs.case_id, runs.stage, runs.run_no, runs.began_seq, runs.began_at, runs.stopped_at, runs.undone_seq,
        runs.undone_count, runs.first_began_at,
        stages.undone_rule, stages.takes_extension,
        -- what the centre itself does is not measured by the hours of the unit that gets the work
        case when stages.held_by = 'unit' then coalesce(cases.org_code_told, '*') else '*' end as org_code
    from runs
    inner join cases on runs.case_id = cases.case_id
    inner join {{ ref('stage') }} as stages on runs.stage = stages.stage
),

rules as (
    select
        stages.case_id, stages.stage, versions.rework_rule,
        row_number() over (
            partition by stages.case_id, stages.stage
            order by
                case when versions.org_code = '*' then 2 else 1 end,
                case when versions.code_set = '*' then 2 else 1 end,
                versions.valid_from_at desc
        ) as choice
    from stages
    inner join {{ ref('int_rework_rule_version') }} as versions
        on
            versions.code_set in (stages.category_code_set_told, '*')
            and versions.org_code in (stages.org_code, '*')
            and stages.first_began_at >= versions.valid_from_at
            and (versions.valid_to_at is null or stages.first_began_at < versions.valid_to_at)
    where stages.run_no = 0 and stages.undone_rule = 'rework_rule'
),

ruled as (
    select
        stages.*,
        case
            when stages.undone_rule <> 'rework_rule' then stages.undone_rule
            else coalesce(rules.rework_rule, 'bundled')
        end as rework_rule
    from stages
    left join rules on stages.case_id = rules.case_id and stages.stage = rules.stage and rules.choice = 1
),

attempts as (
    select
        'final' as attempt,
        ruled.*,
        case when rework_rule = 'restart' then began_at else first_began_at end as started_at,
        -- a case that has ended has ended all its stages
        coalesce(stopped_at, case when status <> 'open' then closed_at end) as attempt_stopped_at,
        case when rework_rule = 'restart' then began_seq else 0 end as from_seq,
        cast(null as bigint) as to_seq
    from ruled
    where run_no = undone_count
    union all
    select
        'first' as attempt,
        ruled.*,
        began_at as started_at,
        stopped_at as attempt_stopped_at,
        0 as from_seq,
        undone_seq as to_seq
    from ruled
    where run_no = 0 and undone_count > 0
),

extensions as (
    select attempts.case_id, attempts.stage, attempts.attempt, count(*) as extension_count
    from attempts
    inner join {{ ref('int_case_event') }} as events on attempts.case_id = events.case_id
    where
        attempts.takes_extension
        and events.event_type = 'extension_granted'
        and events.seq > attempts.from_seq
        and (attempts.to_seq is null or events.seq < attempts.to_seq)
    group by attempts.case_id, attempts.stage, attempts.attempt
)

select
    attempts.case_id, attempts.stage, attempts.attempt,
    attempts.category_code_set_told, attempts.category_code_told, attempts.filing_condition, attempts.org_code,
    attempts.started_at,
    attempts.attempt_stopped_at as stopped_at,
    attempts.rework_rule,
    attempts.undone_count,
    coalesce(extensions.extension_count, 0) as extension_count
from attempts
left join extensions
    on
        attempts.case_id = extensions.case_id
        and attempts.stage = extensions.stage
        and attempts.attempt = extensions.attempt
