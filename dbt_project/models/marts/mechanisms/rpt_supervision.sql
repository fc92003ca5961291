-- grain: one row per supervision order (supervision_id): by when an answer was owed, how late it came, and what relapsed
-- A relapse: the same matter is supervised again, supervision_relapse_days or less after an order about it was struck off.
with

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
),

told as (
    select
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as supervision_id,
        min(feed) as feed,
        min(network) as network,
        min(stream_key) as stream_key,
        coalesce(max({{ json_text('attributes', 'centre_level') }}), 'unknown') as level,
        coalesce(max({{ json_text('attributes', 'way') }}), 'unknown') as way,
        max({{ json_text('attributes', 'reason') }}) as reason,
        max({{ json_text('attributes', 'result') }}) as result,
        -- the matter's own number, else that of the dispute; without one nobody knows what comes back
        coalesce(
            max({{ json_text('attributes', 'matter_no') }}), max({{ json_text('attributes', 'dispute_no') }})
        ) as matter_key,
        cast(max({{ json_text('attributes', 'answer_by') }}) as timestamp) as answer_by_at,
        min(case when event_type = 'supervised' then occurred_at end) as issued_at,
        min(case when event_type = 'urged' then occurred_at end) as urged_at,
        min(case when event_type = 'supervision_answered' then occurred_at end) as answered_at,
        min(case when event_type = 'supervision_closed' then occurred_at end) as closed_at
    from {{ ref('evt_grid_event') }}
    where stream_type = 'supervision'
    group by {{ hash_of(['feed', 'stream_type', 'stream_key']) }}
),

orders as (
    select * from told
    where issued_at is not null
),

before as (
    select
        orders.supervision_id,
        max(earlier.closed_at) as closed_before_at
    from orders
    inner join orders as earlier
        on
            orders.feed = earlier.feed
            and orders.matter_key = earlier.matter_key
            and orders.supervision_id <> earlier.supervision_id
            and orders.issued_at >= earlier.closed_at
    group by orders.supervision_id
)

select
    orders.supervision_id,
    orders.feed,
    orders.network,
    orders.stream_key,
    orders.level,
    orders.way,
    orders.reason,
    orders.matter_key,
    items.org_code,
    coalesce(grids.grid_code, 'unlocated') as grid_code,
    cast(date_trunc('month', {{ to_local('orders.issued_at', 'mount.time_zone') }}) as date) as month_on,
    orders.issued_at,
    {{ to_local('orders.issued_at', 'mount.time_zone') }} as issued_at_local,
    orders.answer_by_at,
    {{ to_local('orders.answer_by_at', 'mount.time_zone') }} as answer_by_at_local,
    orders.urged_at,
    orders.answered_at,
    orders.closed_at,
    orders.result,
    orders.closed_at is null as is_open,
    {{ days_between('orders.issued_at', 'coalesce(orders.closed_at, mount.clock_at)') }} as age_days,
    {{ minutes_between('orders.issued_at', 'orders.answered_at') }} as minutes_to_answer,
    -- what was never answered is late until it is struck off
    case
        when orders.answer_by_at is null then null
        when coalesce(orders.answered_at, orders.closed_at, mount.clock_at) <= orders.answer_by_at then 0
        else
            {{ minutes_between('orders.answer_by_at',
                'coalesce(orders.answered_at, orders.closed_at, mount.clock_at)') }}
    end as minutes_late,
    case
        when orders.answered_at is not null then orders.answered_at <= orders.answer_by_at
        when orders.answer_by_at <= mount.clock_at then false
    end as is_answered_on_time,
    before.closed_before_at,
    coalesce(
        {{ epoch_seconds('orders.issued_at') }} - {{ epoch_seconds('before.closed_before_at') }}
        <= {{ var('supervision_relapse_days') }} * 86400, false
    ) as is_relapse
from orders
cross join mount
inner join {{ ref('int_work_item') }} as items on orders.supervision_id = items.item_id
left join {{ ref('dim_grid') }} as grids on items.grid_id = grids.grid_id
left join before on orders.supervision_id = before.supervision_id
