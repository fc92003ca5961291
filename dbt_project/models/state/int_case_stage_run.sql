-- grain: one row per case, stage that has begun and for which its code set has a limit, and run of work at it (case_id, stage, run_no)
-- What starts, stops and undoes a stage stands in the seed stage_event. Run 0 begins when the stage does; a stage that was
-- stopped and is undone (work sent back, an order returned, a case opened again) begins another run. Of the signals of a
-- kind the lowest preference counts; a stage stops at the first of them, or at the last where the seed stage says so.
with

limited as (
    select distinct code_set, stage from {{ ref('int_limit_version') }}
),

cases as (
    select case_id, category_code_set_told, opened_at from {{ ref('int_case_state') }}
    where category_code_set_told is not null
),

signals as (
    select case_id, 0 as seq, opened_at as effective_at, 'opening' as signal from cases
    union all
    select case_id, seq, effective_at, event_type as signal from {{ ref('int_case_event') }}
    union all
    select
        case_id, seq, effective_at,
        case when transition = 'reopened' then 'reopening' else 'ending' end as signal
    from {{ ref('int_case_event') }}
    where transition is not null
),

told as (
    select
        signals.case_id, stage_events.stage, stage_events.role, stage_events.preference, stages.stop_at,
        signals.signal, signals.seq, signals.effective_at
    from signals
    inner join cases on signals.case_id = cases.case_id
    inner join {{ ref('stage_event') }} as stage_events on signals.signal = stage_events.signal
    inner join {{ ref('stage') }} as stages on stage_events.stage = stages.stage
    inner join limited
        on cases.category_code_set_told = limited.code_set and stage_events.stage = limited.stage
),

starts as (
    select
        case_id, stage, seq, effective_at,
        row_number() over (partition by case_id, stage order by preference, seq, signal) as choice
    from told
    where role = 'starts'
),

turns as (
    select
        told.*,
        coalesce(
            role = 'undoes'
            and lag(role) over (partition by case_id, stage order by seq, preference, role, signal) = 'stops',
            false
        ) as is_undoing
    from told
    where role <> 'starts'
),

numbered as (
    select
        turns.*,
        sum(case when is_undoing then 1 else 0 end) over (
            partition by case_id, stage
            order by seq, preference, role, signal
            rows between unbounded preceding and current row
        ) as run_no
    from turns
),

stops as (
    select
        case_id, stage, run_no, effective_at,
        row_number() over (
            partition by case_id, stage, run_no
            order by preference, case when stop_at = 'last' then -seq else seq end, signal
        ) as choice
    from numbered
    where role = 'stops'
),

begins as (
    select case_id, stage, 0 as run_no, 0 as began_seq, effective_at as began_at from starts
    where choice = 1
    union all
    select
        numbered.case_id, numbered.stage, numbered.run_no,
        numbered.seq as began_seq, numbered.effective_at as began_at
    from numbered
    inner join starts
        on numbered.case_id = starts.case_id and numbered.stage = starts.stage and starts.choice = 1
    where numbered.is_undoing
)

select
    begins.case_id,
    begins.stage,
    cast(begins.run_no as integer) as run_no,
    begins.began_seq,
    begins.began_at,
    stops.effective_at as stopped_at,
    lead(begins.began_seq) over (partition by begins.case_id, begins.stage order by begins.run_no)
        as undone_seq,
    lead(begins.began_at) over (partition by begins.case_id, begins.stage order by begins.run_no)
        as undone_at
from begins
left join stops
    on
        begins.case_id = stops.case_id
        and begins.stage = stops.stage
        and begins.run_no = stops.run_no
        and stops.choice = 1
