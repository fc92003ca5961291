-- grain: one row per note of the watch in the chain of a feed: found, told, over (feed, seq)
select
    feed, seq, change, code, subject, severity, sentence, sentence_zh, todo, todo_zh, detail, detail_zh, what, channel,
    noted_at, since_at
from {{ source('log', 'finding') }}
