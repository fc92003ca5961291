-- grain: one row per indicator (indicator): the registry, for whoever reads the figures
select
    indicator, title_zh, title_en, stream_type, numerator, denominator, window_moment, or_moment, excludes, needs,
    unit, direction, post, rule_version, source, is_local_rule
from {{ ref('indicator') }}
