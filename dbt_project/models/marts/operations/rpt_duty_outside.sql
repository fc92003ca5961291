-- grain: one row per local month and category of cases that were nobody's duty when they were opened: outside the list
-- Only days on which a list of duties was in force count: a city without a list has no events outside it.
with

cases as (
    select * from {{ ref('fct_case') }}
),

spans as (
    select distinct valid_from_on, valid_to_on from {{ ref('dim_duty') }}
),

days as (
    select distinct cases.opened_on
    from (select distinct opened_on from cases) as cases
    inner join spans
        on cases.opened_on >= spans.valid_from_on and (spans.valid_to_on is null or cases.opened_on < spans.valid_to_on)
)

select
    cast(date_trunc('month', cases.opened_on) as date) as month_on,
    cases.category_code_set as code_set,
    cases.category_kind as kind,
    cases.category_code,
    cases.category_status as status,
    max(cases.canonical_code) as canonical_code,
    count(*) as cases,
    min(cases.opened_on) as first_opened_on,
    max(cases.opened_on) as last_opened_on
from cases
inner join days on cases.opened_on = days.opened_on
where cases.case_id not in (select case_id from {{ ref('int_duty_case') }})
group by
    cast(date_trunc('month', cases.opened_on) as date),
    cases.category_code_set, cases.category_kind, cases.category_code, cases.category_status
