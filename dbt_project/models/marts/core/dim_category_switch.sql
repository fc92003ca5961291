-- grain: one row per canonical category and local day on which any of its codes gave way to another
-- Figures from before and after that day are comparable where the switch is exact: one code went over into one code that
-- means the same. A code that ends with its list and goes over into nothing, and one that a following list brings in, are
-- switches too.
with

mappings as (
    select * from {{ ref('int_category_mapping') }}
),

codes as (
    select
        category_key,
        code_set,
        min(valid_from_on) as begins_on,
        case when count(*) = count(valid_to_on) then max(valid_to_on) end as ends_on
    from {{ ref('int_category_version') }}
    group by category_key, code_set
),

steps as (
    select category_key as owner_key, category_key as from_key, to_category_key as to_key, switched_on, reason
    from mappings
    union all
    select to_category_key as owner_key, category_key as from_key, to_category_key as to_key, switched_on, reason
    from mappings
    union all
    select
        codes.category_key as owner_key, codes.category_key as from_key, cast(null as string) as to_key,
        codes.ends_on as switched_on, 'without_successor' as reason
    from codes
    where
        codes.ends_on is not null
        and codes.code_set in (select code_set from mappings)
        and codes.category_key not in (select category_key from mappings)
    union all
    select
        codes.category_key as owner_key, cast(null as string) as from_key, codes.category_key as to_key,
        codes.begins_on as switched_on, 'without_predecessor' as reason
    from codes
    where
        codes.code_set in (select to_code_set from mappings)
        and codes.category_key not in (select to_category_key from mappings)
),

owned as (
    select distinct
        canonicals.canonical_code,
        canonicals.canonical_name,
        steps.switched_on,
        steps.from_key,
        steps.to_key,
        steps.reason
    from steps
    inner join {{ ref('int_category_canonical') }} as canonicals on steps.owner_key = canonicals.category_key
    where canonicals.canonical_code is not null
),

from_codes as (
    select canonical_code, switched_on, {{ joined_texts('from_key') }} as codes
    from (
        select distinct canonical_code, switched_on, from_key from owned
        where from_key is not null
    ) as texts
    group by canonical_code, switched_on
),

to_codes as (
    select canonical_code, switched_on, {{ joined_texts('to_key') }} as codes
    from (
        select distinct canonical_code, switched_on, to_key from owned
        where to_key is not null
    ) as texts
    group by canonical_code, switched_on
),

reasons as (
    select canonical_code, switched_on, {{ joined_texts('reason') }} as reasons
    from (
        select distinct canonical_code, switched_on, reason from owned
        where reason is not null
    ) as texts
    group by canonical_code, switched_on
)

select
    owned.canonical_code,
    owned.switched_on,
    max(owned.canonical_name) as canonical_name,
    max(coalesce(from_codes.codes, '')) as from_codes,
    max(coalesce(to_codes.codes, '')) as to_codes,
    count(owned.reason) = 0 as is_exact,
    max(coalesce(reasons.reasons, '')) as reason
from owned
left join from_codes on owned.canonical_code = from_codes.canonical_code and owned.switched_on = from_codes.switched_on
left join to_codes on owned.canonical_code = to_codes.canonical_code and owned.switched_on = to_codes.switched_on
left join reasons on owned.canonical_code = reasons.canonical_code and owned.switched_on = reasons.switched_on
group by owned.canonical_code, owned.switched_on
