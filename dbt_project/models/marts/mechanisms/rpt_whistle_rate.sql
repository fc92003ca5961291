-- grain: one row per street and local month (street_code, month_on): how often it whistles, beside its cases
-- A street that hardly ever whistles and one that whistles at everything are both told: a rate that lies further from
-- the median of the streets than whistle_rate_deviations robust deviations (1.4826 times the median of all distances).
-- A local rule: nobody is judged by it where too few streets have enough cases, or where most have the same rate.
with

cases as (
    select
        grids.street_code,
        cast(date_trunc('month', cases.opened_on) as date) as month_on,
        count(*) as cases
    from {{ ref('fct_case') }} as cases
    inner join {{ ref('dim_grid') }} as grids on cases.grid_id = grids.grid_id
    where cases.stream_type = 'case' and grids.street_code is not null
    group by grids.street_code, cast(date_trunc('month', cases.opened_on) as date)
),

whistles as (
    select
        street_code,
        month_on,
        count(distinct feed || chr(31) || whistle_no) as whistles,
        count(*) as calls,
        sum(case when is_repeat then 1 else 0 end) as repeats
    from {{ ref('rpt_whistle') }}
    group by street_code, month_on
),

cells as (
    select street_code, month_on from cases
    union
    select street_code, month_on from whistles
),

counted as (
    select
        cells.street_code,
        cells.month_on,
        coalesce(whistles.whistles, 0) as whistles,
        coalesce(whistles.calls, 0) as calls,
        coalesce(whistles.repeats, 0) as repeats,
        coalesce(cases.cases, 0) as cases,
        {{ whole_quotient('coalesce(whistles.whistles, 0) * 1000000', 'cases.cases') }} as per_million
    from cells
    left join cases on cells.street_code = cases.street_code and cells.month_on = cases.month_on
    left join whistles on cells.street_code = whistles.street_code and cells.month_on = whistles.month_on
),

compared as (
    select
        street_code, month_on, per_million,
        row_number() over (partition by month_on order by per_million, street_code) as place,
        count(*) over (partition by month_on) as streets
    from counted
    where cases >= {{ var('whistle_rate_least_cases') }} and street_code <> 'unknown'
),

medians as (
    select
        month_on, streets,
        max(case when place = {{ whole_quotient('streets + 1', 2) }} then per_million end) as median
    from compared
    group by month_on, streets
),

distances as (
    select
        compared.month_on, compared.street_code, compared.streets, medians.median,
        abs(compared.per_million - medians.median) as distance,
        row_number() over (
            partition by compared.month_on
            order by abs(compared.per_million - medians.median), compared.street_code
        ) as place
    from compared
    inner join medians on compared.month_on = medians.month_on
),

spreads as (
    select
        month_on,
        max(case when place = {{ whole_quotient('streets + 1', 2) }} then distance end) as spread
    from distances
    group by month_on
),

names as (
    select street_code, max(street_name) as street_name from {{ ref('dim_grid') }}
    where is_unified and is_current and street_code is not null
    group by street_code
)

select
    counted.street_code,
    counted.month_on,
    names.street_name,
    cast(counted.whistles as bigint) as whistles,
    cast(counted.calls as bigint) as calls,
    cast(counted.repeats as bigint) as repeats,
    cast(counted.cases as bigint) as cases,
    cast(counted.per_million as bigint) as whistles_per_million_cases,
    cast(distances.median as bigint) as median_per_million,
    cast(spreads.spread as bigint) as spread_per_million,
    case
        when distances.street_code is null then 'not_comparable'
        when distances.streets < {{ var('whistle_rate_least_streets') }} or spreads.spread = 0 then 'not_comparable'
        when distances.distance * 10000 <= {{ var('whistle_rate_deviations') }} * 14826 * spreads.spread then 'usual'
        when counted.per_million < distances.median then 'low'
        else 'high'
    end as tail
from counted
left join distances on counted.street_code = distances.street_code and counted.month_on = distances.month_on
left join spreads on counted.month_on = spreads.month_on
left join names on counted.street_code = names.street_code
