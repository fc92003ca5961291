"""Deadlines on the four clocks, against a hand and against a walk of minutes."""

import duckdb
import pytest

from tests.warehouse import deadlines
from tests.warehouse.mounted import wall

pytestmark = pytest.mark.dbt


def test_every_deadline_is_where_it_belongs(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = {
        key: wall(due)
        for key, due in warehouse.execute(
            "select stream_key, handle_due_at from mart.fct_case where feed = 'timed'"
        ).fetchall()
    }
    cases = deadlines.cases()
    assert len(found) == len(cases) >= 225
    wrong = {
        number: (case, found[f"timed-{number}"])
        for number, case in enumerate(cases)
        if found[f"timed-{number}"] != case.due
    }
    assert wrong == {}


def test_the_walk_agrees_with_the_hand() -> None:
    finite = [case for case in deadlines.BY_HAND if all(end != deadlines.FOREVER for _, end in case.pauses)]
    assert [deadlines.walked(case) for case in finite] == [case.due for case in finite]
