-- grain: one row per organisation and local month
-- 应处置 (due): the deadline fell in the month and before the clock with the work not finished in an earlier month, or the
-- case was disposed of in the month. Work done ahead of its deadline so counts once, where it was done; late work counts
-- where it fell due and where it was done. Cancelled cases are counted apart.
with

cases as (
    select
        case_id,
        org_code,
        status,
        is_without_limit,
        cast(date_trunc('month', opened_on) as date) as opened_month,
        case when status = 'cancelled' then cast(date_trunc('month', closed_on) as date) end
            as cancelled_month,
        case
            when status <> 'cancelled' then cast(date_trunc('month', coalesce(handled_on, closed_on)) as date)
        end as handled_month,
        case when status = 'closed' then cast(date_trunc('month', closed_on) as date) end as closed_month,
        handle_limit_value is not null as has_handle_limit,
        close_limit_value is not null as has_close_limit,
        is_handled_on_time,
        is_closed_on_time,
        handle_due_at,
        close_due_at,
        cast(date_trunc('month', handle_due_at_local) as date) as handle_due_month,
        cast(date_trunc('month', close_due_at_local) as date) as close_due_month
    from {{ ref('fct_case') }}
),

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
),

due_by_now as (
    select
        cases.*,
        case
            when
                cases.status <> 'cancelled' and cases.handle_due_at <= mount.clock_at
                and (cases.handled_month is null or cases.handled_month >= cases.handle_due_month)
                then cases.handle_due_month
        end as handle_fell_due_month,
        case
            when
                cases.status <> 'cancelled' and cases.close_due_at <= mount.clock_at
                and (cases.closed_month is null or cases.closed_month >= cases.close_due_month)
                then cases.close_due_month
        end as close_fell_due_month
    from cases
    cross join mount
),

case_months as (
    -- every month in which anything of a case counts; `union` keeps each once
    select case_id, opened_month as month from due_by_now
    union
    select case_id, cancelled_month as month from due_by_now
    where cancelled_month is not null
    union
    select case_id, handled_month as month from due_by_now
    where handled_month is not null
    union
    select case_id, closed_month as month from due_by_now
    where closed_month is not null
    union
    select case_id, handle_fell_due_month as month from due_by_now
    where handle_fell_due_month is not null
    union
    select case_id, close_fell_due_month as month from due_by_now
    where close_fell_due_month is not null
),

flags as (
    select
        due_by_now.org_code,
        case_months.month,
        due_by_now.opened_month = case_months.month as is_opened,
        coalesce(due_by_now.cancelled_month = case_months.month, false) as is_cancelled,
        coalesce(due_by_now.handled_month = case_months.month, false) as is_handled,
        coalesce(due_by_now.closed_month = case_months.month, false) as is_closed,
        coalesce(due_by_now.handle_fell_due_month = case_months.month, false) as is_handle_fallen_due,
        coalesce(due_by_now.close_fell_due_month = case_months.month, false) as is_close_fallen_due,
        due_by_now.has_handle_limit,
        due_by_now.has_close_limit,
        due_by_now.is_without_limit,
        coalesce(due_by_now.is_handled_on_time, false) as is_handled_on_time,
        coalesce(due_by_now.is_closed_on_time, false) as is_closed_on_time
    from case_months
    inner join due_by_now on case_months.case_id = due_by_now.case_id
),

counted as (
    select
        org_code,
        month,
        sum(case when is_opened then 1 else 0 end) as opened,
        sum(case when is_cancelled then 1 else 0 end) as cancelled,
        sum(case when is_handle_fallen_due or (is_handled and has_handle_limit) then 1 else 0 end)
            as handle_due,
        sum(case when is_handled then 1 else 0 end) as handled,
        sum(case when is_handled and has_handle_limit and is_handled_on_time then 1 else 0 end)
            as handled_on_time,
        sum(case when is_handled and has_handle_limit and not is_handled_on_time then 1 else 0 end)
            as handled_late,
        sum(case when is_handled and not has_handle_limit then 1 else 0 end) as handled_without_limit,
        sum(case when is_close_fallen_due or (is_closed and has_close_limit) then 1 else 0 end) as close_due,
        sum(case when is_closed then 1 else 0 end) as closed,
        sum(case when is_closed and has_close_limit and is_closed_on_time then 1 else 0 end)
            as closed_on_time,
        sum(case when is_closed and has_close_limit and not is_closed_on_time then 1 else 0 end)
            as closed_late,
        sum(case when is_closed and not has_close_limit then 1 else 0 end) as closed_without_limit,
        sum(case when is_opened and is_without_limit then 1 else 0 end) as without_limit
    from flags
    group by org_code, month
),

names as (
    -- the name that the organisation bore at the end of the month; before its first version, the first
    select
        counted.org_code,
        counted.month,
        members.org_name,
        row_number() over (
            partition by counted.org_code, counted.month
            order by
                case when members.valid_from_on < counted.month + interval 1 month then 1 else 2 end,
                case
                    when members.valid_from_on < counted.month + interval 1 month then members.valid_from_on
                end desc,
                members.valid_from_on
        ) as preference
    from counted
    inner join {{ ref('dim_organisation') }} as members on counted.org_code = members.org_code
)

select
    counted.org_code,
    counted.month,
    names.org_name,
    cast(counted.opened as bigint) as opened,
    cast(counted.cancelled as bigint) as cancelled,
    cast(counted.handle_due as bigint) as handle_due,
    cast(counted.handled as bigint) as handled,
    cast(counted.handled_on_time as bigint) as handled_on_time,
    cast(counted.handled_late as bigint) as handled_late,
    cast(counted.handled_without_limit as bigint) as handled_without_limit,
    cast(counted.close_due as bigint) as close_due,
    cast(counted.closed as bigint) as closed,
    cast(counted.closed_on_time as bigint) as closed_on_time,
    cast(counted.closed_late as bigint) as closed_late,
    cast(counted.closed_without_limit as bigint) as closed_without_limit,
    cast(counted.without_limit as bigint) as without_limit
from counted
inner join names on counted.org_code = names.org_code and counted.month = names.month and names.preference = 1
