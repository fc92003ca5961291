-- grain: one row per elected fact (event_id): the grid of the unified scheme in which it happened, as the grids were then
-- Point in a polygon valid at occurred_at; else the grid code told in the unified scheme; else the division told; else
-- 'unlocated' with a reason. Where polygons overlap, the lowest grid code wins.
with

events as (
    select
        event_id, occurred_at, lon, lat, address, division_code, grid_scheme_given, grid_code_given
    from {{ ref('evt_grid_event') }}
),

grids as (
    select * from {{ ref('int_grid_version') }}
    where is_unified
),

mount as (
    select unified_scheme from {{ ref('stg_mount') }}
),

reference as (
    select count(*) as grid_count from grids
),

by_point as (
    select events.event_id, min(grids.grid_code) as grid_code
    from events
    inner join {{ ref('int_point_grid') }} as hits on events.lon = hits.lon and events.lat = hits.lat
    inner join grids on hits.grid_id = grids.grid_id
    where
        grids.valid_from_at <= events.occurred_at
        and (grids.valid_to_at is null or events.occurred_at < grids.valid_to_at)
    group by events.event_id
),

by_code as (
    select events.event_id, grids.grid_code
    from events
    inner join mount on events.grid_scheme_given = mount.unified_scheme
    inner join grids on events.grid_code_given = grids.grid_code
    where
        grids.valid_from_at <= events.occurred_at
        and (grids.valid_to_at is null or events.occurred_at < grids.valid_to_at)
),

by_division as (
    select events.event_id, divisions.division_code as grid_code
    from events
    inner join {{ ref('int_division') }} as divisions on events.division_code = divisions.division_code
),

placed as (
    select
        events.*,
        by_point.grid_code as point_code,
        by_code.grid_code as given_code,
        by_division.grid_code as division_grid_code,
        mount.unified_scheme,
        reference.grid_count
    from events
    cross join mount
    cross join reference
    left join by_point on events.event_id = by_point.event_id
    left join by_code on events.event_id = by_code.event_id
    left join by_division on events.event_id = by_division.event_id
),

decided as (
    select
        *,
        coalesce(point_code, given_code, division_grid_code, 'unlocated') as grid_code,
        case
            when point_code is not null then 'point'
            when given_code is not null then 'given'
            when division_grid_code is not null then 'division'
            else 'unlocated'
        end as grid_method
    from placed
)

select
    event_id,
    grid_code,
    grid_method,
    case
        when grid_method <> 'unlocated' then null
        when grid_count = 0 then 'no_grid_reference'
        when lon is not null and lat is not null then 'point_outside_grids'
        when grid_code_given is not null and grid_scheme_given = unified_scheme then 'given_code_not_valid'
        when division_code is not null then 'division_unknown'
        when grid_code_given is not null then 'given_in_other_scheme'
        when address is not null then 'address_only'
        else 'no_place_told'
    end as unlocated_reason,
    case
        when
            point_code is null or grid_code_given is null or grid_scheme_given <> unified_scheme
            then 'not_comparable'
        when point_code = grid_code_given then 'agree'
        else 'differ'
    end as agreement
from decided
