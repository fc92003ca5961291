-- grain: one row per case and span in which its stage and its holder stay the same, [valid_from_at, valid_to_at) (case_id, valid_from_at)
-- The holder is the organisation that the newest event so far names; before the first that names one, the first.
with

events as (
    select
        case_id, seq, effective_at, stage_after, status_after,
        {{ last_known(
            'org_code', 'partition by case_id order by seq rows between unbounded preceding and current row'
        ) }} as holder
    from {{ ref('int_case_event') }}
),

moments as (
    -- of several events at one moment the last decides
    select
        events.*,
        row_number() over (partition by case_id, effective_at order by seq desc) as lastness
    from events
),

compared as (
    select
        moments.*,
        lag(stage_after) over (partition by case_id order by seq) as stage_before,
        lag(holder) over (partition by case_id order by seq) as holder_before,
        row_number() over (partition by case_id order by seq) as moment_no
    from moments
    where lastness = 1
),

changes as (
    select * from compared
    where
        moment_no = 1
        or stage_before <> stage_after
        or coalesce(holder_before, '') <> coalesce(holder, '')
),

spans as (
    select
        case_id,
        effective_at as valid_from_at,
        lead(effective_at) over (partition by case_id order by seq) as valid_to_at,
        stage_after as stage,
        status_after as status,
        holder
    from changes
),

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
),

organisations as (
    select org_code, level, valid_from_at, valid_to_at from {{ ref('int_organisation_version') }}
),

levels as (
    -- the holder as it was when it took the case; before its first version, the first
    select
        spans.case_id,
        spans.valid_from_at,
        organisations.org_code,
        organisations.level,
        row_number() over (
            partition by spans.case_id, spans.valid_from_at
            order by
                case when organisations.valid_from_at <= spans.valid_from_at then 1 else 2 end,
                case when organisations.valid_from_at <= spans.valid_from_at then organisations.valid_from_at end desc,
                organisations.valid_from_at
        ) as preference
    from spans
    inner join organisations on spans.holder = organisations.org_code
)

select
    spans.case_id,
    cases.feed,
    cases.network,
    spans.valid_from_at,
    spans.valid_to_at,
    {{ to_local('spans.valid_from_at', 'mount.time_zone') }} as valid_from_local,
    {{ to_local('spans.valid_to_at', 'mount.time_zone') }} as valid_to_local,
    spans.stage,
    spans.status,
    spans.holder as org_code_told,
    coalesce(levels.org_code, 'unknown') as org_code,
    levels.level,
    -- whose clock runs: nobody's where it is suspended or over, the unit's from the dispatch to the disposal, else the centre's
    case
        when spans.status <> 'open' or spans.stage = 'suspended' then 'none'
        when spans.stage in ('dispatched', 'handling') then 'unit'
        else 'centre'
    end as running_clock,
    spans.valid_to_at is null and spans.status = 'open' as is_lasting,
    -- how long it lasted, or has lasted by the clock; an end is no span
    case
        when spans.status = 'open'
            then greatest(
                0,
                {{ epoch_seconds('coalesce(spans.valid_to_at, mount.clock_at)') }}
                - {{ epoch_seconds('spans.valid_from_at') }}
            )
    end as dwell_seconds
from spans
cross join mount
inner join {{ ref('fct_case') }} as cases on spans.case_id = cases.case_id
left join levels
    on
        spans.case_id = levels.case_id
        and spans.valid_from_at = levels.valid_from_at
        and levels.preference = 1
