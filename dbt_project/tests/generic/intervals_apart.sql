{#- Fails with every row whose half-open interval reaches into the next one of the same key, or is empty. -#}
{% test intervals_apart(model, keys, valid_from, valid_to) %}
select *
from (
    select
        {{ keys | join(', ') }},
        {{ valid_from }} as from_at,
        {{ valid_to }} as to_at,
        lead({{ valid_from }}) over (partition by {{ keys | join(', ') }} order by {{ valid_from }}) as next_from_at
    from {{ model }}
) as intervals
where to_at <= from_at or (next_from_at is not null and (to_at is null or to_at > next_from_at))
{% endtest %}
