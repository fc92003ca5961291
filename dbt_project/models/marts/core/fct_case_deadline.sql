-- grain: one row per case and stage that has begun and has a limit (case_id, stage)
with

finals as (
    select * from {{ ref('int_case_deadline') }}
    where attempt = 'final'
),

firsts as (
    select * from {{ ref('int_case_deadline') }}
    where attempt = 'first'
),

undone as (
    select case_id, stage, undone_count from {{ ref('int_case_stage') }}
    where attempt = 'final'
),

cases as (
    select case_id, feed, network, status, org_code, org_code_told, filing_condition from {{ ref('fct_case') }}
),

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
)

select
    finals.case_id,
    finals.stage,
    cases.feed,
    cases.network,
    cases.status,
    cases.org_code,
    cases.org_code_told,
    finals.limit_id,
    finals.limit_value,
    finals.limit_unit,
    finals.day_rule,
    cases.filing_condition,
    finals.schedule_code,
    finals.rework_rule,
    cast(finals.extension_count as bigint) as extension_count,
    cast(undone.undone_count as bigint) as undone_count,
    finals.total_seconds,
    finals.total_days,
    finals.pause_seconds,
    finals.pause_days,
    finals.is_paused,
    finals.started_at,
    finals.due_at,
    {{ to_local('finals.due_at', 'mount.time_zone') }} as due_at_local,
    finals.stopped_at,
    {{ to_local('finals.stopped_at', 'mount.time_zone') }} as stopped_at_local,
    -- decided when it stops, or when its deadline has passed; nobody is late with what was called off
    case
        when cases.status = 'cancelled' then null
        when finals.stopped_at is not null then finals.stopped_at <= finals.due_at
        when finals.due_at <= mount.clock_at then false
    end as is_on_time,
    coalesce(firsts.due_at, finals.due_at) as first_due_at,
    coalesce(firsts.stopped_at, finals.stopped_at) as first_stopped_at,
    case
        when cases.status = 'cancelled' then null
        when firsts.case_id is not null then firsts.stopped_at <= firsts.due_at
        when finals.stopped_at is not null then finals.stopped_at <= finals.due_at
        when finals.due_at <= mount.clock_at then false
    end as is_first_on_time
from finals
cross join mount
inner join cases on finals.case_id = cases.case_id
inner join undone on finals.case_id = undone.case_id and finals.stage = undone.stage
left join firsts on finals.case_id = firsts.case_id and finals.stage = firsts.stage
