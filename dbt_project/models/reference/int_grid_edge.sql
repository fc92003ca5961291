-- grain: one row per edge of a shape (shape_no, part_no, ring_no, edge_no)
-- In degrees every edge runs upwards, so two polygons that share a border compute with the same numbers and a point on it
-- belongs to one of them. Beside them the corners in whole millimetres of a plane in which areas are true (the
-- equal-area cylinder on the ellipsoid of CGCS2000). The sine is written as a polynomial: no two libraries of
-- mathematics can differ in a last digit.
with

polygons as (
    select shapes.shape_no, min(grids.polygon) as polygon
    from {{ ref('int_grid_shape') }} as shapes
    inner join {{ ref('int_grid_version') }} as grids on shapes.grid_id = grids.grid_id
    group by shapes.shape_no
),

corners as (
    {{ polygon_corners('polygons', 'shape_no', 'polygon') }}
),

angles as (
    select
        corners.*,
        lat * 1.7453292519943295e-2 as radians,
        lat * 1.7453292519943295e-2 * (lat * 1.7453292519943295e-2) as squared
    from corners
),

sines as (
    select
        angles.*,
        radians * (1 - squared / 6 * (1 - squared / 20 * (1 - squared / 42 * (1 - squared / 72 * (
            1 - squared / 110 * (1 - squared / 156 * (1 - squared / 210 * (1 - squared / 272 * (1 - squared / 342))))
        ))))) as sine
    from angles
),

planar as (
    -- to the eighth power of the eccentricity; the next term is less than a tenth of a millimetre
    select
        shape_no, part_no, ring_no, corner_no, lon, lat,
        cast(floor(lon * 1.1131949079327356e8 + 0.5) as bigint) as x,
        cast(floor(
            6.335439327083876e9 * sine * (1 + 4.462920015267192e-3 * sine * sine * (
                1 + 6.024942020610708e-3 * sine * sine * (
                    1 + 6.3756000218102744e-3 * sine * sine * (1 + 6.508425022264654e-3 * sine * sine)
                )
            )) + 0.5
        ) as bigint) as y
    from sines
),

edges as (
    -- an open ring is closed by its first corner
    select
        shape_no, part_no, ring_no,
        corner_no as edge_no,
        lon as from_lon,
        lat as from_lat,
        x as from_x,
        y as from_y,
        coalesce(
            lead(lon) over (partition by shape_no, part_no, ring_no order by corner_no),
            first_value(lon) over (partition by shape_no, part_no, ring_no order by corner_no)
        ) as to_lon,
        coalesce(
            lead(lat) over (partition by shape_no, part_no, ring_no order by corner_no),
            first_value(lat) over (partition by shape_no, part_no, ring_no order by corner_no)
        ) as to_lat,
        coalesce(
            lead(x) over (partition by shape_no, part_no, ring_no order by corner_no),
            first_value(x) over (partition by shape_no, part_no, ring_no order by corner_no)
        ) as to_x,
        coalesce(
            lead(y) over (partition by shape_no, part_no, ring_no order by corner_no),
            first_value(y) over (partition by shape_no, part_no, ring_no order by corner_no)
        ) as to_y
    from planar
)

select
    shape_no, part_no, ring_no, edge_no,
    case when from_lat < to_lat then from_lon else to_lon end as low_lon,
    case when from_lat < to_lat then from_lat else to_lat end as low_lat,
    case when from_lat < to_lat then to_lon else from_lon end as high_lon,
    case when from_lat < to_lat then to_lat else from_lat end as high_lat,
    from_x, from_y, to_x, to_y
from edges
where from_lon <> to_lon or from_lat <> to_lat
