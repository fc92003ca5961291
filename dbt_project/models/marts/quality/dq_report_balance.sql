-- grain: one row per feed, stream type and local month of the first event (feed, stream_type, month): what became of what was reported
-- Reports are counted among the events and what became of them among the cases, so that neither can lose one unseen.
with

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

streams as (
    -- what is a case, and what was mended on the spot without one
    select
        feed, network, stream_type, stream_key,
        min(occurred_at) as first_at,
        max(case when event_type = 'duplicate_of' then 1 else 0 end) as is_merged,
        max(case when event_type in ('split_from', 'added_to') then 1 else 0 end) as is_child
    from {{ ref('evt_grid_event') }}
    group by feed, network, stream_type, stream_key
    having stream_type in ('case', 'self_fix') or max(case when effect <> 'none' then 1 else 0 end) = 1
),

cases as (
    select
        feed, network, stream_type, stream_key, opened_at, status, closing_event_type,
        coalesce(registered_at, dispatched_at, handled_at) as own_case_at
    from {{ ref('fct_case') }}
),

met as (
    select
        coalesce(streams.feed, cases.feed) as feed,
        coalesce(streams.network, cases.network) as network,
        coalesce(streams.stream_type, cases.stream_type) as stream_type,
        coalesce(streams.first_at, cases.opened_at) as first_at,
        case when streams.stream_key is not null and streams.is_child = 0 then 1 else 0 end as is_report,
        coalesce(streams.is_child, 0) as is_child,
        case
            when streams.is_child = 1 then null
            when cases.status = 'cancelled' and cases.closing_event_type in ('not_accepted', 'not_registered')
                then 'not_accepted'
            when cases.status = 'cancelled' then 'cancelled'
            when cases.stream_key is not null and streams.is_merged = 1 then 'merged'
            when cases.status = 'open' and cases.own_case_at is null then 'pending'
            when cases.stream_key is not null then 'own_case'
            when streams.stream_type = 'self_fix' then 'self_fixed'
        end as became
    from streams
    full join cases
        on
            streams.feed = cases.feed
            and streams.stream_type = cases.stream_type
            and streams.stream_key = cases.stream_key
),

dated as (
    select
        met.*,
        cast(date_trunc('month', {{ to_local('met.first_at', 'mount.time_zone') }}) as date) as month
    from met
    cross join mount
)

select
    feed,
    stream_type,
    month,
    network,
    cast(sum(is_report) as bigint) as reports,
    cast(sum(case when became = 'not_accepted' then 1 else 0 end) as bigint) as not_accepted,
    cast(sum(case when became = 'cancelled' then 1 else 0 end) as bigint) as cancelled,
    cast(sum(case when became = 'merged' then 1 else 0 end) as bigint) as merged,
    cast(sum(case when became = 'own_case' then 1 else 0 end) as bigint) as own_case,
    cast(sum(case when became = 'self_fixed' then 1 else 0 end) as bigint) as self_fixed,
    cast(sum(case when became = 'pending' then 1 else 0 end) as bigint) as pending,
    cast(sum(is_child) as bigint) as children
from dated
group by feed, stream_type, month, network
