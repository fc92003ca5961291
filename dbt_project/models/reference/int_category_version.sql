-- grain: one row per code set, kind, category code and begin of validity
with

stated as (
    select
        {{ json_text('attributes', 'code_set') }} as code_set,
        coalesce({{ json_text('attributes', 'kind') }}, '') as kind,
        {{ json_text('attributes', 'category_code') }} as category_code,
        {{ json_text('attributes', 'major_code') }} as major_code,
        {{ json_text('attributes', 'major_name') }} as major_name,
        {{ json_text('attributes', 'minor_name') }} as minor_name,
        {{ json_text('attributes', 'canonical_name') }} as canonical_name,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'category'
),

versions as (
    {{ versions_of('stated', ['code_set', 'kind', 'category_code']) }}
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
    code_set || '/' || kind || '/' || category_code || '@' || cast(valid_from_on as string) as category_id,
    code_set, kind, category_code, major_code, major_name, minor_name, canonical_name,
    valid_from_at, valid_to_at, valid_from_on, valid_to_on
from dated
