-- grain: one row per canonical category (canonical_code): what outlives the editions of the lists
with

codes as (
    select
        versions.category_key, versions.code_set, versions.valid_from_on, versions.valid_to_on,
        canonicals.canonical_code, canonicals.canonical_name, canonicals.canonical_mapping
    from {{ ref('int_category_version') }} as versions
    inner join {{ ref('int_category_canonical') }} as canonicals on versions.category_key = canonicals.category_key
    where canonicals.canonical_code is not null
)

select
    canonical_code,
    max(canonical_name) as canonical_name,
    count(distinct category_key) as code_count,
    count(distinct case when canonical_mapping = 'exact' then category_key end) as exact_code_count,
    count(distinct code_set) as code_set_count,
    min(valid_from_on) as valid_from_on,
    case when count(*) = count(valid_to_on) then max(valid_to_on) end as valid_to_on
from codes
group by canonical_code
