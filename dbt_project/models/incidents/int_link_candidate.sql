-- grain: one row per pair of cases that are held against each other anew (earlier_no, later_no)
-- What meets in a block is held to its bounds here; pairs that anyone names are held against each other wherever they are.
-- What more than `busy_block` cases of one block share (a clerk's default address or point) tells nothing.
with

cases as (
    select * from {{ ref('int_link_case') }}
),

model as (
    select * from {{ ref('int_link_model') }}
),

kinds as (
    select link_kind.* from {{ ref('link_kind') }} as link_kind
    inner join model on link_kind.model_version = model.model_version
),

relations as (
    select relation.link_group, relation.related_group
    from {{ ref('link_relation') }} as relation
    inner join model on relation.model_version = model.model_version
),

either_way as (
    select link_group, related_group from relations
    union
    select related_group as link_group, link_group as related_group from relations
),

told_groups as (
    select distinct coalesce(link_group, '?') as link_group from cases
),

groups as (
    select one.link_group as own_group, another.link_group as looked_group
    from told_groups as one
    cross join told_groups as another
    left join either_way on one.link_group = either_way.link_group and another.link_group = either_way.related_group
    where
        one.link_group = another.link_group
        or one.link_group = '?'
        or another.link_group = '?'
        or either_way.link_group is not null
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

spans as (
    select 0 as step
    union all
    select 1 as step
),

homes as (
    select * from {{ ref('int_link_home') }}
),

kept as (
    select homes.block_no
    from homes
    cross join model
    group by homes.block_no
    having count(*) <= max(model.busy_block)
),

renewed as (
    select cases.*
    from cases
    inner join {{ ref('int_link_renewed') }} as renewed on cases.case_no = renewed.case_no
),

looking_back as (
    {{ link_blocks('renewed', -1) }}
),

{% if link_goes_on() %}
    -- which of the others look into a block that a renewed case stands in
    looking_ahead as (
        {{ link_blocks('renewed', 1) }}
    ),

    looked_at as (
        select own.case_no as earlier_no, homes.case_no as later_no, homes.block_no % 10 as block_kind
        from looking_ahead as own
        inner join homes on own.block_no = homes.block_no
        inner join homes as own_homes
            on own.case_no = own_homes.case_no and own.block_no % 10 = own_homes.block_no % 10
        inner join kept on own_homes.block_no = kept.block_no
        where own.case_no < homes.case_no
    ),
{% endif %}

met as (
    select homes.case_no as earlier_no, looking_back.case_no as later_no, homes.block_no % 10 as block_kind
    from homes
    inner join kept on homes.block_no = kept.block_no
    inner join looking_back on homes.block_no = looking_back.block_no
    where homes.case_no < looking_back.case_no
    {% if link_goes_on() %}
        union all
        select earlier_no, later_no, block_kind from looked_at
    {% endif %}
),

met_once as (
    select
        earlier_no, later_no,
        max(case when block_kind = 1 then 1 else 0 end) as is_near,
        max(case when block_kind = 2 then 1 else 0 end) as is_close,
        max(case when block_kind in (3, 4) then 1 else 0 end) as is_keyed,
        max(case when block_kind = 5 then 1 else 0 end) as is_of_area
    from met
    group by earlier_no, later_no
),

measured as (
    select
        met_once.*,
        later.opened_s - earlier.opened_s as gap_s,
        kinds.window_hours,
        (earlier.x_dm - later.x_dm) * (earlier.x_dm - later.x_dm)
        + (earlier.y_dm - later.y_dm) * (earlier.y_dm - later.y_dm) as square_dm
    from met_once
    inner join cases as earlier on met_once.earlier_no = earlier.case_no
    inner join cases as later on met_once.later_no = later.case_no
    inner join kinds
        on kinds.link_kind = case when earlier.link_kind = later.link_kind then earlier.link_kind else 'mixed' end
)

select earlier_no, later_no
from measured
where
    gap_s <= window_hours * 3600
    and (
        is_keyed = 1
        or (is_near = 1 and square_dm <= 9000000)
        or (is_close = 1 and square_dm <= 1000000 and gap_s <= 86400)
        or (is_of_area = 1 and square_dm is null and gap_s <= 172800)
    )
union
select rules.earlier_no, rules.later_no
from {{ ref('int_link_rule') }} as rules
where
    rules.earlier_no in (select renewed.case_no from renewed)
    or rules.later_no in (select renewed.case_no from renewed)
