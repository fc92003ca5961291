-- grain: one row per judgement of a landing, by a gate or by a person (feed, seq)
select feed, seq, landing_id, verdict, given_by, why, given_at
from {{ source('log', 'verdict') }}
