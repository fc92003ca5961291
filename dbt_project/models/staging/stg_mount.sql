-- grain: one row, the mounted version of the log; clock_at is the only clock that any model may use
select log_version, clock_at, city, time_zone, unified_scheme
from {{ source('log', 'mount') }}
