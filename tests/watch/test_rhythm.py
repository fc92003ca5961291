"""What is usual is learned from the feed itself: by hour, by kind of day, with the holidays of the calendar."""

from datetime import datetime, timedelta

import pytest

from tests.watch.playing import ZONE, at, hourly, office_hours, workday
from watch.rhythm import DAY, HOUR, learn, slot_width

WEEKS = 5 * 7 * 24


def test_the_hours_of_the_day_and_the_kinds_of_day_have_their_own_counts() -> None:
    rhythm = learn(hourly(WEEKS, office_hours), HOUR, at(WEEKS), ZONE, workday)
    assert rhythm is not None
    by_slot = dict(zip(rhythm.slots.tolist(), rhythm.expected.tolist(), strict=True))
    friday = at(4 * 24 + 3 * 7 * 24).timestamp() + 2 * HOUR  # ten in the morning in the fourth week
    assert by_slot[friday] == pytest.approx(40, rel=0.15)
    assert by_slot[friday + DAY] == pytest.approx(6, rel=0.4)  # Saturday, same hour
    assert by_slot[friday + 12 * HOUR] == pytest.approx(6, rel=0.4)


def test_a_holiday_is_expected_to_be_quiet_and_is_no_fall() -> None:
    qing_ming = (datetime(2026, 4, 6, 18) - datetime(2026, 3, 2, 8)) // timedelta(hours=1)  # a Monday off
    counts = hourly(qing_ming, office_hours)
    with_calendar = learn(counts, HOUR, at(qing_ming), ZONE, workday)
    assert with_calendar is not None
    assert with_calendar.fall(at(qing_ming)) is None
    without = learn(counts, HOUR, at(qing_ming), ZONE, lambda day: day.weekday() < 5)
    assert without is not None
    assert without.fall(at(qing_ming)) is not None


@pytest.mark.parametrize(("share", "within"), [(0.5, 24), (0.25, 12), (0.0, 6)])
def test_a_fall_is_found_the_sooner_the_deeper_it_is(share: float, within: int) -> None:
    falls = WEEKS - 100  # in the midst of office hours
    counts = hourly(WEEKS, office_hours)
    begins = int(at(falls).timestamp()) // HOUR
    fallen = {hour: int(count * share) if hour >= begins else count for hour, count in counts.items()}
    for hours in range(1, 48):
        rhythm = learn(fallen, HOUR, at(falls + hours), ZONE, workday)
        found = rhythm.fall(at(falls + hours)) if rhythm else None
        if found is not None:
            break
    assert found is not None
    assert hours <= within
    assert abs((found.since - at(falls)).total_seconds()) <= 6 * HOUR
    assert found.came <= 0.7 * found.expected


def test_a_fall_that_stands_open_teaches_nothing_and_is_over_with_the_usual() -> None:
    begins, ends = int(at(WEEKS).timestamp()) // HOUR, int(at(WEEKS + 20 * 24).timestamp()) // HOUR
    counts = hourly(WEEKS + 25 * 24, office_hours)
    fallen = {hour: count // 3 if begins <= hour < ends else count for hour, count in counts.items()}
    late = at(WEEKS + 19 * 24)
    rhythm = learn(fallen, HOUR, late, ZONE, workday, since=at(WEEKS))
    assert rhythm is not None
    assert rhythm.fall(late, at(WEEKS)) is not None  # after nineteen days it is still not the usual
    well = at(WEEKS + 22 * 24)
    rhythm = learn(fallen, HOUR, well, ZONE, workday, since=at(WEEKS))
    assert rhythm is not None
    assert rhythm.fall(well, at(WEEKS)) is None


def test_too_little_history_says_nothing() -> None:
    assert learn(hourly(9 * 24, office_hours), HOUR, at(9 * 24), ZONE, workday) is None
    assert learn({}, HOUR, at(WEEKS), ZONE, workday) is None
    few = hourly(WEEKS, lambda moment: int(moment.hour == 3 and moment.day == 1))
    assert learn(few, HOUR, at(WEEKS), ZONE, workday) is None


def test_a_history_that_was_sent_again_is_not_taken_for_the_usual() -> None:
    counts = hourly(WEEKS, office_hours)
    counts[int(at(WEEKS - 10 * 24).timestamp()) // HOUR] = 50_000
    rhythm = learn(counts, HOUR, at(WEEKS), ZONE, workday)
    assert rhythm is not None
    assert rhythm.expected.max() < 60
    assert rhythm.fall(at(WEEKS)) is None


@pytest.mark.parametrize(
    ("cadence", "hours"), [("PT10M", 1), ("PT1H", 1), ("PT5H", 6), ("PT12H", 12), ("P1D", 24), ("P3DT12H", 96)]
)
def test_slots_are_as_wide_as_the_cadence(cadence: str, hours: int) -> None:
    spans = {"PT10M": 1 / 6, "PT1H": 1, "PT5H": 5, "PT12H": 12, "P1D": 24, "P3DT12H": 84}
    assert slot_width(timedelta(hours=spans[cadence])) == hours * HOUR
