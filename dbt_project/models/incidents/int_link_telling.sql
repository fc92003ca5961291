-- grain: one row per case (case_id): what linking may know of it, as it was told
-- Address and text are restricted and go no further than the keys and weights that the models beside this one make.
with

cases as (
    select * from {{ ref('fct_case') }}
),

told as (
    -- of each, the earliest telling: later ones are the office's words
    select
        steps.case_id,
        min_by(events.address, steps.seq) filter (where events.address is not null) as address,
        min_by(events.text, steps.seq) filter (where events.text is not null) as text,
        min_by(events.actor_token, steps.seq) filter (where events.actor_token is not null) as actor_token,
        min_by(events.division_code, steps.seq) filter (where events.division_code is not null) as division_code
    from {{ ref('int_case_event') }} as steps
    inner join {{ ref('evt_grid_event') }} as events on steps.event_id = events.event_id
    group by steps.case_id
),

communities as (
    select grid_code, max(community_code) as community_code
    from {{ ref('int_grid_version') }}
    where is_unified
    group by grid_code
),

divisions as (
    select division_code from {{ ref('int_division') }}
    where division_code = community_code
)

select
    cases.case_id, cases.feed, cases.stream_key, cases.network,
    coalesce(channels.channel_kind, 'unknown') as channel_kind,
    cases.opened_at, cases.closed_at,
    cases.canonical_name,
    cases.category_code_set_told || '/' || cases.category_kind_told || '/' || cases.category_code_told as category_key,
    cases.lon, cases.lat,
    told.address, told.text,
    coalesce(divisions.division_code, communities.community_code) as community_code,
    -- whoever works for an office reports for many
    case when coalesce(channels.channel_kind, 'unknown') not in ('own', 'office') then told.actor_token end as token,
    cases.component_code
from cases
inner join told on cases.case_id = told.case_id
left join {{ ref('channel') }} as channels on cases.channel = channels.channel
left join communities on cases.grid_code = communities.grid_code and cases.grid_method <> 'unlocated'
left join divisions on told.division_code = divisions.division_code
