"""What contradicts itself is kept, named and counted."""

import duckdb
import pytest

from tests.warehouse.contradictions import TOLD

pytestmark = pytest.mark.dbt


def test_each_contradiction_is_named_and_nothing_else(warehouse: duckdb.DuckDBPyConnection) -> None:
    found: dict[str, set[str]] = {}
    for key, contradiction in warehouse.execute(
        "select stream_key, contradiction from mart.dq_case_contradiction where feed = 'odd'"
    ).fetchall():
        found.setdefault(key.removeprefix("odd-"), set()).add(contradiction)
    # a case that ends without a word of its disposal says so beside what else is wrong with it
    silent = {"closed_without_disposal"}
    assert {
        name: kinds - (silent if name != "closed_without_disposal" else set()) for name, kinds in found.items()
    } == {name: {name} for name in TOLD if name}


def test_a_contradictory_case_is_a_case_all_the_same(warehouse: duckdb.DuckDBPyConnection) -> None:
    [(cases,)] = warehouse.execute("select count(*) from mart.fct_case where feed = 'odd'").fetchall()
    assert cases == len(TOLD)


def test_what_is_recorded_before_it_happened_is_counted(warehouse: duckdb.DuckDBPyConnection) -> None:
    [(kinds,)] = warehouse.execute(
        "select count(distinct contradiction) from mart.dq_case_contradiction where severity in ('warn', 'info')"
    ).fetchall()
    assert kinds >= 7
