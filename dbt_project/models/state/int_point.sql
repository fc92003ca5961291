-- grain: one row per different point that an event tells (lon, lat), with its square of the raster
select
    events.lon,
    events.lat,
    {{ cell_id(
        'cast(floor(events.lon * size.cells_a_degree) as bigint)',
        'cast(floor(events.lat * size.cells_a_degree) as bigint)'
    ) }} as cell_id
from (
    select lon, lat from {{ ref('evt_grid_event') }}
    where lon is not null and lat is not null
    group by lon, lat
) as events
cross join {{ ref('int_grid_cell_size') }} as size
