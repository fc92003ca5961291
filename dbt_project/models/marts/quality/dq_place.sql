-- grain: one row per feed, way of placing, reason and agreement: how the cases of a feed found their grid
select
    feed,
    network,
    grid_method,
    coalesce(unlocated_reason, '') as reason,
    grid_agreement as agreement,
    count(*) as cases
from {{ ref('fct_case') }}
group by feed, network, grid_method, coalesce(unlocated_reason, ''), grid_agreement
