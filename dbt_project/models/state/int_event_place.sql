-- grain: one row per elected fact (event_id): the grid of the unified scheme in which it happened, as the grids were then
-- Point in a polygon valid at occurred_at; else the grid code told in the unified scheme; else the code told in another
-- scheme, where one unified grid holds nearly all of it; else the division told; else 'unlocated' with a reason. Where
-- polygons lie over each other, the lowest grid code wins.
-- Many events tell the same: what they tell is placed once for each span in which no grid begins or ends, and each event
-- takes the answer of its telling.
{%- set told %}
    select
        facts.event_id, facts.occurred_at, facts.lon, facts.lat, facts.crs, facts.lon_raw, facts.lat_raw,
        facts.is_address_told, facts.division_code, facts.grid_scheme_given, facts.grid_code_given,
        day_spans.begin_at as span_begin_at
    from (
        select
            event_id, occurred_at, cast(occurred_at as date) as day, lon, lat, crs, lon_raw, lat_raw,
            address is not null as is_address_told, division_code, grid_scheme_given, grid_code_given
        from {{ ref('evt_grid_event') }}
    ) as facts
    left join day_spans
        on
            facts.day = day_spans.day
            and day_spans.begin_at <= facts.occurred_at
            and facts.occurred_at < day_spans.end_at
{%- endset %}
with

grids as (
    select versions.*, shapes.shape_no
    from {{ ref('int_grid_version') }} as versions
    left join {{ ref('int_grid_shape') }} as shapes on versions.grid_id = shapes.grid_id
),

turns as (
    select valid_from_at as begin_at from grids
    union
    select valid_to_at as begin_at from grids
    where valid_to_at is not null
    union
    select valid_from_at as begin_at from {{ ref('dim_grid_bridge') }}
    union
    select valid_to_at as begin_at from {{ ref('dim_grid_bridge') }}
    where valid_to_at is not null
    union
    select cast('0001-01-01 00:00:00' as timestamp) as begin_at
),

spans as (
    select
        begin_at,
        coalesce(lead(begin_at) over (order by begin_at), cast('9999-12-31 00:00:00' as timestamp)) as end_at
    from turns
),

days as (
    select distinct cast(occurred_at as date) as day from {{ ref('evt_grid_event') }}
),

day_spans as (
    -- by day, so that events find their span by what is equal
    select days.day, spans.begin_at, spans.end_at
    from days
    inner join spans on cast(spans.begin_at as date) <= days.day and days.day <= cast(spans.end_at as date)
),

tellings as (
    -- an event stands for all that tell the same
    select
        min(event_id) as event_id, min(occurred_at) as occurred_at,
        lon, lat, crs, lon_raw, lat_raw, is_address_told, division_code, grid_scheme_given, grid_code_given,
        span_begin_at
    from ({{ told }}) as told
    group by
        lon, lat, crs, lon_raw, lat_raw, is_address_told, division_code, grid_scheme_given, grid_code_given,
        span_begin_at
),

mount as (
    select unified_scheme from {{ ref('stg_mount') }}
),

reference as (
    select count(*) as grid_count from grids
    where is_unified
),

known_schemes as (
    select distinct scheme from grids
),

known_codes as (
    select distinct scheme, grid_code from grids
),

point_grids as (
    -- grouped, so that no optimiser pairs each telling with each grid of its time before it looks at the point
    select hits.lon, hits.lat, grids.grid_code, grids.valid_from_at, grids.valid_to_at
    from {{ ref('int_point_grid') }} as hits
    inner join grids on hits.shape_no = grids.shape_no
    where grids.is_unified
    group by hits.lon, hits.lat, grids.grid_code, grids.valid_from_at, grids.valid_to_at
),

by_point as (
    select tellings.event_id, min(point_grids.grid_code) as grid_code
    from tellings
    inner join point_grids on tellings.lon = point_grids.lon and tellings.lat = point_grids.lat
    where
        point_grids.valid_from_at <= tellings.occurred_at
        and (point_grids.valid_to_at is null or tellings.occurred_at < point_grids.valid_to_at)
    group by tellings.event_id
),

by_code as (
    select
        tellings.event_id, tellings.lon, tellings.lat, tellings.occurred_at,
        grids.grid_id, grids.grid_code, grids.is_unified, grids.shape_no
    from tellings
    inner join grids on tellings.grid_scheme_given = grids.scheme and tellings.grid_code_given = grids.grid_code
    where
        grids.valid_from_at <= tellings.occurred_at
        and (grids.valid_to_at is null or tellings.occurred_at < grids.valid_to_at)
),

by_bridge as (
    select by_code.event_id, bridge.to_grid_code as grid_code, bridge.weight_ppm, bridge.is_decisive
    from by_code
    inner join {{ ref('dim_grid_bridge') }} as bridge on by_code.grid_id = bridge.from_grid_id
    where
        bridge.part_rank = 1
        and bridge.valid_from_at <= by_code.occurred_at
        and (bridge.valid_to_at is null or by_code.occurred_at < bridge.valid_to_at)
),

told_points as (
    -- a code of another scheme is held against its own polygon
    select distinct lon, lat, shape_no
    from by_code
    where not is_unified and shape_no is not null and lon is not null and lat is not null
),

held_points as (
    select told_points.lon, told_points.lat, told_points.shape_no
    from told_points
    inner join {{ ref('int_grid_edge') }} as edges on told_points.shape_no = edges.shape_no
    where {{ is_crossing('told_points', 'edges') }}
    group by told_points.lon, told_points.lat, told_points.shape_no
    having count(*) % 2 = 1
),

