-- grain: one row per stay of a matter at a level (stay_id): whose it was, how long, and how it left
with

mount as (
    select clock_at from {{ ref('stg_mount') }}
),

told as (
    select
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as stay_id,
        min(feed) as feed,
        min(network) as network,
        min(stream_key) as stream_key,
        coalesce(max({{ json_text('attributes', 'matter_no') }}), min(stream_key)) as matter_no,
        coalesce(max({{ json_text('attributes', 'stay_level') }}), 'unknown') as level,
        coalesce(max(org_code), 'unknown') as unit_code,
        max({{ json_text('attributes', 'outcome') }}) as outcome_told,
        min(case when event_type = 'stay_begun' then occurred_at end) as begun_at,
        min(case when event_type = 'stay_accepted' then occurred_at end) as accepted_at,
        min(case when event_type = 'stay_ended' then occurred_at end) as ended_at
    from {{ ref('evt_grid_event') }}
    where stream_type = 'stay'
    group by {{ hash_of(['feed', 'stream_type', 'stream_key']) }}
)

select
    told.stay_id, told.feed, told.network, told.stream_key, told.matter_no, told.level, told.unit_code,
    coalesce(grids.grid_code, 'unlocated') as grid_code,
    told.begun_at, told.accepted_at, told.ended_at,
    told.ended_at is null as is_lasting,
    case when told.ended_at is not null then coalesce(told.outcome_told, 'unsaid') end as outcome,
    greatest(
        0, {{ epoch_seconds('coalesce(told.ended_at, mount.clock_at)') }} - {{ epoch_seconds('told.begun_at') }}
    ) as dwell_seconds,
    row_number() over (partition by told.feed, told.matter_no order by told.begun_at, told.stream_key) as seq,
    row_number() over (partition by told.feed, told.matter_no order by told.begun_at desc, told.stream_key desc)
        as lastness
from told
cross join mount
inner join {{ ref('int_work_item') }} as items on told.stay_id = items.item_id
left join {{ ref('dim_grid') }} as grids on items.grid_id = grids.grid_id
where told.begun_at is not null
