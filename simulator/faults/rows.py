"""Faults in single rows: a ledger with them planted, each row marked with its fault and what must become of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from simulator.faults.book import NEVER, Book
from simulator.faults.registry import FAULTS, checked
from simulator.faults.windows import window
from simulator.feeds.channel import Channel, Drop
from simulator.frames import to_gcj02
from simulator.happenings.kinds import CM_2013, CM_2026, KINDS
from simulator.ledger import Ledger
from simulator.people import person_of
from simulator.plan import DAY, HOUR, MINUTE, Plan
from simulator.truth.readings import READINGS

_BATCH = 20  # rows that a batch job stamps with one time
_GARBAGE = ("待补录", "2026-13-45 25:61:00", "昨天下午", "1899/12/30 00:00 ?")
_CRIMINAL = ("100100", "100200", "200100", "300100")  # classes that a shared feed must not hold
_KEPT_IN_COLLAPSE = 0.2
_Planter = Callable[["Book", np.random.RandomState, float], None]


def plant(plan: Plan, ledger: Ledger, channel: Channel, part: int = 0) -> Ledger:
    """The ledger with the plan's faults of rows and sources planted, in order again.

    Inputs: a ledger of sound rows, whole or of one block (then `part` is the block's number). No row has two faults.
    Raises ValueError for switches that are none.
    """
    rates = checked(plan.faults)
    reading = READINGS.get(ledger.feed)
    if not len(ledger):
        return ledger
    book = Book(plan, ledger, channel, reading)
    for name, planter in _PLANTERS.items():
        if rates.get(name) and FAULTS[name].touches(ledger.feed, reading, channel):
            planter(book, plan.stream("faults", name, ledger.feed, part), rates[name])
    return book.told()


def _repeated(book: Book, random: np.random.RandomState, rate: float) -> None:
    rows = book.hit(random, rate)
    book.add(rows, "repeated_row", book.told_at[rows])
    book.spent[rows] = True


def _late(book: Book, random: np.random.RandomState, rate: float) -> None:
    rows = book.hit(random, rate)
    wait = np.exp(np.log(3 * HOUR) + random.random_sample(len(rows)) * np.log(24)).astype(np.int64)
    told = book.told_at.copy()
    told[rows] += wait
    # what follows of the same record waits, too
    book.told_at = pd.Series(told).groupby(book.keys).cummax().to_numpy(dtype=np.int64, copy=True)
    book.mark(rows, "late_row")


def _out_of_order(book: Book, random: np.random.RandomState, rate: float) -> None:
    order = np.argsort(book.keys, kind="stable")
    follows = np.full(len(order), -1, dtype=np.int64)
    same = book.keys[order[1:]] == book.keys[order[:-1]]
    follows[order[:-1][same]] = order[1:][same]
    able = follows >= 0
    able[able] = book.free()[follows[able]] & (book.told_at[follows[able]] > book.told_at[able])
    rows = book.hit(random, rate, able)
    # never two neighbours of one record
    rows = rows[~np.isin(follows[rows], rows)]
    book.told_at[rows] = book.told_at[follows[rows]] + random.randint(1, 12 * HOUR, len(rows))
    book.mark(rows, "out_of_order")


def _corrected(book: Book, random: np.random.RandomState, rate: float) -> None:
    if not book.how.code:
        return
    rows = book.hit(random, rate, book.last)
    codes = book.column(book.how.code)
    others = codes[random.randint(0, len(codes), len(rows))]
    rows, others = rows[others != codes[rows]], others[others != codes[rows]]
    after = random.randint(HOUR, 2 * DAY, len(rows)) // MINUTE * MINUTE
    updated = book.write(book.seconds(book.how.updated, rows) + after)
    book.add(rows, "correction", book.told_at[rows] + after, {book.how.code: others, book.how.updated: updated})
    book.spent[rows] = True


def _deleted(book: Book, random: np.random.RandomState, rate: float) -> None:
    rows = book.hit(random, rate, book.last)
    after = random.randint(HOUR, 5 * DAY, len(rows))
    cells = {}
    if book.how.updated:
        cells[book.how.updated] = book.write(book.seconds(book.how.updated, rows) + after)
    book.add(rows, "deletion", book.told_at[rows] + after, cells, gone=True)
    book.spent[rows] = True


def _vanished(book: Book, random: np.random.RandomState, rate: float) -> None:
    """An open item leaves the list; what the ledger still had of it is never told."""
    rows = book.hit(random, rate)
    rows = rows[~pd.Series(book.keys[rows]).duplicated().to_numpy()]
    ends = pd.Series(book.told_at).groupby(book.keys).max().to_numpy()[book.keys[rows]]
    left = book.told_at[rows] + np.maximum(((ends - book.told_at[rows]) * 0.5).astype(np.int64), 1)
    later = np.full(book.keys.max() + 1, NEVER, dtype=np.int64)
    later[book.keys[rows]] = left
    book.told_at[book.told_at > later[book.keys]] = NEVER
    book.add(rows, "vanished_item", left, gone=True)
    book.spent[rows] = True


def _returned(book: Book, random: np.random.RandomState, rate: float) -> None:
    cadence = book.channel.cadence if isinstance(book.channel, Drop) else DAY
    gone = np.flatnonzero(book.last & book.ledger.gone & (book.told_at < NEVER))
    gone = gone[random.random_sample(len(gone)) < rate]
    back = book.told_at[gone] + cadence * random.randint(1, 4, len(gone))
    book.add(gone, "returned_item", back)
    book.add(gone, "returned_item", back + cadence, gone=True)
    if len(gone):
        book.more[-1].fault[:] = ""


def _equal(book: Book, random: np.random.RandomState, rate: float) -> None:
    able = np.flatnonzero(book.free() & book.last)
    for first in _batches(random, rate, len(able)):
        rows = able[first : first + _BATCH]
        moment = book.seconds(book.how.updated, rows).max()
        book.told_at[rows] = np.maximum(book.told_at[rows], moment)
        book.column(book.how.updated)[rows] = book.write(np.full(len(rows), moment))
        book.mark(rows, "equal_timestamps")


def _batches(random: np.random.RandomState, rate: float, count: int) -> np.ndarray:
    """Where batches begin among so many rows: apart from one another, as many as make up the rate."""
    places = np.arange(0, max(count - 1, 0), _BATCH)
    return places[random.random_sample(len(places)) < rate * len(places) * _BATCH / max(count, 1)]


def _skewed(book: Book, random: np.random.RandomState, rate: float) -> None:
    rows = book.hit(random, rate)
    shift = random.randint(-20, 21, len(rows)) * MINUTE
    book.column(book.how.updated)[rows] = book.write(book.seconds(book.how.updated, rows) + shift)
    book.mark(rows, "clock_skew")


def _false_utc(book: Book, random: np.random.RandomState, rate: float) -> None:
    rows = book.hit(random, rate)
    # a column by which an interface or a table is asked keeps its type
    typed = "" if isinstance(book.channel, Drop) else book.channel.updated
    for name in dict.fromkeys([*book.how.steps.values(), book.how.updated]):
        if name and name != typed:
            column = book.column(name)
            some = rows[book.filled(name)[rows]]
            column[some] = column[some] + "Z"
    book.mark(rows, "false_utc")


def _moved(name: str, change: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]) -> _Planter:
    """A planter that changes told places (degrees as numbers) and writes them as they were written."""

    def planter(book: Book, random: np.random.RandomState, rate: float) -> None:
        lon, lat = book.column(book.how.lon), book.column(book.how.lat)
        rows = book.hit(random, rate, book.filled(book.how.lon) & book.filled(book.how.lat))
        x, y = change(lon[rows].astype(float), lat[rows].astype(float))
        written = np.array([isinstance(value, str) for value in lon[rows]], dtype=bool)
        for column, values in ((lon, np.round(x, 6)), (lat, np.round(y, 6))):
            column[rows] = np.where(written, np.char.mod("%.6f", values).astype(object), values.astype(object))
        book.mark(rows, name)

    return planter


def _zero(book: Book, random: np.random.RandomState, rate: float) -> None:
    lon, lat = book.column(book.how.lon), book.column(book.how.lat)
    rows = book.hit(random, rate, book.filled(book.how.lon))
    written = np.array([isinstance(value, str) for value in lon[rows]], dtype=bool)
    for column in (lon, lat):
        column[rows] = np.where(written, "0", np.array(0, dtype=object))
    book.mark(rows, "zero_coordinates")


def _other_edition(book: Book, random: np.random.RandomState, rate: float) -> None:
    pairs = [(kind.codes.get(CM_2013), kind.codes.get(CM_2026)) for kind in KINDS]
    other = {old: new for old, new in pairs if old and new} | {new: old for old, new in pairs if old and new}
    codes = book.column(book.how.code)
    rows = book.hit(random, rate, np.array([str(code) in other for code in codes], dtype=bool))
    codes[rows] = [other[str(code)] for code in codes[rows]]
    book.mark(rows, "other_edition_code")


def _drifted(book: Book, random: np.random.RandomState, rate: float) -> None:
    rows = book.hit(random, rate, book.filled(book.how.state))
    column = book.column(book.how.state)
    column[rows] = column[rows].astype(str).astype(object) + "（新）"
    book.mark(rows, "enum_drift")


def _contradictory(book: Book, random: np.random.RandomState, rate: float) -> None:
    column = book.column(book.how.state)
    rows = book.hit(random, rate, book.filled(book.how.state) & ~np.isin(column.astype(str), book.how.ends))
    column[rows] = book.how.ends[0]
    book.mark(rows, "contradictory_flags")


def _impossible(book: Book, random: np.random.RandomState, rate: float) -> None:
    closed = book.how.steps["closed"]
    rows = book.hit(random, rate, book.filled(closed))
    book.column(closed)[rows] = book.write(book.seconds(book.how.began, rows) - DAY)
    book.mark(rows, "impossible_order")


def _keyless(book: Book, random: np.random.RandomState, rate: float) -> None:
    rows = book.hit(random, rate)
    book.add(rows, "missing_key", book.told_at[rows], {book.ledger.key: np.full(len(rows), "", dtype=object)})
    book.spent[rows] = True


def _unparsable(book: Book, random: np.random.RandomState, rate: float) -> None:
    rows = book.hit(random, rate)
    garbage = np.array(_GARBAGE, dtype=object)[random.randint(0, len(_GARBAGE), len(rows))]
    book.column(book.how.began)[rows] = garbage
    book.mark(rows, "unparsable_time")


def _over_supplied(book: Book, random: np.random.RandomState, rate: float) -> None:
    rows = book.hit(random, rate)
    key, code = book.ledger.key, book.how.code
    classes = np.array(_CRIMINAL, dtype=object)[random.randint(0, len(_CRIMINAL), len(rows))]
    keys = book.column(key)[rows].astype(str).astype(object) + "9"
    people = person_of(random.randint(0, 1 << 40, len(rows)))
    cells = {key: keys, code: classes, book.how.more["identity"]: people.ids}
    book.add(rows, "over_supply", book.told_at[rows], cells, secrets={"id_number": set(people.ids)})
    book.spent[rows] = True


def _quiet(book: Book, random: np.random.RandomState, rate: float) -> None:
    """An interface or a table that stands still: what changed meanwhile is there when it moves again."""
    if isinstance(book.channel, Drop):
        return
    begin, end = window(book.plan, "quiet_feed", book.ledger.feed, rate)
    rows = np.flatnonzero((book.told_at >= begin) & (book.told_at < end))
    book.told_at[rows] = end
    book.mark(rows[book.free()[rows]], "quiet_feed")


def _collapsed(book: Book, random: np.random.RandomState, rate: float) -> None:
    begin, end = window(book.plan, "volume_collapse", book.ledger.feed, rate)
    firsts = pd.Series(book.told_at).groupby(book.keys).transform("min").to_numpy()
    lost = random.random_sample(book.keys.max() + 1)[book.keys] >= _KEPT_IN_COLLAPSE
    rows = np.flatnonzero((firsts >= begin) & (firsts < end) & lost)
    book.told_at[rows] = NEVER
    book.fault[rows] = "volume_collapse"


def _swap(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return lat, lon


# in this order: what takes records away first, what changes a row in its place, what adds rows last
_PLANTERS: Mapping[str, _Planter] = {
    "volume_collapse": _collapsed,
    "quiet_feed": _quiet,
    "vanished_item": _vanished,
    "returned_item": _returned,
    "late_row": _late,
    "out_of_order": _out_of_order,
    "equal_timestamps": _equal,
    "clock_skew": _skewed,
    "false_utc": _false_utc,
    "wrong_crs": _moved("wrong_crs", to_gcj02),
    "swapped_lonlat": _moved("swapped_lonlat", _swap),
    "zero_coordinates": _zero,
    "other_edition_code": _other_edition,
    "enum_drift": _drifted,
    "contradictory_flags": _contradictory,
    "impossible_order": _impossible,
    "unparsable_time": _unparsable,
    "correction": _corrected,
    "deletion": _deleted,
    "over_supply": _over_supplied,
    "missing_key": _keyless,
    "repeated_row": _repeated,
}
