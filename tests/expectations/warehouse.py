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
    ('cases', 'l1', 6, 4, 1, 1, 0, 'pass', true), ('cases', 'l2', 3, 3, 0, 0, 0, 'held', false),
    ('calls', 'l3', 3, 2, 0, 0, 1, 'warn', true))
    as told(feed, landing_id, fetched, recorded, duplicate, rejected, filtered, verdict, visible);
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
        (closed_at + interval 8 hour)::date as closed_on,
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
        on_time as handled_on_time,
        late as handled_late, 0::bigint as handled_without_limit, done as close_due, done as closed,
        on_time as closed_on_time, late as closed_late, 0::bigint as closed_without_limit, 0::bigint as without_limit
    from done;
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
    select feed, grid_method, count(*) as cases from mart.fct_case group by all;
"""


def make_build(folder: Path) -> Path:
    """A build directory as the gate reads it: onegrid.duckdb and mount.json."""
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "onegrid.duckdb")) as connection:
        for part in (_LOG, _DIMENSIONS, _CASES, _REPORTS):
            connection.execute(part)
    (folder / "mount.json").write_text(json.dumps({"version": VERSION}), encoding="utf-8")
    return folder
