"""Which limit a case runs under, when it is due by it, and whether that was met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from simulator.truth.cases import Record
from simulator.truth.clock import UNITS, Clock
from simulator.truth.tables import Row

STAGES = ("handle", "close")


@dataclass(frozen=True)
class Deadline:
    """due is None while a suspension lasts. met is None while it is not decided, and for a cancelled case."""

    stage: str
    since: datetime
    value: int
    unit: str
    extensions: int
    due: datetime | None
    stopped: datetime | None
    met: bool | None


@dataclass(frozen=True)
class Rules:
    """limits: rows of the reference table. clocks: by schedule; `default` for offices without hours of their own."""

    limits: Sequence[Row]
    clocks: Mapping[str, Clock]

    def limit(self, code_set: str, code: str, org: str, stage: str, since: datetime) -> Row | None:
        """The rule in force when the stage begins: the office's own before '*', then the code's own before '*'."""
        day = since.date().isoformat()
        fitting = [
            row
            for row in self.limits
            if row["code_set"] == code_set
            and row["stage"] == stage
            and row["category_code"] in (code, "*")
            and row["org_code"] in (org, "*")
            and row["valid_from"] <= day
            and (not row["valid_to"] or day < row["valid_to"])
        ]
        order = sorted(
            fitting, key=lambda row: (row["org_code"] != "*", row["category_code"] != "*", row["valid_from"])
        )
        return order[-1] if order else None


def deadlines(case: Record, rules: Rules, now: datetime) -> list[Deadline]:
    """The deadlines of a case: one a stage that has begun and has a limit."""
    return [one for stage in STAGES if (one := _deadline(case, stage, rules, now)) is not None]


def _deadline(case: Record, stage: str, rules: Rules, now: datetime) -> Deadline | None:
    since = case.began_to_count if stage == "handle" else case.opened
    if since is None:
        return None
    rule = rules.limit(case.code_set, case.code, case.org, stage, since)
    if rule is None:
        return None
    seconds, in_hours = UNITS[rule["limit_unit"]]
    total = int(rule["limit_value"]) * seconds * (1 + case.extensions)
    clock = rules.clocks.get(case.org) or rules.clocks["default"]
    due = clock.due(since, total, in_hours, case.pauses)
    stopped = case.stopped if stage == "handle" else case.at.get("closed")
    met = None
    if not case.is_cancelled and due is not None:
        if stopped is not None:
            met = stopped <= due
        elif due <= now:
            met = False
    return Deadline(stage, since, int(rule["limit_value"]), rule["limit_unit"], case.extensions, due, stopped, met)


def clocks(calendar: Iterable[Row], shifts: Iterable[Row]) -> dict[str, Clock]:
    """The clocks of all schedules, from the rows of the reference tables."""
    exceptions = {datetime.fromisoformat(row["day"]).date(): row["is_workday"] == "true" for row in calendar}
    found: dict[str, list[tuple[int, int]]] = {}
    for row in shifts:
        found.setdefault(row["schedule_code"], []).append((int(row["start_minute"]), int(row["end_minute"])))
    return {schedule: Clock(exceptions, sorted(hours)) for schedule, hours in found.items()}
