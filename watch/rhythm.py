"""The rhythm of a feed, learned from itself: how much comes at such an hour of such a day.

Expected counts are kept by kind of day (working or not) and slot of the day, newer weeks weighing more, so that they
follow the season. A fall to one half is found by Page's cumulative sum of the log-likelihood ratio of two Poisson
laws (E. S. Page, Biometrika 41, 1954), divided by the feed's own dispersion, so that a feed that leaps about by nature
has to leap further; or by a day that stays below every day before it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from watch.history import Workday

Floats = NDArray[np.float64]

KINDS_OF_DAY = 4
EXCESS = 1.5  # times the usual, above which a day teaches no more
CHI_SQUARE_MEDIAN = 0.4549  # with one degree of freedom
HOUR = 3600
DAY = 86_400
HALF_LIFE = 14.0  # days
LEAST_DAYS = 10  # of history, before anything is called usual
LEAST_COUNT = 30
PRIOR = 3.0  # an hour of its own is believed over the day's mean once it was seen so often
EVIDENCE = 6.0  # of a fall, in nats: as little as leaves one false alarm a feed in thirty days (benchmarks/watch.py)
DEEPER = 0.8  # times the lowest day that was ever learned from
FALLEN, RECOVERED = 0.7, 0.75  # of what is expected: no more since the fall began; a day's that ends it
SILENCE = 9.0  # so many were expected, and none came: e^-9 by chance
WINDOW = timedelta(days=3)  # a fall is looked for in these, or in as many as it takes a small feed to tell
LONGEST_WINDOW = timedelta(days=14)
TELLING = 100.0  # expected counts that make a window long enough


@dataclass(frozen=True)
class Fall:
    """A fall of the volume: since when, and how many came where how many were expected."""

    since: datetime
    came: int
    expected: float


@dataclass(frozen=True)
class Rhythm:
    """Counts and expectations by slot; `slots` are their begins (seconds of the epoch), each `width` seconds long."""

    width: int
    slots: NDArray[np.int64]
    counts: Floats
    expected: Floats
    dispersion: float
    lowest: float

    def expected_since(self, moment: datetime, now: datetime) -> float:
        """How many should have come from `moment` to `now`, in units that a Poisson law would have."""
        begin, end = moment.timestamp(), now.timestamp()
        share = np.clip((np.minimum(self.slots + self.width, end) - np.maximum(self.slots, begin)) / self.width, 0, 1)
        return float((share * self.expected).sum() / self.dispersion)

    def fall(self, until: datetime, since: datetime | None = None, after: datetime | None = None) -> Fall | None:
        """The fall towards one half or less that stands at the end of the last whole slot before `until`.

        `since`: one stands open since then; it is over when a day brings three quarters of what is expected. `after`:
        what lies before is not counted, because a silence ended then.
        """
        over = np.flatnonzero(self.slots + self.width <= until.timestamp())
        if not len(over):
            return None
        last, day = int(over[-1]) + 1, max(1, DAY // self.width)
        came, told = (np.concatenate([[0.0], np.cumsum(what)]) for what in (self.counts, self.expected))

        def share(begin: int, end: int) -> float:
            return float((came[end] - came[begin]) / max(told[end] - told[begin], 1e-12))

        if since is not None:
            begin = min(int(np.searchsorted(self.slots, since.timestamp())), last - 1)
            is_fallen = share(max(last - day, begin), last) < RECOVERED
        else:
            first = 0 if after is None else max(int(np.searchsorted(self.slots, after.timestamp(), "right")) - 1, 0)
            if first >= last:
                return None
            begin, is_fallen = self._evidence(first, last, share, day)
            if not is_fallen and first <= last - day and share(max(last - day, 0), last) < DEEPER * self.lowest:
                begin, is_fallen = max(last - day, 0), True  # below every day that was learned from
            # and it stands: what comes now is too little as well
            is_fallen = is_fallen and max(share(begin, last), share(max(last - max(1, day // 4), 0), last)) <= FALLEN
        if not is_fallen:
            return None
        at = datetime.fromtimestamp(int(self.slots[begin]), UTC)
        return Fall(at, round(float(came[last] - came[begin])), float(told[last] - told[begin]))

    def _evidence(self, first: int, last: int, share: Callable[[int, int], float], day: int) -> tuple[int, bool]:
        """Slot in which the newest run of evidence began, and whether it was enough at any time since then."""
        told = np.cumsum(self.expected[:last][::-1]) / self.dispersion
        enough = int(np.searchsorted(told, TELLING)) + 1
        window = min(max(int(WINDOW.total_seconds()), enough * self.width), int(LONGEST_WINDOW.total_seconds()))
        first = max(first, last - max(6, window // self.width))
        evidence, begin, found = 0.0, first, False
        for slot in range(first, last):
            if found and share(max(slot - day, begin), slot) >= RECOVERED:
                evidence, found = 0.0, False
            if evidence <= 0 and not found:
                evidence, begin = 0.0, slot
            evidence += (self.expected[slot] / 2 - self.counts[slot] * np.log(2)) / self.dispersion
            found = found or evidence >= EVIDENCE
        return begin, found


def slot_width(cadence: timedelta) -> int:
    """Seconds of a slot: an hour, or as much of a day as the cadence, or whole days."""
    seconds = int(cadence.total_seconds())
    if seconds > DAY:
        return -(-seconds // DAY) * DAY
    return next(hours * HOUR for hours in (1, 2, 3, 4, 6, 8, 12, 24) if hours * HOUR >= seconds)


def learn(
    new: Mapping[int, int], width: int, now: datetime, zone: str, workday: Workday, since: datetime | None = None
) -> Rhythm | None:
    """The rhythm that counts by hour of the epoch show, or None where there is too little of it.

    `width`: of a slot, seconds; the slots are those of the local day (`zone`). `since`: from here on something is wrong
    with the feed, and nothing is learned; by default the last days, which are judged, teach nothing either.
    """
    hours = np.array(sorted(hour for hour in new if hour * HOUR < now.timestamp()), dtype=np.int64)
    if not len(hours):
        return None
    local = ZoneInfo(zone)
    offset = int((now.astimezone(local).utcoffset() or timedelta()).total_seconds())
    # what came first is a history, not a rhythm: the slot after it is the first to count
    start = (int(hours[0]) * HOUR + offset) // width * width - offset + width
    slots = np.arange(start, int(now.timestamp()), width, dtype=np.int64)
    if len(slots) < 2:
        return None
    counts = np.zeros(len(slots))
    for hour in hours:
        slot = (int(hour) * HOUR - start) // width
        if slot >= 0:
            counts[slot] += new[int(hour)]
    days, places = np.divmod(slots + offset, DAY)
    kinds = np.zeros(len(slots), dtype=np.int64)
    if width <= DAY:
        known = {int(day): _kind(date(1970, 1, 1) + timedelta(days=int(day)), workday) for day in set(days)}
        kinds = np.array([known[int(day)] for day in days], dtype=np.int64)
    slots_a_day = DAY // min(width, DAY)
    cells = kinds * slots_a_day + (places // width if width <= DAY else 0)
    guard = max(WINDOW, timedelta(seconds=3 * width)) if since is None else now - since + timedelta(days=1)
    learned = slots + width <= (now - guard).timestamp()
    if learned.sum() * width < LEAST_DAYS * DAY or counts[learned].sum() < LEAST_COUNT or learned.sum() < 6:
        return None
    capped = _capped(counts, kinds, days if width <= DAY else slots, cells, learned)
    weights = np.where(learned, 0.5 ** ((slots.max() - slots) / DAY / HALF_LIFE), 0.0)
    expected = _expected(capped, cells, slots_a_day, weights)
    dispersion = _dispersion(capped, expected, days, learned)
    return Rhythm(width, slots, counts, expected, dispersion, _lowest(counts, expected, slots_a_day, learned))


def _kind(day: date, workday: Workday) -> int:
    """0 to 3: a day of rest or of work, after a day of rest or of work. What is told of a day may come on the next."""
    return 2 * int(workday(day)) + int(workday(day - timedelta(days=1)))


def _capped(
    counts: Floats,
    kinds: NDArray[np.int64],
    days: NDArray[np.int64],
    cells: NDArray[np.int64],
    learned: NDArray[np.bool_],
) -> Floats:
    """Counts without the excess of single days and slots: a storm, or a history sent again, teaches nothing."""
    _, first, day = np.unique(days, return_index=True, return_inverse=True)
    totals, kind = np.bincount(day, counts), kinds[first]
    taught = np.bincount(day, learned) > 0
    most = np.full(len(totals), np.inf)
    for one in np.unique(kind):
        here = (kind == one) & taught
        if here.any():
            most[kind == one] = EXCESS * np.median(totals[here]) + 5
    capped: Floats = counts * np.minimum(1.0, most / np.maximum(totals, 1))[day]
    for cell in np.unique(cells):
        here = cells == cell
        if (here & learned).any():
            capped[here] = np.minimum(capped[here], 4 * np.median(counts[here & learned]) + 8)
    return capped


def _expected(counts: Floats, cells: NDArray[np.int64], slots_a_day: int, weights: Floats) -> Floats:
    """The weighted mean of each cell, drawn to the level of its kind of day times the shape of days of its sort."""
    size = KINDS_OF_DAY * slots_a_day
    total, seen = (np.bincount(cells, what, size).reshape(2, 2, -1) for what in (weights * counts, weights))
    by_kind, by_sort = _mean(total.sum(2), seen.sum(2)), _mean(total.sum((1, 2)), seen.sum((1, 2)))
    level = np.where(seen.sum(2) > 0, by_kind, by_sort[:, None])
    shape = _mean(total.sum(1), seen.sum(1)) / np.maximum(by_sort, 1e-12)[:, None]
    prior = level[:, :, None] * shape[:, None, :]
    worth = 1 / weights.max()  # weights fade with age: so many slots are they worth
    expected: Floats = ((total * worth + PRIOR * prior) / (seen * worth + PRIOR)).ravel()[cells]
    return expected


def _mean(total: Floats, seen: Floats) -> Floats:
    mean: Floats = total / np.maximum(seen, 1e-12)
    return mean


def _dispersion(counts: Floats, expected: Floats, days: NDArray[np.int64], learned: NDArray[np.bool_]) -> float:
    """How much wider than a Poisson law the counts fall short of what is expected, by slot or by day; 1 at least.

    Only what falls short: a feed that now and then has many more does not have fewer for it.
    """
    _, day = np.unique(days[learned], return_inverse=True)
    came, told = (np.bincount(day, what[learned]).astype(np.float64) for what in (counts, expected))
    whole = slice(1, -1) if len(came) > 4 else slice(None)
    return max(1.0, _short(counts[learned], expected[learned]), _short(came[whole], told[whole]))


def _short(counts: Floats, expected: Floats) -> float:
    """The median of the squared shortfalls, as a multiple of that of a Poisson law: single bad days do not widen it."""
    below = (counts < expected) & (expected > 0.5)
    if not below.any():
        return 1.0
    return float(np.median(((counts - expected) ** 2 / np.maximum(expected, 0.5))[below])) / CHI_SQUARE_MEDIAN


def _lowest(counts: Floats, expected: Floats, slots_a_day: int, learned: NDArray[np.bool_]) -> float:
    """The least that any 24 hours brought, as a share of what was expected of them."""
    came, told = (np.concatenate([[0.0], np.cumsum(what[learned])]) for what in (counts, expected))
    if len(came) <= slots_a_day:
        return 0.0
    shares = (came[slots_a_day:] - came[:-slots_a_day]) / np.maximum(told[slots_a_day:] - told[:-slots_a_day], 1e-12)
    return float(shares.min())
