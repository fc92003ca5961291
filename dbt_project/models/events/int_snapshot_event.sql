-- grain: one row per derived event of a listed item (event_id): it appeared, changed, vanished or returned
-- Derived over all visible deliveries of a feed in one order, so a late, held or landed-again delivery re-derives its
-- neighbours. An item's neighbours in time are found by delivery numbers: the cost is one sort of the observations.
with

deliveries as (
    select
        feed, batch_id, observed_at, recorded_at, landed_at, landing_id, attempt_id,
        row_number() over (partition by feed order by observed_at, batch_id) as delivery_no,
        count(*) over (partition by feed) as delivery_count
    from {{ ref('stg_event') }}
    where event_type = 'snapshot_taken'
),

listed as (
    select
        *,
        -- null where the item is listed but its record was rejected: it is there, its content is not known
        nullif(record_hash, 'unreadable') as known_hash,
        -- an item told twice in one delivery counts as its last line tells it
        row_number() over (
            partition by feed, stream_type, stream_key, batch_id
            order by line desc, content_hash desc, event_id desc
        ) as newness
    from {{ ref('stg_event') }}
    where event_type = 'item_observed'
),

observations as (
    select
        listed.*,
        deliveries.delivery_no,
        deliveries.delivery_count
    from listed
    inner join deliveries on listed.feed = deliveries.feed and listed.batch_id = deliveries.batch_id
    where listed.newness = 1
),

neighbours as (
    select
        *,
        lag(delivery_no)
            over (partition by feed, stream_type, stream_key order by delivery_no)
            as previous_no,
        lead(delivery_no) over (partition by feed, stream_type, stream_key order by delivery_no) as next_no,
        {{ last_known(
            'known_hash',
            'partition by feed, stream_type, stream_key order by delivery_no'
            ~ ' rows between unbounded preceding and 1 preceding'
        ) }} as previous_hash
    from observations
),

appeared as (
    -- an item is listed once it is seen: a start stated in the future does not put its appearing after its vanishing
    select
        delivery_no as derived_no,
        'appeared' as derived_type,
        least(coalesce(occurred_at, observed_at), observed_at) as derived_at,
        *
    from neighbours
    where previous_no is null
),

returned as (
    select delivery_no as derived_no, 'returned' as derived_type, observed_at as derived_at, *
    from neighbours
    where previous_no < delivery_no - 1
),

changed as (
    select delivery_no as derived_no, 'changed' as derived_type, observed_at as derived_at, *
    from neighbours
    where previous_no is not null and known_hash is not null and known_hash is distinct from previous_hash
),

vanished as (
    select
        neighbours.delivery_no + 1 as derived_no,
        'vanished' as derived_type,
        first_without.observed_at as derived_at,
        neighbours.*
    from neighbours
    inner join deliveries as first_without
        on neighbours.feed = first_without.feed and neighbours.delivery_no + 1 = first_without.delivery_no
    where neighbours.next_no is null or neighbours.next_no > neighbours.delivery_no + 1
),

derived as (
    select * from appeared
    union all
    select * from returned
    union all
    select * from changed
    union all
    select * from vanished
)

select
    {{ hash_of([
        'derived.feed', 'derived.stream_type', 'derived.stream_key', 'derived.derived_type',
        'cast(' ~ epoch_us('teller.observed_at') ~ ' as string)', 'teller.batch_id'
    ]) }} as event_id,
    derived.content_hash,
    derived.stream_type,
    derived.stream_key,
    derived.derived_type as event_type,
    derived.event_version,
    derived.derived_at as occurred_at,
    -- told by the delivery that shows it: for a vanishing, the first one without the item
    teller.observed_at as recorded_at,
    teller.observed_at,
    teller.landed_at,
    derived.feed,
    derived.network,
    teller.batch_id,
    teller.landing_id,
    teller.attempt_id,
    derived.line,
    derived.source_ref,
    derived.record_key,
    derived.record_hash,
    derived.category_code_set, derived.category_code, derived.nature, derived.channel, derived.level,
    derived.org_code, derived.actor_token, derived.counterpart_org_code,
    derived.lon, derived.lat, derived.crs, derived.lon_raw, derived.lat_raw, derived.address,
    derived.division_code, derived.grid_scheme_given, derived.grid_code_given,
    derived.component_code, derived.appeal_type, derived.text, derived.attributes
from derived
inner join deliveries as teller on derived.feed = teller.feed and derived.derived_no = teller.delivery_no
