-- grain: one row per case and stage held for a time, [valid_from_at, valid_to_at) (case_id, valid_from_at)
with

moments as (
    -- of several events at one moment the last decides
    select
        case_id, seq, effective_at, stage_after, status_after,
        row_number() over (partition by case_id, effective_at order by seq desc) as lastness
    from {{ ref('int_case_event') }}
),

compared as (
    select
        moments.*,
        lag(stage_after) over (partition by case_id order by seq) as stage_before
    from moments
    where lastness = 1
),

changes as (
    select * from compared
    where stage_before is null or stage_before <> stage_after
)

select
    case_id,
    effective_at as valid_from_at,
    lead(effective_at) over (partition by case_id order by seq) as valid_to_at,
    stage_after as stage,
    status_after as status
from changes
