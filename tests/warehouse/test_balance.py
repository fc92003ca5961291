"""No report is lost: each is refused, cancelled, merged, mended on the spot, pending or a case of its own."""

import duckdb
import pytest

from tests.warehouse.balance import BECAME

pytestmark = pytest.mark.dbt
COLUMNS = ("not_accepted", "cancelled", "merged", "own_case", "self_fixed", "pending", "children")


def test_each_report_became_one_thing(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        f"select stream_type, month::varchar, reports, {', '.join(COLUMNS)} from mart.dq_report_balance "
        "where feed = 'reports' order by all"
    ).fetchall()
    once = tuple(int(column in BECAME) for column in COLUMNS)
    assert rows == [
        ("case", "2026-09-01", 1, 0, 0, 0, 0, 0, 1, 0),
        ("case", "2026-10-01", len(BECAME) - 1, *once),  # a child is no report of its own
        ("self_fix", "2026-10-01", 1, 0, 0, 0, 0, 1, 0, 0),
    ]


def test_reports_and_children_are_the_cases(warehouse: duckdb.DuckDBPyConnection) -> None:
    [(told, cases)] = warehouse.execute(
        "select sum(reports + children - self_fixed), (select count(*) from mart.fct_case) from mart.dq_report_balance"
    ).fetchall()
    assert told == cases
