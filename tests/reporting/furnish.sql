-- What furnish.py puts into the made-up town. `:hostile` is a name that tries to be a script.

-- places and units
update mart.dim_grid set
    street_code = case when regexp_extract(grid_code, '[0-9]+')::integer < 6 then 'S1' else 'S2' end,
    community_code = case
        when regexp_extract(grid_code, '[0-9]+')::integer < 3 then 'S1C1'
        when regexp_extract(grid_code, '[0-9]+')::integer < 6 then 'S1C2'
        else 'S2C1'
    end
where member_kind = 'grid';
update mart.dim_grid set
    street_name = case street_code when 'S1' then '甲街道' else :hostile end,
    community_name = case community_code when 'S1C1' then '社区 & <b>甲</b>' when 'S1C2' then '乙社区' else '丙社区' end
where member_kind = 'grid';
update mart.dim_organisation set
    org_name = case org_code
        when 'O0' then '甲所' when 'O1' then '乙所' when 'O2' then :hostile when 'O3' then '丁公司' else '戊站'
    end,
    org_type = 'unit', level = 'district';
update mart.rpt_grid_ledger set street_code = case
    when grid_code = 'unlocated' then null
    when regexp_extract(grid_code, '[0-9]+')::integer < 6 then 'S1'
    else 'S2'
end;
insert into mart.dim_canonical_category by name
select 'K' || k as canonical_code, case k when 1 then '道路 ' || :hostile else '类别' || k end as canonical_name
from range(4) as t(k);

-- more of the cases
create temp table numbered as select case_id, row_number() over (order by case_id) as n from mart.fct_case;
update mart.fct_case as cases set
    feed = network || '_cases', stream_type = 'case',
    stream_key = upper(network[:2]) || lpad(n::varchar, 6, '0') || case when n = 7 then :hostile else '' end,
    org_code = 'O' || (n % 5), canonical_code = 'K' || (n % 4),
    canonical_name = case n % 4 when 1 then '道路 ' || :hostile else '类别' || (n % 4) end,
    opened_at_local = opened_on + to_hours(n % 24),
    opened_at = opened_on + to_hours(n % 24 - 8), first_event_at = opened_on + to_hours(n % 24 - 8),
    accepted_at = opened_on + to_hours(n % 24 - 7),
    dispatched_at = case when n % 10 > 0 then opened_on + to_hours(n % 24 - 6) end,
    handled_at = case when status = 'closed' then opened_on + to_hours(n % 24 + 20) end,
    handled_at_local = case when status = 'closed' then opened_on + to_hours(n % 24 + 28) end,
    closed_at_local = case when status = 'closed' then opened_on + to_hours(n % 24 + 40) end,
    closed_on = case when status = 'closed' then (opened_on + to_hours(n % 24 + 40))::date end,
    stage = case when status = 'closed' then 'closed' when n % 3 = 0 then 'handling' else 'dispatched' end,
    handle_due_at_local = opened_on + to_hours(n % 24 + 48),
    is_handled_on_time = case when status = 'closed' then n % 3 > 0 end,
    overdue_since_at = case when is_overdue then opened_on + to_hours(n % 24 + 40) end
from numbered
where numbered.case_id = cases.case_id;

-- what happened
insert into mart.fct_event by name
select
    md5(case_id || step) as event_id, feed, network, 'case' as stream_type, stream_key, case_id, place as case_seq,
    step as event_type, occurred - interval 8 hour as occurred_at, occurred as occurred_at_local,
    occurred::date as occurred_on, org_code as org_code_told, grid_code, step as stage_after
from (
    select *, 'reported' as step, 1 as place, opened_at_local as occurred from mart.fct_case
    union all
    select *, 'dispatched', 2, opened_at_local + interval 2 hour from mart.fct_case
    union all
    select *, 'closed', 3, closed_at_local from mart.fct_case where closed_at_local is not null
);
insert into mart.fct_event by name
select
    md5(kind || k || step) as event_id, 'hotline_cases' as feed, 'hotline' as network, kind as stream_type,
    kind || '-' || k as stream_key, step as event_type,
    timestamp '2026-10-10 01:00' + to_days(k::integer) + to_hours(place) as occurred_at,
    timestamp '2026-10-10 09:00' + to_days(k::integer) + to_hours(place) as occurred_at_local,
    date '2026-10-10' + k::integer as occurred_on, 'O' || (k % 5) as org_code_told, 'G' || (k % 12) as grid_code
