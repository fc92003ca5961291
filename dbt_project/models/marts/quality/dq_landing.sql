-- grain: one row per landed delivery (landing_id), whether it counts or waits
select
    landings.landing_id, landings.feed, landings.network, landings.batch_name, landings.observed_at, landings.landed_at,
    landings.fetched, landings.recorded, landings.duplicate, landings.rejected, landings.filtered,
    landings.contract_version, landings.verdict, landings.is_visible
from {{ ref('stg_landing') }} as landings
