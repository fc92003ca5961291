-- grain: one row per duty and local month (duty_code, month_on): what became of the cases of the codes that it is about
-- A case counts in the month of its opening, for each duty that was about its code then. Months are those in which the
-- city had cases at all; a duty stands in each in which it was in force for a day, with or without events (列而未办).
with

cases as (
    select
        case_id, category_code_set, category_kind, category_code, opened_on,
        cast(date_trunc('month', opened_on) as date) as month_on,
        coalesce(handled_at, case when status = 'closed' then closed_at end) as disposed_at,
        is_handled_on_time,
        is_overdue
    from {{ ref('fct_case') }}
),

mount as (
    select cast({{ to_local('clock_at', 'time_zone') }} as date) as clock_day from {{ ref('stg_mount') }}
),

months as (
    select distinct
        cases.month_on,
        cast(cases.month_on + interval 1 month as date) as month_end_on
    from cases
    inner join mount on cases.month_on <= mount.clock_day
),

standing as (
    -- a duty that changed within the month stands as it ended
    select
        duties.duty_code, months.month_on,
        duties.duty_class, duties.duty_name, duties.owner_org_code, duties.code_count,
        duties.approval_document, duties.staff_count, duties.budget_yuan,
        row_number() over (
            partition by duties.duty_code, months.month_on order by duties.valid_from_on desc
        ) as preference
    from months
    inner join {{ ref('dim_duty') }} as duties
        on
            months.month_end_on > duties.valid_from_on
            and (duties.valid_to_on is null or months.month_on < duties.valid_to_on)
),

done as (
    select
        duty_cases.duty_code,
        cases.month_on,
        count(*) as cases,
        count(cases.disposed_at) as handled,
        sum(case when cases.is_handled_on_time then 1 else 0 end) as handled_on_time,
        sum(case when cases.is_overdue then 1 else 0 end) as overdue
    from {{ ref('int_duty_case') }} as duty_cases
    inner join cases on duty_cases.case_id = cases.case_id
    group by duty_cases.duty_code, cases.month_on
)

select
    standing.duty_code,
    standing.month_on,
    standing.duty_class,
    standing.duty_name,
    standing.owner_org_code,
    standing.approval_document,
    standing.staff_count,
    standing.budget_yuan,
    standing.code_count > 0 as is_mapped,
    cast(coalesce(done.cases, 0) as bigint) as cases,
    cast(coalesce(done.handled, 0) as bigint) as handled,
    cast(coalesce(done.handled_on_time, 0) as bigint) as handled_on_time,
    cast(coalesce(done.overdue, 0) as bigint) as overdue,
    coalesce(done.cases, 0) = 0 as is_without_events
from standing
left join done on standing.duty_code = done.duty_code and standing.month_on = done.month_on
where standing.preference = 1
