-- grain: one row per case (item_id): its base quantities, as the words of the indicator registry name them
-- `is_<word>` is a condition, `<word>_at` a moment in whose period a case counts, `<word>_amount` a number that is added up.
{% set limited = [
    'accept', 'pre_filing_check', 'register', 'dispatch', 'sign', 'contact', 'arrive', 'post_disposal_check',
] %}
with

cases as (
    select
        *,
        coalesce(handled_at, case when status = 'closed' then closed_at end) as disposed_at
    from {{ ref('fct_case') }}
),

mount as (
    select clock_at from {{ ref('stg_mount') }}
),

steps as (
    select
        stream_id,
        min(case when event_type = 'pre_filing_check' then first_at end) as pre_filing_checked_at,
        min(case when event_type in ('arrived', 'on_scene') then first_at end) as arrived_at,
        min(case when event_type = 'not_accepted' then first_at end) as not_accepted_at,
        min(case when event_type = 'not_registered' then first_at end) as not_registered_at,
        max(case when event_type in ('post_disposal_check_failed', 'reworked') then last_at end) as reworked_at,
        min(case when event_type = 'extension_granted' then first_at end) as extended_at,
        min(case when event_type = 'suspended' then first_at end) as suspended_at,
        min(case when event_type = 'returned_to_sender' then first_at end) as sent_back_at,
        min(case when event_type = 'transferred' then first_at end) as transferred_at,
        min(case when event_type = 'supervised' then first_at end) as supervised_at,
        min(case when event_type = 'called_back' then first_at end) as called_back_at,
        min(case when event_type = 'appealed' then first_at end) as appealed_at,
        min(case when event_type = 'appeal_granted' then first_at end) as appeal_granted_at
    from {{ ref('int_stream_step') }}
    group by stream_id
),

finders as (
    -- who of the own network told of it, where the contract says so
    select
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as stream_id,
        max({{ json_text('attributes', 'collector') }}) as collector_token
    from {{ ref('evt_grid_event') }}
    where event_type = 'reported' and attributes like '%"collector"%'
    group by {{ hash_of(['feed', 'stream_type', 'stream_key']) }}
),

answers as (
    -- of several ratings or outcomes of one case the last counts
    select
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as stream_id,
        max_by({{ json_text('attributes', 'rating') }}, occurred_at) filter (where event_type = 'rated') as rating,
        max_by({{ json_text('attributes', 'solved') }}, occurred_at) filter (where event_type = 'mediated') as solved
    from {{ ref('evt_grid_event') }}
    where event_type in ('rated', 'mediated')
    group by {{ hash_of(['feed', 'stream_type', 'stream_key']) }}
),

deadlines as (
    select
        cases.case_id,
        cases.handle_limit_value is not null
        and (cases.disposed_at is not null or coalesce(cases.handle_due_at <= mount.clock_at, false)) as is_handle_due,
        cases.close_limit_value is not null
        and (cases.status = 'closed' or coalesce(cases.close_due_at <= mount.clock_at, false)) as is_close_due,
        case when cases.handle_due_at <= mount.clock_at then cases.handle_due_at end as handle_fell_due_at,
        case when cases.close_due_at <= mount.clock_at then cases.close_due_at end as close_fell_due_at
    from cases
    cross join mount
),

stages as (
    -- of each stage with a limit: when it stopped, when its deadline passed, whether it was in time
    select
        limits.case_id,
        {% for stage in limited %}
            max(case when limits.stage = '{{ stage }}' then limits.stopped_at end) as {{ stage }}_stopped_at,
            max(case when limits.stage = '{{ stage }}' and limits.due_at <= mount.clock_at then limits.due_at end)
                as {{ stage }}_fell_due_at,
            bool_or(
                limits.stage = '{{ stage }}'
                and (limits.stopped_at is not null or coalesce(limits.due_at <= mount.clock_at, false))
            ) as is_{{ stage }}_owed,
            bool_or(limits.stage = '{{ stage }}' and coalesce(limits.is_on_time, false)) as is_{{ stage }}_in_time,
        {% endfor %}
        bool_or(limits.stage = 'handle' and coalesce(limits.is_first_on_time, false)) as is_handled_first_pass
    from {{ ref('fct_case_deadline') }} as limits
    cross join mount
    group by limits.case_id
),

