-- grain: one row per feed and check of the landing gate that any of its landings broke (feed, check_code)
-- Open: the newest landing of the feed breaks it, or a landing that it holds still waits for a person.
with

gates as (
    select
        verdicts.feed, verdicts.seq, verdicts.landing_id,
        row_number() over (partition by verdicts.feed, verdicts.landing_id order by verdicts.seq desc) as lastness
    from {{ ref('stg_verdict') }} as verdicts
    where verdicts.given_by = 'gate'
),

judged as (
    select
        gates.feed, gates.seq, gates.landing_id, landings.network, landings.batch_name, landings.observed_at,
        landings.verdict = 'held' as is_waiting,
        row_number() over (
            partition by gates.feed order by landings.observed_at desc, landings.seq desc
        ) as newness
    from gates
    inner join {{ ref('stg_landing') }} as landings on gates.landing_id = landings.landing_id
    where gates.lastness = 1
),

broken as (
    select
        judged.feed, judged.network, judged.batch_name, judged.observed_at, judged.is_waiting, judged.newness,
        reasons.check_code, reasons.severity, reasons.owner, reasons.observed, reasons.sentence, reasons.sentence_zh
    from judged
    inner join {{ ref('stg_verdict_reason') }} as reasons on judged.feed = reasons.feed and judged.seq = reasons.seq
),

kept as (
    -- the newest landing that kept it: what broke it since is what stands open
    select broken.feed, broken.check_code, max(others.observed_at) as kept_at
    from (select distinct feed, check_code from broken) as broken
    inner join judged as others on broken.feed = others.feed
    left join broken as same
        on others.feed = same.feed and broken.check_code = same.check_code and others.newness = same.newness
    where same.feed is null
    group by broken.feed, broken.check_code
)

select
    broken.feed,
    broken.check_code,
    broken.network,
    min_by(broken.severity, broken.newness) as severity,
    min_by(broken.owner, broken.newness) as owner,
    min_by(broken.sentence, broken.newness) as sentence,
    min_by(broken.sentence_zh, broken.newness) as sentence_zh,
    count(*) as broken_landings,
    cast(sum(case when broken.is_waiting then 1 else 0 end) as bigint) as waiting_landings,
    min(broken.observed_at) as first_seen_at,
    max(broken.observed_at) as last_seen_at,
    min_by(broken.batch_name, broken.newness) as last_batch_name,
    cast(round(1000000 * min_by(broken.observed, broken.newness)) as bigint) as last_observed_millionths,
    min(broken.newness) = 1 or bool_or(broken.is_waiting and broken.severity = 'hold') as is_open,
    case
        when min(broken.newness) = 1
            then min(case when kept.kept_at is null or broken.observed_at > kept.kept_at then broken.observed_at end)
    end as open_since
from broken
left join kept on broken.feed = kept.feed and broken.check_code = kept.check_code
group by broken.feed, broken.check_code, broken.network
