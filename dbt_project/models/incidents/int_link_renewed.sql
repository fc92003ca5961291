-- grain: one row per number of a case whose pairs are made anew (case_no), and whether such a case is there
-- What is new, gone or told otherwise; whose words have another weight; who stands in a block that is busy now, or is no
-- longer; and of which somebody says otherwise that they are one. All others keep the pairs of the build before.
{{ config(pre_hook="{{ attach_links_before() }}") }}
with

news as (
    select case_no from {{ ref('int_link_news') }}
),

{% if link_goes_on() %}
    reweighed as (
        select counts.week_no, counts.word_no
        from {{ link_before('int_link_word_count') }} as counts
        left join {{ link_before('int_link_word_weight') }} as befores
            on counts.week_no = befores.week_no and counts.word_no = befores.word_no
        left join {{ ref('int_link_word_weight') }} as weights
            on counts.week_no = weights.week_no and counts.word_no = weights.word_no
        where coalesce(befores.weight_bits, -1) <> coalesce(weights.weight_bits, -1)
    ),

    texts as (
        select cases.case_no, {{ link_week('cases.opened_s') }} as week_no, tellings.text
        from {{ ref('int_link_case') }} as cases
        inner join {{ ref('int_link_telling') }} as tellings on cases.case_id = tellings.case_id
        where
            cases.has_text
            and {{ link_week('cases.opened_s') }} in (select reweighed.week_no from reweighed)
    ),

    spelled as (
        {{ link_words_of('texts') }}
    ),

    stood as (
        select homes.block_no
        from {{ ref('int_link_home') }} as homes
        inner join news on homes.case_no = news.case_no
        union
        select homes.block_no
        from {{ link_before('int_link_home') }} as homes
        inner join news on homes.case_no = news.case_no
    ),

    counted as (
        select homes.block_no, 1 as is_now, count(*) as case_count
        from {{ ref('int_link_home') }} as homes
        inner join stood on homes.block_no = stood.block_no
        group by homes.block_no
        union all
        select homes.block_no, 0 as is_now, count(*) as case_count
        from {{ link_before('int_link_home') }} as homes
        inner join stood on homes.block_no = stood.block_no
        group by homes.block_no
    ),

    turned as (
        select counted.block_no
        from counted
        cross join {{ ref('int_link_model') }} as model
        where counted.case_count > model.busy_block
        group by counted.block_no
        having count(*) = 1
    ),

    said as (
        select earlier_no, later_no, rule, reason from {{ ref('int_link_rule') }}
        union all
        select earlier_no, later_no, rule, reason from {{ link_before('int_link_rule') }}
    ),

    said_otherwise as (
        select earlier_no, later_no
        from said
        group by earlier_no, later_no
        having count(*) = 1 or min(rule) <> max(rule) or min(reason) <> max(reason)
    ),
{% endif %}

renewed as (
    select case_no from news
    {% if link_goes_on() %}
        union
        select spelled.case_no
        from spelled
        inner join reweighed on spelled.week_no = reweighed.week_no and spelled.word_no = reweighed.word_no
        union
        select homes.case_no
        from {{ ref('int_link_home') }} as homes
        inner join turned on homes.block_no = turned.block_no
        union
        select earlier_no as case_no from said_otherwise
        union
        select later_no as case_no from said_otherwise
    {% endif %}
)

select renewed.case_no, cases.case_no is not null as is_there
from renewed
left join {{ ref('int_link_case') }} as cases on renewed.case_no = cases.case_no
