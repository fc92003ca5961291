-- grain: one row per event of a case stream (case_id, seq), in the one total order of its fold
-- A stream is a case where its type is `case` or where any of its events opens, moves or ends it. Only what the fold
-- asks of an event goes through its windows; what else the event tells is put beside the result.
with

streams as (
    select
        feed, stream_type, stream_key,
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as case_id,
        min(case when effect = 'opens' then occurred_at end) as opening_at,
        min(occurred_at) as first_at
    from {{ ref('evt_grid_event') }}
    group by feed, stream_type, stream_key
    having stream_type = 'case' or max(case when effect <> 'none' then 1 else 0 end) = 1
),

ordered as (
    select
        streams.case_id,
        row_number() over (
            partition by streams.case_id
            order by
                events.occurred_at, events.position, events.recorded_at, events.observed_at,
                events.batch_id, events.line, events.event_id
        ) as seq,
        coalesce(streams.opening_at, streams.first_at) as opened_at,
        streams.opening_at is not null as is_opening_told,
        -- what is dated before the opening takes effect with it
        greatest(events.occurred_at, coalesce(streams.opening_at, streams.first_at)) as effective_at,
        events.event_id, events.event_type, events.effect, events.stage
    from {{ ref('evt_grid_event') }} as events
    inner join streams
        on
            events.feed = streams.feed
            and events.stream_type = streams.stream_type
            and events.stream_key = streams.stream_key
),

open_or_not as (
    -- a case is open from its opening on; only `reopens` opens it again
    select
        ordered.*,
        coalesce({{ last_known(
            "case when effect in ('closes', 'cancels') then 0 when effect = 'reopens' then 1 end",
            'partition by case_id order by seq rows between unbounded preceding and current row'
        ) }}, 1) as open_after
    from ordered
),

turns as (
    select
        open_or_not.*,
        coalesce(lag(open_after) over (partition by case_id order by seq), 1) as open_before
    from open_or_not
),

transitions as (
    select
        turns.*,
        case
            when open_before = 1 and open_after = 0 and effect = 'cancels' then 'cancelled'
            when open_before = 1 and open_after = 0 then 'closed'
            when open_before = 0 and open_after = 1 then 'reopened'
        end as transition
    from turns
),

folded as (
    select
        transitions.*,
        {{ last_known(
            'transition',
            'partition by case_id order by seq rows between unbounded preceding and current row'
        ) }} as last_transition,
        -- the end of the work, of the case or an explicit word ends a suspension
        coalesce({{ last_known(
            "case when effect = 'suspends' and open_before = 1 then 1"
            ~ " when effect in ('resumes', 'reopens') or transition is not null or event_type = 'handled' then 0 end",
            'partition by case_id order by seq rows between unbounded preceding and current row'
        ) }}, 0) as suspended_after,
        coalesce({{ last_known(
            "case when effect in ('opens', 'progresses') and open_after = 1 or transition is not null then stage end",
            'partition by case_id order by seq rows between unbounded preceding and current row'
        ) }}, 'reported') as working_stage
    from transitions
)

select
    folded.case_id,
    folded.seq,
    folded.event_id,
    events.feed,
    events.network,
    events.stream_type,
    events.stream_key,
    folded.event_type,
    folded.effect,
    events.occurred_at,
    folded.effective_at,
    folded.opened_at, folded.is_opening_told, events.recorded_at, events.observed_at, events.batch_id, events.line,
    events.category_code_set, events.category_kind, events.category_code, events.nature, events.channel, events.level,
    events.org_code, events.lon, events.lat,
    events.grid_scheme_given, events.grid_code_given, events.component_code, events.appeal_type,
    {{ json_text('events.attributes', 'filing_condition') }} as filing_condition, events.told_count,
    folded.transition,
    case when folded.open_after = 1 then 'open' else folded.last_transition end as status_after,
    folded.suspended_after = 1 as is_suspended_after,
    case
        when folded.open_after = 0 then folded.last_transition
        when folded.suspended_after = 1 then 'suspended'
        else folded.working_stage
    end as stage_after
from folded
inner join {{ ref('evt_grid_event') }} as events on folded.event_id = events.event_id
