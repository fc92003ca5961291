-- grain: one row per decision of a joint meeting (decision_id): who owes it, by which day, and what became of it
with

mount as (
    select
        time_zone,
        cast({{ to_local('clock_at', 'time_zone') }} as date) as clock_day
    from {{ ref('stg_mount') }}
),

told as (
    select
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as decision_id,
        min(feed) as feed,
        min(network) as network,
        min(stream_key) as stream_key,
        max({{ json_text('attributes', 'meeting_no') }}) as meeting_no,
        coalesce(max({{ json_text('attributes', 'meeting_type') }}), 'unknown') as meeting_type,
        coalesce(max({{ json_text('attributes', 'centre_level') }}), 'unknown') as level,
        max({{ json_text('attributes', 'topic') }}) as topic,
        cast(max({{ json_text('attributes', 'due_on') }}) as date) as due_on,
        min(case when event_type = 'decision_made' then occurred_at end) as decided_at,
        min(case when event_type = 'decision_done' then occurred_at end) as done_at,
        min(case when event_type = 'decision_dropped' then occurred_at end) as dropped_at
    from {{ ref('evt_grid_event') }}
    where stream_type = 'decision'
    group by {{ hash_of(['feed', 'stream_type', 'stream_key']) }}
),

standing as (
    select
        told.*,
        case
            when told.dropped_at is not null then 'dropped'
            when told.done_at is not null then 'done'
            else 'open'
        end as state,
        cast({{ to_local('told.done_at', 'mount.time_zone') }} as date) as done_on,
        mount.clock_day,
        mount.time_zone
    from told
    cross join mount
    where told.decided_at is not null
),

counted as (
    -- the day on which it is owed is its last; what was dropped is owed no more
    select
        standing.*,
        case
            when due_on is null then null
            when state = 'dropped' then 0
            else greatest(0, {{ days_from('due_on', 'coalesce(done_on, clock_day)') }})
        end as days_overdue
    from standing
)

select
    counted.decision_id,
    counted.feed,
    counted.network,
    counted.stream_key,
    counted.meeting_no,
    counted.meeting_type,
    counted.level,
    counted.topic,
    items.org_code,
    coalesce(grids.street_code, 'unknown') as street_code,
    cast(date_trunc('month', {{ to_local('counted.decided_at', 'counted.time_zone') }}) as date) as month_on,
    counted.decided_at,
    {{ to_local('counted.decided_at', 'counted.time_zone') }} as decided_at_local,
    counted.due_on,
    counted.done_at,
    counted.dropped_at,
    counted.state,
    cast(counted.days_overdue as bigint) as days_overdue,
    counted.state = 'open' and coalesce(counted.days_overdue, 0) > 0 as is_overdue
from counted
inner join {{ ref('int_work_item') }} as items on counted.decision_id = items.item_id
left join {{ ref('dim_grid') }} as grids on items.grid_id = grids.grid_id
