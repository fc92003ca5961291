-- grain: one row per feed
with

landings as (
    select
        feed,
        count(*) as landings,
        sum(case when is_visible then 1 else 0 end) as visible_landings,
        sum(case when verdict = 'pass' then 1 else 0 end) as passed,
        sum(case when verdict = 'warn' then 1 else 0 end) as warned,
        sum(case when verdict = 'held' then 1 else 0 end) as held,
        sum(case when verdict = 'released' then 1 else 0 end) as released,
        sum(case when verdict = 'refused' then 1 else 0 end) as refused,
        sum(case when verdict = 'unjudged' then 1 else 0 end) as unjudged,
        sum(case when is_visible then fetched else 0 end) as fetched,
        sum(case when is_visible then recorded else 0 end) as recorded,
        sum(case when is_visible then duplicate else 0 end) as duplicate,
        sum(case when is_visible then rejected else 0 end) as rejected,
        sum(case when is_visible then filtered else 0 end) as filtered
    from {{ ref('stg_landing') }}
    group by feed
),

told as (
    select
        feed,
        count(*) as log_rows,
        sum(
            case
                when
                    event_type in (
                        'item_observed', 'snapshot_taken', 'record_without_event', 'reference_stated'
                    )
                    then 0
                else 1
            end
        ) as fact_rows,
        count(distinct case
            when
                event_type not in (
                    'item_observed', 'snapshot_taken', 'record_without_event', 'reference_stated'
                )
                then event_id
        end) as told_events
    from {{ ref('stg_event') }}
    group by feed
),

elected as (
    select
        feed,
        count(*) as events,
        sum(case when is_derived then 0 else 1 end) as elected_events,
        sum(case when is_known_type then 0 else 1 end) as unknown_type_events
    from {{ ref('evt_grid_event') }}
    group by feed
),

cases as (
    select
        feed,
        count(*) as cases,
        sum(case when grid_method = 'unlocated' then 1 else 0 end) as unlocated_cases
    from {{ ref('fct_case') }}
    group by feed
),

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
)

select
    feeds.feed,
    feeds.network,
    feeds.title,
    feeds.mode,
    feeds.owner_office,
    feeds.cadence_seconds,
    feeds.data_through_at,
    {{ to_local('feeds.data_through_at', 'mount.time_zone') }} as data_through_at_local,
    {{ epoch_seconds('mount.clock_at') }}
    - {{ epoch_seconds('feeds.data_through_at') }} as seconds_behind_clock,
    -- silent for more than two periods, or never heard of
    coalesce(
        {{ epoch_seconds('mount.clock_at') }} - {{ epoch_seconds('feeds.data_through_at') }}
        > 2 * feeds.cadence_seconds,
        true
    ) as is_behind,
    cast(coalesce(landings.landings, 0) as bigint) as landings,
    cast(coalesce(landings.visible_landings, 0) as bigint) as visible_landings,
    cast(coalesce(landings.passed, 0) as bigint) as passed,
    cast(coalesce(landings.warned, 0) as bigint) as warned,
    cast(coalesce(landings.held, 0) as bigint) as held,
    cast(coalesce(landings.released, 0) as bigint) as released,
    cast(coalesce(landings.refused, 0) as bigint) as refused,
    cast(coalesce(landings.unjudged, 0) as bigint) as unjudged,
    cast(coalesce(landings.fetched, 0) as bigint) as fetched,
    cast(coalesce(landings.recorded, 0) as bigint) as recorded,
    cast(coalesce(landings.duplicate, 0) as bigint) as duplicate,
    cast(coalesce(landings.rejected, 0) as bigint) as rejected,
    cast(coalesce(landings.filtered, 0) as bigint) as filtered,
    cast(coalesce(
        landings.fetched - landings.recorded - landings.duplicate - landings.rejected - landings.filtered, 0
    ) as bigint) as imbalance,
    cast(coalesce(told.log_rows, 0) as bigint) as log_rows,
    cast(coalesce(elected.events, 0) as bigint) as events,
    cast(coalesce(told.told_events, 0) - coalesce(elected.elected_events, 0) as bigint) as retracted_events,
    cast(coalesce(told.fact_rows, 0) - coalesce(told.told_events, 0) as bigint) as repeated_rows,
    cast(coalesce(cases.cases, 0) as bigint) as cases,
    cast(coalesce(cases.unlocated_cases, 0) as bigint) as unlocated_cases,
    cast(coalesce(elected.unknown_type_events, 0) as bigint) as unknown_type_events
from {{ ref('stg_feed') }} as feeds
cross join mount
left join landings on feeds.feed = landings.feed
left join told on feeds.feed = told.feed
left join elected on feeds.feed = elected.feed
left join cases on feeds.feed = cases.feed
