-- grain: one row per pair of cases that are held against each other (earlier_no, later_no)
-- What stands in a block is held to its bounds here; pairs that anyone names are held against each other wherever they are.
with

cases as (
    select * from {{ ref('int_link_case') }}
),

kinds as (
    select link_kind.* from {{ ref('link_kind') }} as link_kind
    inner join {{ ref('int_link_model') }} as model on link_kind.model_version = model.model_version
),

home as (
    select case_no, block_no from {{ ref('int_link_block') }}
    where is_home
),

looking as (
    select case_no, block_no from {{ ref('int_link_block') }}
    where not is_home
),

met as (
    select
        home.case_no as earlier_no,
        looking.case_no as later_no,
        max(case when home.block_no % 10 = 1 then 1 else 0 end) as is_near,
        max(case when home.block_no % 10 = 2 then 1 else 0 end) as is_close,
        max(case when home.block_no % 10 in (3, 4) then 1 else 0 end) as is_keyed,
        max(case when home.block_no % 10 = 5 then 1 else 0 end) as is_of_area
    from home
    inner join looking on home.block_no = looking.block_no
    where home.case_no < looking.case_no
    group by home.case_no, looking.case_no
),

measured as (
    select
        met.*,
        later.opened_s - earlier.opened_s as gap_s,
        kinds.window_hours,
        (earlier.x_dm - later.x_dm) * (earlier.x_dm - later.x_dm)
        + (earlier.y_dm - later.y_dm) * (earlier.y_dm - later.y_dm) as square_dm
    from met
    inner join cases as earlier on met.earlier_no = earlier.case_no
    inner join cases as later on met.later_no = later.case_no
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
select earlier_no, later_no from {{ ref('int_link_rule') }}
