-- grain: one row per community or street of the unified scheme: the places that a division code can name
with

grids as (
    select * from {{ ref('int_grid_version') }}
    where is_unified
),

named as (
    select
        community_code as division_code, community_name as division_name,
        community_code, community_name, street_code, street_name, grid_id, valid_from_at, valid_from_on
    from grids
    where community_code is not null
    union all
    select
        street_code as division_code, street_name as division_name,
        cast(null as string) as community_code, cast(null as string) as community_name,
        street_code, street_name, grid_id, valid_from_at, valid_from_on
    from grids
    where street_code is not null
),

newest as (
    -- a division keeps the name it has in its newest grid
    select
        named.*,
        row_number() over (partition by division_code order by valid_from_at desc, grid_id desc) as newness,
        min(valid_from_at) over (partition by division_code) as first_from_at,
        min(valid_from_on) over (partition by division_code) as first_from_on
    from named
)

select
    division_code, division_name, community_code, community_name, street_code, street_name,
    first_from_at as valid_from_at, first_from_on as valid_from_on
from newest
where newness = 1 and division_code not in (select grid_code from grids)
