-- grain: one row per feed, category as told (code set, kind, code) and what became of it: nothing is lost
with

cases as (
    select
        feed, category_status as status,
        coalesce(category_code_set_told, '') as code_set_told,
        category_kind_told as kind_told,
        coalesce(category_code_told, '') as category_code_told,
        count(*) as cases,
        -- what tells no code is seen in the cases alone
        sum(case when category_code_told is null then event_count else 0 end) as events,
        min(case when category_code_told is null then first_event_at end) as first_seen_at,
        max(case when category_code_told is null then last_event_at end) as last_seen_at
    from {{ ref('fct_case') }}
    group by
        feed, category_status, coalesce(category_code_set_told, ''), category_kind_told,
        coalesce(category_code_told, '')
),

events as (
    select
        tellings.feed, readings.status, tellings.code_set_told, tellings.kind_told, tellings.category_code_told,
        sum(tellings.events) as events,
        min(tellings.first_seen_at) as first_seen_at,
        max(tellings.last_seen_at) as last_seen_at
    from {{ ref('int_category_telling') }} as tellings
    inner join {{ ref('int_category_reading') }} as readings
        on
            tellings.code_set_told = readings.code_set_told
            and tellings.kind_told = readings.kind_told
            and tellings.category_code_told = readings.category_code_told
            and tellings.read_on = readings.read_on
    group by
        tellings.feed, readings.status, tellings.code_set_told, tellings.kind_told, tellings.category_code_told
),

both_kinds as (
    select
        feed, status, code_set_told, kind_told, category_code_told, cases, events, first_seen_at, last_seen_at
    from cases
    union all
    select
        feed, status, code_set_told, kind_told, category_code_told,
        0 as cases, events, first_seen_at, last_seen_at
    from events
)

select
    feed,
    code_set_told,
    kind_told,
    category_code_told,
    status,
    cast(sum(cases) as bigint) as cases,
    cast(sum(events) as bigint) as events,
    min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at
from both_kinds
group by feed, code_set_told, kind_told, category_code_told, status