from range(20) as t(k), (
    values ('whistle', 'whistle_blown', 0), ('whistle', 'whistle_signed', 1), ('whistle', 'whistle_closed', 2),
    ('supervision', 'supervised', 0), ('supervision', 'supervision_answered', 1),
    ('supervision', 'supervision_closed', 2), ('patrol', 'patrolled', 0), ('decision', 'decision_made', 0),
    ('decision', 'decision_done', 1)
) as s(kind, step, place)
where place = 0 or k % 4 <> place;

-- things that indicators count
create temp table placed as
select cases.*, grids.community_code, grids.street_code
from mart.fct_case as cases
left join mart.dim_grid as grids on cases.grid_code = grids.grid_code and grids.scheme = 'unit';
insert into mart.rpt_indicator_item by name
with counted as (
    select *, 'reported' as indicator, opened_at_local as moment, 1 as above, null::bigint as below from placed
    union all
    select *, 'handled_on_time_rate', handled_at_local, is_handled_on_time::integer, 1 from placed
    where status = 'closed'
    union all
    select *, 'closed_on_time_rate', closed_at_local, is_handled_on_time::integer, 1 from placed where status = 'closed'
    union all
    select *, 'closing_rate', opened_at_local, (status = 'closed')::integer, 1 from placed
    union all
    select *, 'overdue_open', opened_at_local, 1, null from placed where is_overdue
    union all
    select *, 'recurrence_rate', opened_at_local, (length(case_id) % 7 = 0)::integer, 1 from placed
    union all
    select *, 'satisfaction_rate', opened_at_local, is_handled_on_time::integer, 1 from placed
    where status = 'closed' and network = 'hotline'
)
select
    indicator, case_id as item_id, feed, network, stream_type, stream_key, org_code, grid_code, community_code,
    street_code, grid_code as grid_now_code, canonical_code, moment as counted_at_local, above as numerator,
    below as denominator
from counted;
insert into mart.rpt_indicator_item by name
select
    indicator, md5(kind || k) as item_id, 'hotline_cases' as feed, 'hotline' as network, kind as stream_type,
    kind || '-' || k as stream_key, 'O' || (k % 5) as org_code, 'G' || (k % 12) as grid_code,
    case when k % 12 < 6 then 'S1' else 'S2' end as street_code,
    timestamp '2026-10-10 09:00' + to_days(k::integer) as counted_at_local,
    case indicator when 'whistle_score' then 4000 when 'appraisal_score' then 80 when 'patrols' then 1 else (k % 4 > 0)::integer end as numerator,
    case indicator when 'patrols' then null else 1 end as denominator
from range(24) as t(k), (
    values ('response_rate', 'callback'), ('response_rate_after_exclusions', 'callback'), ('solved_rate', 'callback'),
    ('whistle_signed_rate', 'whistle'), ('whistle_score', 'whistle'),
    ('supervision_answered_on_time_rate', 'supervision'), ('visit_rate', 'visit'), ('patrols', 'patrol'),
    ('decision_done_rate', 'decision'), ('appraisal_score', 'appraisal')
) as s(indicator, kind);
insert into mart.rpt_item_basis by name
select distinct item_id, feed, stream_type, stream_key, 1 as event_count from mart.rpt_indicator_item;

-- the lists of the morning, duties, components, outages
create temp table standing as
select *, row_number() over (order by case_id) as n from mart.fct_case where is_open;
insert into mart.rpt_due_soon by name
select
    case_id, feed, network, stream_key, org_code, grid_code, case n % 2 when 0 then 'handle' else 'close' end as stage,
    'unit' as held_by, timestamp '2026-11-04 10:00' + to_minutes(n * 7 - 60) as due_at,
    timestamp '2026-11-04 18:00' + to_minutes(n * 7 - 60) as due_at_local, n * 7 - 60 as minutes_left,
    case when n * 7 < 60 then 'overdue_today' when n * 7 < 180 then 'two_hours' else 'today' end as band
from standing
where n <= 30;
insert into mart.rpt_suspension by name
select
    md5(case_id) as event_id, case_id, feed, network, stream_key, org_code, grid_code, 'suspension' as kind,
    org_code as asked_org_code, 'O0' as approved_org_code, opened_at_local as began_at_local, opened_at as began_at,
    opened_at_local + interval 10 day as until_at_local, n % 3 > 0 as is_lasting, n as age_days,
    n % 5 = 0 as is_expired_not_resumed
