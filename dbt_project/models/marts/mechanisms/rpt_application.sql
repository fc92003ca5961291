-- grain: one row per application for a benefit (application_id): its step, by which day it is owed, and by whom
-- No person at all: an application tells how many people it is for.
with

mount as (
    select
        time_zone,
        cast({{ to_local('clock_at', 'time_zone') }} as date) as clock_day
    from {{ ref('stg_mount') }}
),

told as (
    select
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as application_id,
        min(feed) as feed,
        min(network) as network,
        min(stream_key) as stream_key,
        coalesce(max({{ json_text('attributes', 'benefit_kind') }}), 'unknown') as benefit_kind,
        cast(max({{ json_text('attributes', 'people') }}) as bigint) as people,
        cast(max({{ json_text('attributes', 'due_on') }}) as date) as due_on,
        min(case when event_type = 'application_opened' then occurred_at end) as opened_at,
        min(case when event_type = 'application_reviewed' then occurred_at end) as reviewed_at,
        min(case when event_type = 'application_approved' then occurred_at end) as approved_at,
        min(case when event_type = 'application_paid' then occurred_at end) as paid_at,
        min(case when event_type = 'application_refused' then occurred_at end) as refused_at
    from {{ ref('evt_grid_event') }}
    where stream_type = 'application'
    group by {{ hash_of(['feed', 'stream_type', 'stream_key']) }}
),

standing as (
    select
        told.*,
        case
            when told.refused_at is not null then 'refused'
            when told.paid_at is not null then 'paid'
            when told.approved_at is not null then 'approved'
            when told.reviewed_at is not null then 'reviewed'
            else 'opened'
        end as step,
        cast({{ to_local('coalesce(told.refused_at, told.paid_at)', 'mount.time_zone') }} as date) as over_on,
        mount.clock_day,
        mount.time_zone
    from told
    cross join mount
    where told.opened_at is not null
),

counted as (
    -- the day on which it is owed is its last
    select
        standing.*,
        greatest(0, {{ days_from('due_on', 'coalesce(over_on, clock_day)') }}) as days_overdue
    from standing
)

select
    counted.application_id,
    counted.feed,
    counted.network,
    counted.stream_key,
    counted.benefit_kind,
    items.org_code,
    coalesce(grids.community_code, 'unknown') as community_code,
    coalesce(grids.street_code, 'unknown') as street_code,
    cast(date_trunc('month', {{ to_local('counted.opened_at', 'counted.time_zone') }}) as date) as month_on,
    counted.opened_at,
    {{ to_local('counted.opened_at', 'counted.time_zone') }} as opened_at_local,
    counted.reviewed_at,
    counted.approved_at,
    counted.paid_at,
    counted.refused_at,
    counted.step,
    counted.over_on is not null as is_over,
    counted.due_on,
    case when counted.due_on is not null then cast(counted.days_overdue as bigint) end as days_overdue,
    counted.due_on is not null and counted.over_on is null and counted.days_overdue > 0 as is_overdue,
    counted.people
from counted
inner join {{ ref('int_work_item') }} as items on counted.application_id = items.item_id
left join {{ ref('dim_grid') }} as grids on items.grid_id = grids.grid_id
