"""A warehouse small enough to say in SQL: six cases of two feeds, and marts that agree with them."""

import json
from pathlib import Path

import duckdb

VERSION = "v1"
CLOCK = "timestamp '2026-03-05 00:00:00'"

_LOG = f"""
create schema log; create schema mart; create schema intermediate;
create table log.mount as select '{VERSION}' as log_version, {CLOCK} as clock_at, 'sample' as city,
    'Asia/Shanghai' as time_zone, 'unit' as unified_scheme;
create table log.feed as from (values ('cases', 'city_management'), ('calls', 'hotline'), ('silent', 'power'))
    as told(feed, network);
create table log.landing as from (values
    ('cases', 'city_management', 'l1', 6, 4, 1, 1, 0, 'pass', true, timestamp '2026-03-04 01:00'),
    ('cases', 'city_management', 'l2', 3, 3, 0, 0, 0, 'held', false, timestamp '2026-03-05 01:00'),
    ('calls', 'hotline', 'l3', 3, 2, 0, 0, 1, 'warn', true, timestamp '2026-03-04 17:00'))
    as told(feed, network, landing_id, fetched, recorded, duplicate, rejected, filtered, verdict, visible, observed_at);
create table log.rejection as from (values ('cases', 'l1', 5, 'kind', 'not_in_code_set', 'reject', 'office'))
    as told(feed, landing_id, line, field, code, severity, owner);
create table log.event as
    with cases as (
        from (values
            ('cases', 'case', 'c1', '2026-03-01 02:00', '2026-03-02 02:00'),
            ('cases', 'case', 'c2', '2026-03-01 03:00', '2026-03-04 02:00'),
            ('cases', 'case', 'c3', '2026-03-02 03:00', null), ('cases', 'case', 'c4', '2026-03-03 03:00', null),
            ('calls', 'case', 'c5', '2026-03-01 04:00', '2026-03-01 08:00'), ('calls', 'case', 'c6',
        '2026-03-04 03:00', null))
        as told(feed, stream_type, stream_key, opened, closed)
    )
    select stream_key || '-reported' as event_id, feed, stream_type, stream_key, 'reported' as event_type,
        'once' as identity, opened::timestamp as occurred_at, 'b1' as batch_id,
        row_number() over (order by stream_key) as line
    from cases
    union all
    select stream_key || '-closed', feed, stream_type, stream_key, 'closed', 'each', closed::timestamp, 'b1',
        row_number() over (order by stream_key) from cases where closed is not null;
create table intermediate.evt_grid_event as
    select *, case event_type when 'reported' then 'opens' else 'closes' end as effect,
        false as is_derived from log.event;
"""

_DIMENSIONS = """
create table mart.dim_grid as from (values
    ('unit/U1@2026-01-01', 'unit', 'U1', timestamp '2025-12-31 16:00', timestamp '2026-03-03 16:00'),
    ('unit/U1@2026-03-04', 'unit', 'U1', timestamp '2026-03-03 16:00', null),
    ('unlocated', null, 'unlocated', null, null)) as told(grid_id, scheme, grid_code, valid_from_at, valid_to_at);
create table mart.dim_organisation as from (values ('O1', 'O1', timestamp '2025-12-31 16:00', null::timestamp),
    ('unknown', 'unknown', null, null)) as told(organisation_id, org_code, valid_from_at, valid_to_at);
create table mart.dim_category as from (values ('K1', 'sample', 'component', 'K1', timestamp '2025-12-31 16:00',
        null::timestamp),
    ('unknown', null, null, 'unknown', null, null))
    as told(category_id, code_set, kind, category_code, valid_from_at, valid_to_at);
"""

