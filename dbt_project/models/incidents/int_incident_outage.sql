-- grain: one row per incident within an outage (incident_id): the area and time in which it lies, where supply is what it is about
-- An outage is an area and an interval, its calls are points in it: they are not merged, they are contained. Calls come up
-- to an hour before the company lists it. Of several outages the newest begun; a withdrawn one never was.
with

model as (
    select * from {{ ref('int_link_model') }}
),

supplies as (
    select supply.network, supply.link_group
    from {{ ref('link_outage') }} as supply
    inner join model on supply.model_version = model.model_version
),

incidents as (
    select
        members.incident_id, firsts.link_group,
        cases.opened_at, cases.grid_code
    from {{ ref('int_incident_case') }} as members
    inner join {{ ref('int_link_case') }} as firsts on members.case_no = firsts.case_no
    inner join {{ ref('fct_case') }} as cases on members.case_id = cases.case_id
    where members.case_no = members.incident_no and firsts.link_kind = 'outage' and cases.grid_code is not null
),

outages as (
    select
        outages.outage_id, supplies.link_group, grids.grid_code,
        outages.started_at, outages.restored_at
    from {{ ref('fct_outage') }} as outages
    inner join supplies on outages.network = supplies.network
    inner join {{ ref('fct_outage_grid') }} as grids on outages.outage_id = grids.outage_id
    where outages.status <> 'withdrawn' and grids.grid_code <> 'unlocated'
),

ranked as (
    select
        incidents.incident_id, outages.outage_id,
        row_number() over (
            partition by incidents.incident_id order by outages.started_at desc, outages.outage_id desc
        ) as preference
    from incidents
    inner join outages on incidents.grid_code = outages.grid_code and incidents.link_group = outages.link_group
    where
        incidents.opened_at >= {{ add_seconds('outages.started_at', '-3600') }}
        and (outages.restored_at is null or incidents.opened_at < outages.restored_at)
)

select incident_id, outage_id
from ranked
where preference = 1
