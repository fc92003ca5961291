-- grain: one row per square, polygon of the unified scheme, and edge of it that is not wholly left of the square
-- (cell_id, shape_no, part_no, ring_no, edge_no). Only in the height of the square's own row does an edge count.
with

unified as (
    select distinct shape_no from {{ ref('int_grid_shape') }}
    where is_unified
),

size as (
    select cells_a_degree from {{ ref('int_grid_cell_size') }}
),

rows_of_edges as (
    select
        edges.shape_no, edges.part_no, edges.ring_no, edges.edge_no,
        edges.low_lon, edges.low_lat, edges.high_lon, edges.high_lat,
        size.cells_a_degree,
        {{ each_number(
            'cast(floor(edges.low_lat * size.cells_a_degree) as bigint)',
            'cast(floor(edges.high_lat * size.cells_a_degree) as bigint)'
        ) }} as cell_y
    from {{ ref('int_grid_edge') }} as edges
    cross join size
    where edges.shape_no in (select shape_no from unified)
),

cut as (
    -- the part of the edge in the row; its ends are rounded, so a billionth of a degree is added on either side. A level
    -- edge is crossed by no ray, but what lies above it is not what lies below
    select
        rows_of_edges.*,
        coalesce(
            low_lon + (greatest(low_lat, cell_y / cells_a_degree) - low_lat)
            * (high_lon - low_lon) / nullif(high_lat - low_lat, 0),
            low_lon
        ) as lower_lon,
        coalesce(
            low_lon + (least(high_lat, (cell_y + 1) / cells_a_degree) - low_lat)
            * (high_lon - low_lon) / nullif(high_lat - low_lat, 0),
            high_lon
        ) as upper_lon
    from rows_of_edges
),

spans as (
    select
        shape_no, part_no, ring_no, edge_no, low_lon, low_lat, high_lon, high_lat, cell_y,
        cast(floor((least(lower_lon, upper_lon) - 1e-9) * cells_a_degree) as bigint) as first_x,
        cast(floor((greatest(lower_lon, upper_lon) + 1e-9) * cells_a_degree) as bigint) as last_x,
        low_lat <= cell_y / cells_a_degree and cell_y / cells_a_degree < high_lat as is_at_foot
    from cut
),

rows_of_shapes as (
    select shape_no, cell_y, min(first_x) as first_x, max(last_x) as last_x
    from spans
    group by shape_no, cell_y
),

cells as (
    select shape_no, cell_y, {{ each_number('first_x', 'last_x') }} as cell_x
    from rows_of_shapes
)

select
    {{ cell_id('cells.cell_x', 'cells.cell_y') }} as cell_id,
    spans.shape_no, spans.part_no, spans.ring_no, spans.edge_no,
    spans.low_lon, spans.low_lat, spans.high_lon, spans.high_lat,
    spans.first_x <= cells.cell_x as is_touching,
    spans.is_at_foot
from cells
inner join spans on cells.shape_no = spans.shape_no and cells.cell_y = spans.cell_y
where cells.cell_x <= spans.last_x
