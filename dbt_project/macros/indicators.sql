{#- Whether a value is one of the words of a list that spaces divide; null where either is. -#}
{% macro is_one_of(value, list) -%}
position(' ' || {{ value }} || ' ' in ' ' || {{ list }} || ' ') > 0
{%- endmacro %}

{#-
  A query: what one indicator of the registry counts among cases. `one` is its row; `items` the relation of base
  quantities whose columns is_<word>, <word>_at and <word>_amount its words name; `told_types` the event types that each
  feed can tell.
-#}
{% macro counted_by(one, items, told_types) -%}
select
    '{{ one.indicator }}' as indicator,
    item_id, feed, network, stream_type, stream_key, org_code, grid_id, grid_code_now, canonical_code, collector_token,
    {{ one.window_moment }}_at as counted_at,
    {{ one.or_moment ~ '_at' if one.or_moment else 'cast(null as timestamp)' }} as also_counted_at,
    cast(
        case when is_{{ one.numerator }} then {{ one.amount ~ '_amount' if one.amount else 1 }} else 0 end as bigint
    ) as numerator,
    cast({% if not one.denominator %}null{% elif one.denominator_amount %}{{ one.denominator_amount }}_amount{% else %}1{% endif %} as bigint)
        as denominator
from {{ items }}
where
    stream_type = '{{ one.stream_type }}'
    and is_{{ one.denominator or one.numerator }}
    {%- for word in (one.excludes or '').split() %}
    and not is_{{ word }}
    {%- endfor %}
    {%- if one.needs %}
    and feed in (select feed from {{ told_types }} where event_type in ('{{ one.needs.split() | join("', '") }}'))
    {%- endif %}
{%- endmacro %}

{#-
  A query: the feeds on which the figures of one kind of subject rest, as far as they have gaps.
-#}
{% macro feeds_of(items, subject_kind, subject_code) -%}
select distinct indicator, '{{ subject_kind }}' as subject_kind, {{ subject_code }} as subject_code, feed
from {{ items }}
where {{ subject_code }} is not null
{%- endmacro %}

{#-
  A query: the figures of one kind of subject over one kind of period. `items` are things counted at a `moment`; where
  they count at another one too, it is `also_moment`, and a period that holds both counts them once.
-#}
{% macro figures_of(items, subject_kind, subject_code, period_kind) -%}
select
    indicator,
    '{{ subject_kind }}' as subject_kind,
    {{ subject_code }} as subject_code,
    '{{ period_kind }}' as period_kind,
    cast(date_trunc('{{ period_kind }}', moment) as timestamp) as period_start,
    cast(sum(numerator) as bigint) as numerator,
    cast(sum(denominator) as bigint) as denominator,
    count(*) as item_count
from {{ items }}
where
    {{ subject_code }} is not null
    and (also_moment is null or date_trunc('{{ period_kind }}', also_moment) <> date_trunc('{{ period_kind }}', moment))
group by indicator, {{ subject_code }}, date_trunc('{{ period_kind }}', moment)
{%- endmacro %}
