-- grain: one row per square of the raster that a polygon of the unified scheme covers or whose border it touches (cell_id, shape_no)
-- A square that no edge touches lies wholly inside or wholly outside: what is true at its foot is true of all of it.
select
    cell_id,
    shape_no,
    bool_or(is_touching) as is_border
from {{ ref('int_grid_cell_edge') }}
group by cell_id, shape_no
having bool_or(is_touching) or sum(case when is_at_foot then 1 else 0 end) % 2 = 1
