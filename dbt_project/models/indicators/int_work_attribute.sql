-- grain: one row per stream and attribute that a word or a cut of the registry asks for (item_id, attribute): what is told
with

asked as (
    select stream_type, cast(null as string) as network, attribute from {{ ref('work_word') }}
    where attribute is not null
    union
    select stream_type, network, attribute from {{ ref('work_facet') }}
),

told as (
    select
        {{ hash_of(['events.feed', 'events.stream_type', 'events.stream_key']) }} as item_id,
        events.stream_type,
        asked.attribute,
        case asked.attribute
            when 'counterpart_org_code' then events.counterpart_org_code
            when 'level' then events.level
            when 'channel' then events.channel
            when 'category_code' then events.category_code
            else {{ json_value('events.attributes', 'asked.attribute') }}
        end as told_value
    from {{ ref('evt_grid_event') }} as events
    inner join asked
        on events.stream_type = asked.stream_type and (asked.network is null or events.network = asked.network)
)

select item_id, attribute, min(stream_type) as stream_type, max(told_value) as told_value
from told
where told_value is not null
group by item_id, attribute
