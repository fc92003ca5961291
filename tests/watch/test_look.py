"""Each thing that the watch may find, beside the same feed when nothing is wrong with it."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.watch.playing import asked, at, contract, history, hourly, office_hours, steady, workday
from watch.finding import KINDS, Finding
from watch.history import History
from watch.look import look

LIST = contract(mode="snapshot", cadence=timedelta(hours=1))
DAILY = contract(cadence=timedelta(days=1), lateness=timedelta(hours=12))
HOURS = 5 * 7 * 24


def found(told: History, now: float, **opened: Any) -> dict[str, Finding]:
    return {finding.code: finding for finding in look(told, at(now), workday, **opened)}


SOUND = history(steady(HOURS), hourly(HOURS, office_hours), outcomes=asked(range(HOURS)))


def test_a_feed_with_which_nothing_is_wrong_is_left_alone() -> None:
    assert found(SOUND, HOURS) == {}


def test_a_source_that_cannot_be_read_is_named_after_a_period_and_a_quarter() -> None:
    failing = [*asked(range(HOURS)), *asked([HOURS, HOURS + 0.2], "failed", "the source answered 503")]
    told = replace(SOUND, outcomes=failing)
    assert "source_failing" not in found(told, HOURS + 0.2)
    said = found(told, HOURS + 0.3)["source_failing"]
    assert said.since == at(HOURS)
    assert "503" in said.detail
    assert "source_failing" not in found(replace(told, outcomes=[*failing, *asked([HOURS + 0.25])]), HOURS + 0.3)


def test_a_scheduler_that_stands_still_is_named() -> None:
    assert "not_asked" not in found(SOUND, HOURS + 2)
    assert found(SOUND, HOURS + 3)["not_asked"].since == at(HOURS - 1)


def test_silence_is_measured_by_what_would_have_come() -> None:
    quiet_from = 14 * 24 + 2  # ten in the morning of a Monday
    told = history(
        steady(quiet_from), hourly(quiet_from, office_hours), outcomes=asked(range(quiet_from + 9), "unchanged")
    )
    assert "silent" not in found(told, quiet_from + 0.4)
    assert found(told, quiet_from + 1)["silent"].since == at(quiet_from - 1)
    rare = [one for number, one in enumerate(steady(HOURS)) if number % 5 in (0, 2, 3)]  # two hours between some
    told = history(rare, hourly(HOURS, lambda m: int(m.hour % 5 == 0)), outcomes=asked(range(HOURS + 9), "unchanged"))
    assert "silent" not in found(told, HOURS + 1)
    assert "silent" in found(told, HOURS + 2)


def test_a_feed_that_never_delivered_is_named_when_its_first_period_is_over() -> None:
    told = history(told=DAILY, outcomes=asked(range(0, 60), "unchanged"))
    assert "silent" not in found(told, 36)
    assert found(told, 37)["silent"].since == at(0)


def test_a_fall_is_named_with_what_is_usual_and_only_while_the_feed_is_not_silent() -> None:
    fallen = hourly(HOURS, lambda m: office_hours(m) // (2 if m.date() >= date(2026, 4, 2) else 1))
    told = replace(SOUND, new=fallen)
    said = found(told, HOURS - 30)["volume_low"]
    assert "usual are" in said.detail
    assert "同期通常" in said.detail_zh
    assert found(replace(told, arrivals=SOUND.arrivals[: HOURS - 80]), HOURS - 30).keys() == {"silent"}


def test_a_list_that_shrinks_is_named_within_half_a_day() -> None:
    """As the open list of a power company fell from sixty outages to two (counted in a real history of May 2024)."""
    by_day = [replace(one, records=50 if number % 24 < 14 else 8) for number, one in enumerate(steady(400))]
    collapsed = [replace(one, records=2) if number >= 385 else one for number, one in enumerate(by_day)]
    assert found(history(by_day, told=LIST), 400) == {}  # a night is no collapse
    assert "list_shrunk" not in found(history(collapsed[:394], told=LIST), 394)
    assert found(history(collapsed[:397], told=LIST), 397)["list_shrunk"].since == at(385)


def test_a_list_that_stands_still_is_named() -> None:
    told = steady(200)
    frozen = told + [replace(one, content=told[-1].content) for one in steady(40, begin=200)]
    assert "list_frozen" not in found(history(frozen[:211], told=LIST), 211)
    assert found(history(frozen, told=LIST), 240)["list_frozen"].since == at(199)
    empty = [replace(one, records=0) for one in frozen]
    assert "list_frozen" not in found(history(empty, told=LIST), 240)  # nothing is out, and nothing stays out


def test_columns_that_go_come_and_never_were() -> None:
    before = steady(60, empty=frozenset({"fax"}), unknown=frozenset({"objectid"}), records=10)
    after = steady(5, begin=60, empty=frozenset({"fax", "place"}), unknown=frozenset({"district"}), records=10)
    said = {(one.code, one.subject) for one in look(history(before + after), at(65), workday)}
    assert said == {
        ("column_gone", "place"), ("column_gone", "objectid"), ("column_new", "district"),
        ("column_never_filled", "fax"),
    }  # fmt: skip
    assert not look(history(before[:10] + after), at(65), workday)  # too few to say


def test_a_clock_that_jumps_is_named_with_both_its_lags() -> None:
    before = steady(100)
    hour_back = [replace(one, lag=4000.0 + number) for number, one in enumerate(steady(8, begin=100))]
    said = found(history(before + hour_back), 108)["clock_jumped"]
    assert said.since == at(100)
    assert "0.1 h old on arrival" in said.detail
    assert "1.1 h" in said.detail
    wide = [replace(one, lag=float(number % 20 * 1000)) for number, one in enumerate(steady(108))]
    assert found(history(wide), 108) == {}  # a lag that always wanders


def test_local_time_labelled_utc_shows_as_a_lag_that_never_falls_below_its_offset() -> None:
    told = [replace(one, lag=8 * 3600 + number % 9 * 400.0) for number, one in enumerate(steady(168))]
    assert "8.0 h old or older" in found(history(told), 168)["clock_offset"].detail
    assert "clock_offset" not in found(history(told, told=DAILY), 168)  # files of a day are so old by nature


def test_another_edition_of_codes_is_named() -> None:
    days = {(date(2026, 3, 2) + timedelta(days=n), "edition_2013"): 50 for n in range(14)}
    switch = {(date(2026, 3, 15), "edition_2026"): 20}
    said = look(history(code_sets=days | switch), at(14 * 24 - 9), workday)
    assert [(one.code, one.subject) for one in said] == [("code_set_changed", "edition_2026")]
    assert not look(history(code_sets=days), at(14 * 24 - 9), workday)


def test_entries_that_take_another_time_at_midnight_are_named() -> None:
    hours = dict.fromkeys(range(24), (60, 0)) | {0: (62, 26)}
    said = look(history(steady(2), redated=hours, told=LIST), at(2), workday)
    assert [(one.code, one.subject) for one in said] == [("redated", "00")]
    everywhere = dict.fromkeys(range(24), (60, 20))
    assert not look(history(steady(2), redated=everywhere, told=LIST), at(2), workday)


def test_entries_that_come_back_and_deliveries_that_wait_are_named() -> None:
    said = look(history(steady(2), returned=3, held=[at(0), at(20)], told=LIST), at(30), workday)
    assert Counter(one.code for one in said) == Counter(items_returned=1, held_waiting=1, silent=1)
    assert "1 deliveries" in next(one for one in said if one.code == "held_waiting").detail


@pytest.mark.parametrize("code", sorted(KINDS))
def test_every_kind_says_what_it_is_and_what_to_do_in_both_languages(code: str) -> None:
    kind = KINDS[code]
    assert kind.en
    assert kind.todo
    assert any("一" <= letter <= "鿿" for letter in kind.zh)
    assert any("一" <= letter <= "鿿" for letter in kind.todo_zh)
