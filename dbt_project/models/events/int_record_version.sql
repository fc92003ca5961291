-- grain: one row per record (feed, record_key): the place in the log of its newest version
with

lines as (
    -- a record without a key is a record of its own
    select
        feed,
        coalesce(record_key, source_ref) as record_key,
        batch_id,
        line,
        max(recorded_at) as recorded_at,
        max(observed_at) as observed_at
    from {{ ref('stg_event') }}
    where event_type not in ('reference_stated', 'item_observed', 'snapshot_taken')
    group by feed, coalesce(record_key, source_ref), batch_id, line
),

ordered as (
    select
        lines.*,
        row_number() over (
            partition by feed, record_key
            order by recorded_at desc, observed_at desc, batch_id desc, line desc
        ) as newness
    from lines
)

select feed, record_key, batch_id, line, recorded_at, observed_at
from ordered
where newness = 1
