-- grain: one row per grid version that has a polygon (grid_id): the number of its shape; equal polygons are one shape
select
    grid_id,
    cast(dense_rank() over (order by polygon) as integer) as shape_no,
    is_unified
from {{ ref('int_grid_version') }}
where polygon is not null
