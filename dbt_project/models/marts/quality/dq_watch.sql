-- grain: one row per finding of the watch (feed, seq of the note that opened it): what, since when, told, over
-- A finding that comes back after it was over is a finding of its own. Findings of the warehouse's own tasks stand under
-- the feed 'warehouse', which is none.
with

found as (
    select
        finding.*,
        lead(finding.seq) over (
            partition by finding.feed, finding.code, finding.subject order by finding.seq
        ) as next_seq
    from {{ ref('stg_finding') }} as finding
    where finding.change = 'opened'
),

later as (
    select
        found.feed,
        found.seq,
        min(case when noted.change = 'told' and noted.what = 'opened' then noted.noted_at end) as told_at,
        min(case when noted.change = 'closed' then noted.noted_at end) as over_at
    from found
    inner join {{ ref('stg_finding') }} as noted
        on
            found.feed = noted.feed
            and found.code = noted.code
            and found.subject = noted.subject
            and found.seq < noted.seq
            and noted.seq < coalesce(found.next_seq, noted.seq + 1)
    group by found.feed, found.seq
)

select
    found.feed,
    found.seq,
    coalesce(feeds.network, 'warehouse') as network,
    feeds.owner_office,
    found.code,
    found.subject,
    found.severity,
    found.sentence,
    found.sentence_zh,
    found.detail,
    found.detail_zh,
    found.todo,
    found.todo_zh,
    found.since_at,
    found.noted_at as found_at,
    later.told_at,
    later.over_at,
    {{ to_local('found.since_at', 'mount.time_zone') }} as since_at_local,
    {{ to_local('later.over_at', 'mount.time_zone') }} as over_at_local,
    later.over_at is null as is_open
from found
cross join {{ ref('stg_mount') }} as mount
left join later on found.feed = later.feed and found.seq = later.seq
left join {{ ref('stg_feed') }} as feeds on found.feed = feeds.feed
