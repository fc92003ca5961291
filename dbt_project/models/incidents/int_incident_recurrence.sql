-- grain: one row per incident that came back (incident_no): the one of its category and place that was over before it began
-- The same address, or 100 m or less between the places first told; the newest that ended no more than `recurrence_days`
-- of its kind before.
with

cases as (
    select
        members.incident_no, cases.*,
        row_number() over (
            partition by members.incident_no
            order by case when cases.x_dm is not null then 1 else 2 end, cases.case_no
        ) as point_preference,
        row_number() over (
            partition by members.incident_no
            order by case when cases.place_key is not null then 1 else 2 end, cases.case_no
        ) as address_preference
    from {{ ref('int_link_case') }} as cases
    inner join {{ ref('int_incident_case') }} as members on cases.case_no = members.case_no
),

incidents as (
    select
        incident_no,
        min(case when case_no = incident_no then coalesce(canonical_name, category_key) end) as matter,
        min(case when case_no = incident_no then link_kind end) as link_kind,
        min(opened_s) as opened_s,
        case when count(*) = count(closed_s) then max(closed_s) end as ended_s,
        min(case when point_preference = 1 then x_dm end) as x_dm,
        min(case when point_preference = 1 then y_dm end) as y_dm,
        min(case when address_preference = 1 then place_key end) as place_key
    from cases
    group by incident_no
),

squares as (
    select
        incidents.*,
        {{ whole_quotient('x_dm', 1000) }} as square_x,
        {{ whole_quotient('y_dm', 1000) }} as square_y
    from incidents
    where x_dm is not null
),

steps as (
    select -1 as step
    union all
    select 0 as step
    union all
    select 1 as step
),

looking as (
    select squares.*, squares.square_x + across.step as looked_x, squares.square_y + along.step as looked_y
    from squares
    cross join steps as across
    cross join steps as along
),

met as (
    select later.incident_no, earlier.incident_no as earlier_no
    from incidents as later
    inner join incidents as earlier on later.place_key = earlier.place_key and later.matter = earlier.matter
    where earlier.incident_no < later.incident_no
    union
    select later.incident_no, earlier.incident_no as earlier_no
    from looking as later
    inner join squares as earlier
        on
            later.looked_x = earlier.square_x
            and later.looked_y = earlier.square_y
            and later.matter = earlier.matter
    where
        earlier.incident_no < later.incident_no
        and (later.x_dm - earlier.x_dm) * (later.x_dm - earlier.x_dm)
        + (later.y_dm - earlier.y_dm) * (later.y_dm - earlier.y_dm) <= 1000000
),

kinds as (
    select link_kind.* from {{ ref('link_kind') }} as link_kind
    inner join {{ ref('int_link_model') }} as model on link_kind.model_version = model.model_version
),

ranked as (
    select
        met.incident_no, met.earlier_no,
        later.opened_s - earlier.ended_s as seconds_between,
        row_number() over (
            partition by met.incident_no order by earlier.ended_s desc, met.earlier_no desc
        ) as preference
    from met
    inner join incidents as later on met.incident_no = later.incident_no
    inner join incidents as earlier on met.earlier_no = earlier.incident_no
    inner join kinds on later.link_kind = kinds.link_kind
    where
        earlier.ended_s <= later.opened_s
        and later.opened_s - earlier.ended_s <= kinds.recurrence_days * 86400
)

select incident_no, earlier_no, seconds_between
from ranked
where preference = 1
