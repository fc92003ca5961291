-- grain: one row per feed
select
    feed, network, title, mode, owner_office, cadence_seconds, data_through as data_through_at, held_landings
from {{ source('log', 'feed') }}
