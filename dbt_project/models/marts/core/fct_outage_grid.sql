-- grain: one row per outage and unified grid that it touches (outage_id, grid_code)
-- Named divisions touch all their grids of that day; else the grid that holds the point or is told; else 'unlocated'.
with

outages as (
    select outage_id, feed, stream_type, stream_key, started_at from {{ ref('fct_outage') }}
),

events as (
    select
        {{ hash_of(['events.feed', 'events.stream_type', 'events.stream_key']) }} as outage_id,
        events.division_code,
        places.grid_code,
        places.grid_method
    from {{ ref('evt_grid_event') }} as events
    inner join {{ ref('int_event_place') }} as places on events.event_id = places.event_id
    where events.stream_type in ('outage', 'notice')
),

grids as (
    select * from {{ ref('int_grid_version') }}
    where is_unified
),

by_division as (
    -- a list of divisions is told with a separator: a grid is touched where its community or street stands in the list
    select distinct outages.outage_id, grids.grid_code, 'division' as grid_method
    from outages
    inner join events on outages.outage_id = events.outage_id and events.division_code is not null
    inner join grids
        on
            (
                position(coalesce(grids.community_code, '?') in events.division_code) > 0
                or position(coalesce(grids.street_code, '?') || ',' in events.division_code || ',') > 0
            )
            and outages.started_at >= grids.valid_from_at
            and (grids.valid_to_at is null or outages.started_at < grids.valid_to_at)
),

by_place as (
    select distinct events.outage_id, events.grid_code, events.grid_method
    from events
    inner join grids on events.grid_code = grids.grid_code
    where events.outage_id not in (select outage_id from by_division)
),

located as (
    select outage_id, grid_code, grid_method from by_division
    union all
    select outage_id, grid_code, min(grid_method) as grid_method
    from by_place
    group by outage_id, grid_code
)

select outage_id, grid_code, grid_method
from located
union all
select outage_id, 'unlocated' as grid_code, 'unlocated' as grid_method
from outages
where outage_id not in (select outage_id from located)
