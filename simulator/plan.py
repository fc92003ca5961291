"""What to simulate: one frozen plan decides every byte."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import numpy as np

MINUTE, HOUR, DAY = 60, 3_600, 86_400
ZONE_HOURS = 8  # the district lives by UTC+8 the year round (Asia/Shanghai since 1992)
NETWORKS = (
    "public_security",
    "city_management",
    "water",
    "power",
    "gas",
    "heat",
    "governance_centre",
    "hotline",
)


@dataclass(frozen=True)
class Plan:
    """A district, a span of days and what goes wrong.

    `begins` is the local day whose midnight is second 0 of the world's clock (seconds, UTC+8). `incidents_a_day` is a
    mean. `noise` names a level of simulator.happenings.noise; `purpose` picks its seed: what is developed on one set is
    scored on another. `faults` maps names of simulator.faults to rates. Raises ValueError outside the ranges.
    """

    seed: int = 7
    begins: date = date(2026, 10, 5)
    days: int = 30
    grids: int = 30
    incidents_a_day: int = 60
    noise: Literal["low", "middle", "high"] = "middle"
    purpose: Literal["develop", "score"] = "develop"
    faults: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ranges = {"grids": (30, 5_000), "days": (1, 1_500), "incidents_a_day": (1, 200_000)}
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} must lie between {low} and {high}, not {getattr(self, name)}")

    @property
    def start(self) -> np.datetime64:
        """Second 0 of the world's clock, as a naive local time."""
        return np.datetime64(self.begins.isoformat() + "T00:00:00")

    @property
    def end(self) -> int:
        """The last second of the world's clock, exclusive."""
        return self.days * DAY

    @property
    def founded(self) -> str:
        """Local day from which all that stands at the beginning holds."""
        return f"{self.begins.year:04d}-01-01"

    @property
    def edition_day(self) -> int:
        """Day (0 is the first) from which city management writes the codes of 2026; before it, those of 2013."""
        return max(1, self.days * 3 // 5)

    def day_of(self, moment: int) -> date:
        """Local day of a moment of the world's clock (seconds)."""
        return self.begins + timedelta(seconds=int(moment))

    def stream(self, *names: str | int) -> np.random.RandomState:
        """A stream of random numbers of its own for every part (and block) of the world.

        A change to one part leaves the others as they were. RandomState, because NumPy promises never to change its
        numbers.
        """
        label = "/".join(map(str, (self.seed, self.purpose, *names)))
        return np.random.RandomState(np.frombuffer(hashlib.sha256(label.encode()).digest(), dtype="<u4"))
