"""How long a record stays in deliveries that overlap: whatever the demand, and less where rows are missing."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from tests.watch.playing import asked, at, contract, history, workday
from watch.history import Arrival
from watch.look import look
from watch.overlap import ShortStay, short_stay

EVERY, STAYS, DAYS = 6, 24, 28  # hours between two deliveries, and that each looks back


def played(
    seed: int, kept: float = 1.0, lacking: float = 28, swings: float = 0.0
) -> tuple[list[tuple[datetime, int]], dict[int, int]]:
    """Deliveries of the last day each, and what was new by hour; from day `lacking` on only a share of rows is told."""
    random = np.random.default_rng(seed)
    level = np.exp(swings * np.convolve(random.normal(size=DAYS * 24 + 48), np.ones(48) / 7, "valid"))
    counts = random.poisson(4 * level[: DAYS * 24])
    born = np.repeat(np.arange(DAYS * 24), counts)
    known = np.zeros(len(born), dtype=bool)
    deliveries, new = [], {}
    for hour in range(EVERY, DAYS * 24 + 1, EVERY):
        inside = (born < hour) & (born >= hour - STAYS)
        if hour > lacking * 24:
            inside &= random.random(len(born)) < kept
        deliveries.append((at(hour), int(inside.sum())))
        new[int(at(hour).timestamp()) // 3600] = int((inside & ~known).sum())
        known |= inside
    return deliveries, new


def found(seed: int, until: float = 28, **changes: float) -> ShortStay | None:
    deliveries, new = played(seed, **changes)
    now = at(until * 24 + 0.1)
    known = {hour: count for hour, count in new.items() if hour * 3600 <= now.timestamp()}
    return short_stay([one for one in deliveries if one[0] <= now], known, now)


@pytest.mark.parametrize("seed", range(8))
def test_half_of_the_rows_of_each_delivery_are_missed_though_nearly_all_records_come(seed: int) -> None:
    new = played(seed, kept=0.5, lacking=21, swings=0.5)[1]
    whole = played(seed, swings=0.5)[1]
    assert sum(new.values()) > 0.95 * sum(whole.values())
    said = found(seed, kept=0.5, lacking=21, swings=0.5)
    assert said is not None
    assert 0.4 < said.hours / said.usual < 0.75
    assert at(19 * 24) < said.since < at(25 * 24)


@pytest.mark.parametrize("swings", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(8))
def test_days_of_much_and_of_little_are_no_gap(seed: int, swings: float) -> None:
    assert [found(seed, until=day, swings=swings) for day in np.arange(14, 28, 0.5)] == [None] * 28


def test_what_stands_open_is_not_called_usual_and_is_over_when_records_stay_again() -> None:
    deliveries, new = played(1, kept=0.5, lacking=13)
    now = at(28 * 24 + 0.1)
    assert short_stay(deliveries, new, now) is None  # fifteen days of it are the usual by now
    said = short_stay(deliveries, new, now, since=at(13 * 24))
    assert said is not None
    assert said.since == at(13 * 24)
    assert short_stay(*played(1), now, since=at(20 * 24)) is None


def test_deliveries_that_do_not_overlap_say_nothing() -> None:
    deliveries = [(at(24 * day), 100 if day < 21 else 50) for day in range(1, 29)]
    new = {int(moment.timestamp()) // 3600: count for moment, count in deliveries}
    assert short_stay(deliveries, new, at(28 * 24 + 1)) is None
    assert short_stay([], {}, at(1)) is None


def test_the_watch_tells_it_of_the_feed() -> None:
    deliveries, new = played(3, kept=0.5, lacking=21)
    arrivals = [Arrival(moment, count, str(number), 300.0) for number, (moment, count) in enumerate(deliveries)]
    told = history(
        arrivals, new, contract(cadence=timedelta(hours=EVERY)), outcomes=asked(range(DAYS * 24)),
    )  # fmt: skip
    said = {one.code: one for one in look(told, at(DAYS * 24 + 0.1), workday)}
    assert "24 h" in said["overlap_low"].detail
    assert said["overlap_low"].kind.severity == "alert"
