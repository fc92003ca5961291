"""Figures of the registry against a hand: what counts in which period, what was before, and what may not be judged."""

from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.dbt


def figures(warehouse: duckdb.DuckDBPyConnection, indicator: str, org: str, period: str) -> dict[str, tuple[Any, ...]]:
    rows = warehouse.execute(
        "select strftime(period_start, '%m-%d'), numerator, denominator from mart.rpt_indicator "
        "where indicator = ? and subject_kind = 'organisation' and subject_code = ? and period_kind = ?",
        [indicator, org, period],
    ).fetchall()
    return {row[0]: row[1:] for row in rows}


def test_what_was_owed_counts_where_it_fell_due_and_where_it_was_done(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert figures(warehouse, "handled_on_time_rate", "FW", "month") == {
        # ahead, at-once; behind and never fell due on 30 and 25 September
        "09-01": (2, 4),
        # ahead once more, which fell due on 5 October; behind, which was done on that day; fresh is not due
        "10-01": (1, 3),
    }


def test_a_period_that_holds_both_moments_counts_a_case_once(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert figures(warehouse, "handled_on_time_rate", "FW", "year") == {"01-01": (2, 5)}


def test_the_dispatched_are_accounted_for(warehouse: duckdb.DuckDBPyConnection) -> None:
    outcomes = ("handled_on_time", "handled_late", "overdue_open", "open_not_due", "suspended_open", "cancelled")
    found = {name: figures(warehouse, f"dispatched_{name}", "FW", "month") for name in outcomes}
    assert found["handled_on_time"] == {"09-01": (2, None)}
    assert found["handled_late"] == {"09-01": (1, None)}
    assert found["overdue_open"] == {"09-01": (1, None), "10-01": (1, None)}
    assert figures(warehouse, "dispatched", "FW", "month") == {"09-01": (4, None), "10-01": (1, None)}


def test_what_was_before_stands_beside(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select numerator, numerator_before, numerator_year_before from mart.rpt_indicator "
        "where indicator = 'reported' and subject_code = 'FW' and period_kind = 'month' order by period_start"
    ).fetchall()
    assert rows == [(4, None, None), (1, 4, None)]


def assessable(warehouse: duckdb.DuckDBPyConnection, org: str, period: str) -> dict[str, bool]:
    rows = warehouse.execute(
        "select strftime(period_start, '%m-%d'), is_assessable from mart.rpt_indicator where indicator = 'reported' "
        "and subject_kind = 'organisation' and subject_code = ? and period_kind = ?",
        [org, period],
    ).fetchall()
    return dict(rows)


def test_what_rests_on_a_silent_feed_is_not_assessable(warehouse: duckdb.DuckDBPyConnection) -> None:
    # nothing has come since 10 October, and it is the 20th
    assert assessable(warehouse, "FW", "month") == {"09-01": True, "10-01": False}
    assert assessable(warehouse, "FW", "day")["10-09"] is True


def test_what_rests_on_a_held_delivery_is_not_assessable(warehouse: duckdb.DuckDBPyConnection) -> None:
    # the delivery of the 8th waits; what it tells of reaches back to that of the 1st
    assert assessable(warehouse, "FG", "month") == {"09-01": True, "10-01": False}
    assert assessable(warehouse, "FG", "day") == {"09-29": True, "10-05": False, "10-12": True}
    rows = warehouse.execute(
        "select strftime(period_start, '%m-%d'), is_assessable, is_before_comparable from mart.rpt_indicator "
        "where indicator = 'reported' and subject_kind = 'organisation' and subject_code = 'FG' "
        "and period_kind = 'week' order by 1"
    ).fetchall()
    # the week of the 12th is whole itself, and may not be held against the one before
    assert rows == [("09-28", False, True), ("10-05", False, False), ("10-12", True, False)]
