-- grain: one row per suspension or granted extension of a case (event_id)
-- A suspension lasts until the first later event after which the case is not suspended, or until it is granted anew; an
-- extension until the next one. Where nobody told the end of a suspension it is the longest that is allowed.
with

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
),

concerned as (
    select distinct case_id from {{ ref('int_case_event') }}
    where effect = 'suspends' or event_type = 'extension_granted'
),

events as (
    select
        events.*,
        coalesce(lag(events.is_suspended_after) over (partition by events.case_id order by events.seq), false)
            as was_suspended
    from {{ ref('int_case_event') }} as events
    inner join concerned on events.case_id = concerned.case_id
),

told as (
    select
        event_id, counterpart_org_code,
        try_cast({{ json_text('attributes', 'until_at') }} as timestamp) as until_told_at
    from {{ ref('evt_grid_event') }}
    where event_type in ('suspended', 'extension_granted', 'extension_requested')
),

granted as (
    select
        event_id, case_id, seq, effective_at,
        case when effect = 'suspends' then 'suspension' else 'extension' end as kind,
        org_code
    from events
    where (effect = 'suspends' and is_suspended_after) or event_type = 'extension_granted'
),

endings as (
    -- what may end one: of a suspension the next suspension, or the first event after which there is none
    select case_id, seq, effective_at, event_type, 'suspension' as kind from events
    where effect = 'suspends' or (was_suspended and not is_suspended_after)
    union all
    select case_id, seq, effective_at, event_type, 'extension' as kind from events
    where event_type = 'extension_granted'
),

ended as (
    select
        granted.event_id, endings.effective_at as ended_at, endings.event_type as ended_by,
        row_number() over (partition by granted.event_id order by endings.seq) as choice
    from granted
    inner join endings
        on granted.case_id = endings.case_id and granted.kind = endings.kind and granted.seq < endings.seq
),

requests as (
    -- an extension was asked for by the newest request before it
    select
        granted.event_id, requests.effective_at as asked_at, requests.org_code,
        row_number() over (partition by granted.event_id order by requests.seq desc) as choice
    from granted
    inner join events as requests
        on granted.case_id = requests.case_id and granted.seq > requests.seq
    where granted.kind = 'extension' and requests.event_type = 'extension_requested'
),

deadlines as (
    select
        deadlines.*, stages.takes_extension,
        row_number() over (
            partition by deadlines.case_id, stages.takes_extension
            order by case when deadlines.stage = 'handle' then 1 when deadlines.stage = 'close' then 3 else 2 end
        ) as choice
    from {{ ref('fct_case_deadline') }} as deadlines
    inner join {{ ref('stage') }} as stages on deadlines.stage = stages.stage
),

extended as (
    -- the deadline that an extension gives is that of the disposal, else of the whole
    select case_id, due_at, stopped_at from deadlines
    where takes_extension and choice = 1
),

moved as (
    -- a suspension holds a stage up where its clock stood for some time before the limit was used up
    select distinct granted.event_id
    from granted
    left join ended on granted.event_id = ended.event_id and ended.choice = 1
    inner join {{ ref('int_case_pause') }} as pauses
        on
            granted.case_id = pauses.case_id
            and (pauses.paused_to_at is null or granted.effective_at < pauses.paused_to_at)
            and (ended.ended_at is null or ended.ended_at > pauses.paused_from_at)
    inner join deadlines on pauses.case_id = deadlines.case_id and pauses.stage = deadlines.stage
    where
        granted.kind = 'suspension'
        and pauses.attempt = 'final'
        and (
            deadlines.is_paused
            or (
                pauses.paused_from_at < deadlines.due_at
                and coalesce(deadlines.pause_seconds, 0) + coalesce(deadlines.pause_days, 0) > 0
            )
        )
    union
    select distinct granted.event_id
    from granted
    inner join deadlines on granted.case_id = deadlines.case_id
    where
        granted.kind = 'extension'
        and deadlines.takes_extension
        and deadlines.extension_count > 0
        and (deadlines.rework_rule <> 'restart' or granted.effective_at >= deadlines.started_at)
),

dated as (
    select
        granted.event_id, granted.case_id, granted.kind, granted.org_code, granted.effective_at as began_at,
        ended.ended_at,
        ended.ended_by,
        requests.asked_at,
        requests.org_code as request_org_code,
        told.counterpart_org_code,
        told.until_told_at,
        extended.due_at,
        extended.stopped_at,
        mount.clock_at,
        mount.time_zone,
        cases.status = 'open' as is_open,
        case
            when granted.kind = 'suspension' and told.until_told_at is null
                then {{ add_seconds('granted.effective_at', var('suspension_longest_days') ~ ' * 86400') }}
            when granted.kind = 'suspension' then told.until_told_at
            when ended.ended_at is null then extended.due_at
        end as until_at
    from granted
    cross join mount
    inner join {{ ref('fct_case') }} as cases on granted.case_id = cases.case_id
    left join ended on granted.event_id = ended.event_id and ended.choice = 1
    left join requests on granted.event_id = requests.event_id and requests.choice = 1
    left join told on granted.event_id = told.event_id
    left join extended on granted.case_id = extended.case_id
)

select
    dated.event_id,
    dated.case_id,
    cases.feed,
    cases.network,
    cases.stream_key,
    cases.org_code,
    cases.grid_code,
    dated.kind,
    coalesce(dated.request_org_code, dated.org_code) as asked_org_code,
    dated.counterpart_org_code as approved_org_code,
    dated.asked_at,
    dated.began_at,
    {{ to_local('dated.began_at', 'dated.time_zone') }} as began_at_local,
    dated.until_at,
    {{ to_local('dated.until_at', 'dated.time_zone') }} as until_at_local,
    case
        when dated.until_at is null then 'none'
        when dated.kind = 'extension' then 'deadline'
        when dated.until_told_at is null then 'longest_allowed'
        else 'told'
    end as until_basis,
    dated.ended_at,
    dated.ended_by,
    -- a suspension lasts while the case is suspended, an extension while the work that got it is not done
    dated.is_open and dated.ended_at is null and (dated.kind = 'suspension' or dated.stopped_at is null)
        as is_lasting,
    greatest(0, {{ whole_quotient(
        epoch_seconds('dated.clock_at') ~ ' - ' ~ epoch_seconds('least(dated.began_at, dated.clock_at)'), 86400
    ) }}) as age_days,
    coalesce(
        dated.is_open and dated.ended_at is null and (dated.kind = 'suspension' or dated.stopped_at is null)
        and dated.until_at <= dated.clock_at,
        false
    ) as is_expired_not_resumed,
    moved.event_id is not null as is_deadline_moved
from dated
inner join {{ ref('fct_case') }} as cases on dated.case_id = cases.case_id
left join moved on dated.event_id = moved.event_id
