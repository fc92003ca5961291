-- grain: one row per judgement and check that it names as broken (feed, seq, check_code)
select feed, seq, landing_id, check_code, severity, owner, observed, sentence, sentence_zh
from {{ source('log', 'verdict_reason') }}
