-- grain: one row per two codes of which one follows the other, and begin of validity
-- A kind that is not told is found where the list has the code in one kind alone; otherwise the row is not resolved.
with

stated as (
    select
        {{ json_text('attributes', 'code_set') }} as code_set,
        coalesce({{ json_text('attributes', 'kind') }}, '') as kind_told,
        {{ json_text('attributes', 'category_code') }} as category_code,
        {{ json_text('attributes', 'to_code_set') }} as to_code_set,
        coalesce({{ json_text('attributes', 'to_kind') }}, '') as to_kind_told,
        {{ json_text('attributes', 'to_category_code') }} as to_category_code,
        {{ json_text('attributes', 'canonical_name') }} as canonical_name,
        coalesce({{ json_text('attributes', 'mapping') }}, 'exact') as mapping,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'crosswalk'
),

versions as (
    {{ versions_of(
        'stated', ['code_set', 'kind_told', 'category_code', 'to_code_set', 'to_kind_told', 'to_category_code']
    ) }}
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

kinds as (
    select code_set, category_code, min(kind) as only_kind, count(distinct kind) as kind_count
    from {{ ref('int_category_version') }}
    group by code_set, category_code
),

resolved as (
    select
        versions.*,
        case
            when versions.kind_told = '' and from_kinds.kind_count = 1 then from_kinds.only_kind
            else versions.kind_told
        end as kind,
        case
            when versions.to_kind_told = '' and to_kinds.kind_count = 1 then to_kinds.only_kind
            else versions.to_kind_told
        end as to_kind,
        cast({{ to_local('versions.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on,
        cast({{ to_local('versions.valid_to_at', 'mount.time_zone') }} as date) as valid_to_on
    from versions
    cross join mount
    left join kinds as from_kinds
        on versions.code_set = from_kinds.code_set and versions.category_code = from_kinds.category_code
    left join kinds as to_kinds
        on versions.to_code_set = to_kinds.code_set and versions.to_category_code = to_kinds.category_code
),

listed as (
    select distinct category_key from {{ ref('int_category_version') }}
),

keyed as (
    select
        resolved.*,
        code_set || '/' || kind || '/' || category_code as category_key,
        to_code_set || '/' || to_kind || '/' || to_category_code as to_category_key
    from resolved
)

select
    code_set, kind_told, category_code, to_code_set, to_kind_told, to_category_code,
    category_key, to_category_key, canonical_name, mapping,
    category_key in (select category_key from listed)
    and to_category_key in (select category_key from listed) as is_resolved,
    valid_from_at, valid_to_at, valid_from_on, valid_to_on
from keyed