_CASES = """
create table mart.fct_case as
    with folded as (
        select feed, stream_type, stream_key, min(occurred_at) as opened_at,
            max(occurred_at) filter (where event_type = 'closed') as closed_at, max(occurred_at) as last_event_at,
            count(*) as event_count
        from intermediate.evt_grid_event group by feed, stream_type, stream_key
    )
    select stream_key as case_id, feed, case feed when 'calls' then 'hotline' else 'city_management' end as network,
        stream_type, stream_key, case when closed_at is null then 'open' else 'closed' end as status,
        closed_at is null as is_open, opened_at, opened_at as first_event_at, last_event_at,
        closed_at as handled_at, closed_at, (opened_at + interval 8 hour)::date as opened_on,
        (closed_at + interval 8 hour)::date as closed_on, (closed_at + interval 8 hour)::date as handled_on,
        if(stream_key = 'c6', 'unknown', 'O1') as organisation_id, if(stream_key = 'c6', 'unknown', 'O1') as org_code,
        if(stream_key = 'c6', 'unknown', 'K1') as category_id, if(stream_key = 'c6', 'unknown',
        'K1') as category_code,
        case when stream_key = 'c6' then 'unlocated' when opened_at < timestamp '2026-03-03 16:00' then
        'unit/U1@2026-01-01'
            else 'unit/U1@2026-03-04' end as grid_id,
        if(stream_key = 'c6', 'unlocated', 'U1') as grid_code, if(stream_key = 'c6', 'unlocated',
        'point') as grid_method,
        if(stream_key = 'c6', 'address_only', null) as unlocated_reason,
        opened_at + interval 2 day as handle_due_at, if(closed_at is null, null,
        closed_at <= opened_at + interval 2 day)
            as is_handled_on_time,
        opened_at + interval 2 day as close_due_at, if(closed_at is null, null,
        closed_at <= opened_at + interval 2 day)
            as is_closed_on_time,
        event_count, 0::bigint as extension_count, 0::bigint as suspension_count, 0::bigint as reopen_count,
        0::bigint as rework_count, 0::bigint as urge_count, 0::bigint as supervise_count, 0::bigint as transfer_count
    from folded;
"""

_DEADLINES = """
create table mart.fct_case_deadline as
    select case_id, stage, status, opened_at as started_at, due_at, stopped_at,
        case when status = 'cancelled' then null when stopped_at is not null then stopped_at <= due_at
            when due_at <= (select clock_at from log.mount) then false end as is_on_time
    from (
        select case_id, 'handle' as stage, status, opened_at, handle_due_at as due_at, handled_at as stopped_at
        from mart.fct_case
        union all
        select case_id, 'close', status, opened_at, close_due_at, closed_at from mart.fct_case
    );
"""

