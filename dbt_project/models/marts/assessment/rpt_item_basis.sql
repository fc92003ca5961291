-- grain: one row per stream of events (item_id): the events that a counted thing rests on, so that two editions compare
-- An event is told as type@microseconds#identity:content: the same fact told anew keeps the part before the colon.
with

events as (
    select
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as item_id,
        feed,
        stream_type,
        stream_key,
        occurred_at,
        event_type || '@' || cast({{ epoch_us('occurred_at') }} as string)
        || '#' || left(event_id, 16) || ':' || left(content_hash, 16) as event_told
    from {{ ref('evt_grid_event') }}
)

select
    item_id,
    min(feed) as feed,
    min(stream_type) as stream_type,
    min(stream_key) as stream_key,
    count(*) as event_count,
    min(occurred_at) as first_event_at,
    max(occurred_at) as last_event_at,
    {{ joined_in_order('event_told') }} as events_told
from events
group by item_id
