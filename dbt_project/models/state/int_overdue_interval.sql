-- grain: one row per case and time for which any of its limits was overdue, [overdue_from_at, overdue_to_at) (case_id, overdue_from_at)
-- Of the disposal and of the whole, at any attempt: what was late before it was undone stays late.
with

overdue as (
    select case_id, stage || '/' || attempt as stage, due_at as from_at, stopped_at as to_at
    from {{ ref('int_case_deadline') }}
    where due_at is not null and stage in ('handle', 'close')
),

ended as (
    select
        case_id,
        stage,
        from_at,
        -- an end that is not yet known lies behind every moment
        coalesce(to_at, timestamp '9999-12-31 00:00:00') as to_at
    from overdue
    where to_at is null or to_at > from_at
),

open_times as (
    select
        case_id,
        valid_from_at,
        coalesce(valid_to_at, timestamp '9999-12-31 00:00:00') as valid_to_at
    from {{ ref('int_case_timeline') }}
    where status = 'open'
),

while_open as (
    -- a case that was closed and opened again was not overdue in between
    select
        ended.case_id,
        ended.stage,
        greatest(ended.from_at, open_times.valid_from_at) as from_at,
        least(ended.to_at, open_times.valid_to_at) as to_at
    from ended
    inner join open_times on ended.case_id = open_times.case_id
    where ended.from_at < open_times.valid_to_at and open_times.valid_from_at < ended.to_at
),

reached as (
    select
        while_open.*,
        max(to_at) over (
            partition by case_id
            order by from_at, to_at, stage rows between unbounded preceding and 1 preceding
        ) as reached_at
    from while_open
),

numbered as (
    select
        reached.*,
        sum(case when reached_at is null or from_at > reached_at then 1 else 0 end) over (
            partition by case_id
            order by from_at, to_at, stage rows between unbounded preceding and current row
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
