-- grain: one row per event row of a visible landing (batch_id, line, event_id)
select
    event_id, content_hash, identity, stream_type, stream_key, event_type, event_version,
    occurred_at, recorded_at, observed_at, landed_at,
    feed, network, batch_id, landing_id, attempt_id, line, source_ref, record_key, record_hash,
    category_code_set, category_code, nature, channel, level,
    org_code, actor_token, counterpart_org_code,
    lon, lat, crs, lon_raw, lat_raw, address, division_code, grid_scheme_given, grid_code_given,
    component_code, appeal_type, text, attributes
from {{ source('log', 'event') }}
