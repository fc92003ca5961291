-- grain: one row per component and begin of validity
with

stated as (
    select
        {{ json_text('attributes', 'component_code') }} as component_code,
        {{ json_text('attributes', 'component_name') }} as component_name,
        {{ json_text('attributes', 'code_set') }} as code_set,
        {{ json_text('attributes', 'category_code') }} as category_code,
        {{ json_text('attributes', 'owner_org_code') }} as owner_org_code,
        {{ json_text('attributes', 'supervise_org_code') }} as supervise_org_code,
        {{ json_text('attributes', 'maintain_org_code') }} as maintain_org_code,
        {{ json_text('attributes', 'state') }} as state,
        {{ json_text('attributes', 'grid_code') }} as grid_code,
        cast({{ json_text('attributes', 'lon') }} as double) as lon,
        cast({{ json_text('attributes', 'lat') }} as double) as lat,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'component'
),

versions as (
    {{ versions_of('stated', ['component_code']) }}
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

dated as (
    select
        versions.*,
        cast({{ to_local('versions.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on,
        cast({{ to_local('versions.valid_to_at', 'mount.time_zone') }} as date) as valid_to_on
    from versions
    cross join mount
)

select
    component_code || '@' || cast(valid_from_on as string) as component_id,
    component_code, component_name, code_set, category_code, owner_org_code, supervise_org_code, maintain_org_code,
    coalesce(maintain_org_code, owner_org_code) as expected_org_code,
    state, grid_code, lon, lat,
    valid_from_at, valid_to_at, valid_from_on, valid_to_on
from dated
