-- grain: one row per matter that goes through the levels (matter_id): its way, where it ended, or where it is stuck
-- Stuck: where it is now it has been longer than nine tenths of the stays that ended at that level, of which there are
-- custody_least_stays or more; with fewer nobody can say (a local rule).
with

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
),

stays as (
    select * from {{ ref('int_custody_stay') }}
),

ranked as (
    select
        level, dwell_seconds,
        row_number() over (partition by level order by dwell_seconds, stay_id) as place,
        count(*) over (partition by level) as ended
    from stays
    where not is_lasting
),

usual as (
    select
        level,
        max(case when place = {{ whole_quotient('90 * ended + 99', 100) }} then dwell_seconds end) as p90_seconds
    from ranked
    where ended >= {{ var('custody_least_stays') }}
    group by level
),

ways as (
    select
        {{ hash_of(['feed', "'matter'", 'matter_no']) }} as matter_id,
        feed,
        matter_no,
        min(network) as network,
        max(case when seq = 1 then level end) as first_level,
        max(case when seq = 1 then grid_code end) as grid_code,
        min(begun_at) as began_at,
        count(*) as stays,
        sum(case when outcome = 'wrong_level' then 1 else 0 end) as wrong_levels,
        max(case when lastness = 1 then level end) as level_now,
        max(case when lastness = 1 then unit_code end) as unit_now,
        max(case when lastness = 1 then begun_at end) as since_at,
        max(case when lastness = 1 then ended_at end) as left_at,
        max(case when lastness = 1 then outcome end) as last_outcome,
        max(case when lastness = 1 then dwell_seconds end) as seconds_here
    from stays
    group by {{ hash_of(['feed', "'matter'", 'matter_no']) }}, feed, matter_no
)

select
    ways.matter_id,
    ways.feed,
    ways.network,
    ways.matter_no,
    ways.grid_code,
    ways.first_level,
    cast(date_trunc('month', {{ to_local('ways.began_at', 'mount.time_zone') }}) as date) as month_on,
    ways.began_at,
    {{ to_local('ways.began_at', 'mount.time_zone') }} as began_at_local,
    cast(ways.stays as bigint) as stays,
    cast(ways.stays - 1 as bigint) as transfers,
    cast(ways.wrong_levels as bigint) as wrong_levels,
    case
        when ways.last_outcome = 'closed' then 'closed'
        when ways.left_at is null then 'held'
        else 'between'
    end as state,
    ways.level_now,
    ways.unit_now,
    ways.since_at,
    {{ to_local('ways.since_at', 'mount.time_zone') }} as since_at_local,
    cast(ways.seconds_here as bigint) as seconds_here,
    case when ways.last_outcome = 'closed' then ways.left_at end as closed_at,
    -- the lowest level is the community; what was closed there never had to go up
    case when ways.last_outcome = 'closed' then ways.level_now = 'community' end as is_closed_at_lowest,
    case when ways.left_at is null then ways.seconds_here > usual.p90_seconds end as is_stuck
from ways
cross join mount
left join usual on ways.level_now = usual.level
