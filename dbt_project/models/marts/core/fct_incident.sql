-- grain: one row per incident (incident_id): one thing in the world, told by one or more cases of one or more networks
-- Its id is that of its first case, so every id that was ever quoted is a case and leads to its incident by the bridge.
-- By rule: it is over when its last case is, its deadline is the earliest of its cases, it is handled when all are.
with

members as (
    select
        members.incident_no, members.incident_id, members.case_no,
        links.role,
        cases.*,
        row_number() over (
            partition by members.incident_no
            order by
                case when cases.grid_method = 'point' then 1 when cases.grid_method <> 'unlocated' then 2 else 3 end,
                members.case_no
        ) as place_preference,
        min(case when links.role = 'first_finder' then cases.network end) over (
            partition by members.incident_no
        ) as first_network
    from {{ ref('int_incident_case') }} as members
    inner join {{ ref('fct_case') }} as cases on members.case_id = cases.case_id
    inner join {{ ref('bridge_incident_case') }} as links on members.case_id = links.case_id
),

transfers as (
    select members.incident_no, count(distinct transfers.transfer_id) as transfer_count
    from {{ ref('int_link_transfer') }} as transfers
    inner join members on transfers.case_id = members.case_id
    group by members.incident_no
),

folded as (
    select
        incident_no,
        incident_id,
        min(case when role = 'first_finder' then feed end) as first_feed,
        min(first_network) as first_network,
        min(case when role = 'first_finder' then channel end) as first_channel,
        min(case when role = 'first_finder' then category_id end) as category_id,
        min(case when role = 'first_finder' then canonical_name end) as canonical_name,
        min(case when role = 'first_finder' then canonical_code end) as canonical_code,
        min(opened_at) as opened_at,
        max(opened_at) as last_opened_at,
        min(case when network <> first_network then opened_at end) as second_network_at,
        count(*) as case_count,
        count(distinct network) as network_count,
        sum(case when nature = 'appeal' then 1 else 0 end) as appeal_count,
        sum(case when is_open then 1 else 0 end) as open_count,
        sum(case when status = 'cancelled' then 1 else 0 end) as cancelled_count,
        max(closed_at) as last_closed_at,
        min(case when status <> 'cancelled' then handle_due_at end) as handle_due_at,
        sum(case when status <> 'cancelled' and coalesce(handled_at, closed_at) is null then 1 else 0 end)
            as unhandled_count,
        max(case when status <> 'cancelled' then coalesce(handled_at, closed_at) end) as last_handled_at,
        min(case when place_preference = 1 then grid_code end) as grid_code,
        min(case when place_preference = 1 then grid_method end) as grid_method
    from members
    group by incident_no, incident_id
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

timed as (
    select
        folded.*,
        mount.time_zone,
        case
            when folded.open_count > 0 then 'open'
            when folded.cancelled_count = folded.case_count then 'cancelled'
            else 'closed'
        end as status,
        case when folded.open_count = 0 then folded.last_closed_at end as closed_at,
        case
            when folded.unhandled_count = 0 and folded.cancelled_count < folded.case_count then folded.last_handled_at
        end as handled_at
    from folded
    cross join mount
)

select
    timed.incident_id,
    timed.first_feed, timed.first_network, timed.first_channel,
    coalesce(channels.channel_kind, 'unknown') as first_channel_kind,
    timed.category_id, timed.canonical_code, timed.canonical_name,
    coalesce(timed.grid_code, 'unlocated') as grid_code,
    timed.grid_method,
    timed.status,
    timed.opened_at,
    {{ to_local('timed.opened_at', 'timed.time_zone') }} as opened_at_local,
    cast({{ to_local('timed.opened_at', 'timed.time_zone') }} as date) as opened_on,
    timed.last_opened_at, timed.second_network_at, timed.handled_at, timed.closed_at, timed.handle_due_at,
    case when timed.handled_at is not null then timed.handled_at <= timed.handle_due_at end as is_handled_on_time,
    cast(timed.case_count as bigint) as case_count,
    cast(timed.network_count as bigint) as network_count,
    cast(timed.appeal_count as bigint) as appeal_count,
    cast(coalesce(transfers.transfer_count, 0) as bigint) as transfer_count,
    {{ epoch_seconds('timed.last_opened_at') }} - {{ epoch_seconds('timed.opened_at') }} as telling_seconds,
    {{ epoch_seconds('timed.second_network_at') }} - {{ epoch_seconds('timed.opened_at') }} as second_network_seconds,
    {{ epoch_seconds('timed.closed_at') }} - {{ epoch_seconds('timed.opened_at') }} as life_seconds,
    outages.outage_id,
    befores.case_id as recurrence_of,
    recurrences.seconds_between as recurrence_seconds
from timed
left join {{ ref('channel') }} as channels on timed.first_channel = channels.channel
left join transfers on timed.incident_no = transfers.incident_no
left join {{ ref('int_incident_outage') }} as outages on timed.incident_id = outages.incident_id
left join {{ ref('int_incident_recurrence') }} as recurrences on timed.incident_no = recurrences.incident_no
left join {{ ref('int_link_case') }} as befores on recurrences.earlier_no = befores.case_no
