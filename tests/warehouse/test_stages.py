"""Each stage has its own start, stop and deadline, as data say."""

from typing import Any

import duckdb
import pytest

from tests.warehouse.mounted import wall
from tests.warehouse.stages import LIMITS

pytestmark = pytest.mark.dbt


def stages(warehouse: duckdb.DuckDBPyConnection, key: str) -> dict[str, tuple[Any, ...]]:
    """Of a case: stage -> start, due and stop as `mm-dd HH:MM`, and whether it is on time."""
    found = warehouse.execute(
        "select deadlines.stage, started_at, due_at, stopped_at, is_on_time from mart.fct_case_deadline as deadlines "
        "inner join mart.fct_case as cases using (case_id) where cases.stream_key = ? and cases.feed = 'staged'",
        [key],
    ).fetchall()
    return {
        stage: (*((wall(moment) or "")[5:] for moment in (started, due, stopped)), met)
        for stage, started, due, stopped, met in found
    }


def test_every_stage_of_a_whole_life_has_its_row(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert stages(warehouse, "whole") == {
        "accept": ("10-12 08:00", "10-12 08:15", "10-12 08:10", True),
        "pre_filing_check": ("10-12 08:12", "10-12 08:42", "10-12 08:30", True),
        "register": ("10-12 08:10", "10-12 08:25", "10-12 08:25", True),
        "dispatch": ("10-12 08:25", "10-12 08:40", "10-12 08:40", True),
        "sign": ("10-12 08:40", "10-12 09:40", "10-12 09:30", True),
        "contact": ("10-12 08:40", "10-13 08:40", "10-12 09:40", True),
        "arrive": ("10-12 08:40", "10-12 09:25", "10-12 09:20", True),
        "first_measure": ("10-12 08:40", "10-12 09:40", "10-12 09:35", True),
        "second_measure": ("10-12 09:35", "10-14 09:35", "10-13 15:00", True),
        "handle": ("10-12 08:40", "10-15 08:40", "10-13 15:00", True),
        "post_disposal_check": ("10-13 15:30", "10-13 17:30", "10-13 17:00", True),
        "close": ("10-12 08:00", "10-22 08:00", "10-14 09:00", True),
    }


def test_one_case_has_two_clocks(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = stages(warehouse, "two-stage")
    assert found["first_measure"] == ("10-12 08:05", "10-12 09:05", "10-12 09:06", False)
    assert found["second_measure"] == ("10-12 09:06", "10-14 09:06", "10-14 09:06", True)
    assert found["handle"] == ("10-12 08:05", "10-15 08:05", "10-14 09:06", True)


def test_what_comes_back_resumes_the_senders_clock_and_keeps_the_cases(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = stages(warehouse, "sent-back")
    # ten minutes were used; five are left from two o'clock, and six are taken
    assert found["dispatch"] == ("10-12 08:00", "10-12 14:05", "10-12 14:06", False)
    assert found["handle"] == ("10-12 08:10", "10-15 08:10", "", False)
    first = warehouse.execute(
        "select first_due_at, first_stopped_at, is_first_on_time, undone_count, rework_rule "
        "from mart.fct_case_deadline as deadlines inner join mart.fct_case as cases using (case_id) "
        "where cases.stream_key = 'sent-back' and deadlines.stage = 'dispatch'"
    ).fetchall()
    assert [(wall(due), wall(stopped), *rest) for due, stopped, *rest in first] == [
        ("2026-10-12 08:15", "2026-10-12 08:10", True, 1, "resume")
    ]


def test_each_disposal_is_owed_a_check_of_its_own(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = stages(warehouse, "checked-twice")
    assert found["post_disposal_check"] == ("10-12 18:00", "10-12 20:00", "10-12 20:01", False)
    assert found["handle"] == ("10-12 08:05", "10-15 08:05", "10-12 18:00", True)


def test_a_step_that_is_not_told_is_done_with_a_later_one(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = stages(warehouse, "told-shortly")
    assert found["accept"] == ("10-12 08:00", "10-12 08:15", "10-12 12:00", False)
    assert found["dispatch"][2:] == ("10-12 12:00", False)
    assert {"sign", "second_measure"}.isdisjoint(found)  # they have not begun


def test_a_stage_is_late_when_its_deadline_has_passed(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = stages(warehouse, "lies")
    assert found["accept"] == ("10-19 08:00", "10-19 08:15", "", False)
    assert found["handle"] == ("10-19 08:00", "10-22 08:00", "", None)
    [(late,)] = warehouse.execute("select is_overdue from mart.fct_case where stream_key = 'lies'").fetchall()
    assert late is False  # of the disposal and of the whole


def test_nobody_is_late_with_what_was_called_off(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert {met for *_, met in stages(warehouse, "called-off").values()} == {None}


def test_a_suspension_holds_up_only_what_was_not_done(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = stages(warehouse, "suspended-late")
    assert found["handle"] == ("10-12 08:05", "10-15 08:05", "10-13 08:00", True)
    assert found["close"] == ("10-12 08:00", "", "", None)


def test_a_rule_has_a_key_that_can_be_read(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select distinct limit_id from mart.fct_case_deadline where feed = 'staged' order by 1"
    ).fetchall()
    assert [key for (key,) in found] == sorted(f"staged/*/{stage}/*/*@2026-01-01" for stage in LIMITS)
