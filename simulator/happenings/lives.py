"""How the offices work a case off: every step's moment, who had it, and what the caller said in the end.

Steps follow one another; a step that was not taken is -1. A life may run past the end of the plan: the source just
does not show the rest yet. Steps of offices with working hours lie in them; companies and police work
round the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from simulator.calendar import into_office_hours
from simulator.happenings.incidents import Incidents
from simulator.happenings.kinds import KINDS
from simulator.happenings.reports import Reports
from simulator.offices import office_for, street_office
from simulator.places.district import District
from simulator.plan import DAY, HOUR, MINUTE, NETWORKS, Plan

STEPS = (
    "reported", "accepted", "not_accepted", "verified", "filed", "dispatched", "returned", "redispatched", "signed",
    "extension_asked", "extended", "suspended", "resumed", "arrived", "handled", "check_failed", "rehandled", "checked",
    "closed", "cancelled", "supervised", "whistled", "appealed", "appeal_granted", "called_back",
)  # fmt: skip
UNIT_SECONDS = {"urgent_hour": HOUR, "work_hour": 3 * HOUR, "work_day": DAY * 7 // 5, "natural_day": DAY}


@dataclass(frozen=True)
class Style:
    """How a network works: chances of the turns that a life may take, and whether it keeps office hours."""

    office_hours: bool
    not_accepted: float = 0.0
    cancelled: float = 0.01
    verified: float = 0.0
    filed: bool = False
    signed: bool = False
    arrives: bool = False
    returned: float = 0.0
    extended: float = 0.0
    suspended: float = 0.0
    reworked: float = 0.0
    checked: bool = False
    called_back: float = 0.0
    never: float = 0.03
    speed: float = 0.55  # median of the time to handle, in limits
    spread: float = 0.75  # deviation of its logarithm


STYLES = {
    "public_security": Style(False, cancelled=0.0, arrives=True, never=0.0, speed=0.2, spread=0.6),
    "city_management": Style(
        True, not_accepted=0.03, verified=0.3, filed=True, returned=0.06, extended=0.05, suspended=0.03, reworked=0.08,
        checked=True, called_back=0.05, never=0.04, speed=0.6,
    ),
    "water": Style(False, arrives=True, reworked=0.05, called_back=0.7, returned=0.02),
    "power": Style(False, arrives=True, reworked=0.03, called_back=0.6, returned=0.02),
    "gas": Style(False, arrives=True, reworked=0.04, called_back=0.7, returned=0.02, speed=0.5),
    "heat": Style(False, arrives=True, reworked=0.10, called_back=0.7, returned=0.03, speed=0.7),
    "governance_centre": Style(True, not_accepted=0.02, extended=0.04, reworked=0.04, called_back=0.5, never=0.06),
    "hotline": Style(
        True, not_accepted=0.02, signed=True, returned=0.10, extended=0.06, reworked=0.08, called_back=0.9, never=0.02,
        speed=0.5,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Lives:
    """Column-wise lives, one a report.

    steps: seconds by step. org, org_final: first and last office. rating: -1 none, 0 very bad … 4 very good. contacted,
    resolved, satisfied: answers at the call-back, -1 not asked, 0 no, 1 yes. extension_units: limits granted more.
    """

    steps: dict[str, np.ndarray]
    org: np.ndarray
    org_final: np.ndarray
    rating: np.ndarray
    contacted: np.ndarray
    resolved: np.ndarray
    satisfied: np.ndarray
    extension_units: np.ndarray

    def __len__(self) -> int:
        return len(self.org)

    def take(self, chosen: np.ndarray) -> Lives:
        """The lives at these positions (or under a mask), in this order."""
        rest = {part.name: getattr(self, part.name)[chosen] for part in fields(self) if part.name != "steps"}
        return Lives(steps={name: at[chosen] for name, at in self.steps.items()}, **rest)


def live(plan: Plan, district: District, reports: Reports, incidents: Incidents, network: str, block: int) -> Lives:
    """The lives of the reports of one network; `incidents` are those of the reports, one a report."""
    style, random = STYLES[network], plan.stream("lives", network, block)
    count = len(reports)
    taken = _Taken(plan, random, style.office_hours, count)
    told = reports.told_at
    limit = _limits(reports.kind)
    taken.first("reported", told)
    accepted = taken.after("accepted", told, 10 * MINUTE, 0.8, around_the_clock=True)
    refused = taken.chance(style.not_accepted)
    taken.first("not_accepted", np.where(refused, accepted + 5 * MINUTE, -1))
    taken.undo("accepted", refused)
    gone = refused.copy()
    verified = taken.after("verified", accepted, 40 * MINUTE, 0.6, where=taken.chance(style.verified) & ~gone)
    filed = np.maximum(verified, accepted)
    if style.filed:
        filed = taken.after("filed", filed, 8 * MINUTE, 0.7, where=~gone, around_the_clock=True)
    called_off = taken.chance(style.cancelled) & ~gone
    taken.after("cancelled", filed, 2 * HOUR, 0.8, where=called_off)
    gone |= called_off
    dispatched = taken.after("dispatched", filed, 9 * MINUTE, 0.8, where=~gone, around_the_clock=True)
    org, org_final = _offices(district, random, reports, incidents, network)
    back = taken.chance(style.returned) & ~gone
    returned = taken.after("returned", dispatched, 4 * HOUR, 0.8, where=back)
    again = taken.after("redispatched", returned, 30 * MINUTE, 0.8, where=back)
    began = np.maximum(dispatched, again)
    if style.signed:
        taken.after("signed", began, 50 * MINUTE, 0.9, where=~gone)
    never = taken.chance(style.never) & ~gone
    longer = taken.chance(style.extended) & ~gone
    asked = taken.after("extension_asked", began, 0.4 * limit, 0.4, where=longer)
    granted = taken.after("extended", asked, 2 * HOUR, 0.6, where=longer & (random.random_sample(count) < 0.85))
    paused = taken.chance(style.suspended) & ~gone & ~longer
    hung = taken.after("suspended", began, 0.3 * limit, 0.5, where=paused)
    went_on = taken.after("resumed", hung, 6 * DAY, 0.7, where=paused)
    time = limit * style.speed * np.where(granted >= 0, 1.7, 1.0)
    started = np.maximum.reduce([began, granted, went_on])
    if style.arrives:
        started = taken.after("arrived", started, np.minimum(35 * MINUTE, 0.4 * limit), 0.6, where=~gone)
    handled = taken.after("handled", started, time, style.spread, where=~gone & ~never & (~paused | (went_on >= 0)))
    done = handled.copy()
    bad = taken.chance(style.reworked) & (handled >= 0)
    failed = taken.after("check_failed", handled, 5 * HOUR, 0.7, where=bad)
    mended = taken.after("rehandled", failed, 0.5 * time, 0.6, where=bad)
    done = np.maximum(done, mended)
    if style.checked:
        done = taken.after("checked", done, 6 * HOUR, 0.8, where=done >= 0)
    rung = taken.after("called_back", done, 18 * HOUR, 0.7, where=(done >= 0) & taken.chance(style.called_back))
    ends = np.maximum(done, rung)
    if network == "public_security":
        taken.first("closed", np.where(handled >= 0, handled + MINUTE, -1))
    else:
        taken.after("closed", ends, 3 * HOUR, 0.9, where=(ends >= 0) & taken.chance(0.985))
    late = (handled < 0) | (handled - began > limit)
    taken.after("supervised", began, 1.3 * limit, 0.3, where=late & ~gone & taken.chance(0.1), before="closed")
    taken.after("whistled", began, 0.6 * limit, 0.5, where=~gone & taken.chance(0.02), before="handled")
    closed = taken.steps["closed"]
    appealed = taken.after("appealed", closed, 30 * HOUR, 0.6, where=late & (closed >= 0) & taken.chance(0.12))
    taken.after("appeal_granted", appealed, 40 * HOUR, 0.6, where=(appealed >= 0) & taken.chance(0.4))
    return _answered(taken, org, np.where(again >= 0, org_final, org), rung >= 0, mended >= 0, late, granted >= 0)


class _Taken:
    """The steps of many lives while they are being lived."""

    def __init__(self, plan: Plan, random: np.random.RandomState, office_hours: bool, count: int) -> None:
        self.plan, self.random, self.office_hours = plan, random, office_hours
        self.steps = {name: np.full(count, -1, dtype=np.int64) for name in STEPS}
        self.count = count

    def chance(self, share: float) -> np.ndarray:
        """Which lives take a turn."""
        return self.random.random_sample(self.count) < share

    def first(self, name: str, at: np.ndarray) -> None:
        """Take a step at given moments."""
        self.steps[name] = np.asarray(at, dtype=np.int64)

    def undo(self, name: str, where: np.ndarray) -> None:
        """Not that step after all."""
        self.steps[name] = np.where(where, -1, self.steps[name])

    def after(
        self,
        name: str,
        since: np.ndarray,
        median: np.ndarray | float,
        spread: float,
        where: np.ndarray | None = None,
        around_the_clock: bool = False,
        before: str = "",
    ) -> np.ndarray:
        """Take a step some time after another (log-normal); not where that was not taken, or after step `before`."""
        wait = np.maximum(np.asarray(median) * np.exp(self.random.standard_normal(self.count) * spread), 1.0)
        at = np.maximum(since, 0) + wait.astype(np.int64)
        if self.office_hours and not around_the_clock:
            at = into_office_hours(self.plan, at, self.random)
        taken = since >= 0
        if where is not None:
            taken &= where
        if before:
            end = self.steps[before]
            taken &= (end < 0) | (at < end)
        self.steps[name] = np.where(taken, at, -1)
        return self.steps[name]


def _limits(kind: np.ndarray) -> np.ndarray:
    """Seconds that a kind's limit lasts, roughly: only the pace of work hangs on it, no judgement."""
    return np.array([one.limit[0] * UNIT_SECONDS[one.limit[1]] for one in KINDS], dtype=float)[kind]


