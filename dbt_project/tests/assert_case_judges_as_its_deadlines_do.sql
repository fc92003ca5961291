-- What a case says of its disposal and of the whole is what its deadlines say, stops included.
select deadlines.case_id, deadlines.stage
from {{ ref('fct_case_deadline') }} as deadlines
inner join {{ ref('fct_case') }} as cases on deadlines.case_id = cases.case_id
where
    (
        deadlines.stage = 'handle'
        and cases.status <> 'cancelled'
        and (
            deadlines.stopped_at is distinct from coalesce(cases.handled_at, cases.closed_at)
            or (deadlines.stopped_at is not null and deadlines.is_on_time is distinct from cases.is_handled_on_time)
            or (
                deadlines.first_stopped_at is not null
                and deadlines.undone_count > 0
                and deadlines.is_first_on_time is distinct from cases.is_first_handled_on_time
            )
        )
    )
    or (
        deadlines.stage = 'close'
        and cases.status = 'closed'
        and (
            deadlines.stopped_at is distinct from cases.closed_at
            or deadlines.is_on_time is distinct from cases.is_closed_on_time
        )
    )
