"""The lists of the morning meeting, counted by hand."""

from typing import Any

import duckdb
import pytest

from tests.warehouse.mounted import wall

pytestmark = pytest.mark.dbt


def rows(warehouse: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return warehouse.execute(sql).fetchall()


def test_what_is_due_stands_in_the_band_of_the_time_that_is_left(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select stream_key, stage, minutes_left, band, held_by from mart.rpt_due_soon where feed = 'mornings' "
        "and stage <> 'close' order by due_at",
    )
    assert told == [
        ("minute-over", "handle", -1, "overdue_today", "unit"),
        ("on-the-dot", "handle", 0, "overdue_today", "unit"),
        ("in-two-hours", "handle", 120, "two_hours", "unit"),
        ("tonight", "handle", 121, "today", "unit"),
        # midnight is the end of the day, not the beginning of the next
        ("at-midnight", "handle", 720, "today", "unit"),
    ]


def test_what_is_suspended_or_done_is_not_due(warehouse: duckdb.DuckDBPyConnection) -> None:
    due = rows(warehouse, "select stream_key from mart.rpt_due_soon where stage = 'contact' and feed = 'mornings'")
    assert due == []  # all were contacted at once
    [(suspended,)] = rows(
        warehouse, "select count(*) from mart.rpt_due_soon where stream_key in ('run-out', 'granted-anew')"
    )
    assert suspended == 0


def test_suspensions_and_extensions_tell_their_age_and_their_end(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select stream_key, kind, approved_org_code, asked_org_code, began_at, until_at, until_basis, ended_by, "
        "is_lasting, age_days, is_expired_not_resumed, is_deadline_moved from mart.rpt_suspension "
        "where feed = 'mornings' order by stream_key, began_at",
    )
    day = [(*row[:4], (wall(row[4]) or "")[5:], (wall(row[5]) or "")[2:], *row[6:]) for row in told]
    assert day == [
        ("extended", "extension", "CENTRE", "CREW", "10-11 09:00", "26-10-14 08:00", "deadline", None, True, 9, True,
         True),
        ("granted-anew", "suspension", None, "CREW", "10-02 08:00", "26-10-12 08:00", "told", "suspended", False, 18,
         False, True),
        ("granted-anew", "suspension", None, "CREW", "10-10 08:00", "27-10-10 08:00", "longest_allowed", None, True,
         10, False, True),
        ("resumed", "suspension", None, "CREW", "10-02 08:00", "27-10-02 08:00", "longest_allowed", "resumed", False,
         18, False, True),
        ("run-out", "suspension", "CENTRE", "CREW", "10-02 08:00", "26-10-12 08:00", "told", None, True, 18, True,
         True),
        # the disposal was late already, but the whole was held up for a day
        ("too-late", "suspension", None, "CREW", "10-05 08:00", "27-10-05 08:00", "longest_allowed", "closed", False,
         15, False, True),
        ("too-late-for-all", "suspension", None, "CREW", "09-15 08:00", "27-09-15 08:00", "longest_allowed", None,
         True, 35, False, False),
    ]  # fmt: skip


def test_a_case_that_is_tossed_about_tells_who_had_it_last(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select stream_key, returned_count, redispatched_count, shuttle_count, organisations, org_route, "
        "last_org_code, last_held_since_at from mart.rpt_shuttle where feed = 'mornings' order by stream_key",
    )
    assert [(*row[:-1], wall(row[-1])) for row in told] == [
        ("by-custody", 3, 3, 3, 3, "A > B > A > C", "C", "2026-10-01 17:00"),
        ("tossed", 3, 3, 3, 3, "A > B > A > C", "C", "2026-10-01 15:00"),
    ]


def test_a_handover_tells_both_sides_and_what_they_disagree_on(warehouse: duckdb.DuckDBPyConnection) -> None:
    told = rows(
        warehouse,
        "select reference_key, from_key, from_status, to_status, to_told_by, contradiction, contradictory_since_at, "
        "is_book_contradictory, counted_network from mart.rpt_handover order by reference_key",
    )
    assert [(*row[:6], wall(row[6]), *row[7:]) for row in told] == [
        ("CG1", "RX1", "open", "closed", "case", "closed_by_receiver_only", "2026-10-19 12:00", False,
         "city_management"),
        ("L1", "P1", "closed", "open", "book", "closed_by_giver_only", "2026-10-19 09:30", False, "hotline"),
        ("L2", "P2", "open", "closed", "book", "closed_by_receiver_only", "2026-10-19 18:00", False, "hotline"),
        ("L3", "P3", "closed", "returned", "book", "returned_to_a_closed_case", "2026-10-19 20:00", False,
         "public_security"),
        ("L4", "P4", "closed", "closed", "book", None, None, True, "hotline"),
        # the hotline has delivered until ten; what the police did later does not contradict it yet
        ("L5", "P5", "open", "open", "book", None, None, False, "hotline"),
        ("T6", None, None, "open", "book", None, None, False, "hotline"),
    ]  # fmt: skip
    [(count, counted)] = rows(warehouse, "select count(*), count(distinct handover_id) from mart.rpt_handover")
    assert count == counted == len(told)


def test_both_sides_are_compared_as_of_what_both_have_delivered(warehouse: duckdb.DuckDBPyConnection) -> None:
    [(late,)] = rows(warehouse, "select compared_at from mart.rpt_handover where reference_key = 'L5'")
    assert wall(late) == "2026-10-20 10:00"
