-- A case's stages follow each other without a gap, from its opening to an open end.
with

ends as (
    select
        case_id,
        min(valid_from_at) as from_at,
        sum(case when valid_to_at is null then 1 else 0 end) as open_ends,
        count(*) as stages,
        count(distinct valid_to_at) as ended
    from {{ ref('int_case_timeline') }}
    group by case_id
)

select cases.case_id, cases.opened_at, ends.from_at, ends.open_ends, ends.stages
from {{ ref('fct_case') }} as cases
left join ends on cases.case_id = ends.case_id
where
    ends.case_id is null
    or ends.from_at <> cases.opened_at
    or ends.open_ends <> 1
    or ends.ended <> ends.stages - 1
