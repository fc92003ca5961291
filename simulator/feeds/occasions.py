"""Occasions that communities and offices make by themselves: on which day, where, at which hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from simulator.feeds.cases import register
from simulator.feeds.chance import Chance
from simulator.feeds.versions import Versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR, MINUTE

_HOURS = (9, 10, 11, 14, 15, 16)


@dataclass(frozen=True)
class Occasions:
    """Entry i of each array is occasion i.

    ids: whole numbers, not below 0. at: second of the world's clock. community: 12-digit code. street: 9-digit code.
    office: code of the street's own office.
    """

    ids: np.ndarray
    at: np.ndarray
    community: np.ndarray
    street: np.ndarray
    office: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, chosen: np.ndarray) -> Occasions:
        """Those at positions, or under a mask."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in self.__dataclass_fields__})


def occasions(block: Block, chance: Chance, name: str, rate: float, round_the_clock: bool = False) -> Occasions:
    """The occasions of a block.

    Inputs: what they are called (others of the same feed are drawn apart); how many a community and working day; or at
    any hour of any day.
    """
    communities, streets = block.district.communities, block.district.streets
    days = np.arange(block.first_day, block.last_day, dtype=np.int64)
    if not round_the_clock:
        days = days[[block.plan.day_of(int(day) * DAY).weekday() < 5 for day in days]]
    ids = (days[:, None] * len(communities) + np.arange(len(communities))).ravel()
    ids = ids[chance.roll(ids, name) < rate]
    place = ids % len(communities)
    street = communities["street"].to_numpy()[place]
    hour = chance.whole(ids, f"{name} hour", 0, 24) if round_the_clock else chance.pick(ids, f"{name} hour", _HOURS)
    at = ids // len(communities) * DAY + hour.astype(np.int64) * HOUR
    return Occasions(
        ids=ids,
        at=at + chance.whole(ids, f"{name} minute", 0, 60) * MINUTE,
        community=communities["code12"].to_numpy(dtype=object)[place],
        street=streets["code9"].to_numpy(dtype=object)[street],
        office=np.array([f"ST{number + 1:02d}" for number in range(len(streets))], dtype=object)[street],
    )


def whole_minutes(since: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Seconds `after` (any number) these moments, cut to the minute; at least one minute."""
    return since + np.maximum(np.asarray(after).astype(np.int64) // MINUTE, 1) * MINUTE


def entries(
    feed: str,
    columns: tuple[str, ...],
    known: Versions,
    fixed: Mapping[str, np.ndarray],
    moving: Mapping[str, np.ndarray],
    incident: np.ndarray | None = None,
) -> Ledger:
    """A ledger of all these columns, texts alone; a kind of entry leaves those empty that it does not have."""
    count, versions = len(known.steps[next(iter(known.steps))]), len(known)
    left = [name for name in columns if name not in fixed and name not in moving]
    return register(
        feed,
        known,
        {**fixed, **{name: np.full(count, "", dtype=object) for name in left}},
        {name: np.broadcast_to(np.asarray(values, dtype=object), versions) for name, values in moving.items()},
        columns,
        incident=np.full(count, -1, dtype=np.int64) if incident is None else incident,
        secrets={},
    )


def counted(values: np.ndarray) -> np.ndarray:
    """Whole numbers as texts."""
    return np.asarray(values).astype(np.int64).astype(str).astype(object)
