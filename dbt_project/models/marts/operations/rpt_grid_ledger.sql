-- grain: one row per grid, local day and network, where on that day anything opened, ended, stood open or was overdue
-- Days reach from the first to the last day on which the network had events, not beyond the clock's day: a feed that
-- fell silent says nothing about the days after. A day that is left out between two rows had nothing open.
with

cases as (
    select case_id, network, grid_code, opened_on from {{ ref('fct_case') }}
),

mount as (
    select clock_at, time_zone, cast({{ to_local('clock_at', 'time_zone') }} as date) as clock_day
    from {{ ref('stg_mount') }}
),

case_events as (
    select
        events.case_id, events.transition,
        cast({{ to_local('events.effective_at', 'mount.time_zone') }} as date) as day
    from {{ ref('int_case_event') }} as events
    cross join mount
),

reach as (
    select
        cases.network,
        min(case_events.day) as first_day,
        least(max(case_events.day), max(mount.clock_day)) as last_day
    from case_events
    inner join cases on case_events.case_id = cases.case_id
    cross join mount
    group by cases.network
),

overdue as (
    select
        intervals.case_id,
        cast({{ to_local('intervals.overdue_from_at', 'mount.time_zone') }} as date) as from_day,
        cast({{ to_local('intervals.overdue_to_at', 'mount.time_zone') }} as date) as to_day
    from {{ ref('int_overdue_interval') }} as intervals
    cross join mount
    where intervals.overdue_from_at < mount.clock_at
),

steps as (
    select
        case_id, opened_on as day,
        1 as opened, 0 as reopened, 0 as closed, 0 as cancelled, 1 as open_step, 0 as overdue_step
    from cases
    union all
    select
        case_id, day,
        0 as opened,
        case when transition = 'reopened' then 1 else 0 end as reopened,
        case when transition = 'closed' then 1 else 0 end as closed,
        case when transition = 'cancelled' then 1 else 0 end as cancelled,
        case when transition = 'reopened' then 1 else -1 end as open_step,
        0 as overdue_step
    from case_events
    where transition is not null
    union all
    select
        case_id, from_day as day,
        0 as opened, 0 as reopened, 0 as closed, 0 as cancelled, 0 as open_step, 1 as overdue_step
    from overdue
    where to_day is null or to_day > from_day
    union all
    select
        case_id, to_day as day,
        0 as opened, 0 as reopened, 0 as closed, 0 as cancelled, 0 as open_step, -1 as overdue_step
    from overdue
    where to_day > from_day
),

moved as (
    select
        cases.grid_code, cases.network, steps.day,
        sum(steps.opened) as opened,
        sum(steps.reopened) as reopened,
        sum(steps.closed) as closed,
        sum(steps.cancelled) as cancelled,
        sum(steps.open_step) as open_step,
        sum(steps.overdue_step) as overdue_step
    from steps
    inner join cases on steps.case_id = cases.case_id
    inner join reach on cases.network = reach.network
    where steps.day <= reach.last_day
    group by cases.grid_code, cases.network, steps.day
),

running as (
    select
        moved.grid_code,
        moved.network,
        moved.day,
        moved.opened,
        moved.reopened,
        moved.closed,
        moved.cancelled,
        sum(moved.open_step) over (
            partition by moved.grid_code, moved.network order by moved.day
            rows between unbounded preceding and current row
        ) as open_at_end,
        sum(moved.overdue_step) over (
            partition by moved.grid_code, moved.network order by moved.day
            rows between unbounded preceding and current row
        ) as overdue_at_end,
        lead(moved.day) over (partition by moved.grid_code, moved.network order by moved.day) as next_day,
        reach.last_day
    from moved
    inner join reach on moved.network = reach.network
),

spells as (
    -- from one movement to the next nothing changes; where nothing stands open, the day of the movement is enough
    select
        running.*,
        case
            when open_at_end = 0 and overdue_at_end = 0 then day
            when next_day is null then last_day
            else {{ add_days('next_day', -1) }}
        end as spell_to_day
    from running
),

days as (
    select
        grid_code, network, day as moved_on, opened, reopened, closed, cancelled, open_at_end, overdue_at_end,
        {{ each_day('day', 'spell_to_day') }} as local_day
    from spells
),

grid_names as (
    select
        days.grid_code, days.local_day,
        members.grid_name, members.street_code, members.street_name,
        row_number() over (
            partition by days.grid_code, days.local_day
            order by
                case when members.valid_from_on <= days.local_day then 1 else 2 end,
                case when members.valid_from_on <= days.local_day then members.valid_from_on end desc,
                members.valid_from_on
        ) as preference
    from (select distinct grid_code, local_day from days) as days
    inner join {{ ref('dim_grid') }} as members on days.grid_code = members.grid_code
    where members.is_unified
)

select
    days.grid_code,
    days.local_day,
    days.network,
    grid_names.grid_name,
    grid_names.street_code,
    grid_names.street_name,
    cast(case when days.local_day = days.moved_on then days.opened else 0 end as bigint) as opened,
    cast(case when days.local_day = days.moved_on then days.reopened else 0 end as bigint) as reopened,
    cast(case when days.local_day = days.moved_on then days.closed else 0 end as bigint) as closed,
    cast(case when days.local_day = days.moved_on then days.cancelled else 0 end as bigint) as cancelled,
    cast(days.open_at_end as bigint) as open_at_end,
    cast(days.overdue_at_end as bigint) as overdue_at_end
from days
inner join grid_names
    on
        days.grid_code = grid_names.grid_code
        and days.local_day = grid_names.local_day
        and grid_names.preference = 1
