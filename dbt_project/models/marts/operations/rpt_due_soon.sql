-- grain: one row per open case and stage of it that is due on the clock's local day or within two hours (case_id, stage)
-- What fell due earlier today and is not done stands here too; what is suspended has no deadline meanwhile. A deadline at
-- midnight is the end of the day before it.
with

mount as (
    select
        clock_at, time_zone,
        cast(cast({{ to_local('clock_at', 'time_zone') }} as date) as timestamp) as day_from_local,
        {{ add_seconds('clock_at', '7200') }} as soon_at
    from {{ ref('stg_mount') }}
),

waiting as (
    select
        deadlines.case_id, deadlines.stage, deadlines.limit_id, deadlines.due_at, deadlines.due_at_local,
        mount.clock_at,
        mount.soon_at,
        {{ epoch_seconds('deadlines.due_at') }} - {{ epoch_seconds('mount.clock_at') }} as seconds_left
    from {{ ref('fct_case_deadline') }} as deadlines
    cross join mount
    where
        deadlines.status = 'open'
        and deadlines.stopped_at is null
        and (
            (
                deadlines.due_at_local > mount.day_from_local
                and deadlines.due_at_local <= {{ add_seconds('mount.day_from_local', '86400') }}
            )
            or (deadlines.due_at > mount.clock_at and deadlines.due_at <= mount.soon_at)
        )
)

select
    waiting.case_id,
    waiting.stage,
    cases.feed,
    cases.network,
    cases.stream_key,
    cases.org_code,
    stages.held_by,
    cases.grid_code,
    cases.category_id,
    waiting.limit_id,
    waiting.due_at,
    waiting.due_at_local,
    -- whole minutes that are left; a minute that has begun since the deadline counts
    case
        when waiting.seconds_left >= 0 then {{ whole_quotient('waiting.seconds_left', 60) }}
        else -{{ whole_quotient('59 - waiting.seconds_left', 60) }}
    end as minutes_left,
    case
        when waiting.due_at <= waiting.clock_at then 'overdue_today'
        when waiting.due_at <= waiting.soon_at then 'two_hours'
        else 'today'
    end as band
from waiting
inner join {{ ref('fct_case') }} as cases on waiting.case_id = cases.case_id
inner join {{ ref('stage') }} as stages on waiting.stage = stages.stage
