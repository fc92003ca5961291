-- grain: one row per unified grid and local month (grid_code, month_on): patrols, what they yielded, and days covered
-- Days reach from the first day of any patrol to the last that is over in what the feeds of patrols have delivered: a day
-- that nobody has told yet is not one without a patrol.
with

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
),

told as (
    select
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as patrol_id,
        min(feed) as feed,
        min(case when event_type = 'patrolled' then occurred_at end) as began_at,
        cast(max({{ json_text('attributes', 'ended_at') }}) as timestamp) as ended_at,
        cast(max({{ json_text('attributes', 'found') }}) as bigint) as noted,
        cast(max({{ json_text('attributes', 'fixed') }}) as bigint) as fixed
    from {{ ref('evt_grid_event') }}
    where stream_type = 'patrol'
    group by {{ hash_of(['feed', 'stream_type', 'stream_key']) }}
),

patrols as (
    select
        told.feed,
        coalesce(grids.grid_code, 'unlocated') as grid_code,
        cast({{ to_local('told.began_at', 'mount.time_zone') }} as date) as day,
        greatest(0, {{ epoch_seconds('told.ended_at') }} - {{ epoch_seconds('told.began_at') }}) as seconds,
        coalesce(told.noted, 0) as noted,
        coalesce(told.fixed, 0) as fixed
    from told
    cross join mount
    inner join {{ ref('int_work_item') }} as items on told.patrol_id = items.item_id
    left join {{ ref('dim_grid') }} as grids on items.grid_id = grids.grid_id
    where told.began_at is not null
),

feeds as (
    select
        feeds.feed,
        least(coalesce(feeds.data_through_at, mount.clock_at), mount.clock_at) as through_at
    from {{ ref('stg_feed') }} as feeds
    cross join mount
    where feeds.feed in (select feed from patrols)
),

reach as (
    select
        (select min(day) from patrols) as first_day,
        {{ add_days(
            'cast(' ~ to_local('min(feeds.through_at)', 'min(mount.time_zone)') ~ ' as date)', -1
        ) }} as last_day
    from feeds
    cross join mount
),

days as (
    select {{ each_day('first_day', 'last_day') }} as day
    from reach
    where first_day <= last_day
),

grid_days as (
    select
        grids.grid_code, days.day,
        max(case when patrols.grid_code is null then 0 else 1 end) as is_patrolled
    from days
    inner join {{ ref('dim_grid') }} as grids
        on days.day >= grids.valid_from_on and (grids.valid_to_on is null or days.day < grids.valid_to_on)
    left join patrols on grids.grid_code = patrols.grid_code and days.day = patrols.day
    where grids.is_unified and grids.member_kind = 'grid'
    group by grids.grid_code, days.day
),

covered as (
    select
        grid_code,
        cast(date_trunc('month', day) as date) as month_on,
        count(*) as grid_days,
        sum(is_patrolled) as patrolled_days
    from grid_days
    group by grid_code, cast(date_trunc('month', day) as date)
),

walked as (
    select
        grid_code,
        cast(date_trunc('month', day) as date) as month_on,
        count(*) as patrols,
        sum(seconds) as patrol_seconds,
        sum(noted) as noted,
        sum(fixed) as fixed
    from patrols
    group by grid_code, cast(date_trunc('month', day) as date)
),

found as (
    -- what the feeds of patrols handed on
    select
        grid_code,
        cast(date_trunc('month', opened_on) as date) as month_on,
        count(*) as found
    from {{ ref('fct_case') }}
    where stream_type = 'case' and feed in (select feed from patrols)
    group by grid_code, cast(date_trunc('month', opened_on) as date)
),

cells as (
    select grid_code, month_on from covered
    union
    select grid_code, month_on from walked
    union
    select grid_code, month_on from found
),

places as (
    select
        grid_code, community_code, street_code,
        row_number() over (
            partition by grid_code order by is_current desc, valid_from_at desc, grid_id asc
        ) as preference
    from {{ ref('dim_grid') }}
    where is_unified
)

select
    cells.grid_code,
    cells.month_on,
    places.community_code,
    places.street_code,
    cast(coalesce(walked.patrols, 0) as bigint) as patrols,
    cast(coalesce(walked.patrol_seconds, 0) as bigint) as patrol_seconds,
    cast(coalesce(walked.noted, 0) as bigint) as noted,
    cast(coalesce(walked.fixed, 0) as bigint) as fixed,
    cast(coalesce(found.found, 0) as bigint) as found,
    cast(coalesce(covered.patrolled_days, 0) as bigint) as patrolled_days,
    cast(coalesce(covered.grid_days, 0) as bigint) as grid_days
from cells
left join covered on cells.grid_code = covered.grid_code and cells.month_on = covered.month_on
left join walked on cells.grid_code = walked.grid_code and cells.month_on = walked.month_on
left join found on cells.grid_code = found.grid_code and cells.month_on = found.month_on
left join places on cells.grid_code = places.grid_code and places.preference = 1
