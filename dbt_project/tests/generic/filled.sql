{#- Fails with every row in which one of the columns is null: one query for all of them. -#}
{% test filled(model, columns) %}
select *
from {{ model }}
where {% for column in columns %}{{ column }} is null{% if not loop.last %} or {% endif %}{% endfor %}
{% endtest %}
