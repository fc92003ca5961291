-- grain: one row per whistle and called department (whistle_id): its steps, whether they were on time, score, repeats
-- A limit that has not run out is neither kept nor missed. A whistle is a repeat where the same street called the same
-- department to the same grid whistle_repeat_days or less before: what was done did not last.
with

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
),

told as (
    select
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as whistle_id,
        min(feed) as feed,
        min(network) as network,
        min(stream_key) as stream_key,
        coalesce(max({{ json_text('attributes', 'whistle_no') }}), min(stream_key)) as whistle_no,
        coalesce(max({{ json_text('attributes', 'whistle_kind') }}), 'unknown') as whistle_kind,
        max(counterpart_org_code) as blower_code,
        cast(max({{ json_text('attributes', 'sign_by') }}) as timestamp) as sign_by_at,
        cast(max({{ json_text('attributes', 'contact_by') }}) as timestamp) as contact_by_at,
        cast(max({{ json_text('attributes', 'close_by') }}) as timestamp) as close_by_at,
        cast(max({{ json_text('attributes', 'score') }}) as bigint) as score,
        min(case when event_type = 'whistle_blown' then occurred_at end) as blown_at,
        min(case when event_type = 'whistle_signed' then occurred_at end) as signed_at,
        min(case when event_type = 'whistle_contacted' then occurred_at end) as contacted_at,
        min(case when event_type = 'whistle_arrived' then occurred_at end) as arrived_at,
        min(case when event_type = 'whistle_planned' then occurred_at end) as planned_at,
        min(case when event_type = 'whistle_closed' then occurred_at end) as closed_at
    from {{ ref('evt_grid_event') }}
    where stream_type = 'whistle'
    group by {{ hash_of(['feed', 'stream_type', 'stream_key']) }}
),

streets as (
    select distinct street_code from {{ ref('dim_grid') }}
    where is_unified and street_code is not null
),

placed as (
    select
        told.*,
        measures.org_code,
        coalesce(grids.grid_code, 'unlocated') as grid_code,
        -- the street that whistled, where it says so by the code of a division; else that of the place
        coalesce(streets.street_code, grids.street_code, 'unknown') as street_code
    from told
    inner join {{ ref('int_work_item') }} as measures on told.whistle_id = measures.item_id
    left join {{ ref('dim_grid') }} as grids on measures.grid_id = grids.grid_id
    left join streets on told.blower_code = streets.street_code
    where told.blown_at is not null
),

moments as (
    -- several whistles of one moment are no repeats of each other
    select distinct street_code, org_code, grid_code, blown_at
    from placed
    where street_code <> 'unknown' and org_code <> 'unknown' and grid_code <> 'unlocated'
),

before as (
    select
        moments.*,
        lag(blown_at) over (partition by street_code, org_code, grid_code order by blown_at) as blown_before_at
    from moments
)

select
    placed.whistle_id,
    placed.feed,
    placed.network,
    placed.stream_key,
    placed.whistle_no,
    placed.whistle_kind,
    placed.street_code,
    placed.org_code,
    placed.grid_code,
    cast(date_trunc('month', {{ to_local('placed.blown_at', 'mount.time_zone') }}) as date) as month_on,
    placed.blown_at,
    {{ to_local('placed.blown_at', 'mount.time_zone') }} as blown_at_local,
    placed.signed_at,
    placed.contacted_at,
    placed.arrived_at,
    placed.planned_at,
    placed.closed_at,
    placed.sign_by_at,
    placed.contact_by_at,
    placed.close_by_at,
    {{ minutes_between('placed.blown_at', 'placed.signed_at') }} as minutes_to_sign,
    {{ minutes_between('placed.blown_at', 'placed.contacted_at') }} as minutes_to_contact,
    {{ minutes_between('placed.blown_at', 'placed.arrived_at') }} as minutes_to_arrive,
    {{ minutes_between('placed.blown_at', 'placed.planned_at') }} as minutes_to_plan,
    {{ minutes_between('placed.blown_at', 'placed.closed_at') }} as minutes_to_close,
    case
        when placed.signed_at is not null then placed.signed_at <= placed.sign_by_at
        when placed.sign_by_at <= mount.clock_at then false
    end as is_signed_on_time,
    case
        when placed.contacted_at is not null then placed.contacted_at <= placed.contact_by_at
        when placed.contact_by_at <= mount.clock_at then false
    end as is_contacted_on_time,
    case
        when placed.closed_at is not null then placed.closed_at <= placed.close_by_at
        when placed.close_by_at <= mount.clock_at then false
    end as is_closed_on_time,
    case
        when placed.closed_at is not null then 'closed'
        when placed.planned_at is not null then 'planned'
        when placed.arrived_at is not null then 'arrived'
        when placed.contacted_at is not null then 'contacted'
        when placed.signed_at is not null then 'signed'
        else 'blown'
    end as state,
    placed.score,
    before.blown_before_at,
    coalesce(
        {{ epoch_seconds('placed.blown_at') }} - {{ epoch_seconds('before.blown_before_at') }}
        <= {{ var('whistle_repeat_days') }} * 86400, false
    ) as is_repeat
from placed
cross join mount
left join before
    on
        placed.street_code = before.street_code
        and placed.org_code = before.org_code
        and placed.grid_code = before.grid_code
        and placed.blown_at = before.blown_at
