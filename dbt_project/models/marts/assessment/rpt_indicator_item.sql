-- grain: one row per indicator and thing that it counts (indicator, item_id): what each figure is made of
-- One select an indicator of the registry: its condition below the line picks the rows, that above the line the ones met.
-- A thing counts in the periods of its moment, and where the rule has two (应处置: disposed of, or fallen due) in both.
{% set registry = ref('indicator') %}
{% set indicators = adapter.execute('select * from ' ~ registry ~ ' order by indicator', fetch=true)[1].rows %}
with

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

told_types as (
    select feed, event_type from {{ ref('stg_feed_event_type') }}
),

cases as (
    select * from {{ ref('int_case_measure') }}
),

works as (
    select * from {{ ref('int_work_measure') }}
),

counted as (
    {% for one in indicators %}
        {{ counted_by(one, 'cases' if one.stream_type == 'case' else 'works', 'told_types') }}
        union all
    {% endfor %}
    select
        cast(null as string) as indicator,
        item_id, feed, network, stream_type, stream_key, org_code, grid_id, grid_code_now,
        canonical_code, collector_token,
        reported_at as counted_at,
        reported_at as also_counted_at,
        cast(0 as bigint) as numerator,
        cast(0 as bigint) as denominator
    from cases
    where false
)

select
    counted.indicator, counted.item_id, counted.feed, counted.network, counted.stream_type, counted.stream_key,
    counted.org_code,
    coalesce(members.grid_code, 'unlocated') as grid_code,
    coalesce(members.community_code, 'unknown') as community_code,
    coalesce(members.street_code, 'unknown') as street_code,
    counted.grid_code_now as grid_now_code,
    counted.canonical_code,
    counted.network || '/' || counted.collector_token as collector_code,
    {{ to_local('counted.counted_at', 'mount.time_zone') }} as counted_at_local,
    {{ to_local('counted.also_counted_at', 'mount.time_zone') }} as also_counted_at_local,
    counted.numerator,
    counted.denominator
from counted
cross join mount
left join {{ ref('dim_grid') }} as members on counted.grid_id = members.grid_id
