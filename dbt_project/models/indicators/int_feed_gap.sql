-- grain: one row per feed and reason for which a span of its data is missing (feed, reason, gap_to_at), [gap_from_at, gap_to_at)
-- held: a delivery waits for its verdict; what it tells of reaches back to the newest visible delivery before it.
-- behind: the feed has been silent for more than two of its periods. never: nothing of it is visible at all.
with

feeds as (
    select * from {{ ref('stg_feed') }}
    where mode <> 'reference'
),

landings as (
    select
        landings.*,
        bool_or(is_visible) over (partition by feed, batch_id) as is_batch_visible,
        {{ last_known(
            'case when is_visible then observed_at end',
            'partition by feed order by observed_at, seq rows between unbounded preceding and 1 preceding'
        ) }} as visible_before_at
    from {{ ref('stg_landing') }} as landings
),

mount as (
    select clock_at from {{ ref('stg_mount') }}
),

waiting as (
    select
        landings.feed,
        'held' as reason,
        min(coalesce(landings.visible_before_at, timestamp '1900-01-01 00:00:00')) as gap_from_at,
        landings.observed_at as gap_to_at
    from landings
    inner join feeds on landings.feed = feeds.feed
    where landings.verdict in ('held', 'unjudged') and not landings.is_batch_visible
    group by landings.feed, landings.observed_at
),

silent as (
    select
        feeds.feed,
        case when feeds.data_through_at is null then 'never' else 'behind' end as reason,
        coalesce(feeds.data_through_at, timestamp '1900-01-01 00:00:00') as gap_from_at,
        mount.clock_at as gap_to_at
    from feeds
    cross join mount
    where
        feeds.data_through_at is null
        or {{ epoch_seconds('mount.clock_at') }} - {{ epoch_seconds('feeds.data_through_at') }}
        > 2 * feeds.cadence_seconds
)

select feed, reason, gap_from_at, gap_to_at
from waiting
union all
select feed, reason, gap_from_at, gap_to_at
from silent
