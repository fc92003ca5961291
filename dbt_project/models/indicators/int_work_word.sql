-- grain: one row per stream and word of the registry that holds of it (item_id, word): since when, and how much
-- The one fold of all work that is no case: `work_word` says by which rule a word holds. Rules that sum give an amount.
with

words as (
    select * from {{ ref('work_word') }}
),

items as (
    select item_id, network, stream_type from {{ ref('int_work_item') }}
),

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
),

stepped as (
    select
        told.stream_id as item_id, words.word,
        min(told.first_at) as step_at,
        sum(told.event_count) as step_count
    from {{ ref('int_stream_step') }} as told
    inner join words
        on told.stream_type = words.stream_type and {{ is_one_of('told.event_type', 'words.step') }}
    group by told.stream_id, words.word
),

others as (
    select told.stream_id as item_id, words.word, min(told.first_at) as other_at
    from {{ ref('int_stream_step') }} as told
    inner join words
        on told.stream_type = words.stream_type and {{ is_one_of('told.event_type', 'words.other') }}
    group by told.stream_id, words.word
),

cases as (
    -- the case that a call-back speaks of, by the number that it tells
    select network, stream_key, bool_or(is_cancelled or is_appeal_granted or is_consultation) as is_excluded
    from {{ ref('int_case_measure') }}
    where stream_type = 'case'
    group by network, stream_key
),

told as (
    select
        items.item_id,
        words.word, words.rule, words.seconds, words.attribute, words.value as told_as,
        mount.clock_at,
        stepped.step_at,
        stepped.step_count,
        others.other_at,
        attributes.told_value,
        grades.is_satisfied,
        grades.grade is not null as is_grade,
        coalesce(cases.is_excluded, false) as is_case_excluded,
        -- a day that is owed ends with its last second
        case
            when words.attribute like '%\_on' escape '\'
                then {{ to_utc(
                    add_seconds(
                        'cast(' ~ add_days('try_cast(attributes.told_value as date)', 1) ~ ' as timestamp)', -1
                    ), 'mount.time_zone'
                ) }}
            else try_cast(attributes.told_value as timestamp)
        end as told_at
    from items
    inner join words on items.stream_type = words.stream_type
    cross join mount
    left join stepped on items.item_id = stepped.item_id and words.word = stepped.word
    left join others on items.item_id = others.item_id and words.word = others.word
    left join {{ ref('int_work_attribute') }} as attributes
        on items.item_id = attributes.item_id and words.attribute = attributes.attribute
    left join {{ ref('rating_grade') }} as grades on attributes.told_value = grades.grade
    left join cases on items.network = cases.network and attributes.told_value = cases.stream_key
),

judged as (
    select
        item_id,
        word,
        step_at,
        coalesce(
            case rule
                when 'step' then step_at is not null
                when 'by' then step_at <= told_at
                when 'due' then other_at is null and (step_at is not null or coalesce(told_at <= clock_at, false))
                when 'within'
                    then {{ epoch_seconds('step_at') }} - {{ epoch_seconds('other_at') }} between 0 and seconds
                when 'within_due'
                    then
                        other_at is not null
                        and (step_at is not null or {{ add_seconds('other_at', 'seconds') }} <= clock_at)
                when 'lacks' then other_at is not null and step_at is null
                when 'is' then {{ is_one_of('told_value', 'told_as') }}
                when 'known' then told_value is not null
                when 'grade' then is_grade
                when 'satisfied' then is_satisfied
                when 'case_excluded' then is_case_excluded
                when 'amount' then try_cast(told_value as bigint) is not null
                when 'seconds' then step_at >= other_at
                when 'times' then step_count > 0
            end,
            false
        ) as is_held,
        case rule
            when 'amount' then try_cast(told_value as bigint)
            when 'seconds' then {{ epoch_seconds('step_at') }} - {{ epoch_seconds('other_at') }}
            when 'times' then cast(step_count as bigint)
        end as amount
    from told
)

select item_id, word, step_at as held_at, amount
from judged
where is_held
