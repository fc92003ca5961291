-- grain: one row per rejected or flagged record and reason (landing_id, line, field, code)
select feed, network, batch_id, landing_id, line, field, code, severity, owner, message
from {{ source('log', 'rejection') }}
