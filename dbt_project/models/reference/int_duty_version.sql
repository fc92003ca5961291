-- grain: one row per duty, code that it is about (empty where it is about none on any list) and begin of validity
with

stated as (
    select
        {{ json_text('attributes', 'duty_code') }} as duty_code,
        {{ json_text('attributes', 'duty_class') }} as duty_class,
        {{ json_text('attributes', 'duty_name') }} as duty_name,
        {{ json_text('attributes', 'owner_org_code') }} as owner_org_code,
        {{ json_text('attributes', 'approval_document') }} as approval_document,
        cast({{ json_text('attributes', 'staff_count') }} as bigint) as staff_count,
        cast({{ json_text('attributes', 'budget_yuan') }} as bigint) as budget_yuan,
        coalesce({{ json_text('attributes', 'code_set') }}, '') as code_set,
        coalesce({{ json_text('attributes', 'kind') }}, '') as kind,
        coalesce({{ json_text('attributes', 'category_code') }}, '') as category_code,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'duty'
),

versions as (
    {{ versions_of('stated', ['duty_code', 'code_set', 'kind', 'category_code']) }}
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
)

select
    versions.duty_code, versions.duty_class, versions.duty_name, versions.owner_org_code,
    versions.approval_document, versions.staff_count, versions.budget_yuan,
    versions.code_set, versions.kind, versions.category_code,
    cast({{ to_local('versions.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on,
    cast({{ to_local('versions.valid_to_at', 'mount.time_zone') }} as date) as valid_to_on
from versions
cross join mount
