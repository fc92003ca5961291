-- grain: one row per shape (shape_no): its area and its box, in the plane of int_grid_edge
-- Outlines count as they lie, however they are turned: the first of a part adds, the others (holes) take away.
with

rings as (
    select
        shape_no, part_no, ring_no,
        cast(sum((from_x - to_x) * (from_y + to_y)) as bigint) as doubled_area,
        min(from_x) as west, max(from_x) as east, min(from_y) as south, max(from_y) as north
    from (
        -- measured from the lowest corner of all, which keeps the numbers small
        select
            shape_no, part_no, ring_no,
            from_x, to_x,
            from_y - min(from_y) over () as from_y,
            to_y - min(from_y) over () as to_y
        from {{ ref('int_grid_edge') }}
    ) as edges
    group by shape_no, part_no, ring_no
)

select
    shape_no,
    cast(floor(sum(abs(doubled_area) * case when ring_no = 1 then 1 else -1 end) / 20000 + 0.5) as bigint) as area_dm2,
    min(west) as west, max(east) as east, min(south) as south, max(north) as north
from rings
group by shape_no
