-- grain: one row per edge of a polygon of the unified scheme (grid_id, part_no, ring_no, edge_no)
-- Every edge runs upwards, so the two polygons that share a border compute with the same numbers and a point on it
-- belongs to one of them. Level edges never cross the ray and are left out.
with

polygons as (
    select grid_id, polygon from {{ ref('int_grid_version') }}
    where is_unified and polygon is not null
),

corners as (
    {{ polygon_corners('polygons', 'grid_id', 'polygon') }}
),

edges as (
    -- an open ring is closed by its first corner
    select
        grid_id, part_no, ring_no,
        corner_no as edge_no,
        lon as from_lon,
        lat as from_lat,
        coalesce(
            lead(lon) over (partition by grid_id, part_no, ring_no order by corner_no),
            first_value(lon) over (partition by grid_id, part_no, ring_no order by corner_no)
        ) as to_lon,
        coalesce(
            lead(lat) over (partition by grid_id, part_no, ring_no order by corner_no),
            first_value(lat) over (partition by grid_id, part_no, ring_no order by corner_no)
        ) as to_lat
    from corners
)

select
    grid_id, part_no, ring_no, edge_no,
    case when from_lat < to_lat then from_lon else to_lon end as low_lon,
    case when from_lat < to_lat then from_lat else to_lat end as low_lat,
    case when from_lat < to_lat then to_lon else from_lon end as high_lon,
    case when from_lat < to_lat then to_lat else from_lat end as high_lat
from edges
where from_lat <> to_lat
