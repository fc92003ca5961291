{#- Whole minutes from one moment to a later one, rounded down; null where either is not told or they are reversed. -#}
{% macro minutes_between(since, until) -%}
case
    when {{ until }} >= {{ since }}
        then {{ whole_quotient(epoch_seconds(until) ~ ' - ' ~ epoch_seconds(since), 60) }}
end
{%- endmacro %}
