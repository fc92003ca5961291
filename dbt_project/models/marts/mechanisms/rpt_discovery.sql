-- grain: one row per channel, device, grid and local month (channel, device, grid_code, month_on): what was found by it
-- A case counts in the month of its opening. Found first is told after linking: of an incident only its earliest case. What
-- was mended on the spot is no case and stands apart. A device is told where the event names one (attribute device_no).
with

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

devices as (
    select
        feed, stream_type, stream_key,
        max({{ json_text('attributes', 'device_no') }}) as device
    from {{ ref('evt_grid_event') }}
    where attributes like '%"device_no"%' and stream_type in ('case', 'self_fix')
    group by feed, stream_type, stream_key
),

by_own as (
    select distinct incident_id from {{ ref('bridge_incident_case') }}
    where channel_kind = 'own'
),

cases as (
    select
        coalesce(cases.channel, 'unknown') as channel,
        coalesce(devices.device, 'none') as device,
        cases.grid_code,
        grids.community_code,
        grids.street_code,
        cast(date_trunc('month', cases.opened_on) as date) as month_on,
        1 as found,
        case when links.role = 'first_finder' then 1 else 0 end as found_first,
        case when links.role = 'first_finder' and by_own.incident_id is null then 1 else 0 end as missed_by_own,
        0 as self_fixed
    from {{ ref('fct_case') }} as cases
    inner join {{ ref('dim_grid') }} as grids on cases.grid_id = grids.grid_id
    left join {{ ref('bridge_incident_case') }} as links on cases.case_id = links.case_id
    left join by_own on links.incident_id = by_own.incident_id
    left join devices
        on
            cases.feed = devices.feed
            and cases.stream_type = devices.stream_type
            and cases.stream_key = devices.stream_key
    where cases.stream_type = 'case'
),

steps as (
    select
        feed, stream_type, stream_key,
        min(occurred_at) as fixed_at,
        max(channel) as channel
    from {{ ref('evt_grid_event') }}
    where event_type = 'self_fixed'
    group by feed, stream_type, stream_key
),

mended as (
    select
        coalesce(steps.channel, 'unknown') as channel,
        coalesce(devices.device, 'none') as device,
        coalesce(grids.grid_code, 'unlocated') as grid_code,
        grids.community_code,
        grids.street_code,
        cast(date_trunc('month', {{ to_local('steps.fixed_at', 'mount.time_zone') }}) as date) as month_on,
        0 as found, 0 as found_first, 0 as missed_by_own,
        1 as self_fixed
    from steps
    cross join mount
    inner join {{ ref('int_work_item') }} as items
        on
            steps.feed = items.feed
            and steps.stream_type = items.stream_type
            and steps.stream_key = items.stream_key
    left join {{ ref('dim_grid') }} as grids on items.grid_id = grids.grid_id
    left join devices
        on
            steps.feed = devices.feed
            and steps.stream_type = devices.stream_type
            and steps.stream_key = devices.stream_key
),

told as (
    select * from cases
    union all
    select * from mended
)

select
    told.channel,
    told.device,
    told.grid_code,
    told.month_on,
    -- where a grid went over to another community within the month, one of the two
    max(told.community_code) as community_code,
    max(told.street_code) as street_code,
    max(coalesce(channels.channel_kind, 'unknown')) as channel_kind,
    cast(sum(told.found) as bigint) as found,
    cast(sum(told.found_first) as bigint) as found_first,
    cast(sum(told.missed_by_own) as bigint) as missed_by_own,
    cast(sum(told.self_fixed) as bigint) as self_fixed
from told
left join {{ ref('dim_channel') }} as channels on told.channel = channels.channel
group by told.channel, told.device, told.grid_code, told.month_on
