-- grain: one row per scheme, grid code and begin of validity
with

stated as (
    select
        {{ json_text('attributes', 'scheme') }} as scheme,
        {{ json_text('attributes', 'grid_code') }} as grid_code,
        {{ json_text('attributes', 'grid_name') }} as grid_name,
        {{ json_text('attributes', 'community_code') }} as community_code,
        {{ json_text('attributes', 'community_name') }} as community_name,
        {{ json_text('attributes', 'street_code') }} as street_code,
        {{ json_text('attributes', 'street_name') }} as street_name,
        -- 基本管理单元 inside a town, and 专属网格: what a city does not tell it does not have
        {{ json_text('attributes', 'management_unit_code') }} as management_unit_code,
        {{ json_text('attributes', 'management_unit_name') }} as management_unit_name,
        coalesce({{ json_text('attributes', 'grid_kind') }}, 'basic') as grid_kind,
        {{ json_text('attributes', 'polygon') }} as polygon,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'grid'
),

versions as (
    {{ versions_of('stated', ['scheme', 'grid_code']) }}
),

mount as (
    select time_zone, unified_scheme from {{ ref('stg_mount') }}
),

dated as (
    select
        versions.*,
        versions.scheme = mount.unified_scheme as is_unified,
        cast({{ to_local('versions.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on,
        cast({{ to_local('versions.valid_to_at', 'mount.time_zone') }} as date) as valid_to_on
    from versions
    cross join mount
)

select
    scheme || '/' || grid_code || '@' || cast(valid_from_on as string) as grid_id,
    scheme,
    grid_code,
    grid_name,
    community_code,
    community_name,
    street_code,
    street_name,
    management_unit_code,
    management_unit_name,
    grid_kind,
    polygon,
    is_unified,
    valid_from_at, valid_to_at, valid_from_on, valid_to_on
from dated
