-- grain: one row per listed code, whatever its version (category_key): the canonical category that it belongs to
-- Along exact mappings a code leads to the newest one that means the same: at most eight editions on. Where nothing but
-- one wider or narrower code follows that one, it leads on to it, and the word of that step is kept. What the city itself
-- states goes before. A code of which neither list nor crosswalk says anything belongs to none.
{% set doublings = 3 %}
with

codes as (
    select
        category_key,
        max(valid_from_on) as valid_from_on,
        max_by(minor_name, valid_from_at) as minor_name,
        max_by(canonical_name, valid_from_at) filter (where canonical_name is not null) as stated_name,
        max_by(canonical_mapping, valid_from_at) filter (where canonical_name is not null) as stated_mapping
    from {{ ref('int_category_version') }}
    group by category_key
),

mappings as (
    select * from {{ ref('int_category_mapping') }}
),

successors as (
    select
        category_key, to_category_key,
        row_number() over (partition by category_key order by switched_on desc, to_category_key desc) as preference
    from mappings
    where mapping = 'exact'
),

exact_0 as (
    select codes.category_key, coalesce(successors.to_category_key, codes.category_key) as end_key
    from codes
    left join successors on codes.category_key = successors.category_key and successors.preference = 1
),
{% for number in range(doublings) %}

    exact_{{ number + 1 }} as (
        select near.category_key, far.end_key
        from exact_{{ number }} as near
        inner join exact_{{ number }} as far on near.end_key = far.category_key
    ),
{% endfor %}

onward as (
    -- the one code that follows, otherwise than exactly, the end of a chain
    select category_key, min(to_category_key) as to_category_key, min(mapping) as mapping
    from mappings
    where category_key in (select end_key from exact_{{ doublings }})
    group by category_key
    having count(*) = 1 and min(mapping) <> 'exact'
),

wide_0 as (
    select
        ends.end_key as category_key,
        coalesce(onward_ends.end_key, ends.end_key) as end_key
    from (select distinct end_key from exact_{{ doublings }}) as ends
    left join onward on ends.end_key = onward.category_key
    left join exact_{{ doublings }} as onward_ends on onward.to_category_key = onward_ends.category_key
),
{% for number in range(doublings) %}

    wide_{{ number + 1 }} as (
        select near.category_key, far.end_key
        from wide_{{ number }} as near
        inner join wide_{{ number }} as far on near.end_key = far.category_key
    ),
{% endfor %}

crosswalk_names as (
    select category_key, canonical_name from mappings
    where mapping = 'exact' and canonical_name is not null
    union all
    select to_category_key as category_key, canonical_name from mappings
    where mapping = 'exact' and canonical_name is not null
),

stated_names as (
    select
        chains.end_key,
        codes.stated_name,
        row_number() over (
            partition by chains.end_key order by codes.valid_from_on desc, codes.category_key desc
        ) as preference
    from exact_{{ doublings }} as chains
    inner join codes on chains.category_key = codes.category_key
    where codes.stated_name is not null and codes.stated_mapping = 'exact'
),

chain_names as (
    -- a chain goes by the name that its newest member has, or that the crosswalk gives it
    select
        chains.end_key,
        max(stated_names.stated_name) as stated_name,
        max(crosswalk_names.canonical_name) as given_name
    from exact_{{ doublings }} as chains
    left join stated_names on chains.end_key = stated_names.end_key and stated_names.preference = 1
    left join crosswalk_names on chains.category_key = crosswalk_names.category_key
    group by chains.end_key
),

names as (
    select end_key, coalesce(stated_name, given_name) as chain_name from chain_names
),

touched as (
    select category_key from mappings
    union
    select to_category_key as category_key from mappings
)

select
    codes.category_key,
    coalesce(
        codes.stated_name, names.chain_name, case when touched.category_key is not null then ends.end_key end
    ) as canonical_code,
    coalesce(
        codes.stated_name,
        names.chain_name,
        case when touched.category_key is not null then coalesce(end_codes.minor_name, ends.end_key) end
    ) as canonical_name,
    case
        when codes.stated_name is not null then codes.stated_mapping
        when names.chain_name is null and touched.category_key is null then null
        when onward.category_key is not null then onward.mapping
        else 'exact'
    end as canonical_mapping
from codes
inner join exact_{{ doublings }} as chains on codes.category_key = chains.category_key
inner join wide_{{ doublings }} as ends on chains.end_key = ends.category_key
inner join codes as end_codes on ends.end_key = end_codes.category_key
left join names on ends.end_key = names.end_key
left join onward on chains.end_key = onward.category_key
left join touched on codes.category_key = touched.category_key
