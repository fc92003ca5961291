"""Cases with a limit each, and when they are due: a table worked out by hand, and cases drawn and walked in minutes.

The table is deadlines.csv; what its columns say stands at `Timed`. The calendar is that of autumn 2026: holidays from
25 to 27 September and from 1 to 7 October, Sunday 20 September and Saturday 10 October worked in their place. Hours are
8 to 12 and 14 to 18; the unit `early` keeps 6 to 10, `long` 7:30 to 11:30 and 13 to 17:30, and `seasonal` works 15 to
19 in the afternoon until the end of September.
"""

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.warehouse.mounted import MountedLog, days_between

TABLE = Path(__file__).with_name("deadlines.csv")
HOLIDAYS = {*days_between("2026-09-25", "2026-09-27"), *days_between("2026-10-01", "2026-10-07")}
WORKED = {date(2026, 9, 20), date(2026, 10, 10)}
WINTER = "2026-10-01"
# unit -> shifts: minutes after midnight, and the first day on which the shift holds and no longer holds
Shift = tuple[int, int, str, str]
HOURS: dict[str, list[Shift]] = {
    "default": [(480, 720, "2026-01-01", ""), (840, 1080, "2026-01-01", "")],
    "early": [(360, 600, "2026-01-01", "")],
    "long": [(450, 690, "2026-01-01", ""), (780, 1050, "2026-01-01", "")],
    "seasonal": [(480, 720, "2026-01-01", ""), (900, 1140, "2026-01-01", WINTER), (840, 1080, WINTER, "")],
}
MINUTES = {
    "urgent_minute": 1, "urgent_hour": 60, "natural_day": 1440, "urgent_day": 1440,
    "work_minute": 1, "work_hour": 60, "work_day": 480,
}  # fmt: skip
VERBS = {
    "suspended": "suspended", "resumed": "resumed", "extended": "extension_granted", "handled": "handled",
    "failed": "post_disposal_check_failed",
}  # fmt: skip
# rules that are not for all cases of their category: category, condition, unit, limit, first day, day after the last
SPECIAL = [
    ("@season", "*", "*", "24 urgent_hour", "2026-01-01", "2026-10-15"),
    ("@season", "*", "*", "5 urgent_hour", "2026-10-15", "2026-10-25"),
    ("@season", "*", "*", "2 urgent_hour", "2026-10-25", ""),
    ("@cover", "missing", "*", "2 urgent_hour", "2026-01-01", ""),
    ("@cover", "broken", "*", "4 work_hour", "2026-01-01", ""),
    ("@cover", "rattles", "*", "2 work_day", "2026-01-01", ""),
    ("@cover", "*", "*", "5 work_day", "2026-01-01", ""),
    ("@cover", "*", "early", "1 work_day", "2026-01-01", ""),
]


@dataclass(frozen=True)
class Limit:
    """So many units; `text` is how the table writes it: value, unit, then `day_count`, an end such as 18:00, `roll`."""

    text: str

    @property
    def value(self) -> int:
        return int(self.text.split()[0])

    @property
    def unit(self) -> str:
        return self.text.split()[1]

    @property
    def counts_days(self) -> bool:
        return "day_count" in self.text.split()

    @property
    def end_minute(self) -> int | None:
        ends = [word.split(":") for word in self.text.split() if ":" in word]
        return int(ends[0][0]) * 60 + int(ends[0][1]) if ends else None

    @property
    def rolls_over(self) -> bool:
        return "roll" in self.text.split()


@dataclass(frozen=True)
class Timed:
    """A case dispatched at a wall time.

    limit: a limit, or `@category=filing condition` of SPECIAL. history: what followed, as (word of VERBS, wall time).
    rule: what a failed check does to the clock. due: the wall time at which it is due, '' while a suspension lasts; and
    first_due as it stood when the first check failed ('' where none did). on_time, first_on_time: yes, no, or '' where
    it was not handled.
    """

    group: str
    begins: str
    limit: str
    org: str
    rule: str
    history: tuple[tuple[str, str], ...]
    due: str
    first_due: str
    on_time: str
    first_on_time: str
    reason: str = ""

    @property
    def category(self) -> str:
        return self.limit.split("=")[0]

    @property
    def condition(self) -> str | None:
        return self.limit.split("=")[1] if "=" in self.limit else None

    @property
    def code_set(self) -> str:
        return f"timed-{self.rule}"


@cache
def by_hand() -> list[Timed]:
    """The rows of the table."""
    found = []
    with TABLE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            steps = [step.split(" ", 1) for step in row["history"].split("; ") if step]
            told = {name: text for name, text in row.items() if name != "history"}
            found.append(Timed(**told, history=tuple((verb, f"2026-{at}") for verb, at in steps)))
    return found