by_division as (
    select tellings.event_id, divisions.division_code as grid_code
    from tellings
    inner join {{ ref('int_division') }} as divisions on tellings.division_code = divisions.division_code
),

suspicions as (
    select
        crs, lon_raw, lat_raw,
        case when count(*) > 1 then 'several' else min(reading) end as suspected_crs
    from {{ ref('int_point_reading') }}
    group by crs, lon_raw, lat_raw
),

placed as (
    select
        tellings.*,
        by_point.grid_code as point_code,
        by_code.grid_id as told_grid_id,
        by_code.shape_no as told_shape_no,
        case when by_code.is_unified then by_code.grid_code end as given_code,
        case when by_bridge.is_decisive then by_bridge.grid_code end as bridged_code,
        by_bridge.event_id is not null as is_bridged,
        by_bridge.weight_ppm,
        held_points.shape_no is not null as is_in_told_grid,
        known_schemes.scheme is not null as is_scheme_known,
        known_codes.grid_code is not null as is_code_known,
        by_division.grid_code as division_grid_code,
        suspicions.suspected_crs,
        mount.unified_scheme,
        reference.grid_count
    from tellings
    cross join mount
    cross join reference
    left join by_point on tellings.event_id = by_point.event_id
    left join by_code on tellings.event_id = by_code.event_id
    left join by_bridge on tellings.event_id = by_bridge.event_id
    left join held_points
        on by_code.lon = held_points.lon and by_code.lat = held_points.lat and by_code.shape_no = held_points.shape_no
    left join known_schemes on tellings.grid_scheme_given = known_schemes.scheme
    left join known_codes
        on tellings.grid_scheme_given = known_codes.scheme and tellings.grid_code_given = known_codes.grid_code
    left join by_division on tellings.event_id = by_division.event_id
    left join suspicions
        on
            tellings.crs = suspicions.crs
            and tellings.lon_raw = suspicions.lon_raw
            and tellings.lat_raw = suspicions.lat_raw
),

decided as (
    select
        *,
        coalesce(point_code, given_code, bridged_code, division_grid_code, 'unlocated') as grid_code,
        case
            when point_code is not null then 'point'
            when given_code is not null then 'given'
            when bridged_code is not null then 'bridged'
            when division_grid_code is not null then 'division'
            else 'unlocated'
        end as grid_method
    from placed
),

explained as (
    select
        *,
        case
            when grid_method <> 'unlocated' then null
            when grid_count = 0 then 'no_grid_reference'
            when lon is not null and lat is not null then 'point_outside_grids'
            when grid_code_given is not null and not is_scheme_known then 'given_scheme_unknown'
            when grid_code_given is not null and not is_code_known then 'given_code_unknown'
            when grid_code_given is not null and told_grid_id is null then 'given_code_not_valid'
            when grid_code_given is not null and not is_bridged then 'given_without_polygon'
            when grid_code_given is not null then 'given_code_ambiguous'
            when division_code is not null then 'division_unknown'
            when is_address_told then 'address_only'
            else 'no_place_told'
        end as unlocated_reason
    from decided
),

answers as (
    select
        explained.grid_code,
        explained.grid_method,
        explained.unlocated_reason,
        -- order among the events of one case: the best evidence first, then the reason that says most
        methods.position as place_position,
        case
            when explained.grid_method = 'bridged'
                then cast({{ whole_quotient('methods.confidence * explained.weight_ppm', 1000000) }} as integer)
            else methods.confidence
        end as confidence,
        case
            when explained.grid_code_given is null or not explained.is_scheme_known then 'not_comparable'
            when not explained.is_code_known then 'told_unknown'
            when explained.told_grid_id is null then 'told_not_valid'
            when explained.lon is null or explained.lat is null then 'not_comparable'
            when explained.grid_scheme_given <> explained.unified_scheme and explained.told_shape_no is null
                then 'not_comparable'
            when explained.grid_scheme_given <> explained.unified_scheme
                then case when explained.is_in_told_grid then 'agree' else 'differ' end
            when explained.point_code is null then 'not_comparable'
            when explained.point_code = explained.grid_code_given then 'agree'
            else 'differ'
        end as agreement,
        explained.suspected_crs,
        explained.lon, explained.lat, explained.crs, explained.lon_raw, explained.lat_raw, explained.is_address_told,
        explained.division_code, explained.grid_scheme_given, explained.grid_code_given, explained.span_begin_at
    from explained
    inner join {{ ref('grid_method') }} as methods
        on
            explained.grid_method = methods.grid_method
            and coalesce(explained.unlocated_reason, '') = coalesce(methods.reason, '')
)

select
    told.event_id,
    answers.grid_code,
    answers.grid_method,
    answers.unlocated_reason,
    answers.place_position,
    answers.confidence,
    answers.agreement,
    answers.suspected_crs
from ({{ told }}) as told
inner join answers
    on
        told.lon is not distinct from answers.lon
        and told.lat is not distinct from answers.lat
        and told.crs is not distinct from answers.crs
        and told.lon_raw is not distinct from answers.lon_raw
        and told.lat_raw is not distinct from answers.lat_raw
        and told.is_address_told is not distinct from answers.is_address_told
        and told.division_code is not distinct from answers.division_code
        and told.grid_scheme_given is not distinct from answers.grid_scheme_given
        and told.grid_code_given is not distinct from answers.grid_code_given
        and told.span_begin_at is not distinct from answers.span_begin_at
