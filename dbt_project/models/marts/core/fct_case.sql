-- grain: one row per case stream (feed, stream_type, stream_key)
with

cases as (
    select
        *,
        coalesce(dispatched_at, opened_at) as organised_at,
        coalesce(handled_at, closed_at) as handle_stopped_at
    from {{ ref('int_case_state') }}
),

mount as (
    select clock_at, time_zone, unified_scheme from {{ ref('stg_mount') }}
),

handle_deadlines as (
    select * from {{ ref('int_case_deadline') }}
    where stage = 'handle'
),

close_deadlines as (
    select * from {{ ref('int_case_deadline') }}
    where stage = 'close'
),

overdue_now as (
    select intervals.case_id, min(intervals.overdue_from_at) as overdue_since_at
    from {{ ref('int_overdue_interval') }} as intervals
    cross join mount
    where
        intervals.overdue_from_at < mount.clock_at
        and (intervals.overdue_to_at is null or mount.clock_at < intervals.overdue_to_at)
    group by intervals.case_id
),

organisations as (
    -- the version in force when the work was given out; before the first version, the first
    select
        cases.case_id,
        versions.organisation_id,
        versions.org_code,
        row_number() over (
            partition by cases.case_id
            order by
                case when versions.valid_from_at <= cases.organised_at then 1 else 2 end,
                case when versions.valid_from_at <= cases.organised_at then versions.valid_from_at end desc,
                versions.valid_from_at
        ) as preference
    from cases
    inner join {{ ref('int_organisation_version') }} as versions on cases.org_code_told = versions.org_code
),

categories as (
    select
        cases.case_id,
        versions.category_id,
        versions.code_set,
        versions.category_code,
        versions.canonical_name,
        row_number()
            over (partition by cases.case_id order by versions.kind, versions.valid_from_at)
            as preference
    from cases
    inner join {{ ref('int_category_version') }} as versions
        on
            cases.category_code_set_told = versions.code_set
            and cases.category_code_told = versions.category_code
    where
        versions.valid_from_at <= cases.opened_at
        and (versions.valid_to_at is null or cases.opened_at < versions.valid_to_at)
),

grids as (
    -- the version of the grid that the case was placed in; a place found by a later event may be younger than the case
    select
        cases.case_id,
        members.grid_id,
        row_number() over (
            partition by cases.case_id
            order by
                case when members.valid_from_at <= cases.opened_at then 1 else 2 end,
                case when members.valid_from_at <= cases.opened_at then members.valid_from_at end desc,
                members.valid_from_at
        ) as preference
    from cases
    inner join {{ ref('dim_grid') }} as members on cases.grid_code = members.grid_code
    where members.is_unified
)

select
    cases.case_id, cases.feed, cases.network, cases.stream_type, cases.stream_key,
    cases.status, cases.stage, cases.status = 'open' as is_open, cases.is_suspended,
    cases.opened_at,
    {{ to_local('cases.opened_at', 'mount.time_zone') }} as opened_at_local,
    cast({{ to_local('cases.opened_at', 'mount.time_zone') }} as date) as opened_on,
    cases.is_opening_told, cases.first_event_at, cases.last_event_at,
    cases.accepted_at, cases.registered_at, cases.dispatched_at, cases.signed_at, cases.arrived_at,
    cases.first_handled_at, cases.handled_at, cases.closed_at,
    {{ to_local('cases.dispatched_at', 'mount.time_zone') }} as dispatched_at_local,
    {{ to_local('cases.handled_at', 'mount.time_zone') }} as handled_at_local,
    {{ to_local('cases.closed_at', 'mount.time_zone') }} as closed_at_local,
    cast({{ to_local('cases.handled_at', 'mount.time_zone') }} as date) as handled_on,
    cast({{ to_local('cases.closed_at', 'mount.time_zone') }} as date) as closed_on,
    cases.closing_event_type,
    coalesce(organisations.organisation_id, 'unknown') as organisation_id,
    coalesce(organisations.org_code, 'unknown') as org_code,
    cases.org_code_told,
    coalesce(categories.category_id, 'unknown') as category_id,
    coalesce(categories.code_set, 'unknown') as category_code_set,
    coalesce(categories.category_code, 'unknown') as category_code,
    cases.category_code_set_told, cases.category_code_told, categories.canonical_name,
    grids.grid_id, cases.grid_code, cases.grid_method, cases.unlocated_reason,
    cases.agreement as grid_agreement, cases.grid_scheme_told, cases.grid_code_told,
    cases.lon, cases.lat,
    cases.channel, cases.nature, cases.level, cases.appeal_type, cases.component_code,
    handle_deadlines.limit_value as handle_limit_value,
    handle_deadlines.limit_unit as handle_limit_unit,
    handle_deadlines.started_at as handle_started_at,
    handle_deadlines.due_at as handle_due_at,
    {{ to_local('handle_deadlines.due_at', 'mount.time_zone') }} as handle_due_at_local,
    -- judged where the case ended otherwise than by being cancelled
    case
        when cases.status <> 'cancelled' and cases.handle_stopped_at is not null
            then cases.handle_stopped_at <= handle_deadlines.due_at
    end as is_handled_on_time,
    close_deadlines.limit_value as close_limit_value,
    close_deadlines.limit_unit as close_limit_unit,
    close_deadlines.started_at as close_started_at,
    close_deadlines.due_at as close_due_at,
    {{ to_local('close_deadlines.due_at', 'mount.time_zone') }} as close_due_at_local,
    case when cases.status = 'closed' then cases.closed_at <= close_deadlines.due_at end as is_closed_on_time,
    handle_deadlines.case_id is null and close_deadlines.case_id is null as is_without_limit,
    case
        when handle_deadlines.case_id is not null or close_deadlines.case_id is not null
            then overdue_now.case_id is not null
    end as is_overdue,
    overdue_now.overdue_since_at,
    cast(cases.event_count as bigint) as event_count,
    cast(cases.extension_count as bigint) as extension_count,
    cast(cases.suspension_count as bigint) as suspension_count,
    cast(cases.reopen_count as bigint) as reopen_count,
    cast(cases.rework_count as bigint) as rework_count,
    cast(cases.urge_count as bigint) as urge_count,
    cast(cases.supervise_count as bigint) as supervise_count,
    cast(cases.transfer_count as bigint) as transfer_count,
    {{ epoch_seconds('cases.handle_stopped_at') }}
    - {{ epoch_seconds('cases.organised_at') }} as handle_seconds,
    {{ epoch_seconds('cases.closed_at') }} - {{ epoch_seconds('cases.opened_at') }} as open_seconds
from cases
cross join mount
left join handle_deadlines on cases.case_id = handle_deadlines.case_id
left join close_deadlines on cases.case_id = close_deadlines.case_id
left join overdue_now on cases.case_id = overdue_now.case_id
left join organisations on cases.case_id = organisations.case_id and organisations.preference = 1
left join categories on cases.case_id = categories.case_id and categories.preference = 1
left join grids on cases.case_id = grids.case_id and grids.preference = 1
