{#- Fails with every row for which the condition is false or unknown. -#}
{% test always_true(model, condition) %}
select *
from {{ model }}
where ({{ condition }}) is not true
{% endtest %}
