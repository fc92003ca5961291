-- grain: one row per limit and begin of its validity (limit_id)
with

mount as (
    select time_zone, clock_at from {{ ref('stg_mount') }}
)

select
    rules.limit_id, rules.code_set, rules.category_code, rules.stage, rules.org_code, rules.filing_condition,
    rules.limit_value, rules.limit_unit, rules.day_rule,
    cast({{ to_local('rules.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on,
    cast({{ to_local('rules.valid_to_at', 'mount.time_zone') }} as date) as valid_to_on,
    rules.valid_from_at <= mount.clock_at
    and (rules.valid_to_at is null or mount.clock_at < rules.valid_to_at) as is_current
from {{ ref('int_limit_version') }} as rules
cross join mount
