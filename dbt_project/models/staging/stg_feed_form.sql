-- grain: one row per feed: who fills it in, how many columns, and under which admission
select feed, filled_by, field_count, required_count, admission_number, admission_expires_on
from {{ source('log', 'feed_form') }}
