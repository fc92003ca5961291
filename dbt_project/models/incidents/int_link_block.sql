-- grain: one row per case and block that it stands or looks in (case_no, block_no, is_home)
-- Two cases are held against each other where the later one looks into a block that the earlier one stands in. A block is
-- a square or a key, and a span of time; the later case looks into the squares around its own and into the span before.
-- near: 300 m, a week, related groups. close: 100 m, a day, whatever it is. address, person: a week. area: a community,
-- two days, one group, where points cannot tell.
{% set week, day = 604800, 86400 %}
with

cases as (
    select * from {{ ref('int_link_case') }}
),

model as (
    select * from {{ ref('int_link_model') }}
),

relations as (
    select relation.link_group, relation.related_group
    from {{ ref('link_relation') }} as relation
    inner join model on relation.model_version = model.model_version
),

told_groups as (
    -- a code of no canonical category is held against everything, by one group of its own
    select distinct coalesce(link_group, '?') as link_group from cases
),

groups as (
    select link_group, row_number() over (order by link_group) as group_no
    from told_groups
),

either_way as (
    select link_group, related_group from relations
    union
    select related_group as link_group, link_group as related_group from relations
),

looked_groups as (
    select groups.group_no, others.group_no as looked_no
    from groups
    cross join groups as others
    left join either_way on groups.link_group = either_way.link_group and others.link_group = either_way.related_group
    where
        groups.link_group = others.link_group
        or groups.link_group = '?'
        or others.link_group = '?'
        or either_way.link_group is not null
),

places as (
    select place_key, row_number() over (order by place_key) as key_no
    from cases
    where place_key is not null
    group by place_key
),

persons as (
    select token, row_number() over (order by token) as key_no
    from cases
    where token is not null
    group by token
),

areas as (
    select community_code, link_group, row_number() over (order by community_code, link_group) as key_no
    from (
        select distinct community_code, coalesce(link_group, '?') as link_group from cases
        where community_code is not null
    ) as told
),

keyed as (
    select
        cases.case_no,
        groups.group_no,
        {{ whole_quotient('cases.opened_s', week) }} as week_no,
        {{ whole_quotient('cases.opened_s', day) }} as day_no,
        {{ whole_quotient('cases.opened_s', 2 * day) }} as two_day_no,
        {{ whole_quotient('cases.x_dm', 3000) }} as near_x,
        {{ whole_quotient('cases.y_dm', 3000) }} as near_y,
        {{ whole_quotient('cases.x_dm', 1000) }} as close_x,
        {{ whole_quotient('cases.y_dm', 1000) }} as close_y,
        places.key_no as place_no,
        persons.key_no as person_no,
        areas.key_no as area_no
    from cases
    inner join groups on coalesce(cases.link_group, '?') = groups.link_group
    left join places on cases.place_key = places.place_key
    left join persons on cases.token = persons.token
    left join areas
        on cases.community_code = areas.community_code and coalesce(cases.link_group, '?') = areas.link_group
),

steps as (
    select -1 as step
    union all
    select 0 as step
    union all
    select 1 as step
),

around as (
    select across.step as step_x, along.step as step_y
    from steps as across
    cross join steps as along
),

before as (
    select 0 as back
    union all
    select 1 as back
),

home as (
    select
        case_no,
        ((near_x * 100000 + near_y) * 10000 + week_no) * 10000 + group_no * 10 + 1 as block_no
    from keyed
    where near_x is not null
    union all
    select case_no, ((close_x * 300000 + close_y) * 60000 + day_no) * 10 + 2 as block_no
    from keyed
    where close_x is not null
    union all
    select case_no, (place_no * 10000 + week_no) * 10 + 3 as block_no
    from keyed
    where place_no is not null
    union all
    select case_no, (person_no * 10000 + week_no) * 10 + 4 as block_no
    from keyed
    where person_no is not null
    union all
    select case_no, (area_no * 30000 + two_day_no) * 10 + 5 as block_no
    from keyed
    where area_no is not null
),

looking as (
    select
        keyed.case_no,
        (((keyed.near_x + around.step_x) * 100000 + keyed.near_y + around.step_y) * 10000 + keyed.week_no - before.back)
        * 10000 + looked_groups.looked_no * 10 + 1 as block_no
    from keyed
    inner join looked_groups on keyed.group_no = looked_groups.group_no
    cross join around
    cross join before
    where keyed.near_x is not null
    union all
    select
        keyed.case_no,
        (
            ((keyed.close_x + around.step_x) * 300000 + keyed.close_y + around.step_y) * 60000
            + keyed.day_no - before.back
        ) * 10 + 2 as block_no
    from keyed
    cross join around
    cross join before
    where keyed.close_x is not null
    union all
    select keyed.case_no, (keyed.place_no * 10000 + keyed.week_no - before.back) * 10 + 3 as block_no
    from keyed
    cross join before
    where keyed.place_no is not null
    union all
    select keyed.case_no, (keyed.person_no * 10000 + keyed.week_no - before.back) * 10 + 4 as block_no
    from keyed
    cross join before
    where keyed.person_no is not null
    union all
    select keyed.case_no, (keyed.area_no * 30000 + keyed.two_day_no - before.back) * 10 + 5 as block_no
    from keyed
    cross join before
    where keyed.area_no is not null
),

stood as (
    select block_no, count(*) as case_count
    from home
    group by block_no
),

kept as (
    -- where so many stand, standing there tells nothing
    select stood.block_no
    from stood
    cross join model
    where stood.case_count <= model.busy_block
)

select home.case_no, home.block_no, true as is_home
from home
inner join kept on home.block_no = kept.block_no
union all
select looking.case_no, looking.block_no, false as is_home
from looking
inner join kept on looking.block_no = kept.block_no
