-- grain: one row per pair of cases of which somebody says that they are one incident, or are not (earlier_no, later_no)
-- A person's newest word goes before every number that a record names.
with

cases as (
    select * from {{ ref('int_link_case') }}
),

by_key as (
    select feed, stream_key, min(case_no) as case_no
    from cases
    group by feed, stream_key
),

told_words as (
    -- a feed can tell a person's word too; without a feed it speaks of its own
    select
        case when event_type = 'linked' then 'must' else 'cannot' end as rule,
        feed, stream_key,
        coalesce({{ json_text('attributes', 'other_feed') }}, feed) as other_feed,
        {{ json_text('attributes', 'other_key') }} as other_key,
        occurred_at as given_at,
        event_id as word_id
    from {{ ref('evt_grid_event') }}
    where event_type in ('linked', 'unlinked')
    union all
    select
        case act when 'linked' then 'must' when 'unlinked' then 'cannot' else 'none' end as rule,
        feed, stream_key, other_feed, other_key, given_at,
        cast(act_no as string) as word_id
    from {{ ref('stg_link_act') }}
),

resolved as (
    select
        least(one.case_no, another.case_no) as earlier_no,
        greatest(one.case_no, another.case_no) as later_no,
        told_words.rule,
        row_number() over (
            partition by least(one.case_no, another.case_no), greatest(one.case_no, another.case_no)
            order by told_words.given_at desc, told_words.word_id desc, told_words.rule asc
        ) as newness
    from told_words
    inner join by_key as one on told_words.feed = one.feed and told_words.stream_key = one.stream_key
    inner join by_key as another on told_words.other_feed = another.feed and told_words.other_key = another.stream_key
    where one.case_no <> another.case_no
),

numbers as (
    -- one record names the other, or both are named by (or name) transfers that are one
    select one.case_id, another.case_id as other_id, 'transfer' as role
    from {{ ref('int_link_transfer') }} as one
    inner join {{ ref('int_link_transfer') }} as another on one.transfer_id = another.transfer_id
    union
    select stream_id as case_id, other_id, role
    from {{ ref('int_link_reference') }}
),

references_told as (
    select
        least(one.case_no, another.case_no) as earlier_no,
        greatest(one.case_no, another.case_no) as later_no,
        numbers.role
    from numbers
    inner join cases as one on numbers.case_id = one.case_id
    inner join cases as another on numbers.other_id = another.case_id
    where one.case_no <> another.case_no
),

every as (
    -- a word that was taken back leaves the pair as it was before
    select earlier_no, later_no, rule, 'human' as reason, 1 as strength
    from resolved
    where newness = 1 and rule <> 'none'
    union all
    select earlier_no, later_no, 'must' as rule, role as reason, 2 as strength
    from references_told
),

ranked as (
    select
        earlier_no, later_no, rule, reason,
        row_number() over (partition by earlier_no, later_no order by strength, reason) as preference
    from every
)

select earlier_no, later_no, rule, reason
from ranked
where preference = 1
