-- grain: one row per organisation and local month
-- Figures of the indicator registry side by side, as a table for people who want a row an organisation.
{% set counts = {
    'opened': 'reported', 'cancelled': 'cancelled', 'handled': 'handled', 'handled_on_time': 'handled_on_time',
    'handled_late': 'handled_late', 'handled_without_limit': 'handled_without_limit', 'closed': 'closed',
    'closed_on_time': 'closed_on_time', 'closed_late': 'closed_late', 'closed_without_limit': 'closed_without_limit',
    'without_limit': 'without_limit',
} %}
{% set cases = "('reported', 'cancelled', 'handled_on_time_rate', 'handled', 'closed_within_limit_rate', 'closed')" %}
with

figures as (
    select
        subject_code as org_code,
        cast(period_start as date) as month,
        indicator,
        numerator,
        denominator
    from {{ ref('rpt_indicator') }}
    where subject_kind = 'organisation' and period_kind = 'month'
),

counted as (
    select
        org_code,
        month,
        {% for column, indicator in counts.items() %}
            coalesce(sum(case when indicator = '{{ indicator }}' then numerator end), 0) as {{ column }},
        {% endfor %}
        coalesce(sum(case when indicator = 'handled_on_time_rate' then numerator end), 0) as handle_due_on_time,
        coalesce(sum(case when indicator = 'handled_on_time_rate' then denominator end), 0) as handle_due,
        coalesce(sum(case when indicator = 'closed_within_limit_rate' then numerator end), 0) as close_due_on_time,
        coalesce(sum(case when indicator = 'closed_within_limit_rate' then denominator end), 0) as close_due
    from figures
    group by org_code, month
    having max(case when indicator in {{ cases }} then 1 else 0 end) = 1
),

names as (
    -- the name that the organisation bore at the end of the month; before its first version, the first
    select
        counted.org_code,
        counted.month,
        members.org_name,
        row_number() over (
            partition by counted.org_code, counted.month
            order by
                case when members.valid_from_on < counted.month + interval 1 month then 1 else 2 end,
                case
                    when members.valid_from_on < counted.month + interval 1 month then members.valid_from_on
                end desc,
                members.valid_from_on
        ) as preference
    from counted
    inner join {{ ref('dim_organisation') }} as members on counted.org_code = members.org_code
)

select
    counted.org_code,
    counted.month,
    names.org_name,
    cast(counted.opened as bigint) as opened,
    cast(counted.cancelled as bigint) as cancelled,
    cast(counted.handle_due as bigint) as handle_due,
    cast(counted.handle_due_on_time as bigint) as handle_due_on_time,
    cast(counted.handled as bigint) as handled,
    cast(counted.handled_on_time as bigint) as handled_on_time,
    cast(counted.handled_late as bigint) as handled_late,
    cast(counted.handled_without_limit as bigint) as handled_without_limit,
    cast(counted.close_due as bigint) as close_due,
    cast(counted.close_due_on_time as bigint) as close_due_on_time,
    cast(counted.closed as bigint) as closed,
    cast(counted.closed_on_time as bigint) as closed_on_time,
    cast(counted.closed_late as bigint) as closed_late,
    cast(counted.closed_without_limit as bigint) as closed_without_limit,
    cast(counted.without_limit as bigint) as without_limit
from counted
inner join names on counted.org_code = names.org_code and counted.month = names.month and names.preference = 1
