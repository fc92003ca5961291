-- grain: one row per component and begin of validity
with

mount as (
    select clock_at from {{ ref('stg_mount') }}
)

select
    versions.component_id, versions.component_code, versions.component_name, versions.code_set, versions.category_code,
    versions.owner_org_code, versions.supervise_org_code, versions.maintain_org_code, versions.expected_org_code,
    versions.owner_org_code is null as is_ownerless,
    versions.state, versions.grid_code, versions.lon, versions.lat,
    versions.valid_from_at, versions.valid_to_at, versions.valid_from_on, versions.valid_to_on,
    versions.valid_from_at <= mount.clock_at
    and (versions.valid_to_at is null or mount.clock_at < versions.valid_to_at) as is_current
from {{ ref('int_component_version') }} as versions
cross join mount
