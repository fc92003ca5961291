-- grain: one row per indicator, thing and moment at which it counts (indicator, item_id, counted_at)
select
    item_id, indicator, feed, network, org_code, street_code, community_code, grid_code, grid_now_code, canonical_code,
    numerator, denominator,
    counted_at_local as counted_at
from edition.mart.rpt_indicator_item
where counted_at_local is not null
union all
select
    item_id, indicator, feed, network, org_code, street_code, community_code, grid_code, grid_now_code, canonical_code,
    numerator, denominator,
    also_counted_at_local as counted_at
from edition.mart.rpt_indicator_item
where also_counted_at_local is not null
