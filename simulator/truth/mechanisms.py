"""The core mechanisms, as a perfect office counts them from the records that were delivered.

Tables of a truth folder: whistles.csv and whistle_rates.csv. The clock is the moment up to which the feeds were read; a
limit that has not run out by then is neither kept nor missed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median_low

from simulator.truth.conditions import Judged
from simulator.truth.places import UNKNOWN, UNLOCATED
from simulator.truth.tables import write

STEPS = ("signed", "contacted", "arrived", "planned", "closed")
LIMITS = {"signed": "sign_by", "contacted": "contact_by", "closed": "close_by"}
WHISTLES = (
    "feed", "key", "whistle", "kind", "street", "org", "grid", "month", *(f"minutes_{step}" for step in STEPS),
    *(f"{step}_on_time" for step in LIMITS), "score", "is_repeat",
)  # fmt: skip
WHISTLE_RATES = ("street", "month", "whistles", "calls", "repeats", "cases", "tail")
AGAIN = timedelta(days=14)
COMPARED, ENOUGH, FAR = 4, 30, 3


def count(folder: Path, judged: Sequence[Judged], now: datetime) -> None:
    """Write the tables of the core mechanisms."""
    whistles = [one for one in judged if one.record.stream == "whistle" and one.record.opened]
    repeats = repeated(whistles)
    write(folder / "whistles.csv", WHISTLES, (_whistle(one, one.record.key in repeats, now) for one in whistles))
    write(folder / "whistle_rates.csv", WHISTLE_RATES, _whistle_rates(judged, whistles, repeats))


def month(moment: datetime) -> str:
    """The first day of its month."""
    return f"{moment:%Y-%m}-01"


def moment(text: str) -> datetime | None:
    """A moment that a record names."""
    return datetime.fromisoformat(text.replace("T", " ")) if text else None


def kept(done: datetime | None, limit: datetime | None, now: datetime) -> str:
    """Whether a step kept its limit; '' while that is open."""
    if limit is None or (done is None and limit > now):
        return ""
    return word(done is not None and done <= limit)


def word(flag: bool) -> str:
    """As the tables write it."""
    return str(flag).lower()


def repeated(whistles: Iterable[Judged]) -> set[str]:
    """Keys of the calls of a department to where the same street had called it a fortnight before or less."""
    calls: dict[tuple[str, str, str], list[tuple[datetime, str]]] = defaultdict(list)
    for one in whistles:
        record = one.record
        if record.org and one.place.grid != UNLOCATED and record.opened:
            calls[record.more["street"], record.org, one.place.grid].append((record.opened, record.key))
    return {
        key
        for told in calls.values()
        for at, key in told
        if any(timedelta(0) < at - earlier <= AGAIN for earlier, _ in told)
    }


def _whistle(one: Judged, is_repeat: bool, now: datetime) -> tuple[object, ...]:
    record, blown = one.record, one.record.at["whistle_blown"]
    done = {step: record.at.get(f"whistle_{step}") for step in STEPS}
    took = (int((at - blown).total_seconds()) // 60 if at is not None and at >= blown else "" for at in done.values())
    limits = (kept(done[step], moment(record.more[limit]), now) for step, limit in LIMITS.items())
    head = (record.feed, record.key, record.more["whistle"], record.more["kind"], record.more["street"])
    place = (record.org or UNKNOWN, one.place.grid, month(blown))
    return *head, *place, *took, *limits, record.more["score"], word(is_repeat)


def _whistle_rates(
    judged: Iterable[Judged], whistles: Sequence[Judged], repeats: set[str]
) -> Iterator[Sequence[object]]:
    """By street and month of the whistle, or of the case's report."""
    cases = Counter(
        (one.place.street, month(one.record.opened))
        for one in judged
        if one.record.stream == "case" and one.record.opened and one.place.street != UNKNOWN
    )
    numbers: dict[tuple[str, str], list[str]] = defaultdict(list)
    again: Counter[tuple[str, str]] = Counter()
    for one in whistles:
        cell = one.record.more["street"], month(one.record.at["whistle_blown"])
        numbers[cell].append(one.record.more["whistle"])
        again[cell] += one.record.key in repeats
    for when in sorted({when for _, when in cases.keys() | numbers.keys()}):
        streets = sorted({street for street, own in cases.keys() | numbers.keys() if own == when})
        rates = {
            street: len(set(numbers[street, when])) * 1_000_000 // cases[street, when]
            for street in streets
            if cases[street, when] >= ENOUGH
        }
        for street in streets:
            told = numbers[street, when]
            counted = (len(set(told)), len(told), again[street, when], cases[street, when])
            yield street, when, *counted, _tail(rates, street)


def _tail(rates: dict[str, int], street: str) -> str:
    """Where a street's rate lies against those of all: three robust deviations from their median and more is a tail."""
    if street not in rates or len(rates) < COMPARED:
        return "not_comparable"
    middle = median_low(rates.values())
    spread = median_low([abs(rate - middle) for rate in rates.values()])
    if not spread:
        return "not_comparable"
    if abs(rates[street] - middle) * 10_000 <= FAR * 14_826 * spread:
        return "usual"
    return "low" if rates[street] < middle else "high"
