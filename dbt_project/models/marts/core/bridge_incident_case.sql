-- grain: one row per case (case_id): the incident that it belongs to, and why
-- A case that is its incident's first has no evidence. The points are those of the earlier case that speaks loudest; the
-- link value weighs all earlier cases of the incident.
with

members as (
    select * from {{ ref('int_incident_case') }}
),

cases as (
    select * from {{ ref('int_link_case') }}
)

select
    members.incident_id,
    members.case_id,
    cases.network,
    cases.channel_kind,
    case
        when members.case_no = members.incident_no then 'first_finder'
        when votes.bound_by = 'transfer' then 'transfer'
        else 'follower'
    end as role,
    case
        when members.case_no = members.incident_no then 'first'
        when votes.bound_by is not null then votes.bound_by
        when votes.case_no is null then 'bound'
        else 'score'
    end as linked_by,
    best.case_id as linked_case_id,
    votes.link_value,
    votes.best_score as score,
    votes.link_value >= model.automatic_from as is_automatic,
    pairs.gap_s as gap_seconds,
    {{ whole_quotient('pairs.distance_dm', 10) }} as distance_m,
    {% for evidence in link_evidences() %}
        pairs.{{ evidence }}_level, pairs.{{ evidence }}_points,
    {% endfor %}
    model.model_version
from members
inner join cases on members.case_no = cases.case_no
cross join {{ ref('int_link_model') }} as model
left join {{ ref('int_link_vote') }} as votes
    on members.case_no = votes.case_no and members.incident_no = votes.incident_no
left join {{ ref('int_link_pair') }} as pairs on votes.best_no = pairs.earlier_no and votes.case_no = pairs.later_no
left join cases as best on votes.best_no = best.case_no
