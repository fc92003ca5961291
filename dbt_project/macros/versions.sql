{#-
  A query over typed reference statements: of each key and valid_from the newest statement, cut into half-open
  intervals [valid_from_at, valid_to_at). An interval ends where the statement says, or where the next one begins. A
  statement that ends before it begins takes itself back. Keys and versions are in one total order.
-#}
{% macro versions_of(stated, keys) -%}
select
    told.*,
    least(told.stated_to_at, lead(told.valid_from_at) over (
        partition by {{ keys | join(', ') }} order by told.valid_from_at
    )) as valid_to_at
from (
    select
        {{ stated }}.*,
        row_number() over (
            partition by {{ keys | join(', ') }}, valid_from_at
            order by recorded_at desc, observed_at desc, batch_id desc, line desc, content_hash desc
        ) as newness
    from {{ stated }}
) as told
where told.newness = 1 and (told.stated_to_at is null or told.stated_to_at > told.valid_from_at)
{%- endmacro %}
