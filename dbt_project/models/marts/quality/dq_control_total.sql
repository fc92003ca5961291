-- grain: one row per network and local day of delivery (network, local_day): the same counted at the source, in the log and in the star
-- Only landings that count. The receipts say what was fetched; log rows and rejections are counted again; of the events
-- elected from a day's deliveries all must stand in fct_event. A list of open items tells events by what changed in it.
with

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

landings as (
    select
        landings.*,
        cast({{ to_local('landings.observed_at', 'mount.time_zone') }} as date) as local_day
    from {{ ref('stg_landing') }} as landings
    cross join mount
    where landings.is_visible
),

receipts as (
    select
        network, local_day,
        count(*) as landings,
        sum(fetched) as fetched,
        sum(recorded) as recorded,
        sum(duplicate) as duplicate,
        sum(rejected) as rejected,
        sum(filtered) as filtered
    from landings
    group by network, local_day
),

logged as (
    -- an item whose record could not be understood stays in its list: it is a row, and no record
    select
        landing_id,
        count(*) as log_rows,
        count(distinct case when event_type <> 'snapshot_taken' and record_hash <> 'unreadable' then line end)
            as logged_records
    from {{ ref('stg_event') }}
    group by landing_id
),

refused as (
    select landing_id, count(distinct line) as rejected_records
    from {{ ref('stg_rejection') }}
    where severity = 'reject'
    group by landing_id
),

elected as (
    select
        facts.landing_id,
        count(*) as elected_events,
        count(star.event_id) as star_events
    from {{ ref('evt_grid_event') }} as facts
    left join {{ ref('fct_event') }} as star on facts.event_id = star.event_id
    group by facts.landing_id
),

counted as (
    select
        landings.network,
        landings.local_day,
        sum(coalesce(logged.logged_records, 0)) as logged_records,
        sum(coalesce(refused.rejected_records, 0)) as rejected_records,
        sum(coalesce(logged.log_rows, 0)) as log_rows,
        sum(coalesce(elected.elected_events, 0)) as elected_events,
        sum(coalesce(elected.star_events, 0)) as star_events
    from landings
    left join logged on landings.landing_id = logged.landing_id
    left join refused on landings.landing_id = refused.landing_id
    left join elected on landings.landing_id = elected.landing_id
    group by landings.network, landings.local_day
)

select
    receipts.network,
    receipts.local_day,
    receipts.landings,
    cast(receipts.fetched as bigint) as fetched,
    cast(receipts.recorded as bigint) as recorded,
    cast(receipts.duplicate as bigint) as duplicate,
    cast(receipts.rejected as bigint) as rejected,
    cast(receipts.filtered as bigint) as filtered,
    cast(counted.logged_records as bigint) as logged_records,
    cast(counted.rejected_records as bigint) as rejected_records,
    cast(counted.log_rows as bigint) as log_rows,
    cast(counted.elected_events as bigint) as elected_events,
    cast(counted.star_events as bigint) as star_events
from receipts
inner join counted on receipts.network = counted.network and receipts.local_day = counted.local_day