from standing
where n <= 12;
insert into mart.rpt_shuttle by name
select
    case_id, feed, network, stream_key, grid_code, status, is_open, opened_at_local, n as returned_count,
    n + 2 as redispatched_count, n + 2 as shuttle_count, 3 as organisations, 'O0 > O2 > O1' as org_route,
    'O1' as last_org_code, opened_at_local as last_held_since_local
from standing
where n <= 9;
insert into mart.rpt_handover by name
select
    'h' || k as handover_id, 'hotline' as from_network, 'water' as to_network,
    'ZC' || k || case when k = 3 then :hostile else '' end as reference_key, 'hotline_cases' as from_feed,
    'RX' || k as from_key, 'closed' as from_status, 'open' as to_status, k % 3 = 0 as is_contradictory,
    false as is_book_contradictory, case when k % 3 = 0 then 'closed_by_giver_only' end as contradiction,
    timestamp '2026-10-20 08:00' as handed_at_local, timestamp '2026-10-21 08:00' as contradictory_since_local,
    'water' as counted_network
from range(10) as t(k);
insert into mart.rpt_dwell by name
select
    date '2026-10-01' as month, network, 'district' as level, stage, 10 as cases, 12 as spans, 2 as lasting_spans,
    12 * 5000 as dwell_seconds, 90000 as longest_seconds
from (values ('city_management'), ('water'), ('hotline')) as n(network), (values ('accepted'), ('dispatched')) as s(stage);
insert into mart.rpt_duty by name
select
    'D' || k as duty_code, month as month_on, '市容' as duty_class,
    case when k = 2 then :hostile else '职责' || k end as duty_name, 'O' || k as owner_org_code, k <> 3 as is_mapped,
    k * 10 as cases, k * 8 as handled, k * 6 as handled_on_time, k as overdue, k = 0 as is_without_events,
    case when k > 1 then '编〔2026〕1号 ' || :hostile end as approval_document, case when k > 2 then k end as staff_count,
    case when k > 3 then 120000 end as budget_yuan
from range(5) as t(k), (values (date '2026-10-01'), (date '2026-11-01')) as m(month);
insert into mart.rpt_duty_outside by name
select
    date '2026-10-01' as month_on, 'town' as code_set, '事件' as kind, 'X' || k as category_code, 'known' as status,
    'K' || k as canonical_code, 3 + k as cases
from range(3) as t(k);
insert into mart.rpt_component by name
select
    'P' || k as component_code, true as is_registered, case when k = 1 then :hostile else '井盖' end as component_name,
    'O0' as owner_org_code, 'G' || k as grid_code, k + 2 as cases, 1 as open_cases, k as repeat_failures,
    1 as dispatched_otherwise
from range(6) as t(k);
insert into mart.fct_outage by name
select
    'o' || k as outage_id, 'water_cases' as feed, 'water' as network, 'outage' as stream_type, 'TS' || k as stream_key,
    timestamp '2026-10-12 08:00' as started_at_local, 'restored' as status, 7200 as outage_seconds
from range(3) as t(k);
insert into mart.fct_outage_grid by name
select 'o' || k as outage_id, 'G' || g as grid_code from range(3) as t(k), range(4) as h(g);

-- the core mechanisms
insert into mart.rpt_whistle by name
select
    md5('whistle' || k) as whistle_id, 'hotline_cases' as feed, 'hotline' as network, 'whistle-' || k as stream_key,
    'W' || k // 2 as whistle_no, case k % 3 when 0 then :hostile else '日常哨' end as whistle_kind,
    case when k % 12 < 6 then 'S1' else 'S2' end as street_code, 'O' || (k % 5) as org_code, 'G' || (k % 12) as grid_code,
    date '2026-10-01' as month_on, timestamp '2026-10-10 01:00' + to_days(k::integer) as blown_at,
    timestamp '2026-10-10 09:00' + to_days(k::integer) as blown_at_local,
    case when k % 4 > 0 then timestamp '2026-10-10 02:00' + to_days(k::integer) end as signed_at,
    case when k % 4 > 1 then timestamp '2026-10-10 09:00' + to_days(k::integer) end as arrived_at,
    case when k % 4 > 2 then timestamp '2026-10-11 01:00' + to_days(k::integer) end as closed_at,
    case when k % 4 > 0 then 30 + k end as minutes_to_sign, case when k % 4 > 2 then 1440 end as minutes_to_close,
    k % 4 > 0 as is_signed_on_time, k % 4 > 1 as is_contacted_on_time, case when k > 2 then k % 4 > 2 end as
    is_closed_on_time, case k % 4 when 0 then 'blown' when 1 then 'signed' when 2 then 'arrived' else 'closed' end as state,
    case when k % 4 > 2 then 80 + k end as score, k % 7 = 0 as is_repeat
