-- grain: one row per feed, attribute (nature, appeal_type, level) and word that its cases carry: known on our list or not
with

told as (
    select feed, 'nature' as attribute, nature as word from {{ ref('fct_case') }}
    union all
    select feed, 'appeal_type' as attribute, appeal_type as word from {{ ref('fct_case') }}
    union all
    select feed, 'level' as attribute, level as word from {{ ref('fct_case') }}
),

known as (
    select 'nature' as attribute, nature as word, label_zh, label_en from {{ ref('nature') }}
    union all
    select 'appeal_type' as attribute, appeal_type as word, label_zh, label_en from {{ ref('appeal_type') }}
    union all
    select 'level' as attribute, level as word, label_zh, label_en from {{ ref('event_level') }}
)

select
    told.feed,
    told.attribute,
    coalesce(told.word, '') as word,
    case when told.word is null then 'not_told' when known.word is null then 'unknown' else 'known' end as status,
    max(known.label_zh) as label_zh,
    max(known.label_en) as label_en,
    count(*) as cases
from told
left join known on told.attribute = known.attribute and told.word = known.word
group by
    told.feed, told.attribute, coalesce(told.word, ''),
    case when told.word is null then 'not_told' when known.word is null then 'unknown' else 'known' end
