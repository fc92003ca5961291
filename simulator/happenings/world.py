"""The world of a plan: its district, and block by block what happened, who told it and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from simulator.happenings.incidents import Incidents, blocks, days_of, happen
from simulator.happenings.lives import Lives, lives_of
from simulator.happenings.reports import Reports, tell
from simulator.places.district import District
from simulator.plan import Plan


@dataclass(frozen=True)
class Block:
    """Some days of the world. first_day, last_day: days of the world's clock, half-open; lives by network."""

    plan: Plan
    district: District
    number: int
    first_day: int
    last_day: int
    incidents: Incidents
    reports: Reports
    lives: dict[str, Lives]


class World:
    """A plan's world; blocks are made when they are asked for, and can be made in any order."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @cached_property
    def district(self) -> District:
        return District(self.plan)

    @property
    def blocks(self) -> range:
        """The numbers of the blocks."""
        return blocks(self.plan)

    def last_day(self, number: int) -> int:
        """The day (of the world's clock) after the last one of a block."""
        return days_of(self.plan, number)[1]

    def block(self, number: int, words: bool = True) -> Block:
        """One block; without `words`, addresses and texts of the reports stay empty."""
        plan, district = self.plan, self.district
        incidents = happen(plan, district, number)
        reports = tell(plan, district, incidents, number, words)
        lives = lives_of(plan, district, reports, incidents, number)
        return Block(plan, district, number, *days_of(plan, number), incidents, reports, lives)
