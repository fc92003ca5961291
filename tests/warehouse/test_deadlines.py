"""Deadlines on all clocks, against a hand and against a walk of minutes and days."""

from collections import Counter

import duckdb
import pytest

from tests.warehouse import deadlines
from tests.warehouse.deadlines import Timed
from tests.warehouse.mounted import wall

pytestmark = pytest.mark.dbt
WORDS = {True: "yes", False: "no", None: ""}


def test_every_deadline_is_where_it_belongs(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = {
        key: (wall(due) or "", WORDS[met], WORDS[first_met])
        for key, due, met, first_met in warehouse.execute(
            "select stream_key, handle_due_at, is_handled_on_time, is_first_handled_on_time from mart.fct_case "
            "where feed = 'timed'"
        ).fetchall()
    }
    cases = deadlines.cases()
    assert len(found) == len(cases)
    wrong = {
        number: (case, found[f"timed-{number}"])
        for number, case in enumerate(cases)
        if found[f"timed-{number}"] != (case.due, case.on_time, case.first_on_time)
    }
    assert wrong == {}


def test_the_first_deadline_is_kept_beside_the_final_one(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = {
        key: (wall(due) or "", wall(first_due) or "")
        for key, due, first_due in warehouse.execute(
            "select stream_key, deadlines.due_at, first_due_at from mart.fct_case_deadline as deadlines "
            "inner join mart.fct_case as cases using (case_id) "
            "where cases.feed = 'timed' and deadlines.stage = 'handle'"
        ).fetchall()
    }
    assert found == {
        f"timed-{number}": (case.due, case.first_due or case.due) for number, case in enumerate(deadlines.cases())
    }


def test_the_table_is_as_long_as_it_should_be() -> None:
    table = deadlines.by_hand()
    assert len(table) >= 200
    assert len({(case.begins, case.limit, case.org, case.rule, case.history) for case in table}) == len(table)
    assert sum("day_count" in case.limit for case in table) >= 40
    assert all(case.reason for case in table)
    assert min(Counter(case.group for case in table).values()) >= 5


@pytest.mark.parametrize("case", deadlines.by_hand(), ids=lambda case: f"{case.group}-{case.begins}-{case.limit}")
def test_the_walk_agrees_with_the_hand(case: Timed) -> None:
    assert deadlines.walked(case) == case
