-- grain: one row per receipt (landing_id)
select
    landing_id, feed, network, seq, batch_id, attempt_id, batch_name, observed_at, landed_at,
    fetched, recorded, duplicate, rejected, filtered, contract_version, verdict, visible as is_visible
from {{ source('log', 'landing') }}
