"""What the gate found is data: how often, since when, whether it stands open; and who decided otherwise, and why."""

import duckdb
import pytest

from tests.warehouse.mounted import wall

pytestmark = pytest.mark.dbt


def test_each_check_that_was_broken_says_since_when_and_whether_it_stands_open(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    rows = warehouse.execute(
        "select check_code, severity, broken_landings, waiting_landings, first_seen_at, last_seen_at, "
        "last_observed_millionths, is_open, open_since from mart.dq_gate_check where feed = 'judged'"
    ).fetchall()
    found = {row[0]: (*row[1:4], wall(row[4]), wall(row[5]), *row[6:8], wall(row[8])) for row in rows}
    assert found == {
        # the newest delivery breaks it, and so did the one before: open since the first of the two
        "unknown_share": ("warn", 3, 0, "2026-09-28 08:00", "2026-10-01 08:00", 300_000, True, "2026-09-30 20:00"),
        # mended
        "closed_early": ("warn", 1, 0, "2026-09-28 08:00", "2026-09-28 08:00", 3_000_000, False, None),
        # what it held was let through by a person
        "rejected_share:hold": ("hold", 1, 0, "2026-09-29 20:00", "2026-09-29 20:00", 400_000, False, None),
        # what it held still waits
        "too_few_records": ("hold", 1, 1, "2026-09-30 08:00", "2026-09-30 08:00", 1_000_000, True, None),
    }


def test_the_trend_has_a_row_for_each_day_on_which_a_check_was_broken(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select strftime(local_day, '%m-%d'), judged_landings, broken_landings, worst_observed_millionths "
        "from mart.dq_gate_check_day where feed = 'judged' and check_code = 'unknown_share' order by local_day"
    ).fetchall()
    assert rows == [("09-28", 1, 1, 200_000), ("09-30", 2, 1, 100_000), ("10-01", 1, 1, 300_000)]


def test_a_person_s_decision_stands_with_who_and_why(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select verdict, given_by, why, is_last from mart.dq_verdict where feed = 'judged' and landing_id in "
        "(select landing_id from mart.dq_verdict where is_by_person) order by seq"
    ).fetchall()
    assert rows == [("held", "gate", "", False), ("released", "data bureau", "a storm", True)]


def test_a_finding_of_the_watch_says_since_when_it_was_told_and_when_it_was_over(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    rows = warehouse.execute(
        "select feed, network, code, subject, since_at, found_at, told_at, over_at, is_open from mart.dq_watch "
        "order by feed, seq"
    ).fetchall()
    assert [(*row[:4], *(wall(at) for at in row[4:8]), row[8]) for row in rows] == [
        ("judged", "judged", "silent", "", "2026-09-18 08:00", "2026-09-20 08:00", "2026-09-20 08:01",
         "2026-09-21 08:00", False),
        ("judged", "judged", "column_gone", "place", "2026-09-19 08:00", "2026-09-20 09:00", None, None, True),
        # it came back: a finding of its own, that nobody was told of yet
        ("judged", "judged", "silent", "", "2026-09-24 08:00", "2026-09-25 08:00", None, None, True),
        ("warehouse", "warehouse", "task_failed", "publish", "2026-09-25 08:00", "2026-09-25 08:00", None, None, True),
    ]  # fmt: skip
