-- grain: one row per code set, category code or '*', stage, organisation or '*', filing condition or '*', and begin of validity
with

stated as (
    select
        {{ json_text('attributes', 'code_set') }} as code_set,
        {{ json_text('attributes', 'category_code') }} as category_code,
        {{ json_text('attributes', 'stage') }} as stage,
        coalesce({{ json_text('attributes', 'org_code') }}, '*') as org_code,
        coalesce({{ json_text('attributes', 'filing_condition') }}, '*') as filing_condition,
        cast({{ json_text('attributes', 'limit_value') }} as integer) as limit_value,
        {{ json_text('attributes', 'limit_unit') }} as limit_unit,
        {{ json_text('attributes', 'day_rule') }} as day_rule_told,
        cast({{ json_text('attributes', 'end_minute') }} as integer) as end_minute,
        coalesce(cast({{ json_text('attributes', 'roll_over') }} as boolean), false) as roll_over,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'limit'
),

versions as (
    {{ versions_of('stated', ['code_set', 'category_code', 'stage', 'org_code', 'filing_condition']) }}
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

ruled as (
    select
        versions.*,
        -- an hour is no day: what is not given in days runs on a clock
        case
            when day_rule_told = 'day_count' and limit_unit in ('work_day', 'natural_day', 'urgent_day')
                then 'day_count'
            else 'rolling'
        end as day_rule,
        cast({{ to_local('versions.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on
    from versions
    cross join mount
)

select
    code_set || '/' || category_code || '/' || stage || '/' || org_code || '/' || filing_condition
    || '@' || cast(valid_from_on as string) as limit_id,
    code_set, category_code, stage, org_code, filing_condition, limit_value, limit_unit,
    limit_unit in ('work_minute', 'work_hour', 'work_day') as is_work_clock,
    day_rule, end_minute, roll_over,
    case
        when day_rule = 'rolling' then
            limit_value * cast(case limit_unit
                when 'urgent_minute' then 60
                when 'urgent_hour' then 3600
                when 'urgent_day' then 86400
                when 'natural_day' then 86400
                when 'work_minute' then 60
                when 'work_hour' then 3600
                when 'work_day' then 28800  -- a working day is eight working hours, rolling
            end as bigint)
    end as limit_seconds,
    case when day_rule = 'day_count' then limit_value end as limit_days,
    valid_from_at, valid_to_at
from ruled
