-- grain: one row per case and rare pair of characters in its text (case_no, word_no), with its weight in bits
-- The sixteen rarest of a text are kept.
{{ config(pre_hook="{{ attach_links_before() }}") }}
with

texts as (
    select cases.case_no, {{ link_week('cases.opened_s') }} as week_no, tellings.text
    from {{ ref('int_link_renewed') }} as renewed
    inner join {{ ref('int_link_case') }} as cases on renewed.case_no = cases.case_no
    inner join {{ ref('int_link_telling') }} as tellings on cases.case_id = tellings.case_id
    where tellings.text is not null
),

spelled as (
    {{ link_words_of('texts') }}
),

ranked as (
    select
        spelled.case_no, spelled.word_no, weights.weight_bits,
        row_number() over (
            partition by spelled.case_no order by weights.weight_bits desc, spelled.word_no asc
        ) as rarity
    from spelled
    inner join {{ ref('int_link_word_weight') }} as weights
        on spelled.week_no = weights.week_no and spelled.word_no = weights.word_no
)

select case_no, word_no, weight_bits
from ranked
where rarity <= 16
{% if link_goes_on() %}
    union all
    select words.case_no, words.word_no, words.weight_bits
    from {{ link_before('int_link_word') }} as words
    left join {{ ref('int_link_renewed') }} as renewed on words.case_no = renewed.case_no
    where renewed.case_no is null
{% endif %}
