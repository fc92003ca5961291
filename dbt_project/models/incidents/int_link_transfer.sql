-- grain: one row per case and transfer that hands it on (case_id, transfer_id): named by it, or over one further record
-- 110 and 12345 both keep the transfer between them: each record names the other's number, one of them the case.
with

edges as (
    select stream_id, other_id from {{ ref('int_link_reference') }}
    where role = 'transfer'
    union
    select other_id as stream_id, stream_id as other_id from {{ ref('int_link_reference') }}
    where role = 'transfer'
),

cases as (
    select case_id from {{ ref('int_link_telling') }}
),

direct as (
    select edges.stream_id as case_id, edges.other_id as transfer_id
    from edges
    inner join cases on edges.stream_id = cases.case_id
    where edges.other_id not in (select known.case_id from cases as known)
)

select case_id, transfer_id from direct
union
select direct.case_id, edges.other_id as transfer_id
from direct
inner join edges on direct.transfer_id = edges.stream_id
where edges.other_id not in (select known.case_id from cases as known)
