-- grain: one row per feed, field, code, severity and owner of what was rejected or flagged in visible landings
with

rejections as (
    select * from {{ ref('stg_rejection') }}
),

landings as (
    select landing_id, observed_at from {{ ref('stg_landing') }}
)

select
    rejections.feed,
    rejections.network,
    coalesce(rejections.field, '') as field,
    rejections.code,
    rejections.severity,
    coalesce(rejections.owner, '') as owner,
    count(*) as rejections,
    count(distinct rejections.landing_id) as landings,
    min(landings.observed_at) as first_observed_at,
    max(landings.observed_at) as last_observed_at
from rejections
left join landings on rejections.landing_id = landings.landing_id
group by
    rejections.feed, rejections.network, coalesce(rejections.field, ''), rejections.code, rejections.severity,
    coalesce(rejections.owner, '')
