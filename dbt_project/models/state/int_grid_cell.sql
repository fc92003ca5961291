-- grain: one row per polygon of the unified scheme and square of the search net that its box touches (grid_id, cell_x, cell_y)
with

boxes as (
    select
        grid_id,
        cast(floor(min(least(low_lon, high_lon)) / {{ var('place_cell_degrees') }}) as bigint) as first_x,
        cast(floor(max(greatest(low_lon, high_lon)) / {{ var('place_cell_degrees') }}) as bigint) as last_x,
        cast(floor(min(low_lat) / {{ var('place_cell_degrees') }}) as bigint) as first_y,
        cast(floor(max(high_lat) / {{ var('place_cell_degrees') }}) as bigint) as last_y
    from {{ ref('int_grid_edge') }}
    group by grid_id
),

columns_of_cells as (
    select grid_id, first_y, last_y, {{ each_number('first_x', 'last_x') }} as cell_x
    from boxes
)

select grid_id, cell_x, {{ each_number('first_y', 'last_y') }} as cell_y
from columns_of_cells