def is_worked(day: date) -> bool:
    """Whether a day is worked."""
    return day in WORKED or (day.weekday() < 5 and day not in HOLIDAYS)


def shifts(org: str, day: date) -> list[tuple[int, int]]:
    """The shifts of a unit on a day, worked or not."""
    told = HOURS.get(org, HOURS["default"])
    text = day.isoformat()
    return [(begin, end) for begin, end, since, until in told if since <= text and (not until or text < until)]


def limit_at(case: Timed, moment: datetime) -> Limit:
    """The limit of a case whose clock begins at a moment."""
    if not case.limit.startswith("@"):
        return Limit(case.limit)
    day = moment.date().isoformat()
    rules = {
        (org, condition): limit
        for category, condition, org, limit, since, until in SPECIAL
        if category == case.category and since <= day and (not until or day < until)
    }
    for key in [(case.org, "*"), ("*", case.condition or "*"), ("*", "*")]:
        if key in rules:
            return Limit(rules[key])
    raise LookupError(case.limit)


Pause = tuple[datetime, datetime | None]


def walked(case: Timed) -> Timed:
    """The case with its due moments as a slow walk finds them: minute after minute, or day after day."""
    began = datetime.fromisoformat(case.begins)
    told = sorted((datetime.fromisoformat(at), verb) for verb, at in case.history)
    works: list[list[datetime]] = [[]]  # ends of disposal, by the check that failed after them
    failed: list[datetime] = []
    for at, verb in told:
        if verb == "handled":
            works[-1].append(at)
        elif verb == "failed" and works[-1]:
            failed.append(at)
            works.append([])
    suspended: list[Pause] = []
    for at, verb in told:
        if verb == "suspended":
            ends = [later for later, word in told if later > at and word in ("resumed", "handled")]
            suspended.append((at, ends[0] if ends else None))
    waits: list[Pause] = [(work[-1], at) for work, at in zip(works, failed, strict=False) if at > work[-1]]
    extended = [at for at, verb in told if verb == "extended"]
    stopped = works[-1][-1] if works[-1] else None

    restarts = case.rule == "restart" and bool(failed)
    since = failed[-1] if restarts else began
    pauses = [one for one in suspended if stopped is None or one[0] < stopped]
    due = _due(case, since, sorted([*pauses, *(waits if case.rule == "resume" else [])]),
               sum(at > since for at in extended) if restarts else len(extended))  # fmt: skip
    first_due = ""
    first_stopped = stopped
    if failed:
        first_stopped = works[0][-1]
        pauses = [one for one in suspended if one[0] < works[0][-1]]
        first_due = _written(_due(case, began, pauses, sum(at < failed[0] for at in extended)))
    return replace(
        case, due=_written(due), first_due=first_due, on_time=_met(stopped, _written(due)),
        first_on_time=_met(first_stopped, first_due or _written(due)),
    )  # fmt: skip


