-- grain: one row per elected fact (event_id), with what it told itself: the attributes as they were at the event
with

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

case_events as (
    select event_id, case_id, seq, transition, stage_after from {{ ref('int_case_event') }}
)

select
    events.event_id,
    events.feed,
    events.network,
    events.stream_type,
    events.stream_key,
    case_events.case_id,
    cast(case_events.seq as bigint) as case_seq,
    events.event_type,
    events.effect,
    case_events.transition,
    case_events.stage_after,
    events.occurred_at,
    {{ to_local('events.occurred_at', 'mount.time_zone') }} as occurred_at_local,
    cast({{ to_local('events.occurred_at', 'mount.time_zone') }} as date) as occurred_on,
    events.recorded_at,
    events.landed_at,
    events.org_code as org_code_told,
    events.counterpart_org_code as counterpart_org_code_told,
    events.category_code_set as category_code_set_told,
    events.category_code as category_code_told,
    places.grid_code,
    places.grid_method,
    events.grid_scheme_given as grid_scheme_told,
    events.grid_code_given as grid_code_told,
    events.component_code,
    coalesce(events.channel, 'unknown') as channel,
    events.nature,
    events.level,
    events.appeal_type,
    events.is_derived,
    events.is_known_type,
    cast(events.told_count as bigint) as told_count,
    cast(events.version_count as bigint) as version_count
from {{ ref('evt_grid_event') }} as events
cross join mount
inner join {{ ref('int_event_place') }} as places on events.event_id = places.event_id
left join case_events on events.event_id = case_events.event_id
