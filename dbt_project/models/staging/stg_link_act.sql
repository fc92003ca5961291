-- grain: one row per act by which a person linked two cases or took them apart (act_no)
select act_no, act, feed, stream_key, other_feed, other_key, given_by, why, given_at
from {{ source('log', 'link_act') }}
