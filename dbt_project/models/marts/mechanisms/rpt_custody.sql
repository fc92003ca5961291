-- grain: one row per level, unit and local month (level, unit_code, month_on): how long matters stayed and how they left
-- A stay counts in the month in which it ended, or of the clock while it lasts. Percentiles are those of ended stays, by
-- nearest rank: the least stay that is as long as so many hundredths of them or longer.
with

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
),

stays as (
    select
        stays.level, stays.unit_code, stays.outcome, stays.is_lasting, stays.dwell_seconds, stays.stay_id,
        cast(date_trunc(
            'month', {{ to_local('coalesce(stays.ended_at, mount.clock_at)', 'mount.time_zone') }}
        ) as date) as month_on
    from {{ ref('int_custody_stay') }} as stays
    cross join mount
),

ranked as (
    select
        level, unit_code, month_on, dwell_seconds,
        row_number() over (partition by level, unit_code, month_on order by dwell_seconds, stay_id) as place,
        count(*) over (partition by level, unit_code, month_on) as ended
    from stays
    where not is_lasting
),

percentiles as (
    select
        level, unit_code, month_on,
        max(case when place = {{ whole_quotient('50 * ended + 99', 100) }} then dwell_seconds end) as p50_seconds,
        max(case when place = {{ whole_quotient('90 * ended + 99', 100) }} then dwell_seconds end) as p90_seconds
    from ranked
    group by level, unit_code, month_on
),

counted as (
    select
        level, unit_code, month_on,
        count(*) as stays,
        sum(case when is_lasting then 1 else 0 end) as open_now,
        sum(case when outcome = 'closed' then 1 else 0 end) as closed_here,
        sum(case when outcome = 'passed_up' then 1 else 0 end) as passed_up,
        sum(case when outcome = 'passed_down' then 1 else 0 end) as passed_down,
        sum(case when outcome = 'wrong_level' then 1 else 0 end) as wrong_level,
        sum(
            case when outcome not in ('closed', 'passed_up', 'passed_down', 'wrong_level') then 1 else 0 end
        ) as left_unsaid,
        sum(case when is_lasting then 0 else dwell_seconds end) as dwell_seconds,
        max(case when is_lasting then dwell_seconds end) as oldest_open_seconds
    from stays
    group by level, unit_code, month_on
)

select
    counted.level,
    counted.unit_code,
    counted.month_on,
    cast(counted.stays as bigint) as stays,
    cast(counted.open_now as bigint) as open_now,
    cast(counted.closed_here as bigint) as closed_here,
    cast(counted.passed_up as bigint) as passed_up,
    cast(counted.passed_down as bigint) as passed_down,
    cast(counted.wrong_level as bigint) as wrong_level,
    cast(counted.left_unsaid as bigint) as left_unsaid,
    cast(counted.dwell_seconds as bigint) as dwell_seconds,
    cast(percentiles.p50_seconds as bigint) as dwell_p50_seconds,
    cast(percentiles.p90_seconds as bigint) as dwell_p90_seconds,
    cast(counted.oldest_open_seconds as bigint) as oldest_open_seconds
from counted
left join percentiles
    on
        counted.level = percentiles.level
        and counted.unit_code = percentiles.unit_code
        and counted.month_on = percentiles.month_on
