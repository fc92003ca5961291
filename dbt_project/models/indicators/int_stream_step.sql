-- grain: one row per stream and event type that it tells (stream_id, event_type): when it was told first and last
select
    {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as stream_id,
    event_type,
    min(feed) as feed,
    min(stream_type) as stream_type,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at,
    count(*) as event_count
from {{ ref('evt_grid_event') }}
group by {{ hash_of(['feed', 'stream_type', 'stream_key']) }}, event_type
