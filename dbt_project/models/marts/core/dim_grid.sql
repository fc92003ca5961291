-- grain: one row per scheme, grid code and begin of validity; with the divisions of the unified scheme and 'unlocated'
with

mount as (
    select clock_at, unified_scheme from {{ ref('stg_mount') }}
),

members as (
    select
        grid_id, scheme, grid_code, grid_name, 'grid' as member_kind,
        community_code, community_name, street_code, street_name, management_unit_code, management_unit_name,
        grid_kind, polygon, is_unified,
        valid_from_at, valid_to_at, valid_from_on, valid_to_on
    from {{ ref('int_grid_version') }}
    union all
    select
        mount.unified_scheme
        || '/'
        || divisions.division_code
        || '@'
        || cast(divisions.valid_from_on as string) as grid_id,
        mount.unified_scheme as scheme,
        divisions.division_code as grid_code,
        divisions.division_name as grid_name,
        'division' as member_kind,
        divisions.community_code, divisions.community_name, divisions.street_code, divisions.street_name,
        cast(null as string) as management_unit_code, cast(null as string) as management_unit_name,
        cast(null as string) as grid_kind, cast(null as string) as polygon,
        true as is_unified,
        divisions.valid_from_at, cast(null as timestamp) as valid_to_at,
        divisions.valid_from_on, cast(null as date) as valid_to_on
    from {{ ref('int_division') }} as divisions
    cross join mount
    union all
    select
        'unlocated' as grid_id, unified_scheme as scheme, 'unlocated' as grid_code, '未定位' as grid_name,
        'unlocated' as member_kind,
        cast(null as string) as community_code, cast(null as string) as community_name,
        cast(null as string) as street_code, cast(null as string) as street_name,
        cast(null as string) as management_unit_code, cast(null as string) as management_unit_name,
        cast(null as string) as grid_kind, cast(null as string) as polygon, true as is_unified,
        timestamp '1900-01-01 00:00:00' as valid_from_at, cast(null as timestamp) as valid_to_at,
        date '1900-01-01' as valid_from_on, cast(null as date) as valid_to_on
    from mount
)

select
    members.grid_id, members.scheme, members.grid_code, members.grid_name, members.member_kind,
    members.community_code, members.community_name, members.street_code, members.street_name,
    members.management_unit_code, members.management_unit_name, members.grid_kind, members.polygon, members.is_unified,
    members.valid_from_at, members.valid_to_at, members.valid_from_on, members.valid_to_on,
    members.valid_from_at <= mount.clock_at
    and (members.valid_to_at is null or mount.clock_at < members.valid_to_at) as is_current,
    -- of what has ended, the grid that holds most of its ground now
    case when members.valid_to_at <= mount.clock_at then heirs.grid_id else members.grid_id end as grid_id_now,
    case when members.valid_to_at <= mount.clock_at then heirs.grid_code else members.grid_code end as grid_code_now,
    case when members.valid_to_at <= mount.clock_at then successors.share_ppm else 1000000 end as now_share_ppm,
    successors.reason as now_reason
from members
cross join mount
left join {{ ref('int_grid_successor') }} as successors on members.grid_id = successors.grid_id
left join {{ ref('int_grid_version') }} as heirs on successors.to_grid_id = heirs.grid_id
