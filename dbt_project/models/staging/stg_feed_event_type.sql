-- grain: one row per feed and event type that its contract tells (feed, event_type)
select feed, event_type
from {{ source('log', 'feed_event_type') }}
