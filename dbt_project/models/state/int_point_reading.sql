-- grain: one row per told pair of coordinates that lies in no unified grid, and other way to read it (crs, lon_raw, lat_raw, reading)
-- The raw figures as if they were of another coordinate system, or longitude and latitude changed over. Only those
-- readings that come to lie in a grid of the unified scheme are kept. Nothing is moved by it.
with

placed_points as (
    select distinct lon, lat from {{ ref('int_point_grid') }}
),

told as (
    select
        events.crs, events.lon_raw, events.lat_raw,
        min(try_cast(events.lon_raw as double)) as x,
        min(try_cast(events.lat_raw as double)) as y
    from {{ ref('evt_grid_event') }} as events
    left join placed_points as hits on events.lon = hits.lon and events.lat = hits.lat
    where events.lon_raw is not null and events.lat_raw is not null
    group by events.crs, events.lon_raw, events.lat_raw
    having count(hits.lon) = 0
),

systems as (
    select 'wgs84' as crs
    union all
    select 'gcj02' as crs
    union all
    select 'bd09' as crs
),

readings as (
    -- CGCS2000 and WGS-84 are one frame
    select
        told.crs, told.lon_raw, told.lat_raw,
        systems.crs as reading, systems.crs as read_as,
        told.x as lon_read, told.y as lat_read
    from told
    inner join systems on systems.crs <> case when told.crs = 'cgcs2000' then 'wgs84' else coalesce(told.crs, '') end
    union all
    select
        crs, lon_raw, lat_raw,
        'swapped' as reading,
        case when crs in ('gcj02', 'bd09') then crs else 'wgs84' end as read_as,
        y as lon_read, x as lat_read
    from told
),

possible as (
    select * from readings
    where abs(lon_read) <= 180 and abs(lat_read) <= 90 and (lon_read <> 0 or lat_read <> 0)
),

polar as (
    -- BD-09 is GCJ-02 in another pole's coordinates: a turn and a stretch that differ from place to place
    select
        possible.*,
        sqrt((lon_read - 6.5e-3) * (lon_read - 6.5e-3) + (lat_read - 6e-3) * (lat_read - 6e-3))
        - 2e-5 * sin((lat_read - 6e-3) * 5.235987755982988e1) as radius,
        atan2(lat_read - 6e-3, lon_read - 6.5e-3)
        - 3e-6 * cos((lon_read - 6.5e-3) * 5.235987755982988e1) as angle
    from possible
),

step_0 as (
    select
        crs, lon_raw, lat_raw, reading, read_as,
        case when read_as = 'bd09' then radius * cos(angle) else lon_read end as aim_lon,
        case when read_as = 'bd09' then radius * sin(angle) else lat_read end as aim_lat,
        case when read_as = 'bd09' then radius * cos(angle) else lon_read end as lon,
        case when read_as = 'bd09' then radius * sin(angle) else lat_read end as lat
    from polar
),

{% for step in range(1, 4) %}
    shift_{{ step }} as (
        select
            crs, lon_raw, lat_raw, reading, read_as, aim_lon, aim_lat, lon, lat,
            {{ gcj02_shift('lon', 'lat') }}
        from step_{{ step - 1 }}
    ),

    step_{{ step }} as (
        -- the point whose image the told one is, approached
        select
            crs, lon_raw, lat_raw, reading, read_as, aim_lon, aim_lat,
            case when read_as = 'wgs84' then lon else aim_lon - shift_east end as lon,
            case when read_as = 'wgs84' then lat else aim_lat - shift_north end as lat
        from shift_{{ step }}
    ),

{% endfor %}
points as (
    select
        step_3.crs, step_3.lon_raw, step_3.lat_raw, step_3.reading, step_3.lon, step_3.lat,
        {{ cell_id(
            'cast(floor(step_3.lon * size.cells_a_degree) as bigint)',
            'cast(floor(step_3.lat * size.cells_a_degree) as bigint)'
        ) }} as cell_id
    from step_3
    cross join {{ ref('int_grid_cell_size') }} as size
),

different_points as (
    select distinct lon, lat, cell_id from points
),

hits as (
    {{ points_in_shapes('different_points') }}
),

held as (
    select distinct lon, lat from hits
)

select points.crs, points.lon_raw, points.lat_raw, points.reading, points.lon, points.lat
from points
inner join held on points.lon = held.lon and points.lat = held.lat
