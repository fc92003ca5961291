{#- Whole minutes from one moment to a later one, rounded down; null where either is not told or they are reversed. -#}
{% macro minutes_between(since, until) -%}
case
    when {{ until }} >= {{ since }}
        then {{ whole_quotient(epoch_seconds(until) ~ ' - ' ~ epoch_seconds(since), 60) }}
end
{%- endmacro %}

{#- Whole days from one moment to a later one, of 24 hours each; none where they are reversed. -#}
{% macro days_between(since, until) -%}
{{ whole_quotient('greatest(0, ' ~ epoch_seconds(until) ~ ' - ' ~ epoch_seconds(since) ~ ')', 86400) }}
{%- endmacro %}
