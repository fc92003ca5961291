-- grain: one row per grid version of another scheme, unified grid version, and begin of a time in which the parts stay the same (from_grid_id, to_grid_id, valid_from_at)
-- How much of a grid lies in each grid of the unified scheme. At any moment the weights of a grid's parts make a million:
-- each is rounded, and what is then missing or too much falls to the largest. What lies in no unified grid is a part, too
-- ('unlocated'). Where unified grids lie over each other, their shares are taken of their sum.
with

versions as (
    select
        grids.grid_id, grids.scheme, grids.grid_code, grids.is_unified,
        grids.valid_from_at, grids.valid_to_at, shapes.shape_no
    from {{ ref('int_grid_version') }} as grids
    inner join {{ ref('int_grid_shape') }} as shapes on grids.grid_id = shapes.grid_id
    inner join {{ ref('int_grid_area') }} as areas on shapes.shape_no = areas.shape_no
    where areas.area_dm2 > 0
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

meetings as (
    select
        versions.grid_id as from_grid_id,
        unified.grid_id as to_grid_id,
        unified.grid_code as to_grid_code,
        common.area_dm2,
        common.overlap_dm2,
        greatest(versions.valid_from_at, unified.valid_from_at) as meets_at,
        -- the earlier of two ends, either of which may be open
        least(
            coalesce(versions.valid_to_at, unified.valid_to_at), coalesce(unified.valid_to_at, versions.valid_to_at)
        ) as parts_at
    from versions
    inner join {{ ref('int_grid_overlap') }} as common on versions.shape_no = common.shape_no
    inner join versions as unified
        on
            common.other_shape_no = unified.shape_no
            and (unified.valid_to_at is null or versions.valid_from_at < unified.valid_to_at)
            and (versions.valid_to_at is null or versions.valid_to_at > unified.valid_from_at)
    where unified.is_unified and not versions.is_unified
),

cuts as (
    select grid_id as from_grid_id, valid_from_at as cut_at from versions
    where not is_unified
    union
    select from_grid_id, meets_at as cut_at from meetings
    union
    select from_grid_id, parts_at as cut_at from meetings
    where parts_at is not null
),

times as (
    select
        cuts.from_grid_id,
        cuts.cut_at as valid_from_at,
        coalesce(
            lead(cuts.cut_at) over (partition by cuts.from_grid_id order by cuts.cut_at), versions.valid_to_at
        ) as valid_to_at
    from cuts
    inner join versions on cuts.from_grid_id = versions.grid_id
    where versions.valid_to_at is null or cuts.cut_at < versions.valid_to_at
),

parts as (
    select
        times.from_grid_id, times.valid_from_at, times.valid_to_at,
        meetings.to_grid_id, meetings.to_grid_code, meetings.overlap_dm2
    from times
    inner join meetings
        on
            times.from_grid_id = meetings.from_grid_id
            and times.valid_from_at >= meetings.meets_at
            and (meetings.parts_at is null or times.valid_from_at < meetings.parts_at)
),

covered as (
    select from_grid_id, valid_from_at, sum(overlap_dm2) as covered_dm2
    from parts
    group by from_grid_id, valid_from_at
),

wholes as (
    select
        times.from_grid_id, times.valid_from_at, times.valid_to_at,
        versions.scheme as from_scheme, versions.grid_code as from_grid_code,
        areas.area_dm2,
        cast(coalesce(covered.covered_dm2, 0) as bigint) as covered_dm2
    from times
    inner join versions on times.from_grid_id = versions.grid_id
    inner join {{ ref('int_grid_area') }} as areas on versions.shape_no = areas.shape_no
    left join covered on times.from_grid_id = covered.from_grid_id and times.valid_from_at = covered.valid_from_at
),

all_parts as (
    select from_grid_id, valid_from_at, to_grid_id, to_grid_code, overlap_dm2 from parts
    union all
    select
        from_grid_id, valid_from_at, 'unlocated' as to_grid_id, 'unlocated' as to_grid_code,
        area_dm2 - covered_dm2 as overlap_dm2
    from wholes
    where area_dm2 > covered_dm2
),

weighed as (
    select
        wholes.from_grid_id, wholes.from_scheme, wholes.from_grid_code, wholes.valid_from_at, wholes.valid_to_at,
        wholes.area_dm2,
        all_parts.to_grid_id, all_parts.to_grid_code, all_parts.overlap_dm2,
        {{ millionths('all_parts.overlap_dm2', 'greatest(wholes.area_dm2, wholes.covered_dm2)') }} as rounded_ppm
    from wholes
    inner join
        all_parts
        on wholes.from_grid_id = all_parts.from_grid_id and wholes.valid_from_at = all_parts.valid_from_at
),

ranked as (
    select
        weighed.*,
        row_number() over (
            partition by from_grid_id, valid_from_at order by overlap_dm2 desc, to_grid_code asc, to_grid_id asc
        ) as part_rank,
        sum(rounded_ppm) over (partition by from_grid_id, valid_from_at) as rounded_sum
    from weighed
),

whole as (
    select
        ranked.*,
        cast(rounded_ppm + case when part_rank = 1 then 1000000 - rounded_sum else 0 end as bigint) as weight_ppm
    from ranked
    -- less than a millionth is no part
    where rounded_ppm > 0
)

select
    whole.from_grid_id, whole.from_scheme, whole.from_grid_code,
    whole.to_grid_id, whole.to_grid_code,
    whole.valid_from_at, whole.valid_to_at,
    cast({{ to_local('whole.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on,
    cast({{ to_local('whole.valid_to_at', 'mount.time_zone') }} as date) as valid_to_on,
    {{ square_metres('whole.overlap_dm2') }} as overlap_m2,
    {{ square_metres('whole.area_dm2') }} as from_area_m2,
    whole.weight_ppm,
    cast(whole.part_rank as integer) as part_rank,
    -- what is told in the grid is taken to have happened in this part
    whole.to_grid_id <> 'unlocated' and whole.weight_ppm >= {{ var('bridge_least_ppm') }} as is_decisive
from whole
cross join mount
