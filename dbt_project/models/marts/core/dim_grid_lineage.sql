-- grain: one row per predecessor and successor at a change of a scheme (scheme, changed_at, from_grid_id, to_grid_id); '' for none
-- Told by nobody: what ends and what begins at one moment is laid over each other. A shared ground counts where it is
-- `lineage_least_ppm` of either grid; grids without a polygon follow their code.
with

versions as (
    select grids.*, shapes.shape_no
    from {{ ref('int_grid_version') }} as grids
    left join {{ ref('int_grid_shape') }} as shapes on grids.grid_id = shapes.grid_id
),

areas as (
    select shape_no, area_dm2 from {{ ref('int_grid_area') }}
),

laid_over as (
    select
        ended.scheme,
        begun.valid_from_at as changed_at,
        begun.valid_from_on as changed_on,
        ended.grid_id as from_grid_id,
        begun.grid_id as to_grid_id,
        ended.grid_code as from_grid_code,
        begun.grid_code as to_grid_code,
        coalesce(ended.grid_name, '') = coalesce(begun.grid_name, '') as is_name_kept,
        common.overlap_dm2,
        {{ millionths('common.overlap_dm2', 'common.area_dm2') }} as from_ppm,
        {{ millionths('common.overlap_dm2', 'common.other_area_dm2') }} as to_ppm
    from versions as ended
    inner join versions as begun on ended.scheme = begun.scheme and ended.valid_to_at = begun.valid_from_at
    inner join
        {{ ref('int_grid_overlap') }} as common
        on ended.shape_no = common.shape_no and begun.shape_no = common.other_shape_no
),

paired as (
    select *, 'area' as evidence
    from laid_over
    where from_ppm >= {{ var('lineage_least_ppm') }} or to_ppm >= {{ var('lineage_least_ppm') }}
    union all
    select
        ended.scheme,
        begun.valid_from_at as changed_at,
        begun.valid_from_on as changed_on,
        ended.grid_id as from_grid_id,
        begun.grid_id as to_grid_id,
        ended.grid_code as from_grid_code,
        begun.grid_code as to_grid_code,
        coalesce(ended.grid_name, '') = coalesce(begun.grid_name, '') as is_name_kept,
        cast(null as bigint) as overlap_dm2,
        cast(null as bigint) as from_ppm,
        cast(null as bigint) as to_ppm,
        'code' as evidence
    from versions as ended
    inner join versions as begun
        on
            ended.scheme = begun.scheme
            and ended.grid_code = begun.grid_code
            and ended.valid_to_at = begun.valid_from_at
    left join areas on ended.shape_no = areas.shape_no
    left join areas as begun_areas on begun.shape_no = begun_areas.shape_no
    where areas.shape_no is null or begun_areas.shape_no is null
),

counted as (
    select
        paired.*,
        count(*) over (partition by scheme, changed_at, from_grid_id) as successors,
        count(*) over (partition by scheme, changed_at, to_grid_id) as predecessors
    from paired
),

spread as (
    select
        counted.*,
        max(predecessors) over (partition by scheme, changed_at, from_grid_id) as most_predecessors,
        max(successors) over (partition by scheme, changed_at, to_grid_id) as most_successors
    from counted
),

firsts as (
    select scheme, min(valid_from_at) as first_from_at
    from versions
    group by scheme
),

lines as (
    select
        scheme, changed_at, changed_on,
        case
            when successors = 1 and predecessors = 1 and evidence = 'code' then 'continued'
            when
                successors = 1 and predecessors = 1
                and from_ppm > 1000000 - {{ var('lineage_least_ppm') }}
                and to_ppm > 1000000 - {{ var('lineage_least_ppm') }}
                then case when from_grid_code = to_grid_code and is_name_kept then 'continued' else 'renamed' end
            when successors > 1 and most_predecessors = 1 then 'split'
            when predecessors > 1 and most_successors = 1 then 'merged'
            else 'moved'
        end as change_kind,
        from_grid_id, to_grid_id, from_grid_code, to_grid_code, evidence, overlap_dm2, from_ppm, to_ppm
    from spread
    union all
    select
        versions.scheme, versions.valid_from_at, versions.valid_from_on, 'appeared' as change_kind,
        '' as from_grid_id, versions.grid_id as to_grid_id,
        cast(null as string) as from_grid_code, versions.grid_code as to_grid_code,
        'none' as evidence, cast(null as bigint) as overlap_dm2,
        cast(null as bigint) as from_ppm, cast(null as bigint) as to_ppm
    from versions
    inner join firsts on versions.scheme = firsts.scheme
    -- what a scheme begins with did not come from nothing
    where versions.valid_from_at > firsts.first_from_at and versions.grid_id not in (select to_grid_id from paired)
    union all
    select
        versions.scheme, versions.valid_to_at, versions.valid_to_on, 'ended' as change_kind,
        versions.grid_id as from_grid_id, '' as to_grid_id,
        versions.grid_code as from_grid_code, cast(null as string) as to_grid_code,
        'none' as evidence, cast(null as bigint) as overlap_dm2,
        cast(null as bigint) as from_ppm, cast(null as bigint) as to_ppm
    from versions
    where versions.valid_to_at is not null and versions.grid_id not in (select from_grid_id from paired)
)

select
    scheme, changed_at, changed_on, change_kind,
    from_grid_id, to_grid_id, from_grid_code, to_grid_code, evidence,
    {{ square_metres('overlap_dm2') }} as overlap_m2,
    from_ppm,
    to_ppm
from lines
