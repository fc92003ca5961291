"""A city that lacks every reference, and one whose feeds never delivered, build like any other."""

from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.dbt


@pytest.mark.parametrize("name", ["bare", "empty"])
def test_it_builds_and_passes_its_tests(built: dict[str, Any], name: str) -> None:
    assert built["outcomes"][name] == {"success": True, "bad": [], "exception": ""}


def test_without_reference_all_is_unknown_and_nothing_overdue(built: dict[str, Any]) -> None:
    with duckdb.connect(str(built["root"] / "bare" / "onegrid.duckdb"), read_only=True) as connection:
        cases = connection.execute(
            "select stream_key, grid_id, unlocated_reason, organisation_id, org_code_told, category_id, is_overdue, "
            "is_without_limit from mart.fct_case order by 1"
        ).fetchall()
        months = connection.execute(
            "select org_code, opened, handle_due, handled, handled_without_limit, without_limit "
            "from mart.rpt_timeliness"
        ).fetchall()
    told = ("unlocated", "no_grid_reference", "unknown", "X", "unknown", None, True)
    assert cases == [("c1", *told), ("c2", *told)]
    assert months == [("unknown", 2, 0, 1, 1, 2)]


def test_an_empty_log_gives_the_unknown_members_and_the_silent_feed(built: dict[str, Any]) -> None:
    with duckdb.connect(str(built["root"] / "empty" / "onegrid.duckdb"), read_only=True) as connection:
        counts = {
            table: connection.execute(f"select count(*) from mart.{table}").fetchall()[0][0]
            for table in ("fct_case", "dim_grid", "dim_organisation", "dim_category", "rpt_grid_ledger")
        }
        feeds = connection.execute("select feed, data_through_at, is_behind, landings from mart.dq_feed").fetchall()
    assert counts == {"fct_case": 0, "dim_grid": 1, "dim_organisation": 1, "dim_category": 1, "rpt_grid_ledger": 0}
    assert feeds == [("calls", None, True, 0)]
