-- grain: one row per stream that is no case (item_id): its base quantities, as the words of the indicator registry name them
-- Call-backs, transfers, whistles, supervisions, visits, patrols, decisions: work that a figure counts beside the cases.
with

events as (
    select
        {{ hash_of(['events.feed', 'events.stream_type', 'events.stream_key']) }} as item_id,
        events.*
    from {{ ref('evt_grid_event') }} as events
    where events.stream_type in (
        'callback', 'transfer', 'whistle', 'supervision', 'visit', 'patrol', 'self_fix', 'decision'
    )
),

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
),

placed as (
    -- the best evidence of the stream wins, and of equal evidence the earliest
    select
        events.item_id,
        events.occurred_at,
        places.grid_code,
        row_number() over (
            partition by events.item_id
            order by
                places.place_position, events.occurred_at, events.event_id
        ) as preference
    from events
    inner join {{ ref('int_event_place') }} as places on events.event_id = places.event_id
),

grids as (
    select
        placed.item_id,
        members.grid_id,
        members.grid_code_now,
        row_number() over (
            partition by placed.item_id
            order by
                case when members.valid_from_at <= placed.occurred_at then 1 else 2 end,
                case when members.valid_from_at <= placed.occurred_at then members.valid_from_at end desc,
                members.valid_from_at
        ) as preference
    from placed
    inner join {{ ref('dim_grid') }} as members on placed.grid_code = members.grid_code
    where placed.preference = 1 and members.is_unified
),

steps as (
    select
        stream_id,
        min(case when event_type = 'called_back' then first_at end) as called_back_at,
        min(case when event_type = 'link_pushed' then first_at end) as pushed_at,
        min(case when event_type = 'link_answered' then first_at end) as answered_at,
        min(case when event_type = 'whistle_blown' then first_at end) as whistle_blown_at,
        min(case when event_type = 'whistle_signed' then first_at end) as whistle_signed_at,
        min(case when event_type = 'whistle_contacted' then first_at end) as whistle_contacted_at,
        min(case when event_type = 'whistle_arrived' then first_at end) as whistle_arrived_at,
        min(case when event_type = 'whistle_closed' then first_at end) as whistle_closed_at,
        min(case when event_type = 'supervised' then first_at end) as supervised_at,
        min(case when event_type = 'supervision_answered' then first_at end) as supervision_answered_at,
        min(case when event_type = 'visit_planned' then first_at end) as visit_planned_at,
        min(case when event_type = 'visited' then first_at end) as visited_at,
        min(case when event_type = 'patrolled' then first_at end) as patrolled_at,
        min(case when event_type = 'self_fixed' then first_at end) as self_fixed_at,
        min(case when event_type = 'decision_made' then first_at end) as decision_made_at,
        min(case when event_type = 'decision_done' then first_at end) as decision_done_at,
        min(case when event_type = 'decision_dropped' then first_at end) as decision_dropped_at
    from {{ ref('int_stream_step') }}
    group by stream_id
),

told as (
    select
        item_id,
        min(feed) as feed,
        min(network) as network,
        min(stream_type) as stream_type,
        min(stream_key) as stream_key,
        max(org_code) as org_code,
        max({{ json_text('attributes', 'collector') }}) as collector_token,
        max({{ json_text('attributes', 'order_no') }}) as case_key,
        max({{ json_text('attributes', 'reached') }}) as reached,
        max({{ json_text('attributes', 'responded') }}) as responded,
        max({{ json_text('attributes', 'resolved') }}) as solved,
        max({{ json_text('attributes', 'rating') }}) as rating,
        cast(max({{ json_text('attributes', 'score') }}) as bigint) as score,
        cast(max({{ json_text('attributes', 'sign_by') }}) as timestamp) as sign_by_at,
        cast(max({{ json_text('attributes', 'contact_by') }}) as timestamp) as contact_by_at,
        cast(max({{ json_text('attributes', 'close_by') }}) as timestamp) as close_by_at,
        cast(max({{ json_text('attributes', 'answer_by') }}) as timestamp) as answer_by_at,
        cast(max({{ json_text('attributes', 'due_on') }}) as date) as due_on
    from events
    group by item_id
),

