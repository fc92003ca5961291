-- grain: one row per landed delivery (landing_id), whether it counts or waits
select
    landings.landing_id, landings.feed, landings.network, landings.batch_name, landings.observed_at, landings.landed_at,
    {{ to_local('landings.observed_at', 'mount.time_zone') }} as observed_at_local,
    landings.fetched, landings.recorded, landings.duplicate, landings.rejected, landings.filtered,
    landings.contract_version, landings.verdict, landings.is_visible
from {{ ref('stg_landing') }} as landings
cross join {{ ref('stg_mount') }} as mount
