-- grain: one row per case stream (feed, stream_type, stream_key)
with

mount as (
    select clock_at, time_zone, unified_scheme from {{ ref('stg_mount') }}
),

cases as (
    select
        states.*,
        cast({{ to_local('states.opened_at', 'mount.time_zone') }} as date) as opened_on,
        coalesce(states.dispatched_at, states.opened_at) as organised_at,
        coalesce(states.handled_at, states.closed_at) as handle_stopped_at
    from {{ ref('int_case_state') }} as states
    cross join mount
),

handle_deadlines as (
    select * from {{ ref('int_case_deadline') }}
    where stage = 'handle' and attempt = 'final'
),

first_handle_deadlines as (
    select * from {{ ref('int_case_deadline') }}
    where stage = 'handle' and attempt = 'first'
),

close_deadlines as (
    select * from {{ ref('int_case_deadline') }}
    where stage = 'close' and attempt = 'final'
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
    select * from {{ ref('int_category_reading') }}
),

components as (
    -- the version in force when the case was opened; before the first version, the first
    select
        cases.case_id,
        versions.component_id,
        versions.owner_org_code,
        versions.expected_org_code,
        row_number() over (
            partition by cases.case_id
            order by
                case when versions.valid_from_at <= cases.opened_at then 1 else 2 end,
                case when versions.valid_from_at <= cases.opened_at then versions.valid_from_at end desc,
                versions.valid_from_at
        ) as preference
    from cases
    inner join {{ ref('int_component_version') }} as versions on cases.component_code = versions.component_code
),

grids as (
    -- the version of the grid that the case was placed in; a place found by a later event may be younger than the case
    select
        cases.case_id,
        members.grid_id,
        members.grid_id_now,
        members.grid_code_now,
        members.now_reason,
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
),

standing as (
    -- the grid in force at the mount's clock that holds the point
    select cases.case_id, min(versions.grid_code) as grid_code
    from cases
    cross join mount
    inner join {{ ref('int_point_grid') }} as hits on cases.lon = hits.lon and cases.lat = hits.lat
    inner join {{ ref('int_grid_shape') }} as shapes on hits.shape_no = shapes.shape_no
    inner join {{ ref('int_grid_version') }} as versions on shapes.grid_id = versions.grid_id
    where
        versions.is_unified
        and versions.valid_from_at <= mount.clock_at
        and (versions.valid_to_at is null or mount.clock_at < versions.valid_to_at)
    group by cases.case_id
),

now_places as (
    select
        cases.case_id,
        case
            when standing.grid_code is not null then standing.grid_code
            -- where the point lies, no grid stands now
            when cases.grid_method = 'point' then null
            else grids.grid_code_now
        end as grid_code_now,
        case
            when standing.grid_code is not null then 'point'
            when cases.grid_method = 'point' then 'unlocated'
            when cases.grid_method in ('division', 'unlocated') then cases.grid_method
            when grids.grid_code_now is null then 'unlocated'
            when grids.grid_id_now = grids.grid_id then 'same'
            else 'successor'
        end as grid_now_method,
        case
            when standing.grid_code is not null then null
            when cases.grid_method = 'point' then 'point_outside_grids'
            when cases.grid_method = 'unlocated' then cases.unlocated_reason
            else grids.now_reason
        end as grid_now_reason
    from cases
    left join grids on cases.case_id = grids.case_id and grids.preference = 1
    left join standing on cases.case_id = standing.case_id
),

now_grids as (
    select now_places.case_id, min(members.grid_id) as grid_id_now
    from now_places
    inner join {{ ref('dim_grid') }} as members on now_places.grid_code_now = members.grid_code
    where members.is_unified and members.is_current
    group by now_places.case_id
)

select
    cases.case_id, cases.feed, cases.network, cases.stream_type, cases.stream_key,
    cases.status, cases.stage, cases.status = 'open' as is_open, cases.is_suspended,
    cases.opened_at,
    {{ to_local('cases.opened_at', 'mount.time_zone') }} as opened_at_local,
    cases.opened_on,
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
    coalesce(categories.kind, '') as category_kind,
    coalesce(categories.category_code, 'unknown') as category_code,
    case when cases.category_code_told is null then 'no_code_told' else categories.status end as category_status,
    cases.category_code_set_told, cases.category_kind_told, cases.category_code_told,
    categories.canonical_code, categories.canonical_name, categories.canonical_mapping,
    grids.grid_id, cases.grid_code, cases.grid_method, cases.unlocated_reason, cases.grid_confidence,
    cases.agreement as grid_agreement, cases.grid_scheme_told, cases.grid_code_told, cases.suspected_crs,
    coalesce(now_grids.grid_id_now, 'unlocated') as grid_id_now,
    coalesce(now_places.grid_code_now, 'unlocated') as grid_code_now,
    now_places.grid_now_method,
    now_places.grid_now_reason,
    cases.lon, cases.lat,
    cases.channel, cases.nature, cases.level, cases.appeal_type, cases.component_code,
    cases.filing_condition,
    case when cases.component_code is not null then components.component_id is not null end as is_component_known,
    components.component_id,
    components.owner_org_code as component_owner_org_code,
    components.expected_org_code as component_expected_org_code,
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
    -- where work was sent back: the disposal before that, by the deadline as it stood then
    case
        when cases.status <> 'cancelled' and first_handle_deadlines.case_id is not null
            then first_handle_deadlines.stopped_at <= first_handle_deadlines.due_at
        when cases.status <> 'cancelled' and cases.handle_stopped_at is not null
            then cases.handle_stopped_at <= handle_deadlines.due_at
    end as is_first_handled_on_time,
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
left join first_handle_deadlines on cases.case_id = first_handle_deadlines.case_id
left join close_deadlines on cases.case_id = close_deadlines.case_id
left join overdue_now on cases.case_id = overdue_now.case_id
left join organisations on cases.case_id = organisations.case_id and organisations.preference = 1
left join categories
    on
        coalesce(cases.category_code_set_told, '') = categories.code_set_told
        and cases.category_kind_told = categories.kind_told
        and cases.category_code_told = categories.category_code_told
        and cases.opened_on = categories.read_on
left join components on cases.case_id = components.case_id and components.preference = 1
left join grids on cases.case_id = grids.case_id and grids.preference = 1
left join now_places on cases.case_id = now_places.case_id
left join now_grids on cases.case_id = now_grids.case_id
