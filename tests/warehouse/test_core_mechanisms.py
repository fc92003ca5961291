"""The lists and counts of the core mechanisms, counted by hand."""

from typing import Any

import duckdb
import pytest

from tests.warehouse.mounted import wall

pytestmark = pytest.mark.dbt


def rows(warehouse: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return warehouse.execute(sql).fetchall()


def test_each_department_answers_a_whistle_for_itself(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select stream_key, whistle_no, org_code, grid_code, street_code, state, minutes_to_sign, minutes_to_contact, "
        "minutes_to_arrive, minutes_to_plan, minutes_to_close, is_signed_on_time, is_contacted_on_time, "
        "is_closed_on_time, score from mart.rpt_whistle where whistle_no in ('W1', 'W2') order by stream_key",
    )
    assert told == [
        ("W1-1", "W1", "Q", "S2", "T1", "closed", 30, 1440, 1500, 1560, 5760, True, True, False, 80),
        ("W1-2", "W1", "unknown", "S2", "T1", "blown", None, None, None, None, None, False, False, False, None),
        ("W2-1", "W2", "Q", "S2", "T1", "signed", 61, None, None, None, None, False, False, None, None),
    ]


def test_a_whistle_is_a_repeat_within_a_fortnight_of_one_of_the_same_street_department_and_grid(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    told = rows(warehouse, "select stream_key, blown_before_at, is_repeat from mart.rpt_whistle order by stream_key")
    assert {key for key, _, again in told if again} == {"W2-1"}
    assert {key: wall(before) for key, before, _ in told if before} == {
        "W2-1": "2026-10-01 08:00",
        "W4-1": "2026-09-25 08:00",
    }


def test_whistles_are_counted_by_street_and_month(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select month_on, whistles, calls, repeats, cases > 0, tail from mart.rpt_whistle_rate "
        "where street_code = 'T1' and whistles > 0 order by month_on",
    )
    # one street alone has nobody to be compared with
    assert [(f"{month:%m}", *counts) for month, *counts in told] == [
        ("09", 1, 1, 0, True, "not_comparable"),
        ("10", 7, 8, 1, True, "not_comparable"),
    ]
