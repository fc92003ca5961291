-- grain: one row per rejected or flagged record of a visible landing and reason (landing_id, line, field, code, severity)
-- What goes back to the centre, as rows: a place in a delivery, a reason and who mends it; never a value.
with

rejections as (
    select * from {{ ref('stg_rejection') }}
),

landings as (
    select landing_id, batch_name, observed_at from {{ ref('stg_landing') }}
)

select
    rejections.landing_id, rejections.feed, rejections.network, landings.batch_name, landings.observed_at,
    rejections.line,
    coalesce(rejections.field, '') as field,
    rejections.code, rejections.severity,
    coalesce(rejections.owner, '') as owner
from rejections
left join landings on rejections.landing_id = landings.landing_id
