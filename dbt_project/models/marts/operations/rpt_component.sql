-- grain: one row per component (component_code) that is in the register now, or that a case was about
with

cases as (
    select * from {{ ref('fct_case') }}
    where component_code is not null
),

registered as (
    select * from {{ ref('dim_component') }}
    where is_current
),

sent as (
    select
        cases.case_id,
        cases.component_code,
        cases.opened_on,
        cases.is_open,
        repeats.case_id is not null as is_repeated,
        case
            when cases.dispatched_at is null then 'not_dispatched'
            when cases.component_expected_org_code is null then 'not_expected'
            -- a crew of the unit that is expected is that unit
            when cases.component_expected_org_code in (cases.org_code, offices.parent_org_code) then 'agree'
            else 'differ'
        end as dispatch
    from cases
    left join {{ ref('int_component_repeat') }} as repeats on cases.case_id = repeats.case_id
    left join {{ ref('int_organisation_version') }} as offices on cases.organisation_id = offices.organisation_id
),

counted as (
    select
        component_code,
        count(*) as cases,
        sum(case when is_open then 1 else 0 end) as open_cases,
        sum(case when is_repeated then 1 else 0 end) as repeat_failures,
        sum(case when dispatch = 'agree' then 1 else 0 end) as dispatched_as_expected,
        sum(case when dispatch = 'differ' then 1 else 0 end) as dispatched_otherwise,
        sum(case when dispatch = 'not_expected' then 1 else 0 end) as dispatched_without_expectation,
        sum(case when dispatch = 'not_dispatched' then 1 else 0 end) as not_dispatched,
        min(opened_on) as first_opened_on,
        max(opened_on) as last_opened_on
    from sent
    group by component_code
)

select
    coalesce(registered.component_code, counted.component_code) as component_code,
    registered.component_code is not null as is_registered,
    registered.component_name,
    registered.code_set,
    registered.category_code,
    registered.owner_org_code,
    registered.supervise_org_code,
    registered.maintain_org_code,
    registered.expected_org_code,
    coalesce(registered.is_ownerless, false) as is_ownerless,
    registered.state,
    registered.grid_code,
    cast(coalesce(counted.cases, 0) as bigint) as cases,
    cast(coalesce(counted.open_cases, 0) as bigint) as open_cases,
    cast(coalesce(counted.repeat_failures, 0) as bigint) as repeat_failures,
    cast(coalesce(counted.dispatched_as_expected, 0) as bigint) as dispatched_as_expected,
    cast(coalesce(counted.dispatched_otherwise, 0) as bigint) as dispatched_otherwise,
    cast(coalesce(counted.dispatched_without_expectation, 0) as bigint) as dispatched_without_expectation,
    cast(coalesce(counted.not_dispatched, 0) as bigint) as not_dispatched,
    counted.first_opened_on,
    counted.last_opened_on
from registered
full outer join counted on registered.component_code = counted.component_code
