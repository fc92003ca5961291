-- grain: one row per stream that is no case and that the registry has words for (item_id): what it is, whose and where
-- Call-backs, whistles, visits, requests …: work that a figure counts beside the cases. A stream type belongs here as soon
-- as `work_word` has a row for it.
with

events as (
    select
        {{ hash_of(['events.feed', 'events.stream_type', 'events.stream_key']) }} as item_id,
        events.*
    from {{ ref('evt_grid_event') }} as events
    where events.stream_type in (select stream_type from {{ ref('work_word') }})
),

placed as (
    -- the best evidence of the stream wins, and of equal evidence the earliest
    select
        events.item_id,
        events.occurred_at,
        places.grid_code,
        row_number() over (
            partition by events.item_id
            order by
                places.place_position, events.occurred_at, events.event_id
        ) as preference
    from events
    inner join {{ ref('int_event_place') }} as places on events.event_id = places.event_id
),

grids as (
    select
        placed.item_id,
        members.grid_id,
        members.grid_code_now,
        row_number() over (
            partition by placed.item_id
            order by
                case when members.valid_from_at <= placed.occurred_at then 1 else 2 end,
                case when members.valid_from_at <= placed.occurred_at then members.valid_from_at end desc,
                members.valid_from_at
        ) as preference
    from placed
    inner join {{ ref('dim_grid') }} as members on placed.grid_code = members.grid_code
    where placed.preference = 1 and members.is_unified
),

told as (
    select
        item_id,
        min(feed) as feed,
        min(network) as network,
        min(stream_type) as stream_type,
        min(stream_key) as stream_key,
        max(org_code) as org_code,
        max({{ json_text('attributes', 'collector') }}) as collector_token
    from events
    group by item_id
),

organisations as (
    select distinct org_code from {{ ref('int_organisation_version') }}
)

select
    told.item_id,
    told.feed,
    told.network,
    told.stream_type,
    told.stream_key,
    coalesce(organisations.org_code, 'unknown') as org_code,
    grids.grid_id,
    coalesce(grids.grid_code_now, 'unlocated') as grid_code_now,
    told.collector_token
from told
left join grids on told.item_id = grids.item_id and grids.preference = 1
left join organisations on told.org_code = organisations.org_code
