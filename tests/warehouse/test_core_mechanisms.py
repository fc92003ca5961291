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


def test_an_order_tells_how_late_its_answer_came_and_what_relapsed(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select stream_key, matter_key, level, is_open, age_days, minutes_to_answer, minutes_late, "
        "is_answered_on_time, closed_before_at, is_relapse from mart.rpt_supervision where feed = 'orders' "
        "order by stream_key",
    )
    assert [(*row[:8], (wall(row[8]) or "")[5:], row[9]) for row in told] == [
        ("O1", "M1", "district", False, 2, 750, 0, True, "", False),
        # since eight in the morning of the 17th: three days and four hours
        ("O2", "M1", "city", True, 4, None, 4560, False, "10-06 08:00", True),
        ("O3", "D9", "unknown", False, 4, None, None, None, "", False),
        ("O4", "D9", "unknown", True, 14, 2880, 1440, False, "09-05 08:00", False),
        ("O5", None, "unknown", True, 0, None, 0, None, "", False),
    ]


def test_the_last_day_of_a_decision_or_an_application_is_in_time(warehouse: duckdb.DuckDBPyConnection) -> None:
    decided = rows(
        warehouse,
        "select stream_key, state, days_overdue, is_overdue, org_code, street_code from mart.rpt_decision "
        "where feed = 'decisions' order by stream_key",
    )
    assert decided == [
        ("D1", "open", 0, False, "Q", "T1"),
        ("D2", "open", 1, True, "Q", "T1"),
        ("D3", "done", 2, False, "Q", "T1"),
        ("D4", "dropped", 0, False, "Q", "T1"),
        ("D5", "open", None, False, "Q", "T1"),
    ]
    asked = rows(
        warehouse,
        "select stream_key, step, is_over, days_overdue, is_overdue, people, community_code from mart.rpt_application "
        "where feed = 'applications' order by stream_key",
    )
    assert asked == [
        ("A1", "reviewed", False, 1, True, 2, "C1"),
        ("A2", "paid", True, 1, False, 2, "C1"),
        ("A3", "refused", True, 0, False, 2, "C1"),
        ("A4", "opened", False, 1, True, 2, "C1"),
    ]


def test_levels_tell_how_long_matters_stayed_and_how_they_left(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select level, unit_code, stays, open_now, closed_here, passed_up, passed_down, wrong_level, dwell_seconds, "
        "dwell_p50_seconds, dwell_p90_seconds, oldest_open_seconds from mart.rpt_custody "
        "where month_on = '2026-10-01' order by level, unit_code",
    )
    hour = 3600
    assert told == [
        # of stays of two, ten and ten hours the second is the median, and the third the ninth tenth
        ("community", "C1", 4, 1, 1, 2, 0, 0, 22 * hour, 10 * hour, 10 * hour, 18 * 24 * hour),
        ("community", "C2", 20, 0, 20, 0, 0, 0, 210 * hour, 10 * hour, 18 * hour, None),
        ("street", "Q", 3, 1, 1, 0, 0, 1, 96 * hour, 24 * hour, 72 * hour, 24 * hour),
    ]


def test_a_matter_tells_its_way_and_where_it_is_stuck(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select matter_no, first_level, transfers, wrong_levels, state, level_now, unit_now, since_at, "
        "is_closed_at_lowest, is_stuck from mart.rpt_custody_matter where matter_no like 'M%' order by matter_no",
    )
    assert [(*row[:7], (wall(row[7]) or "")[5:], *row[8:]) for row in told] == [
        ("M1", "community", 2, 1, "closed", "community", "C1", "10-02 18:00", True, None),
        ("M2", "street", 0, 0, "closed", "street", "Q", "09-30 08:00", False, None),
        # two stays of a street ended: nobody can say how long is long there
        ("M3", "street", 0, 0, "held", "street", "Q", "10-19 12:00", None, None),
        ("M4", "community", 0, 0, "held", "community", "C1", "10-02 12:00", None, True),
        ("M5", "community", 0, 0, "between", "community", "C1", "10-05 08:00", None, None),
    ]


def test_a_channel_and_its_devices_tell_what_they_found_first_and_what_own_ones_missed(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    told = rows(
        warehouse,
        "select channel, device, grid_code, channel_kind, found, found_first, missed_by_own, self_fixed "
        "from mart.rpt_discovery where month_on = '2026-05-01' order by channel, device",
    )
    assert told == [
        ("电话", "none", "H", "public", 1, 1, 1, 0),
        # what is mended on the spot is no case
        ("网格巡查", "none", "H", "own", 0, 0, 0, 1),
        ("视频发现", "CAM1", "S2", "own", 2, 2, 0, 0),
        ("视频发现", "none", "S2", "own", 1, 1, 0, 0),
    ]


def test_patrols_cover_the_days_that_are_over_in_what_was_delivered(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select grid_code, patrols, patrol_seconds, noted, fixed, found, patrolled_days, grid_days "
        "from mart.rpt_patrol "
        "where month_on = '2026-06-01' and grid_code in ('H', 'I', 'S1', 'S1a') order by grid_code",
    )
    assert told == [
        # three days are over: of the second to the fourth two had a patrol
        ("H", 4, 12600, 3, 1, 1, 2, 3),
        ("I", 1, 3600, 0, 0, 0, 1, 3),
        # nobody ever walked it; what it became in October did not stand yet
        ("S1", 0, 0, 0, 0, 0, 0, 3),
    ]


def test_a_duty_tells_what_went_down_with_it_as_the_month_ended(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select duty_code, month_on, approval_document, staff_count, budget_yuan from mart.rpt_duty "
        "where duty_code like 'SW%' and month_on in ('2026-09-01', '2026-10-01') order by duty_code, month_on",
    )
    assert [(code, f"{month:%m}", *went) for code, month, *went in told] == [
        ("SW1", "09", "No. 7", 3, 120000),
        ("SW1", "10", "No. 7", 4, 120000),
        ("SW2", "09", None, None, None),
        ("SW2", "10", None, None, None),
    ]


def test_each_duty_and_grid_has_a_named_post_or_a_gap(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select duty_code, grid_code, post_basis, is_gap, split_part(post_staff_id, '@', 1), cases, accepted, "
        "accept_seconds, longest_accept_seconds from mart.rpt_duty_post where duty_code like 'SW%' "
        "and grid_code in ('A', 'Z', 'I') order by duty_code, grid_code",
    )
    assert told == [
        ("SW1", "A", "duty", False, "post-a", 3, 2, 2400, 1800),
        ("SW1", "I", "none", True, None, 0, 0, None, None),
        # who has the grid stands in, and it is a gap all the same
        ("SW1", "Z", "grid", True, "worker-z", 0, 0, None, None),
        ("SW2", "A", "duty", False, "post-a", 0, 0, None, None),
        ("SW2", "I", "none", True, None, 0, 0, None, None),
        ("SW2", "Z", "grid", True, "worker-z", 0, 0, None, None),
    ]
    [(gone,)] = rows(warehouse, "select count(*) from mart.rpt_duty_post where grid_code = 'S1'")
    assert gone == 0, "a grid that has ended"
