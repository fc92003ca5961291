-- grain: one row per feed, check of the landing gate that a landing broke, and local day of delivery (feed, check_code, local_day)
-- Each landing counts with what the gate said of it last; a share is broken / judged of the day.
with

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

gates as (
    select
        verdicts.feed, verdicts.seq, verdicts.landing_id,
        row_number() over (partition by verdicts.feed, verdicts.landing_id order by verdicts.seq desc) as lastness
    from {{ ref('stg_verdict') }} as verdicts
    where verdicts.given_by = 'gate'
),

judged as (
    select
        gates.feed, gates.seq, gates.landing_id, landings.network,
        cast({{ to_local('landings.observed_at', 'mount.time_zone') }} as date) as local_day
    from gates
    cross join mount
    inner join {{ ref('stg_landing') }} as landings on gates.landing_id = landings.landing_id
    where gates.lastness = 1
),

days as (
    select feed, local_day, count(*) as judged_landings
    from judged
    group by feed, local_day
)

select
    judged.feed,
    reasons.check_code,
    judged.local_day,
    judged.network,
    min(days.judged_landings) as judged_landings,
    count(*) as broken_landings,
    cast(round(1000000 * max(reasons.observed)) as bigint) as worst_observed_millionths
from judged
inner join {{ ref('stg_verdict_reason') }} as reasons on judged.feed = reasons.feed and judged.seq = reasons.seq
inner join days on judged.feed = days.feed and judged.local_day = days.local_day
group by judged.feed, reasons.check_code, judged.local_day, judged.network