_REPORTS = """
create table mart.rpt_grid_ledger as
    with days as (select unnest(generate_series(date '2026-03-01', date '2026-03-05',
        interval 1 day))::date as local_day),
    counted as (
        select grid_code, network, local_day, count(*) filter (where opened_on = local_day) as opened,
            count(*) filter (where closed_on = local_day) as closed,
            count(*) filter (where opened_on <= local_day and (closed_on is null or closed_on > local_day)) as
        open_at_end
        from mart.fct_case cross join days group by all
    )
    select grid_code, network, local_day, opened, 0::bigint as reopened, closed, 0::bigint as cancelled, open_at_end,
        0::bigint as overdue_at_end
    from counted where opened + closed + open_at_end > 0;
create table mart.rpt_timeliness as
    with done as (
        select org_code, date '2026-03-01' as month, count(*) as opened, count(closed_at) as done,
            count(*) filter (where is_closed_on_time) as on_time,
        count(*) filter (where not is_closed_on_time) as late
        from mart.fct_case group by org_code
    )
    select org_code, month, opened, 0::bigint as cancelled, done as handle_due, done as handled,
        on_time as handle_due_on_time, on_time as handled_on_time,
        late as handled_late, 0::bigint as handled_without_limit, done as close_due, done as closed,
        on_time as close_due_on_time, on_time as closed_on_time, late as closed_late, 0::bigint as closed_without_limit,
        0::bigint as without_limit
    from done;
create table mart.dim_indicator as
    select * from (values
        ('reported', 'count', 'case', 'reported', null::varchar, 'reported', null::varchar, null::varchar),
        ('handled_on_time_rate', 'share', 'case', 'on_time', 'due', 'handled', null, null),
        -- no feed tells a dispatch: no figure, and nothing is missed
        ('effective_report_rate', 'share', 'case', 'effective', 'reported', 'reported', null, 'dispatched'))
        as t(indicator, unit, stream_type, numerator, denominator, window_moment, excludes, needs);
create table mart.rpt_indicator_item as
    select 'reported' as indicator, case_id as item_id, feed, network, stream_type, stream_key, org_code,
        opened_at as counted_at_local, null::timestamp as also_counted_at_local, 1::bigint as numerator,
        null::bigint as denominator
    from mart.fct_case
    union all
    select 'handled_on_time_rate', case_id, feed, network, stream_type, stream_key, org_code, handled_at, handle_due_at,
        is_handled_on_time::int::bigint, 1::bigint
    from mart.fct_case where closed_at is not null;
create table mart.rpt_indicator as
    with periods as (select unnest(['month', 'year']) as period_kind),
    subjects as (select unnest(['district', 'organisation']) as subject_kind),
    moments as (
        select indicator, item_id, org_code, numerator, denominator, period_kind,
            date_trunc(period_kind, counted_at_local) as period_start
        from mart.rpt_indicator_item cross join periods
        union
        select indicator, item_id, org_code, numerator, denominator, period_kind,
            date_trunc(period_kind, also_counted_at_local)
        from mart.rpt_indicator_item cross join periods where also_counted_at_local is not null
    )
    select indicator, subject_kind, if(subject_kind = 'district', 'district', org_code) as subject_code, period_kind,
        period_start, sum(numerator)::bigint as numerator, sum(denominator)::bigint as denominator,
        count(*) as item_count, true as is_assessable
    from moments cross join subjects group by all;
create table mart.rpt_scorecard_item as
    select 'desk' as scorecard, date '2026-03-01' as month, org_code as ratee_code, 1 as line_no, indicator, item_id,
        1::bigint as weight, numerator, denominator
    from mart.rpt_indicator_item where indicator = 'handled_on_time_rate';
create table mart.rpt_scorecard_line as
    select scorecard, month, ratee_code, line_no, sum(weight * numerator)::bigint as numerator, count(*) as item_count,
        60000::bigint as maximum, (60000 - 10000 * sum(numerator))::bigint as deduction,
        (10000 * sum(numerator))::bigint as points
    from mart.rpt_scorecard_item group by scorecard, month, ratee_code, line_no;
create table mart.rpt_scorecard as
    select scorecard, month, ratee_code, points as score, maximum, points as score_share, true as is_ranked,
        null::varchar as why_not_ranked, rank() over (order by points desc) as ranking
    from mart.rpt_scorecard_line;
create table mart.dq_feed as
    with cases as (
        select feed, count(*) as cases, count(*) filter (where grid_code = 'unlocated') as unlocated_cases
        from mart.fct_case group by feed
    ),
    rows as (select feed, count(*) as log_rows from log.event group by feed),
    landings as (
        select feed, count(*) as landings, count(*) filter (where visible) as visible_landings,
            count(*) filter (where verdict = 'pass') as passed, count(*) filter (where verdict = 'warn') as warned,
            count(*) filter (where verdict = 'held') as held,
            sum(fetched) filter (where visible)::bigint as fetched,
        sum(recorded) filter (where visible)::bigint as recorded,
            sum(duplicate) filter (where visible)::bigint as duplicate,
        sum(rejected) filter (where visible)::bigint as rejected,
            sum(filtered) filter (where visible)::bigint as filtered
        from log.landing group by feed
    )
    select feed, network, false as is_behind, coalesce(columns(landings.* exclude (feed)), 0), 0::bigint as released,
        0::bigint as refused, 0::bigint as unjudged, 0::bigint as imbalance, coalesce(log_rows, 0) as log_rows,
        coalesce(log_rows, 0) as events, 0::bigint as retracted_events, 0::bigint as repeated_rows,
        coalesce(cases, 0) as cases, coalesce(unlocated_cases, 0) as unlocated_cases, 0::bigint as unknown_type_events
    from log.feed left join landings using (feed) left join rows using (feed) left join cases using (feed);
create table mart.dq_rejection as
    select feed, field, code, severity, owner, count(*) as rejections, count(distinct landing_id) as landings
    from log.rejection group by all;
create table mart.dq_landing as
    select landing_id, feed, fetched, recorded, duplicate, rejected, filtered, verdict, visible as is_visible
    from log.landing;
create table mart.dq_rejected_record as select * from log.rejection;
create table mart.dq_unknown_event_type (feed varchar, network varchar, event_type varchar, events bigint);
create table mart.dq_place as
    select feed, 'unit' as scheme_told, grid_method, coalesce(unlocated_reason, '') as reason,
        'agree' as agreement, '' as suspected_crs, count(*) as cases from mart.fct_case group by all;
"""

