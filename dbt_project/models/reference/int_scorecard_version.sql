-- grain: one row per scorecard and begin of validity
with

stated as (
    select
        {{ json_text('attributes', 'scorecard') }} as scorecard,
        {{ json_text('attributes', 'title') }} as title,
        {{ json_text('attributes', 'assessor_org_code') }} as assessor_org_code,
        {{ json_text('attributes', 'ratee_kind') }} as ratee_kind,
        {{ json_text('attributes', 'ratee_network') }} as ratee_network,
        {{ json_text('attributes', 'authority') }} as authority,
        cast({{ json_text('attributes', 'min_denominator') }} as bigint) as min_denominator,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'scorecard'
),

versions as (
    {{ versions_of('stated', ['scorecard']) }}
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
)

select
    versions.scorecard, versions.title, versions.assessor_org_code, versions.ratee_kind, versions.ratee_network,
    versions.authority, versions.min_denominator,
    versions.valid_from_at, versions.valid_to_at,
    cast({{ to_local('versions.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on,
    cast({{ to_local('versions.valid_to_at', 'mount.time_zone') }} as date) as valid_to_on
from versions
cross join mount
