"""The marts of the story, counted by hand."""

from typing import Any

import duckdb
import pytest

from tests.warehouse.mounted import wall

pytestmark = pytest.mark.dbt
Rows = list[tuple[Any, ...]]


def rows(warehouse: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    return warehouse.execute(sql).fetchall()


def test_a_case_stands_as_its_newest_record_tells(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select stream_key, status, stage, is_overdue, is_without_limit, closing_event_type, event_count "
        "from mart.fct_case where feed = 'cases' order by stream_key",
    )
    assert told == [
        ("in-time", "closed", "closed", False, False, "closed", 3),
        ("late", "closed", "closed", False, False, "closed", 3),
        ("no-limit", "closed", "closed", None, True, "closed", 2),
        ("overdue", "open", "reported", True, False, None, 1),
        ("reworked", "open", "handling", False, False, None, 4),
        ("taken-back", "cancelled", "cancelled", False, False, "cancelled", 2),
    ]


def test_work_sent_back_is_not_finished(warehouse: duckdb.DuckDBPyConnection) -> None:
    (first, now, due) = rows(
        warehouse, "select first_handled_at, handled_at, handle_due_at from mart.fct_case where stream_key = 'reworked'"
    )[0]
    assert (wall(first), now, wall(due)) == ("2026-10-19 10:00", None, "2026-10-21 08:00")


def test_timeliness_by_month(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select month::varchar, org_name, opened, cancelled, handle_due, handled, handled_on_time, handled_late, "
        "handled_without_limit, close_due, closed, closed_on_time, closed_late, closed_without_limit, without_limit "
        "from mart.rpt_timeliness where org_code = 'Q' order by month",
    )
    assert told == [
        # September: both cases fall due, one is handled
        ("2026-09-01", "渠西所", 2, 0, 2, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0),
        # October: the late one handled, the open one fallen due; the reworked one is due tomorrow and not counted;
        # for the whole, the late one (due and closed on 3 October), the overdue one (due on the 17th), and once
        # more the one that was closed in September ahead of its deadline in October
        ("2026-10-01", "渠西中心", 4, 1, 2, 2, 0, 1, 1, 3, 2, 1, 0, 1, 1),
    ]


def test_ledger_by_day(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select strftime(local_day, '%m-%d'), opened, closed, cancelled, open_at_end, overdue_at_end "
        "from mart.rpt_grid_ledger where grid_code = 'S2' and network = 'city_management' order by local_day",
    )
    assert told == [
        ("09-28", 2, 0, 0, 2, 0),
        ("09-29", 0, 0, 0, 2, 0),
        ("09-30", 0, 1, 0, 1, 1),
        ("10-01", 0, 0, 0, 1, 1),
        ("10-02", 0, 0, 0, 1, 0),
        ("10-03", 0, 1, 0, 0, 0),
        ("10-05", 1, 0, 0, 1, 0),
        ("10-06", 0, 1, 0, 0, 0),
        ("10-11", 1, 0, 0, 1, 0),
        ("10-12", 1, 0, 0, 2, 0),
        ("10-13", 0, 0, 1, 1, 0),
        ("10-14", 0, 0, 0, 1, 1),
        ("10-15", 0, 0, 0, 1, 1),
        ("10-16", 0, 0, 0, 1, 1),
        ("10-17", 0, 0, 0, 1, 1),
        ("10-18", 0, 0, 0, 1, 1),
        # the network's last day with events; the clock is a day further
        ("10-19", 1, 0, 0, 2, 1),
    ]


def test_an_outage_that_returns_is_the_same_case(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select stream_key, status, opened_at, closed_at, reopen_count, event_count from mart.fct_case "
        "where feed = 'outages' order by stream_key",
    )
    assert [(key, status, wall(a), wall(b), again, events) for key, status, a, b, again, events in told] == [
        ("p", "open", "2026-10-01 06:00", None, 1, 5),
        ("q", "closed", "2026-10-01 06:00", "2026-10-02 07:00", 0, 2),
    ]
    ledger = rows(
        warehouse,
        "select strftime(local_day, '%m-%d'), opened, reopened, closed, open_at_end from mart.rpt_grid_ledger "
        "where network = 'power' order by local_day",
    )
    assert ledger == [
        ("10-01", 2, 0, 0, 2),
        ("10-02", 0, 0, 1, 1),
        ("10-03", 0, 0, 0, 1),
        ("10-04", 0, 0, 1, 0),
        ("10-05", 0, 1, 0, 1),
    ]


def test_an_office_bears_the_name_it_had(warehouse: duckdb.DuckDBPyConnection) -> None:
    versions = rows(
        warehouse,
        "select organisation_id, org_name, valid_to_on::varchar, is_current from mart.dim_organisation "
        "where org_code in ('Q', 'R') order by valid_from_on",
    )
    assert versions == [
        ("Q@2026-01-01", "渠西所", "2026-10-10", False),
        ("Q@2026-10-10", "渠西中心", None, True),
    ]
    named = rows(
        warehouse,
        "select distinct organisation_id from mart.fct_case where stream_key in ('late', 'overdue') order by 1",
    )
    assert named == [("Q@2026-01-01",), ("Q@2026-10-10",)]


def test_quality_names_what_was_not_understood(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert rows(warehouse, "select feed, event_type, events from mart.dq_unknown_event_type") == [("cases", "sung", 1)]
    assert rows(warehouse, "select feed, field, code, owner, rejections, landings from mart.dq_rejection") == [
        ("cases", "reported_at", "not_a_timestamp", "office of cases", 2, 1)
    ]
    assert rows(
        warehouse,
        "select retracted_events, repeated_rows, unknown_type_events, cases, is_behind, imbalance from mart.dq_feed "
        "where feed = 'cases'",
    ) == [(2, 1, 1, 6, False, 0)]
    # its last list is of 5 October, fifteen days before the clock
    assert rows(warehouse, "select is_behind, seconds_behind_clock from mart.dq_feed where feed = 'outages'") == [
        (True, 15 * 86400 + 5 * 3600)
    ]


def test_what_is_not_known_has_a_member(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select grid_id, organisation_id, category_id, org_code, category_code from mart.fct_case "
        "where feed = 'outages' and stream_key = 'p'",
    )
    assert told == [("unlocated", "unknown", "unknown", "unknown", "unknown")]
