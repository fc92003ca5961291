-- grain: one row per feed, scheme told, way of placing, reason, agreement and suspected coordinate system: how events and cases found their grid
with

counted as (
    select
        events.feed, events.network,
        coalesce(events.grid_scheme_given, '') as scheme_told,
        places.grid_method,
        coalesce(places.unlocated_reason, '') as reason,
        places.agreement,
        coalesce(places.suspected_crs, '') as suspected_crs,
        1 as event_count,
        0 as case_count
    from {{ ref('evt_grid_event') }} as events
    inner join {{ ref('int_event_place') }} as places on events.event_id = places.event_id
    union all
    select
        feed, network,
        coalesce(grid_scheme_told, '') as scheme_told,
        grid_method,
        coalesce(unlocated_reason, '') as reason,
        grid_agreement as agreement,
        coalesce(suspected_crs, '') as suspected_crs,
        0 as event_count,
        1 as case_count
    from {{ ref('fct_case') }}
)

select
    feed, network, scheme_told, grid_method, reason, agreement, suspected_crs,
    cast(sum(event_count) as bigint) as events,
    cast(sum(case_count) as bigint) as cases
from counted
group by feed, network, scheme_told, grid_method, reason, agreement, suspected_crs
