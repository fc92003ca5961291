-- grain: one row per local day, part of it, unified grid and category in which an incident began (local_day, day_part, grid_code, category)
-- The usual number is that of the same six hours in the 28 days before, so it follows hour and season. It is a warning
-- where at least three began and the number lies more than three roots above the usual mean: (n·d − b)² > 9·b·d, whole
-- numbers, with b in d days. Where fewer than fourteen days lie before, nothing is usual yet. A local rule.
with

told as (
    select
        incidents.opened_on as local_day,
        {{ whole_quotient('extract(hour from incidents.opened_at_local)', 6) }} as day_part,
        incidents.grid_code,
        coalesce(incidents.canonical_name, incidents.category_id) as category,
        incidents.case_count,
        {{ whole_quotient(epoch_seconds('incidents.opened_at_local'), 86400) }} as day_no
    from {{ ref('fct_incident') }} as incidents
),

counted as (
    select
        local_day, day_part, grid_code, category, day_no,
        count(*) as incidents,
        sum(case_count) as cases
    from told
    group by local_day, day_part, grid_code, category, day_no
),

days as (
    select min(day_no) as first_day_no from told
),

watched as (
    select
        counted.*,
        least(28, counted.day_no - days.first_day_no) as usual_days,
        coalesce(sum(counted.incidents) over (
            partition by counted.day_part, counted.grid_code, counted.category order by counted.day_no
            range between 28 preceding and 1 preceding
        ), 0) as usual_incidents,
        sum(counted.cases) over (
            partition by counted.grid_code, counted.category order by counted.day_no
            range between 6 preceding and current row
        ) as heat
    from counted
    cross join days
)

select
    local_day,
    cast(day_part as integer) as day_part,
    grid_code,
    category,
    cast(incidents as bigint) as incidents,
    cast(cases as bigint) as cases,
    cast(usual_incidents as bigint) as usual_incidents,
    cast(usual_days as bigint) as usual_days,
    cast(heat as bigint) as heat,
    case
        when usual_days >= 14
            then
                incidents >= 3
                and incidents * usual_days > usual_incidents
                and (incidents * usual_days - usual_incidents) * (incidents * usual_days - usual_incidents)
                > 9 * usual_incidents * usual_days
    end as is_warning
from watched
