-- grain: one row per mechanism of the registry
select
    mechanism, title_zh, title_en, is_core, stream_types, indicators, listed, over as over_types, measures_zh,
    measures_en, cannot_zh, cannot_en
from {{ ref('mechanism') }}
