-- grain: one row per case and time for which any of its limits was overdue, [overdue_from_at, overdue_to_at) (case_id, overdue_from_at)
with

stops as (
    select case_id, closed_at, coalesce(handled_at, closed_at) as handle_stopped_at from {{ ref('int_case_state') }}
),

overdue as (
    select
        deadlines.case_id,
        deadlines.due_at as from_at,
        case when deadlines.stage = 'handle' then stops.handle_stopped_at else stops.closed_at end as to_at
    from {{ ref('int_case_deadline') }} as deadlines
    inner join stops on deadlines.case_id = stops.case_id
    where deadlines.due_at is not null
),

real_ones as (
    select
        case_id,
        from_at,
        -- an end that is not yet known lies behind every moment
        coalesce(to_at, timestamp '9999-12-31 00:00:00') as to_at
    from overdue
    where to_at is null or to_at > from_at
),

reached as (
    select
        real_ones.*,
        max(to_at) over (
            partition by case_id order by from_at, to_at rows between unbounded preceding and 1 preceding
        ) as reached_at
    from real_ones
),

numbered as (
    select
        reached.*,
        sum(case when reached_at is null or from_at > reached_at then 1 else 0 end) over (
            partition by case_id order by from_at, to_at rows between unbounded preceding and current row
        ) as interval_no
    from reached
),

merged as (
    select case_id, min(from_at) as overdue_from_at, max(to_at) as to_at
    from numbered
    group by case_id, interval_no
)

select
    case_id,
    overdue_from_at,
    case when to_at < timestamp '9999-12-31 00:00:00' then to_at end as overdue_to_at
from merged