def _offices(
    district: District, random: np.random.RandomState, reports: Reports, incidents: Incidents, network: str
) -> tuple[np.ndarray, np.ndarray]:
    """First office and right office of each case: a wrong guess is another street's or line's."""
    groups = np.array([one.group for one in KINDS], dtype=object)
    if network == "public_security":
        station = street_office(district, incidents.places, "PS")
        return station, station
    if network in ("water", "power", "gas", "heat"):
        group = {"water": "供水", "power": "供电", "gas": "燃气", "heat": "供热"}[network]
        crew = office_for(district, np.full(len(reports), group, dtype=object), incidents.places)
        return crew, crew
    right = office_for(district, groups[incidents.kind], incidents.places)
    guessed = office_for(district, groups[reports.kind], incidents.places)
    street = street_office(district, incidents.places, "ST")
    if network == "governance_centre":
        local = random.random_sample(len(reports)) < 0.6
        return np.where(local, street, guessed), np.where(local, street, right)
    wrong = guessed == right
    return np.where(wrong & (random.random_sample(len(reports)) < 0.05), street, guessed), right


def _answered(
    taken: _Taken,
    org: np.ndarray,
    org_final: np.ndarray,
    rung: np.ndarray,
    reworked: np.ndarray,
    late: np.ndarray,
    granted: np.ndarray,
) -> Lives:
    random, count = taken.random, taken.count
    mood = 2.9 - 0.9 * reworked - 0.8 * late + random.standard_normal(count) * 0.9
    rating = np.clip(np.round(mood), 0, 4).astype(np.int8)
    reached = random.random_sample(count) < 0.85
    solved = random.random_sample(count) < np.where(late, 0.6, 0.88)
    none = np.int8(-1)
    lives = Lives(
        steps=taken.steps,
        org=org.astype(object),
        org_final=org_final.astype(object),
        rating=np.where(rung & reached, rating, none).astype(np.int8),
        contacted=np.where(rung, reached.astype(np.int8), none).astype(np.int8),
        resolved=np.where(rung & reached, solved.astype(np.int8), none).astype(np.int8),
        satisfied=np.where(rung & reached, (rating >= 2).astype(np.int8), none).astype(np.int8),
        extension_units=granted.astype(np.int8),
    )
    return replace(lives)


def lives_of(plan: Plan, district: District, reports: Reports, incidents: Incidents, block: int) -> dict[str, Lives]:
    """The lives of a block's reports by network, each in the order of that network's reports."""
    found = {}
    for number, network in enumerate(NETWORKS):
        own = reports.take(np.flatnonzero(reports.network == number))
        found[network] = live(plan, district, own, incidents.take(own.incident), network, block)
    return found