# The star: each table with a row or more, and sums that are those of the cases.
_STAR = """
create table mart.dim_date as select unnest(generate_series(date '2026-03-01', date '2026-03-05',
    interval 1 day))::date as day;
create table mart.dim_channel as select 'phone' as channel;
create table mart.dim_code_set as select 'sample' as code_set, date '2026-01-01' as valid_from_on;
create table mart.dim_canonical_category as select 'waste' as canonical_code;
create table mart.dim_category_switch as select 'waste' as canonical_code, date '2026-03-03' as switched_on;
create table mart.dim_component as select 'P1' as component_code, timestamp '2026-01-01' as valid_from_at;
create table mart.dim_duty as select 'D1' as duty_code, date '2026-01-01' as valid_from_on;
create table mart.dim_rule as select 'R1' as limit_id;
create table mart.dim_staff as select 'S1' as staff_id;
create table mart.dim_grid_lineage as select 'unit' as scheme, timestamp '2026-03-03 16:00' as changed_at,
    'unit/U1@2026-01-01' as from_grid_id, 'unit/U1@2026-03-04' as to_grid_id;
create table mart.dim_grid_bridge as select 'unit/U1@2026-01-01' as from_grid_id, 'unit/U1@2026-03-04' as to_grid_id,
    timestamp '2026-01-01' as valid_from_at, 1000000::bigint as weight_ppm;
create table mart.fct_event as
    select e.*, c.case_id, c.grid_code from intermediate.evt_grid_event as e
    join mart.fct_case as c using (feed, stream_type, stream_key);
create table mart.fct_case_stage as
    select case_id, opened_at as valid_from_at, closed_at as valid_to_at, org_code, 3600::bigint as dwell_seconds
    from mart.fct_case
    union all
    select case_id, closed_at, null, org_code, null from mart.fct_case where closed_at is not null;
create table mart.fct_rating as select event_id, case_id from mart.fct_event limit 1;
create table mart.fct_outage as select 'X1' as outage_id;
create table mart.fct_outage_grid as select 'X1' as outage_id, 'U1' as grid_code;
alter table mart.fct_case add column component_code varchar;
update mart.fct_case set component_code = 'P1' where case_id = 'c1';
create table mart.rpt_component as select 'P1' as component_code, 1::bigint as cases;
create table mart.rpt_duty as select 'D1' as duty_code, date '2026-03-01' as month_on;
create table mart.rpt_duty_outside as select date '2026-03-01' as month_on, 'sample' as code_set, 'component' as kind,
    'K1' as category_code, 'known' as status;
create table mart.rpt_dwell as select date '2026-03-01' as month, 'hotline' as network, 'street' as level,
    'handling' as stage, sum(dwell_seconds)::bigint as dwell_seconds from mart.fct_case_stage;
create table mart.dq_report_balance as select feed, stream_type, date '2026-03-01' as month, count(*) as reports,
    0::bigint as not_accepted, 0::bigint as cancelled, 0::bigint as merged,
    count(*) filter (where status = 'closed') as own_case, 0::bigint as self_fixed,
    count(*) filter (where status = 'open') as pending, 0::bigint as children
    from mart.fct_case group by feed, stream_type;
alter table mart.fct_case add column is_suspended boolean default false;
update mart.fct_case set is_suspended = true where case_id = 'c3';
alter table mart.fct_case_deadline add column due_at_local timestamp;
update mart.fct_case_deadline set due_at_local = due_at + interval 8 hour;
create table mart.rpt_due_soon as
    select case_id, stage, 'O1' as org_code, due_at,
        (epoch_us(due_at) - epoch_us(clock_at)) // 60000000 as minutes_left,
        case when due_at <= clock_at then 'overdue_today' else 'today' end as band
    from mart.fct_case_deadline, log.mount
    where status = 'open' and stopped_at is null and due_at_local > timestamp '2026-03-05'
        and due_at_local <= timestamp '2026-03-06';
create table mart.rpt_suspension as select 'c3-suspended' as event_id, 'c3' as case_id, 'suspension' as kind,
    true as is_lasting, timestamp '2026-03-03' as until_at, true as is_expired_not_resumed;
create table mart.rpt_shuttle as select 'c1' as case_id, 2::bigint as returned_count, 3::bigint as redispatched_count,
    3::bigint as shuttle_count;
create table mart.rpt_handover as select 'h1' as handover_id, 'hotline' as from_network,
    'city_management' as to_network, 'c1' as from_case_id, 'c3' as to_case_id, 'case' as from_told_by,
    'closed' as from_status, 'open' as to_status, true as is_contradictory, 'to' as counted_side,
    'city_management' as counted_network;
create table intermediate.int_stream_step as from (values
    ('w1', 'whistle', 'whistle_blown'), ('w2', 'whistle', 'whistle_blown'), ('s1', 'supervision', 'supervised'),
    ('s2', 'supervision', 'supervised'), ('d1', 'decision', 'decision_made'), ('d2', 'decision', 'decision_made'),
    ('a1', 'application', 'application_opened'), ('t1', 'stay', 'stay_begun'), ('t2', 'stay', 'stay_begun'),
    ('f1', 'self_fix', 'self_fixed'), ('p1', 'patrol', 'patrolled'))
    as told(stream_id, stream_type, event_type);
create table mart.rpt_whistle as
    select 'w' || n as whistle_id, 'W' || n as stream_key, 'S1' as street_code, 'O1' as org_code, 'U1' as grid_code,
        timestamp '2026-03-01' + to_days(n::integer) as blown_at,
        if(n = 2, timestamp '2026-03-02', null) as blown_before_at, n = 2 as is_repeat,
        if(n = 1, timestamp '2026-03-02 00:30', null) as signed_at,
        timestamp '2026-03-01 01:00' + to_days(n::integer) as sign_by_at, n = 1 as is_signed_on_time,
        null::timestamp as contacted_at, timestamp '2026-03-02' + to_days(n::integer) as contact_by_at,
        false as is_contacted_on_time, null::timestamp as closed_at, null::timestamp as close_by_at,
        null::boolean as is_closed_on_time, if(n = 1, 'signed', 'blown') as state
    from range(1, 3) as t(n);
create table mart.rpt_whistle_rate as select 'S1' as street_code, date '2026-03-01' as month_on, 2::bigint as whistles,
    2::bigint as calls, 1::bigint as repeats, 6::bigint as cases, 333333::bigint as whistles_per_million_cases,
    100000::bigint as median_per_million, 'high' as tail;
create table mart.rpt_supervision as
    select s.*, 'O1' as org_code, 'U1' as grid_code, 'M1' as matter_key, closed_at is null as is_open,
        s.supervision_id = 's2' as is_relapse
    from (values
        ('s1', timestamp '2026-03-01', timestamp '2026-03-02', timestamp '2026-03-02 01:00', timestamp '2026-03-03',
            60::bigint, false, 2::bigint, null::timestamp),
        ('s2', timestamp '2026-03-04', timestamp '2026-03-09', null, null, 0, null,
            (select (epoch_us(clock_at) - epoch_us(timestamp '2026-03-04')) // 86400000000 from log.mount),
            timestamp '2026-03-03')
    ) as s(supervision_id, issued_at, answer_by_at, answered_at, closed_at, minutes_late, is_answered_on_time, age_days,
        closed_before_at);
create table mart.rpt_decision as
    select d.*, 'O1' as org_code from (values
        ('d1', date '2026-03-02', 'open',
            (select (clock_at + interval 8 hour)::date - date '2026-03-02' from log.mount), true),
        ('d2', date '2026-03-02', 'dropped', 0, false)
    ) as d(decision_id, due_on, state, days_overdue, is_overdue);
create table mart.rpt_discovery as select 'phone' as channel, 'none' as device, 'U1' as grid_code,
    date '2026-03-01' as month_on, 'own' as channel_kind, count(*) as found, 2::bigint as found_first,
    0::bigint as missed_by_own, 1::bigint as self_fixed
    from mart.fct_case where stream_type = 'case';
create table mart.rpt_patrol as select 'U1' as grid_code, date '2026-03-01' as month_on, 1::bigint as patrols,
    3600::bigint as patrol_seconds, 1::bigint as noted, 0::bigint as fixed, 1::bigint as found,
    1::bigint as patrolled_days, 3::bigint as grid_days;
alter table mart.dim_duty add column is_current boolean default true;
alter table mart.dim_grid add column is_unified boolean default true;
alter table mart.dim_grid add column member_kind varchar default 'grid';
alter table mart.dim_grid add column is_current boolean default false;
update mart.dim_grid set is_current = true where grid_id = 'unit/U1@2026-03-04';
create table mart.rpt_duty_post as select 'D1' as duty_code, 'U1' as grid_code, 'S1' as post_staff_id,
    'duty' as post_basis, false as is_gap, 2::bigint as cases, 1::bigint as accepted, 60::bigint as accept_seconds,
    60::bigint as longest_accept_seconds;
create table mart.rpt_custody as select 'street' as level, 'O1' as unit_code, date '2026-03-01' as month_on,
    2::bigint as stays, 1::bigint as open_now, 1::bigint as closed_here, 0::bigint as passed_up,
    0::bigint as passed_down, 0::bigint as wrong_level, 0::bigint as left_unsaid,
    60::bigint as dwell_seconds, 60::bigint as dwell_p50_seconds, 60::bigint as dwell_p90_seconds,
    90::bigint as oldest_open_seconds;
create table mart.rpt_custody_matter as from (values
    ('m1', 'U1', 1::bigint, 0::bigint, 'closed', timestamp '2026-03-02', false, null::boolean),
    ('m2', 'U1', 1, 0, 'held', null, null, true))
    as m(matter_id, grid_code, stays, transfers, state, closed_at, is_closed_at_lowest, is_stuck);
create table mart.rpt_application as select 'a1' as application_id, 'O1' as org_code, 'reviewed' as step,
    false as is_over, date '2026-03-01' as due_on, true as is_overdue,
    (clock_at + interval 8 hour)::date - date '2026-03-01' as days_overdue from log.mount;
create table mart.rpt_item_basis as select distinct item_id from mart.rpt_indicator_item;
create table mart.bridge_incident_case as
    select case when case_id = 'c5' then 'c1' else case_id end as incident_id, case_id,
        case when case_id = 'c5' then 'follower' else 'first_finder' end as role,
        case when case_id = 'c5' then 'c1' end as linked_case_id
    from mart.fct_case;
create table mart.fct_incident as
    select incident_id, count(*) as case_count, case when incident_id = 'c3' then 'c1' end as recurrence_of,
        case when incident_id = 'c6' then 'X1' end as outage_id
    from mart.bridge_incident_case group by all;
create table mart.rpt_link_review as select 'c6' as case_id, 'c1' as incident_id;
create table mart.rpt_missed_discovery as select date '2026-03-01' as month_on, 'U1' as grid_code,
    'waste' as canonical_code, 3::bigint as incidents, 1::bigint as found_first, 1::bigint as found_later,
    1::bigint as missed;
create table mart.rpt_recurrence as select date '2026-03-01' as month_on, 'U1' as grid_code, 'waste' as category,
    count(*) as incidents from mart.fct_incident;
create table mart.rpt_hot_spot as select date '2026-03-01' as local_day, 1 as day_part, 'U1' as grid_code,
    'waste' as category, count(*) as incidents from mart.fct_incident;
create table mart.dq_case_attribute as select 'cases' as feed, 'nature' as attribute, 'hazard' as word;
create table mart.dq_case_contradiction as select 'c1' as case_id, 'closed_before_handled' as contradiction;
create table log.verdict as select 'cases' as feed, 1 as seq, 'l1' as landing_id, 'pass' as verdict;
create table mart.dq_verdict as select feed, seq, landing_id, verdict from log.verdict;
create table log.finding as select 'cases' as feed, 1 as seq, 'opened' as change;
create table mart.dq_burden as select f.feed, date '2026-03-01' as month_on,
    coalesce(sum(l.fetched), 0)::bigint as records, f.feed = 'cases' as is_typed_at_the_base,
    case when f.feed = 'cases' then 'A 1' end as admission_number, false as is_admission_expired
    from log.feed as f left join log.landing as l on f.feed = l.feed and l.visible group by all;
create table mart.dim_mechanism as select 'visit' as mechanism;
create table mart.rpt_mechanism as select indicator, 'way' as facet, 'by hand' as facet_value, subject_kind,
    subject_code, period_start::date as month_on, numerator, denominator, item_count, is_assessable
    from mart.rpt_indicator where period_kind = 'month' and subject_kind in ('district', 'organisation');
create table mart.dq_watch as select feed, seq from log.finding;
create table mart.dq_gate_check as select 'calls' as feed, 'null:x' as check_code;
create table mart.dq_gate_check_day as select 'calls' as feed, 'null:x' as check_code, date '2026-03-04' as local_day;
create table mart.dq_category as select feed, 'sample' as code_set_told, 'component' as kind_told,
    category_code as category_code_told, 'known' as status, count(*) as cases from mart.fct_case group by all;
create table mart.dq_control_total as
    select network, (observed_at + interval 8 hour)::date as local_day, count(*) as landings,
        sum(fetched)::bigint as fetched, sum(recorded)::bigint as recorded, sum(duplicate)::bigint as duplicate,
        sum(rejected)::bigint as rejected, sum(filtered)::bigint as filtered,
        sum(recorded)::bigint as logged_records, sum(rejected)::bigint as rejected_records,
        sum(recorded)::bigint as log_rows, 5::bigint as elected_events, 5::bigint as star_events
    from log.landing where visible group by all;
"""


def make_build(folder: Path) -> Path:
    """A build directory as the gate reads it: onegrid.duckdb and mount.json."""
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "onegrid.duckdb")) as connection:
        for part in (_LOG, _DIMENSIONS, _CASES, _DEADLINES, _REPORTS, _STAR):
            connection.execute(part)
    (folder / "mount.json").write_text(json.dumps({"version": VERSION}), encoding="utf-8")
    return folder