def _written(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def _met(stopped: datetime | None, due: str) -> str:
    if stopped is None or not due:
        return ""
    return "yes" if _written(stopped) <= due else "no"


def _due(case: Timed, since: datetime, pauses: list[Pause], extensions: int) -> datetime | None:
    limit = limit_at(case, since)
    if limit.counts_days:
        return _counted(limit, case.org, since, pauses, limit.value * (1 + extensions))
    left = limit.value * MINUTES[limit.unit] * (1 + extensions)
    minute = since
    while left:
        pause = next((one for one in pauses if one[0] <= minute and (one[1] is None or minute < one[1])), None)
        if pause and pause[1] is None:
            return None
        of_day = minute.hour * 60 + minute.minute
        at_work = not limit.unit.startswith("work") or (
            is_worked(minute.date()) and any(begin <= of_day < end for begin, end in shifts(case.org, minute.date()))
        )
        if at_work and not pause:
            left -= 1
        minute += timedelta(minutes=1)
    return minute


def _counted(limit: Limit, org: str, since: datetime, pauses: list[Pause], days: int) -> datetime | None:
    """Day after day: a day counts where it is of the right kind, and does not end within a pause."""

    def ends(day: date) -> datetime:
        usual = max(end for _, end in shifts(org, day)) if limit.unit == "work_day" else 1440
        minute = usual if limit.end_minute is None else limit.end_minute
        return datetime.combine(day, time()) + timedelta(minutes=minute)

    def paused(day: date) -> bool:
        return any(begin < ends(day) and (end is None or ends(day) <= end) for begin, end in pauses)

    day, left = since.date(), days
    for _ in range(1000):
        day += timedelta(days=1)
        if left:
            left -= (limit.unit != "work_day" or is_worked(day)) and not paused(day)
        if not left and not paused(day) and (is_worked(day) or not limit.rolls_over):
            return ends(day)
    return None  # a pause lasts


def drawn(number: int) -> Timed:
    """A case drawn by its number: any limit and unit, suspensions, extensions, failed checks under any rule."""
    dice = random.Random(number)
    moment = datetime(2026, 9, 14) + timedelta(minutes=dice.randrange(35 * 1440))
    limit = f"{dice.randrange(1, 6)} " + dice.choice(
        ["work_hour", "work_hour", "work_day", "urgent_hour", "natural_day", "work_day day_count",
         "work_day day_count 17:30", "natural_day day_count", "natural_day day_count roll",
         "natural_day day_count 18:00 roll"]
    )  # fmt: skip
    begins, history = f"{moment:%Y-%m-%d %H:%M}", []
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        at = moment + timedelta(minutes=dice.randrange(1, 30))
        history.append(("extended", at))
    for step in _steps(dice):
        moment += timedelta(minutes=dice.choice([1, 30, dice.randrange(1, 1500), dice.randrange(1, 4000)]))
        history.append((step, moment))
    told = {at: verb for verb, at in history}  # at most one thing a minute
    case = Timed(
        "drawn", begins, limit, dice.choice(["crew", "crew", "early", "long", "seasonal"]),
        dice.choice(["bundled", "resume", "restart"]),
        tuple((verb, f"{at:%Y-%m-%d %H:%M}") for at, verb in sorted(told.items())), "", "", "", "",
    )  # fmt: skip
    return walked(case)


def _steps(dice: random.Random) -> Iterator[str]:
    """Words of a life: suspensions that mostly end, then disposal and perhaps a failed check, a few times over."""
    for _ in range(dice.choice([1, 1, 2, 3])):
        for _ in range(dice.choice([0, 0, 1, 2])):
            yield "suspended"
            if dice.random() < 0.9:
                yield "resumed"
        if dice.random() < 0.6:
            yield "handled"
            yield from ["failed"] if dice.random() < 0.7 else []


@cache
def cases() -> list[Timed]:
    """All cases; the first are those worked out by hand."""
    return [*by_hand(), *(drawn(number) for number in range(400))]


def fill(log: MountedLog) -> None:
    """Add calendar, hours, limits, rules and the cases; each case is dispatched when its limit begins."""
    log.feed("rules", "reference", mode="reference")
    delivery = log.deliver("rules", "2026-09-01 00:00")
    for day in sorted(HOLIDAYS | WORKED):
        log.state(delivery, "calendar", str(day), str(day), day=str(day), is_workday=day in WORKED)
    for schedule, hours in HOURS.items():
        for begin, end, since, until in hours:
            log.state(delivery, "shift", f"{schedule}|{begin}", since, schedule_code=schedule, start_minute=begin,
                      end_minute=end, valid_to=until or None)  # fmt: skip
    plain = {(case.code_set, case.limit) for case in cases() if not case.limit.startswith("@")}
    rules = [(code_set, limit, "*", "*", limit, "2026-01-01", "") for code_set, limit in sorted(plain)]
    for code_set, category, condition, org, text, since, until in [
        *rules,
        *(("timed-bundled", *row) for row in SPECIAL),
    ]:
        limit = Limit(text)
        told: dict[str, Any] = {"limit_value": limit.value, "limit_unit": limit.unit, "valid_to": until or None}
        if org != "*":
            told["org_code"] = org
        if condition != "*":  # a column that is not told means what it always meant
            told["filing_condition"] = condition
        if limit.counts_days:
            told |= {"day_rule": "day_count", "end_minute": limit.end_minute, "roll_over": limit.rolls_over}
        log.state(delivery, "limit", f"{code_set}|{category}|{condition}|{org}", since, code_set=code_set,
                  category_code=category, stage="handle", **told)  # fmt: skip
    for rule in ("resume", "restart"):
        log.state(delivery, "rework_rule", rule, "2026-01-01", code_set=f"timed-{rule}", rule=rule)
    log.feed("timed", "heat")
    delivery = log.deliver("timed", "2026-12-30 00:00")
    for number, case in enumerate(cases()):
        key = f"timed-{number}"
        of_case: dict[str, Any] = {
            "line": number + 1, "org_code": case.org, "category_code_set": case.code_set,
            "category_code": case.category,
        }  # fmt: skip
        if case.condition:
            of_case["attributes"] = json.dumps({"filing_condition": case.condition})
        log.tell(delivery, key, "reported", case.begins, **of_case)
        log.tell(delivery, key, "dispatched", case.begins, **of_case)
        for verb, at in case.history:
            log.tell(delivery, key, VERBS[verb], at, identity="each", **of_case)
