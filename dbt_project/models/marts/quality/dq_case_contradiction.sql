-- grain: one row per case and kind of contradiction in what is told of it (case_id, contradiction)
-- Impossible orders are kept and folded as they are told; here they are named and counted.
with

events as (
    select
        *,
        coalesce(lag(status_after) over (partition by case_id order by seq), 'open') as status_before,
        coalesce(lag(is_suspended_after) over (partition by case_id order by seq), false) as was_suspended,
        min(case when event_type in ('dispatched', 'unit_dispatched') then occurred_at end) over (partition by case_id)
            as first_dispatched_at
    from {{ ref('int_case_event') }}
),

of_events as (
    select case_id, 'before_opening' as contradiction, occurred_at from events
    where occurred_at < opened_at
    union all
    select case_id, 'work_after_end' as contradiction, occurred_at from events
    where status_before <> 'open' and effect in ('opens', 'progresses', 'suspends', 'resumes')
    union all
    select case_id, 'two_ends' as contradiction, occurred_at from events
    where status_before <> 'open' and effect in ('closes', 'cancels')
    union all
    select case_id, 'handled_before_dispatched' as contradiction, occurred_at from events
    where event_type = 'handled' and occurred_at < first_dispatched_at
    union all
    select case_id, 'resumed_without_suspension' as contradiction, occurred_at from events
    where effect = 'resumes' and not was_suspended
    union all
    select case_id, 'recorded_before_it_happened' as contradiction, occurred_at from events
    where recorded_at < occurred_at
    union all
    select case_id, 'dated_after_delivery' as contradiction, occurred_at from events
    where occurred_at > observed_at
),

tells_disposal as (
    select feed from {{ ref('stg_feed_event_type') }}
    where event_type = 'handled'
),

of_cases as (
    select case_id, 'closed_without_disposal' as contradiction, closed_at as occurred_at
    from {{ ref('fct_case') }}
    where
        status = 'closed' and first_handled_at is null
        and feed in (select feed from tells_disposal)
),

found as (
    select * from of_events
    union all
    select * from of_cases
)

select
    found.case_id,
    found.contradiction,
    min(kinds.severity) as severity,
    min(cases.feed) as feed,
    min(cases.network) as network,
    min(cases.stream_key) as stream_key,
    min(found.occurred_at) as first_at,
    count(*) as contradiction_count
from found
inner join {{ ref('contradiction') }} as kinds on found.contradiction = kinds.contradiction
inner join {{ ref('fct_case') }} as cases on found.case_id = cases.case_id
group by found.case_id, found.contradiction
