-- grain: one row per two listed codes of which one follows the other (category_key, to_category_key)
-- A mapping is exact where the city says so and where either side has no other: a code that several follow, or that
-- follows several, means more or less than they do, whatever is said.
with

newest as (
    select
        *,
        row_number() over (
            partition by category_key, to_category_key
            order by valid_from_at desc, kind_told desc, to_kind_told desc
        ) as newness
    from {{ ref('int_crosswalk_version') }}
    where is_resolved
),

counted as (
    select
        newest.*,
        count(*) over (partition by category_key, to_code_set) as followers,
        count(*) over (partition by to_category_key, code_set) as forerunners
    from newest
    where newness = 1
)

select
    category_key,
    to_category_key,
    code_set,
    to_code_set,
    canonical_name,
    mapping as mapping_told,
    case
        when mapping <> 'exact' then mapping
        when followers > 1 then 'narrower'
        when forerunners > 1 then 'broader'
        else 'exact'
    end as mapping,
    case
        when followers > 1 then 'one_to_many'
        when forerunners > 1 then 'many_to_one'
        when mapping <> 'exact' then mapping
    end as reason,
    valid_from_on as switched_on
from counted
