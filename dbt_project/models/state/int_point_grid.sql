-- grain: one row per point and grid version whose polygon holds it (lon, lat, grid_id)
-- Half-open crossing rule: an edge counts where low_lat <= lat < high_lat and the point lies left of it; a point with an
-- odd count is inside. Written without a division, so that both engines compute the same.
with

candidates as (
    select points.lon, points.lat, cells.grid_id
    from {{ ref('int_point') }} as points
    inner join
        {{ ref('int_grid_cell') }} as cells
        on points.cell_x = cells.cell_x and points.cell_y = cells.cell_y
),

crossings as (
    select candidates.lon, candidates.lat, candidates.grid_id, count(*) as crossing_count
    from candidates
    inner join {{ ref('int_grid_edge') }} as edges on candidates.grid_id = edges.grid_id
    where
        edges.low_lat <= candidates.lat
        and candidates.lat < edges.high_lat
        and (candidates.lon - edges.low_lon) * (edges.high_lat - edges.low_lat)
        < (candidates.lat - edges.low_lat) * (edges.high_lon - edges.low_lon)
    group by candidates.lon, candidates.lat, candidates.grid_id
)

select lon, lat, grid_id
from crossings
where crossing_count % 2 = 1
