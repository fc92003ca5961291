-- The events of the cases are exactly the events of their streams, none lost and none doubled.
with

streams as (
    select feed, stream_type, stream_key, count(*) as event_count
    from {{ ref('evt_grid_event') }}
    where stream_type = 'case' or effect <> 'none'
    group by feed, stream_type, stream_key
),

all_events as (
    select feed, stream_type, stream_key, count(*) as event_count
    from {{ ref('evt_grid_event') }}
    group by feed, stream_type, stream_key
)

select
    streams.feed,
    streams.stream_type,
    streams.stream_key,
    all_events.event_count,
    cases.event_count as folded_count
from streams
inner join all_events
    on
        streams.feed = all_events.feed
        and streams.stream_type = all_events.stream_type
        and streams.stream_key = all_events.stream_key
left join {{ ref('fct_case') }} as cases
    on
        streams.feed = cases.feed
        and streams.stream_type = cases.stream_type
        and streams.stream_key = cases.stream_key
where cases.event_count is null or cases.event_count <> all_events.event_count