from range(20) as t(k);
insert into mart.rpt_whistle_rate by name
select
    street as street_code, month as month_on, 10 as whistles, 12 as calls, 3 as repeats, 400 as cases,
    25000 as whistles_per_million_cases, 20000 as median_per_million, 1000 as spread_per_million, tail
from (values ('S1', 'high'), ('S2', 'low')) as s(street, tail), (values (date '2026-10-01'), (date '2026-11-01')) as m(month);
insert into mart.rpt_supervision by name
select
    md5('supervision' || k) as supervision_id, 'hotline_cases' as feed, 'hotline' as network,
    'supervision-' || k as stream_key, case k % 3 when 0 then '市' when 1 then '区' else '街道' end as level,
    case k % 5 when 0 then :hostile else '日常督办' end as way, 'M' || k // 2 as matter_key, '超期未办结' as reason,
    'O' || (k % 5) as org_code, 'G' || (k % 12) as grid_code,
    timestamp '2026-10-10 01:00' + to_days(k::integer) as issued_at,
    timestamp '2026-10-10 09:00' + to_days(k::integer) as issued_at_local,
    timestamp '2026-10-13 01:00' + to_days(k::integer) as answer_by_at,
    timestamp '2026-10-13 09:00' + to_days(k::integer) as answer_by_at_local,
    case when k % 4 > 0 then timestamp '2026-10-12 01:00' + to_days(k::integer) end as answered_at,
    case when k % 4 > 1 then timestamp '2026-10-14 01:00' + to_days(k::integer) end as closed_at, k % 4 < 2 as is_open,
    case when k % 4 > 1 then 4 else 20 - k end as age_days, case when k % 4 > 0 then 2880 end as minutes_to_answer,
    case when k % 4 = 0 then 100 * k else 0 end as minutes_late, k % 4 > 0 as is_answered_on_time, k % 6 = 0 as is_relapse
from range(20) as t(k);
insert into mart.rpt_decision by name
select
    md5('decision' || k) as decision_id, 'hotline_cases' as feed, 'hotline' as network, 'decision-' || k as stream_key,
    'H1' as meeting_no, case k % 5 when 0 then :hostile else '联席会议' end as meeting_type, '街道' as level,
    '议题 ' || :hostile as topic, 'O' || (k % 5) as org_code,
    timestamp '2026-10-10 09:00' + to_days(k::integer) as decided_at_local, date '2026-11-01' as due_on,
    case k % 4 when 0 then 'done' when 1 then 'dropped' else 'open' end as state,
    case when k % 4 > 1 then 3 else 0 end as days_overdue, k % 4 > 1 as is_overdue
from range(20) as t(k);
insert into mart.rpt_application by name
select
    md5('application' || k) as application_id, 'hotline_cases' as feed, 'hotline' as network,
    'application-' || k as stream_key, case when k < 3 then :hostile when k < 20 then '低保' else '尊老金' end as benefit_kind,
    'O' || (k % 5) as org_code, 'S1C1' as community_code, timestamp '2026-10-20 09:00' as opened_at_local,
    date '2026-11-01' as due_on, case k % 5 when 0 then 'paid' when 1 then 'reviewed' else 'opened' end as step,
    k % 5 = 0 as is_over, case when k < 20 and k % 5 > 0 then 3 else 0 end as days_overdue,
    k < 20 and k % 5 > 0 as is_overdue, 2 as people
from range(40) as t(k);
insert into mart.rpt_custody by name
select
    level, unit as unit_code, month as month_on, 12 as stays, 2 as open_now, 5 as closed_here, 3 as passed_up,
    1 as passed_down, 1 as wrong_level, 0 as left_unsaid, 360000 as dwell_seconds, 30000 as dwell_p50_seconds,
    90000 as dwell_p90_seconds, 400000 as oldest_open_seconds
from (values ('community', 'S1C1'), ('street', 'O2'), ('department', 'O1'), ('district', 'O0')) as u(level, unit),
    (values (date '2026-10-01'), (date '2026-11-01')) as m(month);
