-- grain: one row per case and incident of which a person should say whether they are one (case_id, incident_id)
-- Linked below the automatic band, or not linked and near to it; and what was said of two cases and could not be kept.
with

cases as (
    select * from {{ ref('int_link_case') }}
),

members as (
    select * from {{ ref('int_incident_case') }}
),

model as (
    select * from {{ ref('int_link_model') }}
),

doubtful as (
    select
        votes.case_no, votes.incident_no, votes.best_no, votes.link_value, votes.best_score,
        case when votes.is_own then 'doubtful_link' else 'near_miss' end as reason
    from {{ ref('int_link_vote') }} as votes
    cross join model
    where
        votes.bound_by is null
        and not votes.is_barred
        and votes.link_value > model.review_from
        and votes.link_value < model.automatic_from
),

unkept as (
    -- must be one and are two: somebody has taken apart what a number or another word binds
    select
        rules.later_no as case_no, earlier.incident_no, rules.earlier_no as best_no,
        cast(null as bigint) as link_value, cast(null as bigint) as best_score,
        'contradiction' as reason
    from {{ ref('int_link_rule') }} as rules
    inner join members as earlier on rules.earlier_no = earlier.case_no
    inner join members as later on rules.later_no = later.case_no
    where rules.rule = 'must' and earlier.incident_no <> later.incident_no
),

every as (
    select * from doubtful
    union all
    select * from unkept
),

ranked as (
    select
        every.*,
        row_number() over (partition by case_no, incident_no order by reason, best_no) as preference
    from every
)

select
    later.case_id,
    founders.case_id as incident_id,
    earlier.case_id as other_case_id,
    ranked.reason,
    ranked.link_value,
    ranked.best_score as score,
    later.feed, earlier.feed as other_feed,
    pairs.gap_s as gap_seconds,
    {{ whole_quotient('pairs.distance_dm', 10) }} as distance_m,
    {% for evidence in link_evidences() %}
        pairs.{{ evidence }}_level, pairs.{{ evidence }}_points{% if not loop.last %},{% endif %}
    {% endfor %}
from ranked
inner join cases as later on ranked.case_no = later.case_no
inner join cases as founders on ranked.incident_no = founders.case_no
inner join cases as earlier on ranked.best_no = earlier.case_no
left join {{ ref('int_link_pair') }} as pairs on ranked.best_no = pairs.earlier_no and ranked.case_no = pairs.later_no
where ranked.preference = 1
