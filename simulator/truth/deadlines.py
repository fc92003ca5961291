"""Which limit a case runs under, when it is due by it, and whether that was met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from simulator.truth.cases import Record
from simulator.truth.clock import UNITS, Clock, Pause
from simulator.truth.tables import Row

STAGES = ("accept", "dispatch", "sign", "handle", "close")


@dataclass(frozen=True)
class Deadline:
    """due is None while a suspension lasts. met is None while it is not decided, and for a cancelled case.

    first_met: whether the work was done in time before it was sent back, by the deadline as it stood then; where it
    never was, whether it was done in time at all. overrun: what ran after the deadline, as a share of the limit.
    """

    stage: str
    since: datetime
    value: int
    unit: str
    extensions: int
    due: datetime | None
    stopped: datetime | None
    met: bool | None
    first_met: bool | None = None
    overrun: Fraction | None = None


@dataclass(frozen=True)
class Rules:
    """limits, reworks: rows of the reference tables.

    clocks: by schedule; `default` for offices without hours of their own.
    """

    limits: Sequence[Row]
    clocks: Mapping[str, Clock]
    reworks: Sequence[Row] = ()

    def rework(self, case: Record, since: datetime) -> str:
        """What sending work back does to a clock that began then: the office's own rule before '*', then the code's."""
        day = since.date().isoformat()
        fitting = [
            row
            for row in self.reworks
            if row["code_set"] in (case.code_set, "*")
            and row["org_code"] in (case.org, "*")
            and row["valid_from"] <= day
            and (not row["valid_to"] or day < row["valid_to"])
        ]
        order = sorted(fitting, key=lambda row: (row["org_code"] != "*", row["code_set"] != "*", row["valid_from"]))
        return order[-1]["rule"] if order else "bundled"

    def limit(self, case: Record, org: str, stage: str, since: datetime) -> Row | None:
        """The rule in force when the stage begins.

        The office's own before '*', then the code's own before '*', then that of the case's filing condition before the
        one for all.
        """
        condition = case.more.get("condition") or "*"
        day = since.date().isoformat()
        fitting = [
            row
            for row in self.limits
            if row["code_set"] == case.code_set
            and row["stage"] == stage
            and row["category_code"] in (case.code, "*")
            and row["org_code"] in (org, "*")
            and (row.get("filing_condition") or "*") in (condition, "*")
            and row["valid_from"] <= day
            and (not row["valid_to"] or day < row["valid_to"])
        ]
        order = sorted(
            fitting,
            key=lambda row: (
                row["org_code"] != "*",
                row["category_code"] != "*",
                (row.get("filing_condition") or "*") != "*",
                row["valid_from"],
            ),
        )
        return order[-1] if order else None


def deadlines(case: Record, rules: Rules, now: datetime) -> list[Deadline]:
    """The deadlines of a case: one a stage that has begun and has a limit."""
    return [one for stage in STAGES if (one := _deadline(case, stage, rules, now)) is not None]


@dataclass(frozen=True)
class _Work:
    """A stage of a case: since when its clock runs and when it was done, if so.

    sent_back: when it was done for the first time and when that came to nothing. rework: what that does to the clock:
    it goes on (`bundled`), stood from the one to the other (`resume`), or begins anew (`restart`). extends: whether an
    extension is meant for it. unit: whose hours and rules.
    """

    since: datetime
    stopped: datetime | None
    sent_back: tuple[datetime, datetime] | None = None
    rework: str = "bundled"
    extends: bool = False
    unit: str = "*"


def _work(case: Record, stage: str, rules: Rules) -> _Work | None:
    """A stage of a case, or None where it has not begun."""
    at, opened = case.at, case.opened
    if opened is None:
        return None
    if stage == "accept":
        steps = (("accepted", "not_accepted"), ("registered", "not_registered", "dispatched"))
        return _Work(opened, _earliest(case, steps))
    if stage == "dispatch":
        began = at.get("registered") or at.get("accepted") or opened
        steps = (("dispatched", "transferred"), ("signed", "arrived", "handled"))
        returned = at.get("returned_to_sender")
        first = _earliest(case, steps, until=returned) if returned else None
        if returned is None or first is None:
            return _Work(began, _earliest(case, steps))
        return _Work(began, _earliest(case, steps, after=returned), (first, returned), "resume")
    if stage == "sign":
        since = at.get("dispatched") or at.get("transferred")
        return _Work(since, _earliest(case, (("signed",), ("arrived", "handled"))), unit=case.org) if since else None
    if stage == "handle":
        since = case.began_to_count
        if since is None:
            return None
        return _Work(since, case.stopped, _first_pass(case), rules.rework(case, since), extends=True, unit=case.org)
    return _Work(opened, at.get("closed"), extends=True, unit=case.org)


def _earliest(
    case: Record,
    steps: Sequence[Sequence[str]],
    after: datetime = datetime.min,
    until: datetime | None = None,
) -> datetime | None:
    """The earliest of the first steps of which the case has any; else its end. A step that is not told is done then."""
    for verbs in steps:
        found = [
            case.at[verb] for verb in verbs if verb in case.at and after < case.at[verb] <= (until or datetime.max)
        ]
        if found:
            return min(found)
    return case.ended if case.ended is not None and case.ended <= (until or datetime.max) else None


def _deadline(case: Record, stage: str, rules: Rules, now: datetime) -> Deadline | None:
    work = _work(case, stage, rules)
    if work is None:
        return None
    granted = case.at.get("extension_granted") if work.extends else None
    since, extensions = work.since, int(granted is not None)
    waits = [work.sent_back] if work.sent_back and work.rework == "resume" else []
    if work.sent_back and work.rework == "restart":
        since = work.sent_back[1]
        extensions = int(granted is not None and granted > since)
    rule = rules.limit(case, work.unit, stage, since)
    if rule is None:
        return None
    clock = rules.clocks.get(work.unit) or rules.clocks["default"]
    due = _due(rule, clock, since, extensions, sorted([*_begun(case, work.stopped), *waits]))
    met = None
    if not case.is_cancelled and due is not None:
        if work.stopped is not None:
            met = work.stopped <= due
        elif due <= now:
            met = False
    first_met = met if work.stopped is not None else None
    first_rule = rules.limit(case, work.unit, stage, work.since) if work.sent_back else None
    if work.sent_back and first_rule and not case.is_cancelled:
        done, failed = work.sent_back
        before = int(granted is not None and granted <= failed)
        first_due = _due(first_rule, clock, work.since, before, _begun(case, done))
        first_met = None if first_due is None else done <= first_due
    overrun = _overrun(rule, clock, extensions, due, work.stopped) if due and work.stopped else None
    given = stage, since, int(rule["limit_value"]), rule["limit_unit"], extensions
    return Deadline(*given, due, work.stopped, met, first_met, overrun)


def _due(rule: Row, clock: Clock, since: datetime, extensions: int, pauses: Sequence[Pause]) -> datetime | None:
    seconds, in_hours = UNITS[rule["limit_unit"]]
    value = int(rule["limit_value"]) * (1 + extensions)
    if rule.get("day_rule") != "day_count":
        return clock.due(since, value * seconds, in_hours, pauses)
    ends = rule.get("end_minute")
    return clock.due_on(
        since,
        value,
        on_workdays=in_hours,
        end_minute=int(ends) if ends else None,
        rolls_over=rule.get("roll_over") == "true",
        pauses=pauses,
    )


def _overrun(rule: Row, clock: Clock, extensions: int, due: datetime, stopped: datetime) -> Fraction | None:
    """What the clock ran from the deadline to the end of the work, of the whole limit; None where it was in time."""
    if stopped <= due:
        return None
    seconds, in_hours = UNITS[rule["limit_unit"]]
    value = int(rule["limit_value"]) * (1 + extensions)
    if rule.get("day_rule") == "day_count":
        return Fraction(clock.days(due.date(), stopped.date(), on_workdays=in_hours), value)
    return Fraction(clock.seconds(due, stopped, in_hours), value * seconds)


def _begun(case: Record, stopped: datetime | None) -> list[Pause]:
    """The suspensions that begin while the work is still to be done."""
    return [one for one in case.pauses if stopped is None or one[0] < stopped]


def _first_pass(case: Record) -> tuple[datetime, datetime] | None:
    """When the work was done first and when it was sent back after that; None where it was not."""
    failed = case.at.get("post_disposal_check_failed")
    if failed is None:
        return None
    done = [moment for verb in ("handled", "closed") if (moment := case.at.get(verb)) and moment <= failed]
    return (done[0], failed) if done else None


def clocks(calendar: Iterable[Row], shifts: Iterable[Row]) -> dict[str, Clock]:
    """The clocks of all schedules, from the rows of the reference tables."""
    exceptions = {datetime.fromisoformat(row["day"]).date(): row["is_workday"] == "true" for row in calendar}
    found: dict[str, list[tuple[int, int]]] = {}
    for row in shifts:
        found.setdefault(row["schedule_code"], []).append((int(row["start_minute"]), int(row["end_minute"])))
    return {schedule: Clock(exceptions, sorted(hours)) for schedule, hours in found.items()}
