-- grain: one row per week and pair of characters that tells something in its texts (week_no, word_no), with its bits
-- How rare it is is counted over whole weeks long past, the sixth to the third before: so what comes today, or two weeks
-- late, moves no weight. While these have few texts, all weeks from the sixth before to its own are counted. What three
-- texts of a hundred have tells nothing, nor what none had.
{% set least_texts = 2000 %}
with

known as (
    select * from {{ ref('int_link_word_count') }}
),

told as (
    select {{ link_week('opened_s') }} as week_no, count(*) as text_count
    from {{ ref('int_link_case') }}
    where has_text
    group by {{ link_week('opened_s') }}
),

weeks as (
    select told.week_no, coalesce(sum(past.text_count), 0) >= {{ least_texts }} as has_past
    from told
    left join told as past on past.week_no between told.week_no - 5 and told.week_no - 2
    group by told.week_no
),

looked as (
    select weeks.week_no, told.week_no as looked_no, told.text_count
    from weeks
    inner join told
        on
            told.week_no >= weeks.week_no - 5
            and told.week_no <= case when weeks.has_past then weeks.week_no - 2 else weeks.week_no end
),

totals as (
    select week_no, sum(text_count) as text_count
    from looked
    group by week_no
),

counted as (
    select looked.week_no, known.word_no, sum(known.text_count) as text_count
    from looked
    inner join known on looked.looked_no = known.week_no
    group by looked.week_no, known.word_no
)

select
    known.week_no, known.word_no,
    cast({{ whole_log2('totals.text_count', 'counted.text_count') }} as bigint) as weight_bits
from known
inner join totals on known.week_no = totals.week_no
inner join counted on known.week_no = counted.week_no and known.word_no = counted.word_no
where counted.text_count * 100 < totals.text_count * 3