insert into mart.rpt_custody_matter by name
select
    md5('matter' || k) as matter_id, 'hotline_cases' as feed, 'hotline' as network,
    'LZ' || k || case when k = 3 then :hostile else '' end as matter_no, 'G' || (k % 12) as grid_code,
    'community' as first_level, date '2026-10-01' as month_on, timestamp '2026-10-10 09:00' as began_at_local,
    1 + k % 4 as stays, k % 4 as transfers, k % 2 as wrong_levels,
    case k % 4 when 0 then 'closed' when 1 then 'between' else 'held' end as state,
    case k % 3 when 0 then 'street' else 'community' end as level_now, case k % 3 when 0 then 'O2' else 'S1C1' end as unit_now,
    timestamp '2026-10-12 09:00' as since_at_local, 10000 * k as seconds_here,
    case when k % 4 = 0 then k % 3 > 0 end as is_closed_at_lowest, case when k % 4 > 1 then k > 20 end as is_stuck
from range(30) as t(k);
insert into mart.rpt_discovery by name
select
    channel, device, 'G' || k as grid_code, month as month_on, case when k < 6 then 'S1C1' else 'S2C1' end as community_code,
    case when k < 6 then 'S1' else 'S2' end as street_code, kind as channel_kind, 9 + k as found, 5 as found_first,
    case kind when 'own' then 0 else 3 end as missed_by_own, case kind when 'own' then k else 0 end as self_fixed
from (values ('网格巡查', 'none', 'own'), ('视频发现', 'SP1' || :hostile, 'own'), ('电话 ' || :hostile, 'none', 'public'))
    as c(channel, device, kind), range(12) as t(k), (values (date '2026-10-01'), (date '2026-11-01')) as m(month);
insert into mart.rpt_patrol by name
select
    'G' || k as grid_code, month as month_on, case when k < 6 then 'S1C1' else 'S2C1' end as community_code,
    20 + k as patrols, 90000 as patrol_seconds, 12 as noted, 3 as fixed, 10 + k as found, 10 + k as patrolled_days,
    31 as grid_days
from range(12) as t(k), (values (date '2026-10-01'), (date '2026-11-01')) as m(month);
insert into mart.rpt_duty_post by name
select
    'D' || k as duty_code, 'G' || g as grid_code, '市容' as duty_class,
    case when k = 2 then :hostile else '职责' || k end as duty_name, 'O' || k as owner_org_code,
    case when g < 6 then 'S1' else 'S2' end as street_code, case when k < 3 then 's' || k end as post_staff_id,
    case when k < 2 then 'duty' when k < 3 then 'grid' else 'none' end as post_basis, k > 1 as is_gap, k * g as cases,
    k * g // 2 as accepted, case when k * g > 1 then 600 * k * g end as accept_seconds,
    case when k * g > 1 then 900 end as longest_accept_seconds
from range(5) as t(k), range(12) as h(g);

