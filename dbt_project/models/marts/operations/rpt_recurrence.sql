-- grain: one row per local month, unified grid and category (month_on, grid_code, category): what comes back and who asks again
-- 复发 counts incidents that began after one of their category and place was over; 重复诉求 counts appeals of a caller who
-- had told the same incident before. The two are different things, and both counts are kept. A token counts within its
-- network alone.
with

members as (
    select
        links.incident_id, links.case_id,
        cases.opened_at, cases.nature,
        tellings.token,
        row_number() over (
            partition by links.incident_id, tellings.token order by cases.opened_at, cases.feed, links.case_id
        ) as telling_no
    from {{ ref('bridge_incident_case') }} as links
    inner join {{ ref('fct_case') }} as cases on links.case_id = cases.case_id
    inner join {{ ref('int_link_telling') }} as tellings on links.case_id = tellings.case_id
),

asked_again as (
    select
        incident_id,
        sum(case when token is not null and telling_no > 1 then 1 else 0 end) as repeated_appeals,
        count(distinct case when telling_no > 1 then token end) as repeated_callers
    from members
    where token is not null
    group by incident_id
)

select
    cast(date_trunc('month', incidents.opened_on) as date) as month_on,
    incidents.grid_code,
    coalesce(incidents.canonical_name, incidents.category_id) as category,
    cast(count(*) as bigint) as incidents,
    cast(sum(case when incidents.recurrence_of is not null then 1 else 0 end) as bigint) as recurrences,
    cast(sum(incidents.case_count) as bigint) as cases,
    cast(sum(incidents.appeal_count) as bigint) as appeals,
    cast(sum(coalesce(asked_again.repeated_appeals, 0)) as bigint) as repeated_appeals,
    cast(sum(coalesce(asked_again.repeated_callers, 0)) as bigint) as repeated_callers
from {{ ref('fct_incident') }} as incidents
left join asked_again on incidents.incident_id = asked_again.incident_id
group by
    cast(date_trunc('month', incidents.opened_on) as date),
    incidents.grid_code,
    coalesce(incidents.canonical_name, incidents.category_id)
