-- What a case tells of its category is known or listed: dq_category counts every case once.
with

read as (
    select feed, sum(cases) as cases from {{ ref('dq_category') }}
    group by feed
),

facts as (
    select feed, count(*) as cases from {{ ref('fct_case') }}
    group by feed
)

select facts.feed, facts.cases, read.cases as cases_read
from facts
left join read on facts.feed = read.feed
where facts.cases <> coalesce(read.cases, 0)
