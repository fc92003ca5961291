"""What truly happens: incidents with a kind, a moment and a place, made block by block of days.

A recurrence or a sibling belongs to the block of the incident that it follows, even when it happens in a later one:
so every block can be made alone, in any order and in any process.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from simulator.happenings.kinds import KINDS
from simulator.happenings.noise import LEVELS
from simulator.places.components import component_of
from simulator.places.district import District
from simulator.places.places import Places
from simulator.plan import DAY, HOUR, Plan

IDS_A_BLOCK = 4_000_000
INCIDENTS_A_BLOCK = 100_000  # about; a block is one day at least and thirty at most
HEATING = ((10, 15), (4, 15))  # first and last day (month, day) of the district's heating season
_HOURS = {  # chance of each hour of the day, before it is brought to one
    "day": [0, 0, 0, 0, 0, 0, 1, 3, 6, 7, 7, 5, 3, 4, 6, 6, 5, 4, 2, 1, 1, 0, 0, 0],
    "evening": [0, 0, 0, 0, 0, 0, 2, 2, 1, 1, 1, 2, 2, 1, 1, 2, 4, 7, 8, 8, 6, 4, 2, 1],
    "night": [5, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 3, 4, 7, 9, 8],
    "any": [2, 1, 1, 1, 1, 2, 4, 6, 7, 6, 6, 5, 5, 5, 5, 5, 6, 7, 7, 6, 6, 5, 4, 3],
}
_LASTS_HOURS = {"acute": 6.0, "persistent": 72.0, "outage": 5.0}
_STORM_CHANCE = {6: 0.12, 7: 0.18, 8: 0.16, 9: 0.08, 10: 0.05, 11: 0.04}  # by month; 0.02 in the others
_WEEKEND = 0.8


@dataclass(frozen=True)
class Incidents:
    """Column-wise incidents in order of time.

    id: unique in the world. kind: index into KINDS. at: second of the world's clock. ended_at: when it truly was over,
    -1 for never. recurrence_of, sibling_of: id of the earlier one, -1. component: its code, '' where none is touched.
    """

    id: np.ndarray
    kind: np.ndarray
    at: np.ndarray
    ended_at: np.ndarray
    places: Places
    recurrence_of: np.ndarray
    sibling_of: np.ndarray
    component: np.ndarray
    storm: np.ndarray

    def __len__(self) -> int:
        return len(self.id)

    def take(self, chosen: np.ndarray) -> Incidents:
        """The incidents at these positions (or under a mask), in this order."""
        columns = {part.name: getattr(self, part.name)[chosen] for part in fields(self) if part.name != "places"}
        return Incidents(places=self.places.take(chosen), **columns)

    @staticmethod
    def joined(parts: list[Incidents]) -> Incidents:
        """Several tables as one, in order."""
        names = [part.name for part in fields(Incidents) if part.name != "places"]
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return Incidents(places=Places.joined([part.places for part in parts]), **columns)


def block_days(plan: Plan) -> int:
    """Days a block."""
    return int(np.clip(INCIDENTS_A_BLOCK // plan.incidents_a_day, 1, 30))


def blocks(plan: Plan) -> range:
    """The numbers of the plan's blocks."""
    return range(-(-plan.days // block_days(plan)))


def days_of(plan: Plan, block: int) -> tuple[int, int]:
    """First day of a block, and the day after its last."""
    size = block_days(plan)
    return block * size, min((block + 1) * size, plan.days)


def storms(plan: Plan) -> np.ndarray:
    """Whether each day of the plan has a storm."""
    roll = plan.stream("weather").random_sample(plan.days)
    chance = np.array([_STORM_CHANCE.get(plan.day_of(day * DAY).month, 0.02) for day in range(plan.days)])
    return roll < chance


def happen(plan: Plan, district: District, block: int) -> Incidents:
    """The incidents whose beginnings, or whose forerunners' beginnings, lie in a block of days."""
    noise, random = LEVELS[plan.noise], plan.stream("incidents", block)
    first, last = days_of(plan, block)
    expected = _expected(plan, first, last) * (1 - noise.recurrence - noise.sibling)
    counts = random.poisson(expected)
    day, kind = (index.astype(np.int64) for index in np.nonzero(counts))
    times = counts[day, kind]
    day, kind = np.repeat(day + first, times), np.repeat(kind, times)
    at = day * DAY + _hours(random, kind) * HOUR + random.randint(0, HOUR, len(kind))
    base = Incidents(
        id=np.full(len(kind), -1, dtype=np.int64),
        kind=kind.astype(np.int16),
        at=at,
        ended_at=at,
        places=district.scatter(random, len(kind)),
        recurrence_of=np.full(len(kind), -1, dtype=np.int64),
        sibling_of=np.full(len(kind), -1, dtype=np.int64),
        component=np.full(len(kind), "", dtype=object),
        storm=storms(plan)[day],
    )
    base = _numbered(base.take(np.argsort(at, kind="stable")), block * IDS_A_BLOCK)
    share = 1 - noise.recurrence - noise.sibling
    again = _again(base, random, noise.recurrence / share, noise.recurrence_days)
    beside = _beside(base, district, random, noise.sibling / share, noise.sibling_m)
    following = Incidents.joined([again, beside])
    following = following.take(np.argsort(following.at, kind="stable"))
    following = _numbered(following, block * IDS_A_BLOCK + len(base))
    every = Incidents.joined([base, following])
    every = every.take(np.flatnonzero((every.at >= 0) & (every.at < plan.end)))
    every = every.take(np.lexsort((every.id, every.at)))
    named = np.array([one.component for one in KINDS], dtype=object)[every.kind]
    lasts = np.array([_LASTS_HOURS[one.span] for one in KINDS])[every.kind] * HOUR
    ended = every.at + (lasts * np.exp(random.standard_normal(len(every)) * 0.7 - 0.2)).astype(np.int64)
    never = random.random_sample(len(every)) < 0.01
    return replace(
        every,
        ended_at=np.where(never, -1, ended),
        component=component_of(every.places, named, random),
    )


def _expected(plan: Plan, first: int, last: int) -> np.ndarray:
    """Mean number of incidents by day and kind; a year's mean over all days is the plan's."""
    weight = np.array([kind.weight for kind in KINDS])
    stormy = storms(plan)
    rows = []
    for day in range(first, last):
        today = plan.day_of(day * DAY)
        season = np.array([_season(kind.season, today.month, today.day) for kind in KINDS])
        storm = np.array([kind.storm if stormy[day] else 1.0 for kind in KINDS])
        weekend = np.array([_WEEKEND if today.weekday() >= 5 and kind.hours == "day" else 1.0 for kind in KINDS])
        rows.append(weight * season * storm * weekend)
    return np.array(rows).reshape(-1, len(KINDS)) * plan.incidents_a_day / weight.sum()


def _season(season: str, month: int, day: int) -> float:
    cold = month in (11, 12, 1, 2, 3)
    heated = (month, day) >= HEATING[0] or (month, day) <= HEATING[1]
    return {
        "": 1.0,
        "warm": 1.5 if 5 <= month <= 9 else 0.65,
        "cold": 1.6 if cold else 0.6,
        "rain": 1.8 if 6 <= month <= 9 else 0.6,
        "heating": 2.0 if heated else 0.02,
    }[season]


def _hours(random: np.random.RandomState, kind: np.ndarray) -> np.ndarray:
    weights = np.array([_HOURS[one.hours] for one in KINDS], dtype=float)
    ladder = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    roll = random.random_sample(len(kind))
    # the ladders one after another, each one up: one search for all
    flat = (ladder + np.arange(len(KINDS))[:, None]).ravel()
    return np.minimum(np.searchsorted(flat, roll + kind, side="right") - kind * 24, 23)


def _numbered(incidents: Incidents, first: int) -> Incidents:
    return replace(incidents, id=first + np.arange(len(incidents), dtype=np.int64))


def _again(base: Incidents, random: np.random.RandomState, chance: float, days: tuple[int, int]) -> Incidents:
    """The same kind at the same place, days later."""
    chosen = np.flatnonzero(random.random_sample(len(base)) < chance)
    later = base.take(chosen)
    gap = random.randint(days[0] * DAY, days[1] * DAY, len(chosen))
    return replace(later, at=later.at + gap, recurrence_of=later.id, id=np.full(len(chosen), -1, dtype=np.int64))


def _beside(
    base: Incidents, district: District, random: np.random.RandomState, chance: float, metres: tuple[float, float]
) -> Incidents:
    """Another of the same kind close by, within a day."""
    chosen = np.flatnonzero(random.random_sample(len(base)) < chance)
    other = base.take(chosen)
    places = district.near(other.places, random, *metres)
    at = other.at + random.randint(-DAY, DAY, len(chosen))
    return replace(other, at=at, places=places, sibling_of=other.id, id=np.full(len(chosen), -1, dtype=np.int64))