found as (
    select cases.case_id, channels.channel_kind
    from cases
    inner join {{ ref('dim_channel') }} as channels on coalesce(cases.channel, 'unknown') = channels.channel
),

overruns as (
    select case_id, {{ whole_quotient('1000 * overrun', 'total') }} as overrun_thousandths
    from {{ ref('int_case_overrun') }}
    where stage = 'handle' and attempt = 'final'
),

outcomes as (
    -- what has become of a case that was dispatched: just one of seven
    select
        cases.case_id,
        case
            when cases.dispatched_at is null then null
            when cases.status = 'cancelled' then 'cancelled'
            when cases.handle_limit_value is null and not (cases.disposed_at is null and cases.is_suspended)
                then 'without_limit'
            when cases.disposed_at is not null and cases.is_handled_on_time then 'handled_on_time'
            when cases.disposed_at is not null then 'handled_late'
            when cases.is_suspended then 'suspended_open'
            when deadlines.is_handle_due then 'overdue_open'
            else 'open_not_due'
        end as outcome
    from cases
    inner join deadlines on cases.case_id = deadlines.case_id
)

select
    cases.case_id as item_id,
    cases.feed,
    cases.network,
    cases.stream_type,
    cases.stream_key,
    cases.org_code,
    cases.grid_id,
    cases.grid_code_now,
    cases.category_code_set,
    cases.category_code,
    -- a code of which neither list nor crosswalk says anything is a category of its own
    coalesce(
        cases.canonical_code,
        case
            when cases.category_id <> 'unknown'
                then cases.category_code_set || '/' || cases.category_kind || '/' || cases.category_code
        end,
        'unknown'
    ) as canonical_code,
    finders.collector_token,
    -- moments
    cases.opened_at as reported_at,
    cases.accepted_at,
    cases.registered_at,
    cases.dispatched_at,
    cases.disposed_at,
    case when cases.status = 'closed' then cases.closed_at end as closed_at,
    cases.closed_at as ended_at,
    deadlines.handle_fell_due_at,
    deadlines.close_fell_due_at,
    steps.suspended_at,
    steps.supervised_at,
    steps.called_back_at,
    steps.appealed_at,
    {% for stage in limited %}
        stages.{{ stage }}_stopped_at,
        stages.{{ stage }}_fell_due_at,
    {% endfor %}
    -- conditions
    true as is_reported,
    cases.accepted_at is not null as is_accepted,
    cases.registered_at is not null as is_registered,
    cases.dispatched_at is not null as is_dispatched,
    cases.dispatched_at is not null and cases.status <> 'cancelled' as is_effective,
    cases.disposed_at is not null as is_disposed,
    cases.first_handled_at is not null as is_disposed_ever,
    cases.status = 'closed' as is_closed,
    cases.status = 'cancelled' as is_cancelled,
    cases.status = 'open' as is_open,
    deadlines.is_handle_due,
    deadlines.is_close_due,
    coalesce(cases.is_handled_on_time, false) as is_handled_on_time,
    cases.disposed_at is not null and cases.handle_limit_value is not null
    and not coalesce(cases.is_handled_on_time, false) as is_handled_late,
    deadlines.is_handle_due and cases.disposed_at is null as is_overdue_open,
    overruns.case_id is not null and cases.status = 'closed' as is_overrun,
    coalesce(cases.is_closed_on_time, false) as is_closed_on_time,
    cases.status = 'closed' and cases.close_limit_value is not null
    and not coalesce(cases.is_closed_on_time, false) as is_closed_late,
    coalesce(cases.is_handled_on_time, false) and cases.status = 'closed' as is_handled_on_time_and_closed,
    cases.disposed_at is not null and cases.handle_limit_value is null as is_disposed_without_limit,
    cases.status = 'closed' and cases.close_limit_value is null as is_closed_without_limit,
    cases.is_without_limit,
    coalesce(found.channel_kind in ('own', 'public'), false) as is_found,
    coalesce(found.channel_kind = 'own', false) as is_found_by_own,
    recurrences.case_id is not null as is_recurred,
    steps.reworked_at is not null as is_reworked,
    steps.extended_at is not null as is_extended,
    steps.suspended_at is not null as is_suspended,
    steps.sent_back_at is not null as is_sent_back,
    steps.supervised_at is not null as is_supervised,
    steps.called_back_at is not null as is_called_back,
    coalesce(grades.grade is not null, false) as is_rated,
    coalesce(grades.is_satisfied, false) as is_satisfied,
    coalesce({{ epoch_seconds('cases.signed_at') }} - {{ epoch_seconds('cases.dispatched_at') }} <= 86400, false)
        as is_signed_in_a_day,
    coalesce({{ epoch_seconds('cases.accepted_at') }} - {{ epoch_seconds('cases.opened_at') }} <= 900, false)
        as is_accepted_in_a_quarter,
    coalesce(
        {{ epoch_seconds('cases.dispatched_at') }}
        - {{ epoch_seconds('coalesce(cases.registered_at, cases.accepted_at, cases.opened_at)') }} <= 900,
        false
    ) as is_dispatched_in_a_quarter,
    coalesce(
        {{ epoch_seconds('cases.registered_at') }}
        - {{ epoch_seconds('coalesce(steps.pre_filing_checked_at, cases.accepted_at, cases.opened_at)') }} <= 900,
        false
    ) as is_registered_in_a_quarter,
    cases.registered_at is not null and cases.status <> 'cancelled' as is_registered_accurately,
    steps.not_accepted_at is not null as is_not_accepted,
    steps.not_registered_at is not null as is_not_registered,
    coalesce(steps.arrived_at >= cases.opened_at, false) as is_arrived,
    cases.dispatched_at is not null and steps.transferred_at is null as is_dispatched_once,
    coalesce(answers.solved in ('true', 'false'), false) as is_solved_asked,
    coalesce(answers.solved = 'true', false) as is_solved,
    coalesce(answers.solved = 'true' and cases.disposed_at >= cases.opened_at, false) as is_settled,
    steps.appealed_at is not null as is_appealed,
    steps.appeal_granted_at is not null as is_appeal_granted,
    coalesce(cases.appeal_type = 'consultation', false) as is_consultation,
    {% for stage in limited %}
        coalesce(stages.is_{{ stage }}_owed, false) as is_{{ stage }}_owed,
        coalesce(stages.is_{{ stage }}_in_time, false) as is_{{ stage }}_in_time,
    {% endfor %}
    coalesce(stages.is_handled_first_pass, false) as is_handled_first_pass,
    coalesce(outcomes.outcome = 'handled_on_time', false) as is_outcome_handled_on_time,
    coalesce(outcomes.outcome = 'handled_late', false) as is_outcome_handled_late,
    coalesce(outcomes.outcome = 'overdue_open', false) as is_outcome_overdue_open,
    coalesce(outcomes.outcome = 'open_not_due', false) as is_outcome_open_not_due,
    coalesce(outcomes.outcome = 'suspended_open', false) as is_outcome_suspended_open,
    coalesce(outcomes.outcome = 'cancelled', false) as is_outcome_cancelled,
    coalesce(outcomes.outcome = 'without_limit', false) as is_outcome_without_limit,
    -- amounts
    {{ epoch_seconds('steps.arrived_at') }} - {{ epoch_seconds('cases.opened_at') }} as arrival_amount,
    {{ epoch_seconds('cases.disposed_at') }} - {{ epoch_seconds('cases.opened_at') }} as settling_amount,
    cases.transfer_count as transfers_amount,
    overruns.overrun_thousandths as overrun_amount
from cases
inner join deadlines on cases.case_id = deadlines.case_id
inner join outcomes on cases.case_id = outcomes.case_id
left join {{ ref('int_case_recurrence') }} as recurrences on cases.case_id = recurrences.case_id
left join finders on cases.case_id = finders.stream_id
left join found on cases.case_id = found.case_id
left join stages on cases.case_id = stages.case_id
left join steps on cases.case_id = steps.stream_id
left join overruns on cases.case_id = overruns.case_id
left join answers on cases.case_id = answers.stream_id
left join {{ ref('rating_grade') }} as grades on answers.rating = grades.grade
