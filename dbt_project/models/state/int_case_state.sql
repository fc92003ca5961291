-- grain: one row per case stream (case_id): the fold of its events
with

events as (
    select * from {{ ref('int_case_event') }}
),

places as (
    select * from {{ ref('int_event_place') }}
),

folded as (
    select
        case_id,
        min(feed) as feed,
        min(network) as network,
        min(stream_type) as stream_type,
        min(stream_key) as stream_key,
        min(opened_at) as opened_at,
        bool_and(is_opening_told) as is_opening_told,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at,
        count(*) as event_count,
        max_by(status_after, seq) as status,
        max_by(stage_after, seq) as stage,
        max_by(is_suspended_after, seq) as is_suspended,
        min(case when event_type = 'accepted' then effective_at end) as accepted_at,
        min(case when event_type = 'registered' then effective_at end) as registered_at,
        min(case when event_type in ('dispatched', 'unit_dispatched') then effective_at end) as dispatched_at,
        min(case when event_type = 'signed' then effective_at end) as signed_at,
        min(case when event_type in ('arrived', 'on_scene') then effective_at end) as arrived_at,
        min(case when event_type = 'handled' then effective_at end) as first_handled_at,
        max(case when event_type = 'handled' then effective_at end) as last_handled_at,
        max(case when event_type = 'handled' then seq end) as last_handled_seq,
        max(case
            when event_type in ('reworked', 'post_disposal_check_failed') or transition = 'reopened' then seq
        end) as last_undone_seq,
        max(case when transition in ('closed', 'cancelled') then effective_at end) as last_ended_at,
        max_by(event_type, seq) filter (where transition in ('closed', 'cancelled')) as ending_event_type,
        max_by(org_code, seq) filter (where org_code is not null) as last_org_code,
        max_by(org_code, seq) filter (
            where org_code is not null and event_type in ('dispatched', 'transferred')
        ) as dispatched_org_code,
        max_by(category_code_set, seq) filter (where category_code is not null) as category_code_set,
        coalesce(
            max_by(coalesce(category_kind, ''), seq) filter (where category_code is not null), ''
        ) as category_kind,
        max_by(category_code, seq) filter (where category_code is not null) as category_code,
        max_by(nature, seq) filter (where nature is not null) as nature,
        min_by(channel, seq) filter (where channel is not null) as channel,
        max_by(level, seq) filter (where level is not null) as level,
        max_by(appeal_type, seq) filter (where appeal_type is not null) as appeal_type,
        max_by(component_code, seq) filter (where component_code is not null) as component_code,
        max_by(filing_condition, seq) filter (where filing_condition is not null) as filing_condition,
        sum(case when event_type = 'extension_granted' then 1 else 0 end) as extension_count,
        sum(case when effect = 'suspends' then 1 else 0 end) as suspension_count,
        sum(case when transition = 'reopened' then 1 else 0 end) as reopen_count,
        sum(case when event_type = 'reworked' then 1 else 0 end) as rework_count,
        sum(case when event_type = 'urged' then 1 else 0 end) as urge_count,
        sum(case when event_type = 'supervised' then 1 else 0 end) as supervise_count,
        sum(case when event_type = 'transferred' then 1 else 0 end) as transfer_count
    from {{ ref('int_case_event') }}
    group by case_id
),

ranked_places as (
    -- the best evidence wins (of the reasons for having no place, the one that says most), and of equal evidence the
    -- earliest: a case is where it first was
    select
        events.case_id,
        places.grid_code,
        places.grid_method,
        places.unlocated_reason,
        places.confidence,
        places.agreement,
        places.suspected_crs,
        events.lon,
        events.lat,
        events.grid_scheme_given,
        events.grid_code_given,
        row_number() over (
            partition by events.case_id
            order by
                places.place_position,
                case when events.lon is not null then 1 else 2 end,
                events.seq
        ) as preference
    from events
    inner join places on events.event_id = places.event_id
)

select
    folded.case_id, folded.feed, folded.network, folded.stream_type, folded.stream_key,
    folded.status, folded.stage, folded.is_suspended, folded.opened_at, folded.is_opening_told,
    folded.first_event_at, folded.last_event_at,
    folded.accepted_at, folded.registered_at, folded.dispatched_at, folded.signed_at, folded.arrived_at,
    folded.first_handled_at,
    -- disposal counts as finished unless the work was sent back afterwards
    case when folded.last_handled_seq > coalesce(folded.last_undone_seq, 0) then folded.last_handled_at end
        as handled_at,
    case when folded.status <> 'open' then folded.last_ended_at end as closed_at,
    case when folded.status <> 'open' then folded.ending_event_type end as closing_event_type,
    coalesce(folded.dispatched_org_code, folded.last_org_code) as org_code_told,
    folded.category_code_set as category_code_set_told,
    folded.category_kind as category_kind_told,
    folded.category_code as category_code_told,
    ranked_places.grid_code,
    ranked_places.grid_method,
    ranked_places.unlocated_reason,
    ranked_places.confidence as grid_confidence,
    ranked_places.agreement,
    ranked_places.suspected_crs,
    ranked_places.lon, ranked_places.lat,
    ranked_places.grid_scheme_given as grid_scheme_told,
    ranked_places.grid_code_given as grid_code_told,
    folded.channel, folded.nature, folded.level, folded.appeal_type, folded.component_code, folded.filing_condition,
    folded.event_count,
    folded.extension_count,
    folded.suspension_count,
    folded.reopen_count,
    folded.rework_count,
    folded.urge_count, folded.supervise_count, folded.transfer_count
from folded
inner join ranked_places on folded.case_id = ranked_places.case_id and ranked_places.preference = 1
