-- grain: one row per different point that an event tells (lon, lat), with its square of the search net
select
    lon,
    lat,
    cast(floor(lon / {{ var('place_cell_degrees') }}) as bigint) as cell_x,
    cast(floor(lat / {{ var('place_cell_degrees') }}) as bigint) as cell_y
from {{ ref('evt_grid_event') }}
where lon is not null and lat is not null
group by lon, lat
