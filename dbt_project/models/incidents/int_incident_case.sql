-- grain: one row per case (case_no): the incident that it belongs to, by the number and the id of that incident's first case
-- What must be one incident, by a person's word or by a number that a record names, and still came to lie in two, is
-- bound together here; not so where a person says that any two of them are apart.
{% set doublings = 5 %}
with

settled as (
    select * from {{ ref('int_link_settled') }}
),

rules as (
    select
        rules.rule,
        least(earlier.incident_no, later.incident_no) as one_no,
        greatest(earlier.incident_no, later.incident_no) as another_no
    from {{ ref('int_link_rule') }} as rules
    inner join settled as earlier on rules.earlier_no = earlier.case_no
    inner join settled as later on rules.later_no = later.case_no
    where earlier.incident_no <> later.incident_no
),

bound as (
    select one_no, another_no
    from rules
    group by one_no, another_no
    having min(rule) = 'must'
),

reached_0 as (
    select one_no, another_no from bound
    union
    select another_no as one_no, one_no as another_no from bound
    union
    select one_no, one_no as another_no from bound
    union
    select another_no as one_no, another_no from bound
),
{% for number in range(doublings) %}

    reached_{{ number + 1 }} as (
        select distinct near.one_no, far.another_no
        from reached_{{ number }} as near
        inner join reached_{{ number }} as far on near.another_no = far.one_no
    ),
{% endfor %}

joined as (
    select one_no, min(another_no) as incident_no
    from reached_{{ doublings }}
    group by one_no
),

torn as (
    -- two of these that a person has taken apart: then nothing is bound
    select distinct joined.incident_no
    from rules
    inner join joined on rules.one_no = joined.one_no
    inner join joined as others on rules.another_no = others.one_no and joined.incident_no = others.incident_no
    where rules.rule = 'cannot'
),

placed as (
    select settled.case_no, coalesce(joined.incident_no, settled.incident_no) as incident_no
    from settled
    left join joined
        on settled.incident_no = joined.one_no and joined.incident_no not in (select incident_no from torn)
)

select placed.case_no, cases.case_id, placed.incident_no, firsts.case_id as incident_id
from placed
inner join {{ ref('int_link_case') }} as cases on placed.case_no = cases.case_no
inner join {{ ref('int_link_case') }} as firsts on placed.incident_no = firsts.case_no
