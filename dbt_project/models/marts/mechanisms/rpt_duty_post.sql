-- grain: one row per duty and grid that stand at the clock (duty_code, grid_code): its named post, and when cases are taken up
-- Named is a post that the list of staff gives for the duty's class in the grid. Where there is none, who has the grid may
-- stand in: that is told, and is a gap all the same. Cases are those of the grid under its present code.
with

duties as (
    select duty_code, duty_class, duty_name, owner_org_code from {{ ref('dim_duty') }}
    where is_current
),

grids as (
    select scheme, grid_code, community_code, street_code from {{ ref('dim_grid') }}
    where is_unified and member_kind = 'grid' and is_current
),

posts as (
    select
        scheme, grid_code, duty_class, staff_id,
        row_number() over (
            partition by scheme, grid_code, duty_class order by valid_from_at desc, staff_id desc
        ) as preference
    from {{ ref('dim_staff') }}
    where is_current
),

cases as (
    select
        duty_cases.duty_code,
        cases.grid_code,
        count(*) as cases,
        count(cases.accepted_at) as accepted,
        sum(
            greatest(0, {{ epoch_seconds('cases.accepted_at') }} - {{ epoch_seconds('cases.opened_at') }})
        ) as accept_seconds,
        max(
            greatest(0, {{ epoch_seconds('cases.accepted_at') }} - {{ epoch_seconds('cases.opened_at') }})
        ) as longest_accept_seconds
    from {{ ref('int_duty_case') }} as duty_cases
    inner join {{ ref('fct_case') }} as cases on duty_cases.case_id = cases.case_id
    group by duty_cases.duty_code, cases.grid_code
)

select
    duties.duty_code,
    grids.grid_code,
    duties.duty_class,
    duties.duty_name,
    duties.owner_org_code,
    grids.community_code,
    grids.street_code,
    coalesce(named.staff_id, stand_ins.staff_id) as post_staff_id,
    case when named.staff_id is not null then 'duty' when stand_ins.staff_id is not null then 'grid' else 'none' end
        as post_basis,
    named.staff_id is null as is_gap,
    cast(coalesce(cases.cases, 0) as bigint) as cases,
    cast(coalesce(cases.accepted, 0) as bigint) as accepted,
    cast(case when cases.accepted > 0 then cases.accept_seconds end as bigint) as accept_seconds,
    cast(case when cases.accepted > 0 then cases.longest_accept_seconds end as bigint) as longest_accept_seconds
from duties
cross join grids
left join posts as named
    on
        grids.scheme = named.scheme
        and grids.grid_code = named.grid_code
        and duties.duty_class = named.duty_class
        and named.preference = 1
left join posts as stand_ins
    on
        grids.scheme = stand_ins.scheme
        and grids.grid_code = stand_ins.grid_code
        and stand_ins.duty_class is null
        and stand_ins.preference = 1
left join cases on duties.duty_code = cases.duty_code and grids.grid_code = cases.grid_code
