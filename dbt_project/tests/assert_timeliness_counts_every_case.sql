-- Over all months and organisations: every case is opened once, closed or cancelled once where it is, handled once.
with

cases as (
    select
        count(*) as opened,
        coalesce(sum(case when status = 'closed' then 1 else 0 end), 0) as closed,
        coalesce(sum(case when status = 'cancelled' then 1 else 0 end), 0) as cancelled,
        coalesce(sum(case
            when status <> 'cancelled' and (handled_at is not null or closed_at is not null) then 1
            else 0
        end), 0) as handled,
        coalesce(sum(case when is_without_limit then 1 else 0 end), 0) as without_limit,
        coalesce(sum(case when is_handled_on_time then 1 else 0 end), 0) as handled_on_time,
        coalesce(sum(case when is_closed_on_time then 1 else 0 end), 0) as closed_on_time
    from {{ ref('fct_case') }}
    where stream_type = 'case'
),

months as (
    select
        coalesce(sum(opened), 0) as opened,
        coalesce(sum(closed), 0) as closed,
        coalesce(sum(cancelled), 0) as cancelled,
        coalesce(sum(handled), 0) as handled,
        coalesce(sum(without_limit), 0) as without_limit,
        coalesce(sum(handled_on_time), 0) as handled_on_time,
        coalesce(sum(closed_on_time), 0) as closed_on_time
    from {{ ref('rpt_timeliness') }}
)

select cases.*
from cases
left join months
    on
        cases.opened = months.opened
        and cases.closed = months.closed
        and cases.cancelled = months.cancelled
        and cases.handled = months.handled
        and cases.without_limit = months.without_limit
        and cases.handled_on_time = months.handled_on_time
        and cases.closed_on_time = months.closed_on_time
where months.opened is null
