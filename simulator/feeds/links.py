"""Matters that 110 and 12345 hand to each other: told by both, each in its own words.

A call for help that is no police matter (classes 6xxxxx) mostly goes on to the hotline; a few orders of the hotline go
to the police.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.feeds.cases import Cases, cases
from simulator.feeds.chance import Chance
from simulator.feeds.police_incidents import OTHER
from simulator.happenings.kinds import POLICE
from simulator.happenings.world import Block
from simulator.plan import HOUR, MINUTE

_ON_TO_HOTLINE, _ON_TO_POLICE = 0.6, 0.015
_SENT_BACK = 0.05


@dataclass(frozen=True)
class Links:
    """cases: those handed on. steps: seconds of pushed, acknowledged, answered, returned and visited, -1 for never."""

    cases: Cases
    steps: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.cases)


def to_hotline(block: Block) -> Links:
    """From 110 to 12345."""
    told = cases(block, "public_security", "links")
    codes = told.codes(POLICE, OTHER)
    foreign = np.array([str(code).startswith("6") for code in codes], dtype=bool)
    return _links(told, foreign & (told.chance.roll(told.reports.id, "handed on") < _ON_TO_HOTLINE))


def to_police(block: Block) -> Links:
    """From 12345 to 110."""
    told = cases(block, "hotline", "links")
    return _links(told, told.chance.roll(told.reports.id, "handed on") < _ON_TO_POLICE)


def _links(told: Cases, chosen: np.ndarray) -> Links:
    told = told.take(np.flatnonzero(chosen & (told.lives.steps["accepted"] >= 0)))
    chance, ids = Chance(told.block.plan, "links"), told.reports.id
    pushed = told.lives.steps["accepted"] + chance.whole(ids, "pushed", 2, 40) * MINUTE
    acknowledged = pushed + chance.whole(ids, "acknowledged", 1, 90) * MINUTE
    back = chance.roll(ids, "sent back") < _SENT_BACK
    returned = np.where(back, acknowledged + chance.whole(ids, "returned", 10, 300) * MINUTE, -1)
    answered = np.where(
        back | (chance.roll(ids, "answered") < 0.08), -1, acknowledged + chance.whole(ids, "answer", 1, 72) * HOUR
    )
    rung = (answered >= 0) & (chance.roll(ids, "visited") < 0.5)
    visited = np.where(rung, answered + chance.whole(ids, "visit", 2, 48) * HOUR, -1)
    steps = {
        "pushed": pushed,
        "acknowledged": acknowledged,
        "answered": answered,
        "returned": returned,
        "visited": visited,
    }
    return Links(told, steps)
