-- grain: one row per feed and event type that the seed event_type does not know
select
    feed,
    network,
    event_type,
    count(*) as events,
    min(occurred_at) as first_occurred_at,
    max(occurred_at) as last_occurred_at
from {{ ref('evt_grid_event') }}
where not is_known_type
group by feed, network, event_type
