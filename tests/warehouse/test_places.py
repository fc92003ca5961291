"""Every point has one grid: inside, on a border, in a hole, before and after a split."""

import duckdb
import pytest

from tests.warehouse.places import PLACES

pytestmark = pytest.mark.dbt


def test_every_case_comes_to_its_grid(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = {
        key: (code, method, reason, agreement)
        for key, code, method, reason, agreement in warehouse.execute(
            "select stream_key, grid_code, grid_method, unlocated_reason, grid_agreement from mart.fct_case "
            "where feed = 'placed'"
        ).fetchall()
    }
    expected = {f"place-{number}": place for number, (_, _, place) in enumerate(PLACES)}
    assert found == expected


def test_the_fact_points_to_the_grid_of_then(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select grid_id from mart.fct_case where stream_key in ('place-0', 'place-1') order by stream_key"
    ).fetchall()
    assert found == [("unit/S1@2026-01-01",), ("unit/S1a@2026-10-10",)]


def test_counts_by_feed_say_how_places_were_found(warehouse: duckdb.DuckDBPyConnection) -> None:
    (cases, differing) = warehouse.execute(
        "select sum(cases), sum(cases) filter (where agreement = 'differ') from mart.dq_place where feed = 'placed'"
    ).fetchone() or (0, 0)
    assert (cases, differing) == (len(PLACES), 1)