-- incidents: every five cases are one, told by the networks that they are of
create table mart.bridge_incident_case as
select
    md5('incident' || n // 5) as incident_id, cases.case_id, network, 'public' as channel_kind,
    case n % 5 when 0 then 'first_finder' else 'follower' end as role,
    case n % 5 when 0 then 'first' else 'score' end as linked_by, case n % 5 when 0 then null else 4000 + n end as link_value
from mart.fct_case as cases
inner join (
    select case_id, row_number() over (order by md5(case_id)) as n from mart.fct_case
) as places on cases.case_id = places.case_id;
create table mart.fct_incident as
select
    incident_id, max(feed) as first_feed, max_by(cases.network, role = 'first_finder') as first_network,
    'public' as first_channel_kind, max(canonical_name) as canonical_name, max(grid_code) as grid_code,
    case when bool_or(is_open) then 'open' else 'closed' end as status, min(opened_at_local) as opened_at_local,
    count(*) as case_count, count(distinct cases.network) as network_count, 0::bigint as appeal_count,
    date_diff('second', min(opened_at), max(opened_at)) as second_network_seconds, null::bigint as life_seconds,
    null::varchar as recurrence_of
from mart.bridge_incident_case as bridge
inner join mart.fct_case as cases on bridge.case_id = cases.case_id
group by incident_id;
create table mart.rpt_missed_discovery as
select
    date '2026-10-01' as month_on, 'G' || g as grid_code, 'K' || k as canonical_code,
    case k when 1 then :hostile else '类别' || k end as canonical_name, 'S' || g as staff_id, 9 as incidents,
    k + 1 as found_first, 2 as found_later, 6 - k as missed, k as complained_of_first
from range(4) as t(k), range(3) as h(g);
create table mart.rpt_hot_spot as
select
    date '2026-11-03' - k::integer as local_day, k % 4 as day_part, 'G' || k as grid_code, 'K' || (k % 4) as category,
    7 as incidents, 9 as cases, 14 as usual_incidents, 28 as usual_days, 30 + k as heat, k % 2 = 0 as is_warning
from range(8) as t(k);

-- scores
insert into mart.rpt_scorecard by name
select
    'town' as scorecard, month, 'O' || k as ratee_code, 'organisation' as ratee_kind, '考核 ' || :hostile as title,
    '文〔2026〕1号' as authority, 90000 - 1000 * ((k + shift) % 5) as score, 100000 as maximum, 2 as line_count,
    20 as denominator, 10 as min_denominator, k < 4 as is_ranked,
    case when k = 4 then 'below_minimum' end as why_not_ranked, case when k < 4 then (k + shift) % 4 + 1 end as ranking
from range(5) as t(k), (values (date '2026-10-01', 0), (date '2026-11-01', 1)) as m(month, shift);
insert into mart.rpt_scorecard_line by name
select
    'town' as scorecard, month, 'O' || k as ratee_code, line as line_no,
    case line when 1 then 'handled_on_time_rate' else 'overdue_open' end as indicator, 'deduct' as rule, 7 as numerator,
    case line when 1 then 9 end as denominator, 3 as item_count, 50000 as maximum, 2500 as deduction, 47500 as points
from range(5) as t(k), range(1, 3) as l(line), (values (date '2026-10-01'), (date '2026-11-01')) as m(month);
insert into mart.rpt_scorecard_item by name
select
    'town' as scorecard, date '2026-10-01' as month, org_code as ratee_code, 1 as line_no, item_id, indicator, feed,
    stream_type, stream_key, 1 as weight, numerator, denominator, true as is_missed, 500 as costs
from mart.rpt_indicator_item
where indicator = 'handled_on_time_rate' and numerator = 0;

-- data quality
insert into mart.dq_category by name
select
    'water_cases' as feed, 'town' as code_set_told, '事件' as kind_told, '9' || :hostile as category_code_told,
    'unknown_code' as status, 4 as cases;
insert into mart.dq_place by name
select network || '_cases' as feed, network, method as grid_method, 30 as cases, 'agree' as agreement
from (values ('water'), ('hotline')) as n(network), (values ('point'), ('given'), ('unlocated')) as m(method);
insert into mart.dq_control_total by name
select network, date '2026-11-04' - k::integer as local_day, 40 as fetched, k % 3 as rejected
from (values ('water'), ('hotline')) as n(network), range(20) as t(k);
insert into mart.dq_case_contradiction by name
select case_id, 'two_ends' as contradiction, 'warn' as severity, feed, network, stream_key from mart.fct_case limit 5;

-- figures of whistles and supervisions cut by two ways, one of which a feed told with malice
insert into mart.rpt_mechanism by name
select
    indicator, case stream_type when 'whistle' then 'kind' else 'way' end as facet,
    case when ends_with(stream_key, '3') then :hostile else '日常哨' end as facet_value,
    'district' as subject_kind, 'district' as subject_code, date_trunc('month', counted_at_local)::date as month_on,
    sum(numerator)::bigint as numerator, sum(denominator)::bigint as denominator, count(*) as item_count,
    month(any_value(counted_at_local)) = 10 as is_assessable
from mart.rpt_indicator_item
where stream_type in ('whistle', 'supervision')
group by all;

insert into mart.dq_burden by name
select
    feed, date '2026-10-01' as month_on, network,
    case network when 'water' then 'community' else 'system' end as filled_by,
    12 as field_count, 3 as required_count, 30 as deliveries, 40 as records, 480 as cells, network = 'water' as is_typed_at_the_base,
    case network when 'water' then :hostile end as admission_number,
    case network when 'water' then date '2026-09-30' end as admission_expires_on, network = 'water' as is_admission_expired
from mart.dq_feed;

-- who rates whom: a matrix of units by those who rate them
insert into mart.rpt_mechanism by name
select
    indicator, 'rater' as facet, case when ends_with(stream_key, '2') then 'O3' else 'O4' end as facet_value,
    'organisation' as subject_kind, org_code as subject_code, date_trunc('month', counted_at_local)::date as month_on,
    sum(numerator)::bigint as numerator, sum(denominator)::bigint as denominator, count(*) as item_count,
    true as is_assessable
from mart.rpt_indicator_item
where stream_type = 'appraisal'
group by all;
