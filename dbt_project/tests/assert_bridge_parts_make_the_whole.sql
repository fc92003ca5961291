-- At every moment the parts of a grid of another scheme make a million, and their times follow one another.
with

parts as (
    select from_grid_id, valid_from_at, min(valid_to_at) as valid_to_at, sum(weight_ppm) as weight_ppm
    from {{ ref('dim_grid_bridge') }}
    group by from_grid_id, valid_from_at
),

followed as (
    select
        parts.*,
        lead(valid_from_at) over (partition by from_grid_id order by valid_from_at) as next_from_at
    from parts
)

select *
from followed
where weight_ppm <> 1000000 or (next_from_at is not null and (valid_to_at is null or valid_to_at <> next_from_at))
