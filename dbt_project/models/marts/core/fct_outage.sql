-- grain: one row per outage or announced stop of supply (outage_id), an area and an interval
-- Listed outages begin with their own word and end when they vanish from the list; announced stops are planned, and end
-- when supply is restored. A withdrawn stop never was one.
with

told as (
    select
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as outage_id,
        *,
        {{ json_text('attributes', 'starts_at') }} as starts_at,
        coalesce({{ json_text('attributes', 'ends_at') }}, {{ json_text('attributes', 'planned_end') }}) as ends_at,
        coalesce({{ json_text('attributes', 'households') }}, {{ json_text('attributes', 'users') }}) as households
    from {{ ref('evt_grid_event') }}
    where stream_type in ('outage', 'notice')
),

folded as (
    select
        outage_id,
        min(feed) as feed,
        min(network) as network,
        min(stream_type) as stream_type,
        min(stream_key) as stream_key,
        max(nature) as outage_kind_told,
        max(category_code) as category_code_told,
        min(case when event_type in ('appeared', 'notice_published') then occurred_at end) as announced_at,
        max(case when event_type = 'notice_postponed' then occurred_at end) as postponed_at,
        max(case when event_type in ('notice_withdrawn', 'retracted', 'cancelled') then occurred_at end)
            as withdrawn_at,
        max(case when event_type in ('supply_restored', 'vanished') then occurred_at end) as last_end_at,
        max(case when event_type = 'returned' then occurred_at end) as last_return_at,
        min(case when event_type = 'appeared' then occurred_at end) as appeared_at,
        cast(max(starts_at) as timestamp) as planned_from_at,
        cast(max(ends_at) as timestamp) as planned_to_at,
        cast(max(households) as bigint) as households
    from told
    group by outage_id
),

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
),

timed as (
    select
        folded.*,
        mount.clock_at,
        mount.time_zone,
        -- a listed outage began by its own word; an announced stop begins when it was planned to
        coalesce(folded.planned_from_at, folded.appeared_at, folded.announced_at) as started_at,
        case
            when folded.last_return_at is null or folded.last_return_at <= folded.last_end_at then folded.last_end_at
        end as restored_at
    from folded
    cross join mount
)

select
    outage_id, feed, network, stream_type, stream_key, outage_kind_told, category_code_told,
    announced_at, planned_from_at, planned_to_at, started_at, restored_at,
    {{ to_local('started_at', 'time_zone') }} as started_at_local,
    {{ to_local('restored_at', 'time_zone') }} as restored_at_local,
    postponed_at is not null as is_postponed,
    case
        when withdrawn_at is not null then 'withdrawn'
        when restored_at is not null and restored_at <= clock_at then 'restored'
        when started_at > clock_at then 'announced'
        else 'running'
    end as status,
    households,
    case
        when withdrawn_at is null
            then {{ epoch_seconds('restored_at') }} - {{ epoch_seconds('started_at') }}
    end as outage_seconds
from timed
