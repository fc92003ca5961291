-- grain: one row per case and incident that earlier cases speak for (case_no, incident_no): how much, and which case most
-- Of incidents that a case does not belong to, those alone that come near to it.
with

members as (
    select * from {{ ref('int_incident_case') }}
),

votes as (
    select
        pairs.later_no as case_no,
        members.incident_no,
        max(pairs.score) as best_score,
        sum(pairs.score + 12000) as total,
        count(*) as member_count,
        min(case when pairs.rule = 'must' then pairs.reason end) as bound_by,
        max(case when pairs.rule = 'cannot' then 1 else 0 end) = 1 as is_barred,
        -- the case that speaks loudest, of equals the first: a word or a number before every score
        max_by(
            pairs.earlier_no,
            cast(case when pairs.rule = 'must' then 1 else 0 end * 100000 + pairs.score + 12000 as decimal(38, 0))
            * 100000000000000000000 - pairs.earlier_no
        ) as best_no
    from {{ ref('int_link_pair') }} as pairs
    inner join members on pairs.earlier_no = members.case_no
    group by pairs.later_no, members.incident_no
),

valued as (
    select votes.*, cast({{ link_value('best_score', 'total', 'member_count') }} as bigint) as link_value
    from votes
)

select
    valued.case_no, valued.incident_no, own.incident_no = valued.incident_no as is_own,
    valued.best_no, valued.best_score, valued.member_count, valued.link_value, valued.bound_by, valued.is_barred
from valued
inner join members as own on valued.case_no = own.case_no
cross join {{ ref('int_link_model') }} as model
where own.incident_no = valued.incident_no or valued.is_barred or valued.link_value > model.review_from
