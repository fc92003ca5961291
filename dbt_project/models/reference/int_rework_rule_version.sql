-- grain: one row per code set or '*', organisation or '*', and begin of validity
with

stated as (
    select
        coalesce({{ json_text('attributes', 'code_set') }}, '*') as code_set,
        coalesce({{ json_text('attributes', 'org_code') }}, '*') as org_code,
        {{ json_text('attributes', 'rule') }} as rework_rule,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'rework_rule'
),

versions as (
    {{ versions_of('stated', ['code_set', 'org_code']) }}
)

select code_set, org_code, rework_rule, valid_from_at, valid_to_at
from versions
