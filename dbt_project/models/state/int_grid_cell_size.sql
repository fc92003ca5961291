-- grain: one row: how fine the raster is in which points look for their polygons
-- The finest of the powers of two with which the boxes of the unified scheme's polygons have no more than
-- `place_cells_per_grid` squares on average. A power of two, so that a point's square is computed without rounding.
with

unified as (
    select distinct shape_no from {{ ref('int_grid_shape') }}
    where is_unified
),

boxes as (
    select
        edges.shape_no,
        min(least(edges.low_lon, edges.high_lon)) as west,
        max(greatest(edges.low_lon, edges.high_lon)) as east,
        min(edges.low_lat) as south,
        max(edges.high_lat) as north
    from {{ ref('int_grid_edge') }} as edges
    where edges.shape_no in (select shape_no from unified)
    group by edges.shape_no
),

sizes as (
    {% for power in range(18) %}
        select {{ 2 ** power }} as cells_a_degree
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

counted as (
    select
        sizes.cells_a_degree,
        sum(
            (floor(boxes.east * sizes.cells_a_degree) - floor(boxes.west * sizes.cells_a_degree) + 1)
            * (floor(boxes.north * sizes.cells_a_degree) - floor(boxes.south * sizes.cells_a_degree) + 1)
        ) as cell_count,
        count(*) as box_count
    from sizes
    cross join boxes
    group by sizes.cells_a_degree
)

select cast(coalesce(max(cells_a_degree), 1) as bigint) as cells_a_degree
from counted
where cell_count <= box_count * {{ var('place_cells_per_grid') }}
