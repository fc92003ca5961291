-- grain: one row per code set, category code or '*', stage, organisation or '*', and begin of validity
with

stated as (
    select
        {{ json_text('attributes', 'code_set') }} as code_set,
        {{ json_text('attributes', 'category_code') }} as category_code,
        {{ json_text('attributes', 'stage') }} as stage,
        coalesce({{ json_text('attributes', 'org_code') }}, '*') as org_code,
        cast({{ json_text('attributes', 'limit_value') }} as integer) as limit_value,
        {{ json_text('attributes', 'limit_unit') }} as limit_unit,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'limit'
),

versions as (
    {{ versions_of('stated', ['code_set', 'category_code', 'stage', 'org_code']) }}
)

select
    code_set, category_code, stage, org_code, limit_value, limit_unit,
    limit_value * cast(case limit_unit
        when 'urgent_hour' then 3600
        when 'natural_day' then 86400
        when 'work_hour' then 3600
        when 'work_day' then 28800  -- a working day is eight working hours, rolling
    end as bigint) as limit_seconds,
    limit_unit in ('work_hour', 'work_day') as is_work_clock,
    valid_from_at, valid_to_at
from versions
