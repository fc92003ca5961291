-- grain: one row per case that was returned, or dispatched once more, shuttle_moves times or more (case_id)
-- A return and the dispatch that follows it are one toss. Who had the case is told by the custody events of its system
-- where it has such (`handed_on`, whose counterpart has the case from then on), else by the case's own events.
with

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

cases as (
    select * from {{ ref('fct_case') }}
),

case_moves as (
    select
        case_id, seq, effective_at as moved_at,
        case
            when event_type = 'returned_to_sender' then 'returned'
            when event_type in ('dispatched', 'unit_dispatched', 'transferred') then 'dispatched'
        end as move,
        org_code
    from {{ ref('int_case_event') }}
    where event_type in ('dispatched', 'unit_dispatched', 'transferred', 'returned_to_sender')
),

custody as (
    select
        network, occurred_at, event_id, counterpart_org_code,
        {{ json_text('attributes', 'case_no') }} as case_no,
        {{ json_text('attributes', 'move') }} as move
    from {{ ref('evt_grid_event') }}
    where event_type = 'handed_on'
),

custody_moves as (
    -- told by rows that name the case: what was done, and who has it from then on
    select
        cases.case_id,
        row_number() over (partition by cases.case_id order by custody.occurred_at, custody.event_id) as seq,
        custody.occurred_at as moved_at,
        custody.move,
        custody.counterpart_org_code as org_code
    from custody
    inner join cases on custody.network = cases.network and custody.case_no = cases.stream_key
),

counts as (
    select
        case_id, 'case' as told_by,
        sum(case when move = 'returned' then 1 else 0 end) as returned_count,
        sum(case when move = 'dispatched' then 1 else 0 end) as dispatched_count
    from case_moves
    group by case_id
    union all
    select
        case_id, 'custody' as told_by,
        sum(case when move = 'returned' then 1 else 0 end) as returned_count,
        sum(case when move = 'dispatched' then 1 else 0 end) as dispatched_count
    from custody_moves
    group by case_id
),

tossed as (
    -- two tellings of the same tosses are not added up
    select
        case_id,
        max(returned_count) as returned_count,
        greatest(0, max(dispatched_count) - 1) as redispatched_count
    from counts
    group by case_id
    having greatest(max(returned_count), max(dispatched_count) - 1) >= {{ var('shuttle_moves') }}
),

told_holders as (
    select
        custody_moves.case_id, custody_moves.seq, custody_moves.moved_at, custody_moves.move, custody_moves.org_code,
        1 as preference
    from custody_moves
    inner join tossed on custody_moves.case_id = tossed.case_id
    where custody_moves.org_code is not null
    union all
    select
        case_moves.case_id, case_moves.seq, case_moves.moved_at, case_moves.move, case_moves.org_code,
        2 as preference
    from case_moves
    inner join tossed on case_moves.case_id = tossed.case_id
    where case_moves.org_code is not null
),

chosen as (
    select
        told_holders.*,
        min(preference) over (partition by case_id) as best
    from told_holders
),

compared as (
    select
        case_id, seq, moved_at, org_code,
        -- given to the same once more, after it was returned, it is held since then
        max(case when move = 'dispatched' then moved_at end) over (partition by case_id, org_code)
            as last_dispatched_at,
        lag(org_code) over (partition by case_id order by seq) as org_before
    from chosen
    where preference = best
),

holders as (
    select
        case_id, seq, moved_at, org_code, last_dispatched_at,
        row_number() over (partition by case_id order by seq desc) as lastness
    from compared
    where org_before is null or org_before <> org_code
),

routes as (
    select
        case_id,
        {{ joined_by('org_code', 'seq', "' > '") }} as org_route,
        count(distinct org_code) as organisations,
        max(case when lastness = 1 then org_code end) as last_org_code,
        max(case when lastness = 1 then greatest(moved_at, coalesce(last_dispatched_at, moved_at)) end)
            as last_held_since_at
    from holders
    group by case_id
)

select
    tossed.case_id,
    cases.feed,
    cases.network,
    cases.stream_key,
    cases.status,
    cases.is_open,
    cases.opened_at_local,
    cases.grid_code,
    cast(tossed.returned_count as bigint) as returned_count,
    cast(tossed.redispatched_count as bigint) as redispatched_count,
    cast(greatest(tossed.returned_count, tossed.redispatched_count) as bigint) as shuttle_count,
    cast(coalesce(routes.organisations, 0) as bigint) as organisations,
    routes.org_route,
    routes.last_org_code,
    routes.last_held_since_at,
    {{ to_local('routes.last_held_since_at', 'mount.time_zone') }} as last_held_since_local
from tossed
cross join mount
inner join cases on tossed.case_id = cases.case_id
left join routes on tossed.case_id = routes.case_id