dated as (
    -- a day that is owed ends with its last second
    select
        told.*,
        mount.clock_at,
        {{ to_utc(
            add_seconds('cast(' ~ add_days('told.due_on', 1) ~ ' as timestamp)', -1), 'mount.time_zone'
        ) }} as due_at
    from told
    cross join mount
),

abouts as (
    -- the case that a call-back speaks of, by the number that it tells
    select network, stream_key, bool_or(is_cancelled or is_appeal_granted or is_consultation) as is_excluded
    from {{ ref('int_case_measure') }}
    where stream_type = 'case'
    group by network, stream_key
),

organisations as (
    select distinct org_code from {{ ref('int_organisation_version') }}
)

select
    dated.item_id,
    dated.feed,
    dated.network,
    dated.stream_type,
    dated.stream_key,
    coalesce(organisations.org_code, 'unknown') as org_code,
    grids.grid_id,
    coalesce(grids.grid_code_now, 'unlocated') as grid_code_now,
    cast(null as string) as canonical_code,
    dated.collector_token,
    -- moments
    steps.called_back_at,
    steps.pushed_at,
    steps.whistle_blown_at,
    steps.supervised_at,
    steps.visit_planned_at,
    steps.patrolled_at,
    steps.self_fixed_at,
    steps.decision_made_at,
    -- conditions
    steps.called_back_at is not null as is_called_back,
    coalesce(abouts.is_excluded, false) as is_about_excluded,
    coalesce(dated.reached = 'true', false) as is_reached,
    coalesce(dated.responded in ('true', 'false'), false) as is_responded_asked,
    coalesce(dated.responded = 'true', false) as is_responded,
    coalesce(dated.solved in ('true', 'false'), false) as is_solved_asked,
    coalesce(dated.solved = 'true', false) as is_solved,
    coalesce(grades.grade is not null, false) as is_rated,
    coalesce(grades.is_satisfied, false) as is_satisfied,
    steps.pushed_at is not null as is_pushed,
    steps.answered_at is not null as is_answered,
    steps.whistle_blown_at is not null as is_blown,
    steps.whistle_signed_at is not null as is_whistle_signed,
    coalesce(steps.whistle_signed_at <= dated.sign_by_at, false) as is_whistle_signed_on_time,
    coalesce(steps.whistle_contacted_at <= dated.contact_by_at, false) as is_whistle_contacted_on_time,
    steps.whistle_arrived_at is not null as is_whistle_arrived,
    steps.whistle_closed_at is not null or coalesce(dated.close_by_at <= dated.clock_at, false) as is_whistle_due,
    coalesce(steps.whistle_closed_at <= dated.close_by_at, false) as is_whistle_closed_on_time,
    dated.score is not null as is_scored,
    steps.supervised_at is not null as is_supervised,
    steps.supervision_answered_at is not null or coalesce(dated.answer_by_at <= dated.clock_at, false) as is_answer_due,
    coalesce(steps.supervision_answered_at <= dated.answer_by_at, false) as is_answered_on_time,
    steps.visit_planned_at is not null as is_visit_planned,
    steps.visited_at is not null or coalesce(dated.due_at <= dated.clock_at, false) as is_visit_due,
    steps.visited_at is not null as is_visited,
    coalesce(steps.visited_at <= dated.due_at, false) as is_visited_on_time,
    steps.patrolled_at is not null as is_patrolled,
    steps.self_fixed_at is not null as is_self_fixed,
    steps.decision_dropped_at is null
    and (steps.decision_done_at is not null or coalesce(dated.due_at <= dated.clock_at, false)) as is_decision_due,
    steps.decision_done_at is not null as is_decision_done,
    -- amounts
    dated.score as score_amount
from dated
left join steps on dated.item_id = steps.stream_id
left join grids on dated.item_id = grids.item_id and grids.preference = 1
left join abouts on dated.network = abouts.network and dated.case_key = abouts.stream_key
left join organisations on dated.org_code = organisations.org_code
left join {{ ref('rating_grade') }} as grades on dated.rating = grades.grade
