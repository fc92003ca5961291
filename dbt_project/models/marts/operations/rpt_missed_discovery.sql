-- grain: one row per local month, unified grid and canonical category (month_on, grid_code, canonical_code)
-- 漏报: incidents of categories that patrols and collectors tell of, by who told them first. Only categories that any own
-- channel of the district has told that month or before count, and only incidents that lie in a grid.
with

incidents as (
    select * from {{ ref('fct_incident') }}
    where canonical_code is not null and grid_code <> 'unlocated' and status <> 'cancelled'
),

own_tellings as (
    select
        links.incident_id,
        min(cases.opened_at) as own_at
    from {{ ref('bridge_incident_case') }} as links
    inner join {{ ref('fct_case') }} as cases on links.case_id = cases.case_id
    where links.channel_kind = 'own'
    group by links.incident_id
),

patrolled as (
    select incidents.canonical_code, min(own_tellings.own_at) as since_at
    from incidents
    inner join own_tellings on incidents.incident_id = own_tellings.incident_id
    group by incidents.canonical_code
),

told as (
    select
        cast(date_trunc('month', incidents.opened_on) as date) as month_on,
        incidents.grid_code,
        incidents.canonical_code,
        incidents.canonical_name,
        incidents.first_channel_kind = 'own' as is_found_first,
        own_tellings.incident_id is not null as is_found,
        incidents.appeal_count > 0 as is_complained_of
    from incidents
    inner join patrolled
        on incidents.canonical_code = patrolled.canonical_code and incidents.opened_at >= patrolled.since_at
    left join own_tellings on incidents.incident_id = own_tellings.incident_id
),

mount as (
    select unified_scheme from {{ ref('stg_mount') }}
),

posts as (
    -- who had the grid in that month; of several the newest
    select
        months.month_on, months.grid_code, staff.staff_id,
        row_number() over (
            partition by months.month_on, months.grid_code order by staff.valid_from_on desc, staff.staff_id desc
        ) as preference
    from (select distinct month_on, grid_code from told) as months
    cross join mount
    inner join {{ ref('dim_staff') }} as staff
        on months.grid_code = staff.grid_code and mount.unified_scheme = staff.scheme
    where
        -- a post that is named for a class of duties has no grid
        staff.duty_class is null
        and staff.valid_from_on < cast(months.month_on + interval 1 month as date)
        and (staff.valid_to_on is null or staff.valid_to_on > months.month_on)
)

select
    told.month_on, told.grid_code, told.canonical_code,
    max(told.canonical_name) as canonical_name,
    max(posts.staff_id) as staff_id,
    cast(count(*) as bigint) as incidents,
    cast(sum(case when told.is_found_first then 1 else 0 end) as bigint) as found_first,
    cast(sum(case when told.is_found and not told.is_found_first then 1 else 0 end) as bigint) as found_later,
    cast(sum(case when not told.is_found then 1 else 0 end) as bigint) as missed,
    cast(sum(
        case when not told.is_found_first and told.is_complained_of then 1 else 0 end
    ) as bigint) as complained_of_first
from told
left join posts on told.month_on = posts.month_on and told.grid_code = posts.grid_code and posts.preference = 1
group by told.month_on, told.grid_code, told.canonical_code
