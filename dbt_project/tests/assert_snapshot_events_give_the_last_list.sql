-- Items that appeared or returned less those that vanished are the items of the feed's last delivery.
with

deliveries as (
    select
        feed,
        batch_id,
        row_number() over (partition by feed order by observed_at desc, batch_id desc) as recency
    from {{ ref('stg_event') }}
    where event_type = 'snapshot_taken'
),

listed as (
    select deliveries.feed, count(distinct items.stream_type || '/' || items.stream_key) as items
    from deliveries
    left join {{ ref('stg_event') }} as items
        on
            deliveries.feed = items.feed
            and deliveries.batch_id = items.batch_id
            and items.event_type = 'item_observed'
    where deliveries.recency = 1
    group by deliveries.feed
),

derived as (
    select
        feed,
        sum(
            case
                when event_type in ('appeared', 'returned') then 1 when event_type = 'vanished' then -1 else 0
            end
        ) as items
    from {{ ref('int_snapshot_event') }}
    group by feed
)

select listed.feed, listed.items, coalesce(derived.items, 0) as derived_items
from listed
left join derived on listed.feed = derived.feed
where listed.items <> coalesce(derived.items, 0)
