-- grain: one row per feed, category as told (code set, kind, code) and local day by whose lists it is read
-- Events of a case are read by the lists of the day on which the case was opened, others by those of their own day. Parts
-- that are not told are empty.
with

cases as (
    select feed, stream_type, stream_key, opened_at from {{ ref('int_case_state') }}
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

told as (
    select
        events.feed,
        coalesce(events.category_code_set, '') as code_set_told,
        coalesce(events.category_kind, '') as kind_told,
        events.category_code as category_code_told,
        cast({{ to_local('coalesce(cases.opened_at, events.occurred_at)', 'mount.time_zone') }} as date) as read_on,
        events.occurred_at
    from {{ ref('evt_grid_event') }} as events
    cross join mount
    left join cases
        on
            events.feed = cases.feed
            and events.stream_type = cases.stream_type
            and events.stream_key = cases.stream_key
    where events.category_code is not null
)

select
    feed, code_set_told, kind_told, category_code_told, read_on,
    count(*) as events,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at
from told
group by feed, code_set_told, kind_told, category_code_told, read_on
