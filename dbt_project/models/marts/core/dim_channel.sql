-- grain: one row per channel that any event tells, and 'unknown' (channel)
with

told as (
    select distinct channel from {{ ref('evt_grid_event') }}
    where channel is not null
)

select
    told.channel,
    coalesce(known.channel_kind, 'unknown') as channel_kind,
    known.label_en
from told
left join {{ ref('channel') }} as known on told.channel = known.channel
where told.channel <> 'unknown'
union all
select 'unknown' as channel, 'unknown' as channel_kind, 'Unknown' as label_en
