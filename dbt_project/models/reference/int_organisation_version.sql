-- grain: one row per organisation code and begin of validity
with

stated as (
    select
        {{ json_text('attributes', 'org_code') }} as org_code,
        {{ json_text('attributes', 'org_name') }} as org_name,
        {{ json_text('attributes', 'org_type') }} as org_type,
        {{ json_text('attributes', 'parent_org_code') }} as parent_org_code,
        {{ json_text('attributes', 'level') }} as level,
        {{ json_text('attributes', 'network') }} as network,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'organisation'
),

versions as (
    {{ versions_of('stated', ['org_code']) }}
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
    org_code || '@' || cast(valid_from_on as string) as organisation_id,
    org_code, org_name, org_type, parent_org_code, level, network,
    valid_from_at, valid_to_at, valid_from_on, valid_to_on
from dated
