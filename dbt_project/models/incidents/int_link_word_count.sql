-- grain: one row per week and pair of characters in texts of its cases (week_no, word_no), with the texts that have it
-- From the counts of the build before: what came is added and what went is taken off.
{{ config(pre_hook="{{ attach_links_before() }}") }}
with

texts as (
    select cases.case_no, {{ link_week('cases.opened_s') }} as week_no, tellings.text
    from {{ ref('int_link_news') }} as news
    inner join {{ ref('int_link_case') }} as cases on news.case_no = cases.case_no
    inner join {{ ref('int_link_telling') }} as tellings on cases.case_id = tellings.case_id
    where tellings.text is not null
),

came as (
    {{ link_words_of('texts') }}
),

{% if link_goes_on() %}
    texts_before as (
        select befores.case_no, {{ link_week('befores.opened_s') }} as week_no, tellings.text
        from {{ ref('int_link_news') }} as news
        inner join {{ link_before('int_link_case') }} as befores on news.case_no = befores.case_no
        inner join {{ link_before('int_link_telling') }} as tellings on befores.case_id = tellings.case_id
        where tellings.text is not null
    ),

    went as (
        {{ link_words_of('texts_before') }}
    ),
{% endif %}

counted as (
    select week_no, word_no, count(*) as text_count
    from came
    group by week_no, word_no
    {% if link_goes_on() %}
        union all
        select week_no, word_no, -count(*) as text_count
        from went
        group by week_no, word_no
        union all
        select week_no, word_no, text_count from {{ link_before('int_link_word_count') }}
    {% endif %}
)

select week_no, word_no, cast(sum(text_count) as bigint) as text_count
from counted
group by week_no, word_no
having sum(text_count) > 0
