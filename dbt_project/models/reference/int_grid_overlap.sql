-- grain: one row per pair of shapes that share ground (shape_no, other_shape_no): how much
-- Exact but for rounding, without a spatial library: a polygon is a sum of the strips below its edges, those under its
-- top counted up and those under its bottom counted down; so what two polygons share is the sum, over all pairs of their
-- edges, of what two strips share: the area below the lower of two lines. Each term is rounded to a square millimetre.
with

versions as (
    select
        shapes.shape_no, grids.grid_id, grids.scheme, grids.is_unified, grids.valid_from_at, grids.valid_to_at
    from {{ ref('int_grid_shape') }} as shapes
    inner join {{ ref('int_grid_version') }} as grids on shapes.grid_id = grids.grid_id
),

mount as (
    select clock_at from {{ ref('stg_mount') }}
),

wanted as (
    -- another scheme's grid and the unified one, while both hold
    select versions.shape_no, others.shape_no as other_shape_no
    from versions
    inner join versions as others
        on
            (others.valid_to_at is null or versions.valid_from_at < others.valid_to_at)
            and (versions.valid_to_at is null or versions.valid_to_at > others.valid_from_at)
    where others.is_unified and not versions.is_unified
    union
    -- in one scheme, what ends when another begins
    select versions.shape_no, others.shape_no as other_shape_no
    from versions
    inner join versions as others
        on versions.scheme = others.scheme and versions.valid_to_at = others.valid_from_at
    union
    -- in one scheme, what has ended and what holds now
    select versions.shape_no, others.shape_no as other_shape_no
    from versions
    inner join versions as others on versions.scheme = others.scheme
    cross join mount
    where
        versions.valid_to_at <= mount.clock_at
        and others.valid_from_at <= mount.clock_at
        and (others.valid_to_at is null or mount.clock_at < others.valid_to_at)
),

pairs as (
    select
        wanted.shape_no, wanted.other_shape_no,
        areas.area_dm2, others.area_dm2 as other_area_dm2,
        least(areas.south, others.south) as foot
    from wanted
    inner join {{ ref('int_grid_area') }} as areas on wanted.shape_no = areas.shape_no
    inner join {{ ref('int_grid_area') }} as others on wanted.other_shape_no = others.shape_no
    where
        areas.west < others.east and others.west < areas.east
        and areas.south < others.north and others.south < areas.north
),

turns as (
    select
        shape_no, part_no, ring_no,
        case when ring_no = 1 then 1 else -1 end
        * case when sum((from_x - to_x) * (from_y + to_y)) < 0 then -1 else 1 end as turn
    from (
        select
            shape_no, part_no, ring_no, from_x, to_x,
            from_y - min(from_y) over () as from_y,
            to_y - min(from_y) over () as to_y
        from {{ ref('int_grid_edge') }}
    ) as edges
    group by shape_no, part_no, ring_no
),

lines as (
    select
        edges.shape_no,
        least(edges.from_x, edges.to_x) as west,
        greatest(edges.from_x, edges.to_x) as east,
        case when edges.from_x < edges.to_x then edges.from_y else edges.to_y end as west_y,
        case when edges.from_x < edges.to_x then edges.to_y else edges.from_y end as east_y,
        turns.turn * case when edges.from_x < edges.to_x then -1 else 1 end as side
    from {{ ref('int_grid_edge') }} as edges
    inner join turns
        on edges.shape_no = turns.shape_no and edges.part_no = turns.part_no and edges.ring_no = turns.ring_no
    where edges.from_x <> edges.to_x
),

meetings as (
    select
        pairs.shape_no, pairs.other_shape_no, pairs.foot,
        lines.side * others.side as side,
        lines.west, lines.east, lines.west_y, lines.east_y,
        others.west as other_west, others.east as other_east,
        others.west_y as other_west_y, others.east_y as other_east_y,
        greatest(lines.west, others.west) as begin_x,
        least(lines.east, others.east) as end_x
    from pairs
    inner join lines on pairs.shape_no = lines.shape_no
    inner join lines as others
        on
            pairs.other_shape_no = others.shape_no
            and lines.west < others.east
            and lines.east > others.west
    where pairs.shape_no <> pairs.other_shape_no
),

heights as (
    select
        shape_no, other_shape_no, side,
        end_x - begin_x as width,
        west_y - foot + (east_y - west_y) * (begin_x - west) / (east - west) as begin_y,
        other_west_y - foot
        + (other_east_y - other_west_y) * (begin_x - other_west) / (other_east - other_west) as other_begin_y,
        west_y - foot + (east_y - west_y) * (end_x - west) / (east - west) as end_y,
        other_west_y - foot
        + (other_east_y - other_west_y) * (end_x - other_west) / (other_east - other_west) as other_end_y
    from meetings
),

gaps as (
    select
        shape_no, other_shape_no, side, width,
        (other_begin_y + other_end_y) / 2 as other_middle_y,
        begin_y - other_begin_y as begin_gap,
        end_y - other_end_y as end_gap
    from heights
),

strips as (
    -- below the other line, less the triangle (or the whole) by which this line lies lower
    select
        shape_no, other_shape_no,
        side * cast(floor(width * (other_middle_y + case
            when begin_gap <= 0 and end_gap <= 0 then (begin_gap + end_gap) / 2
            when begin_gap >= 0 and end_gap >= 0 then 0
            when begin_gap < 0 then begin_gap * begin_gap / (begin_gap - end_gap) / 2
            else end_gap * end_gap / (end_gap - begin_gap) / 2
        end) + 0.5) as bigint) as strip_mm2
    from gaps
),

shared as (
    select
        shape_no, other_shape_no,
        cast(floor(sum(strip_mm2) / 10000 + 0.5) as bigint) as overlap_dm2
    from strips
    group by shape_no, other_shape_no
)

select
    pairs.shape_no,
    pairs.other_shape_no,
    pairs.area_dm2,
    pairs.other_area_dm2,
    case
        when pairs.shape_no = pairs.other_shape_no then pairs.area_dm2
        else least(shared.overlap_dm2, pairs.area_dm2, pairs.other_area_dm2)
    end as overlap_dm2
from pairs
left join shared on pairs.shape_no = shared.shape_no and pairs.other_shape_no = shared.other_shape_no
where pairs.shape_no = pairs.other_shape_no or shared.overlap_dm2 > 0
