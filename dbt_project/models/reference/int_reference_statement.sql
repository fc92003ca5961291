-- grain: one row per visible reference statement (batch_id, line, event_id)
with

statements as (
    select * from {{ ref('stg_event') }}
    where event_type = 'reference_stated'
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
)

select
    substr(statements.stream_type, length('reference:') + 1) as reference_table,
    statements.event_id,
    statements.feed,
    statements.content_hash,
    statements.recorded_at,
    statements.observed_at,
    statements.batch_id,
    statements.line,
    statements.occurred_at as valid_from_at,
    {{ to_utc(
        'cast(' ~ json_text('statements.attributes', 'valid_to') ~ ' as timestamp)', 'mount.time_zone'
    ) }} as stated_to_at,
    statements.attributes
from statements
cross join mount
