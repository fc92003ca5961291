-- grain: one row per case and rare pair of characters in its text (case_no, word_no), with its weight in bits
-- What three texts of a hundred have is no evidence, nor what only one has. The sixteen rarest of a text are kept.
{% set longest = 300 %}
with

texts as (
    select
        cases.case_no,
        substr({{ without_matches('tellings.text', "'\\[[^\\]]*\\]|[[:space:]]'") }}, 1, {{ longest }}) as words
    from {{ ref('int_link_case') }} as cases
    inner join {{ ref('int_link_telling') }} as tellings on cases.case_id = tellings.case_id
    where tellings.text is not null
),

spots as (
    select case_no, words, {{ each_number(1, 'length(words) - 1') }} as spot
    from texts
    where length(words) > 1
),

pairs as (
    select distinct case_no, substr(words, spot, 2) as word
    from spots
),

total as (
    select count(*) as case_count from texts
),

known as (
    select word, count(*) as case_count
    from pairs
    group by word
),

rare as (
    select
        known.word,
        known.case_count,
        row_number() over (order by known.word) as word_no,
        cast({{ whole_log2('total.case_count', 'known.case_count') }} as bigint) as weight_bits
    from known
    cross join total
    where known.case_count > 1 and known.case_count * 100 < total.case_count * 3
),

ranked as (
    select
        pairs.case_no, rare.word_no, rare.weight_bits,
        row_number() over (partition by pairs.case_no order by rare.case_count, rare.word) as rarity
    from pairs
    inner join rare on pairs.word = rare.word
)

select case_no, word_no, weight_bits
from ranked
where rarity <= 16
