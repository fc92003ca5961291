"""The clock of working time, asked with the SQL of the models: it adds up over any cut, as a walk of minutes does."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.warehouse import deadlines
from tests.warehouse.mounted import OFFSET

pytestmark = pytest.mark.dbt
FIRST, LAST = datetime(2026, 9, 18), datetime(2026, 11, 20)
SPAN = int((LAST - FIRST).total_seconds())
SECONDS = st.lists(st.integers(0, SPAN), min_size=2, max_size=8).map(sorted)


class Clock:
    """What the clock of a schedule reads, by the compiled model int_clock_reading over the calendar that was built."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection, manifest: dict[str, Any]) -> None:
        self.connection = warehouse.cursor()
        node = manifest["nodes"]["model.onegrid.int_clock_reading"]
        self.sql = node["compiled_code"]
        for model, asked in (("int_case_limit", "temp.asked"), ("int_case_pause", "temp.paused")):
            name = manifest["nodes"][f"model.onegrid.{model}"]["relation_name"]
            assert name in self.sql
            self.sql = self.sql.replace(name, asked)
        self.connection.execute(
            "create temp table asked (schedule_code varchar, started_at timestamp, is_work_clock boolean, "
            "day_rule varchar)"
        )
        self.connection.execute(
            "create temp table paused as select schedule_code, started_at as paused_from_at, "
            "started_at as paused_to_at, is_work_clock, day_rule from asked"
        )

    def readings(self, asked: Iterable[tuple[str, datetime]]) -> dict[tuple[str, datetime], int]:
        """Schedule and UTC moment -> working seconds since the calendar began."""
        self.connection.execute("delete from temp.asked")
        self.connection.executemany(
            "insert into temp.asked values (?, ?, true, 'rolling')", [list(one) for one in asked]
        )
        return {
            (schedule, moment): reading for schedule, moment, reading in self.connection.execute(self.sql).fetchall()
        }


@pytest.fixture(scope="module")
def clock(warehouse: duckdb.DuckDBPyConnection, manifest: dict[str, Any]) -> Clock:
    return Clock(warehouse, manifest)


def walked(org: str, since: datetime, until: datetime) -> int:
    """Working seconds between two wall times, minute after minute."""
    seconds = 0
    minute = since.replace(second=0)
    while minute < until:
        of_day = minute.hour * 60 + minute.minute
        shifts = deadlines.shifts(org, minute.date())
        if deadlines.is_worked(minute.date()) and any(begin <= of_day < end for begin, end in shifts):
            after = minute + timedelta(minutes=1)
            seconds += int((min(after, until) - max(minute, since)).total_seconds())
        minute += timedelta(minutes=1)
    return seconds


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(org=st.sampled_from(sorted(deadlines.HOURS)), cuts=SECONDS)
def test_working_seconds_add_up_over_any_cut(clock: Clock, org: str, cuts: list[int]) -> None:
    moments = [FIRST + timedelta(seconds=second) for second in cuts]
    read = clock.readings((org, moment - OFFSET) for moment in set(moments))
    pieces = [
        (before, after, read[org, after - OFFSET] - read[org, before - OFFSET]) for before, after in pairwise(moments)
    ]
    for before, after, seconds in pieces:
        assert 0 <= seconds <= (after - before).total_seconds()
        assert seconds == walked(org, before, after)
    assert sum(seconds for *_, seconds in pieces) == walked(org, moments[0], moments[-1])


def test_the_clock_has_run_just_so_far_when_a_limit_is_due(warehouse: duckdb.DuckDBPyConnection, clock: Clock) -> None:
    rows = warehouse.execute(
        "select schedule_code, started_at, due_at, total_seconds + pause_seconds from mart.fct_case_deadline "
        "where limit_unit like 'work%' and day_rule = 'rolling' and due_at is not null"
    ).fetchall()
    assert len(rows) > 200
    read = clock.readings({(schedule, moment) for schedule, *moments, _ in rows for moment in moments})
    for schedule, started, due, seconds in rows:
        assert read[schedule, due] - read[schedule, started] == seconds
        # the first such moment: a second earlier it had not run so far
    earlier = clock.readings({(schedule, due - timedelta(seconds=1)) for schedule, _, due, _ in rows})
    for schedule, _, due, _ in rows:
        assert earlier[schedule, due - timedelta(seconds=1)] == read[schedule, due] - 1
