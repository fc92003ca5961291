-- grain: one row per grid version that no longer holds (grid_id): the one of its scheme that holds most of its ground now
-- Of grids without a polygon the one of the same code. No grid is chosen where two hold about as much.
with

versions as (
    select grids.*, shapes.shape_no
    from {{ ref('int_grid_version') }} as grids
    left join {{ ref('int_grid_shape') }} as shapes on grids.grid_id = shapes.grid_id
),

mount as (
    select clock_at from {{ ref('stg_mount') }}
),

standing as (
    select versions.*
    from versions
    cross join mount
    where
        versions.valid_from_at <= mount.clock_at
        and (versions.valid_to_at is null or mount.clock_at < versions.valid_to_at)
),

gone as (
    select versions.*
    from versions
    cross join mount
    where versions.valid_to_at <= mount.clock_at
),

shares as (
    select
        gone.grid_id,
        standing.grid_id as to_grid_id,
        standing.grid_code as to_grid_code,
        {{ millionths('common.overlap_dm2', 'common.area_dm2') }} as share_ppm
    from gone
    inner join standing on gone.scheme = standing.scheme
    inner join
        {{ ref('int_grid_overlap') }} as common
        on gone.shape_no = common.shape_no and standing.shape_no = common.other_shape_no
),

ordered as (
    select
        shares.*,
        row_number() over (partition by grid_id order by share_ppm desc, to_grid_id asc) as share_rank,
        lead(share_ppm) over (partition by grid_id order by share_ppm desc, to_grid_id asc) as next_ppm
    from shares
    where share_ppm >= {{ var('lineage_least_ppm') }}
),

ranked as (
    select
        ordered.*,
        share_ppm - coalesce(next_ppm, 0) >= {{ var('successor_margin_ppm') }} as is_ahead
    from ordered
),

same_code as (
    select
        gone.grid_id as gone_id,
        standing.grid_id,
        gone.shape_no is null or standing.shape_no is null as is_without_area
    from gone
    inner join standing on gone.scheme = standing.scheme and gone.grid_code = standing.grid_code
)

select
    gone.grid_id,
    case
        when ranked.is_ahead then ranked.to_grid_id
        when ranked.grid_id is null and same_code.is_without_area then same_code.grid_id
    end as to_grid_id,
    ranked.share_ppm,
    case
        when not ranked.is_ahead then 'no_single_successor'
        when ranked.grid_id is null and not coalesce(same_code.is_without_area, false) then 'no_successor'
    end as reason
from gone
left join ranked on gone.grid_id = ranked.grid_id and ranked.share_rank = 1
left join same_code on gone.grid_id = same_code.gone_id
