"""Cases with a limit each, and when they are due: worked out by hand, and by walking minute after minute.

The calendar is that of autumn 2026: holiday from 1 to 7 October, Sunday 20 September and Saturday 10 October worked in
their place. Hours are 8 to 12 and 14 to 18; the unit `early` keeps 6 to 10 instead.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from tests.warehouse.mounted import MountedLog, days_between

HOLIDAYS = {*days_between("2026-10-01", "2026-10-07")}
WORKED = {date(2026, 9, 20), date(2026, 10, 10)}
HOURS = {"default": [(480, 720), (840, 1080)], "early": [(360, 600)]}
SECONDS = {"urgent_hour": 3600, "natural_day": 86400, "work_hour": 3600, "work_day": 28800}
FOREVER = ""


@dataclass(frozen=True)
class Limited:
    """A case begun at a wall time, with a limit, suspensions, extensions; due at a wall time or, suspended, never."""

    begins: str
    value: int
    unit: str
    due: str | None
    pauses: list[tuple[str, str]] = field(default_factory=list)
    extensions: int = 0
    org: str = "crew"


BY_HAND = [
    # one hour on Friday, one on the shifted Saturday
    Limited("2026-10-09 17:00", 2, "work_hour", "2026-10-10 09:00"),
    # an ordinary Saturday is not worked
    Limited("2026-10-16 17:00", 2, "work_hour", "2026-10-19 09:00"),
    Limited("2026-10-08 11:00", 1, "work_day", "2026-10-09 11:00"),
    # over the whole holiday
    Limited("2026-09-30 17:00", 4, "work_hour", "2026-10-08 11:00"),
    Limited("2026-09-19 17:00", 8, "work_hour", "2026-09-20 18:00"),
    # begun at noon, on a Sunday, before and after hours
    Limited("2026-10-12 12:30", 1, "work_hour", "2026-10-12 15:00"),
    Limited("2026-10-11 10:00", 1, "work_hour", "2026-10-12 09:00"),
    Limited("2026-10-12 06:00", 1, "work_hour", "2026-10-12 09:00"),
    Limited("2026-10-12 21:00", 1, "work_hour", "2026-10-13 09:00"),
    # used up exactly when the shift ends: due then, not the next morning
    Limited("2026-10-12 14:00", 4, "work_hour", "2026-10-12 18:00"),
    Limited("2026-10-12 08:00", 4, "work_hour", "2026-10-12 12:00"),
    Limited("2026-10-12 18:00", 8, "work_hour", "2026-10-13 18:00"),
    Limited("2026-10-09 08:00", 5, "work_day", "2026-10-14 18:00"),
    # continuous clocks
    Limited("2026-10-09 23:00", 4, "urgent_hour", "2026-10-10 03:00"),
    Limited("2026-09-30 10:00", 2, "natural_day", "2026-10-02 10:00"),
    # a weekend's suspension costs the working time in it, not its hours
    Limited("2026-10-16 09:00", 4, "work_hour", "2026-10-19 15:00", [("2026-10-16 10:00", "2026-10-19 10:00")]),
    # a night's suspension costs nothing
    Limited("2026-10-12 16:00", 4, "work_hour", "2026-10-13 10:00", [("2026-10-12 18:00", "2026-10-13 08:00")]),
    Limited("2026-10-16 10:00", 1, "natural_day", "2026-10-19 10:00", [("2026-10-16 12:00", "2026-10-18 12:00")]),
    # two suspensions; the second would begin after the deadline but for the first
    Limited("2026-10-12 08:00", 3, "work_hour", "2026-10-12 17:00",
            [("2026-10-12 09:00", "2026-10-12 11:00"), ("2026-10-12 14:00", "2026-10-12 16:00")]),
    # suspended when the limit is used up already
    Limited("2026-10-12 08:00", 2, "work_hour", "2026-10-12 10:00", [("2026-10-12 10:00", "2026-10-12 16:00")]),
    Limited("2026-10-12 08:00", 2, "work_hour", None, [("2026-10-12 09:00", FOREVER)]),
    Limited("2026-10-12 08:00", 2, "work_hour", "2026-10-12 10:00", [("2026-10-12 11:00", FOREVER)]),
    # an extension adds the limit once more and outlives a suspension
    Limited("2026-10-12 08:00", 1, "work_day", "2026-10-13 18:00", extensions=1),
    Limited("2026-10-12 08:00", 1, "work_day", "2026-10-15 10:00",
            [("2026-10-12 10:00", "2026-10-13 12:00")], extensions=1, org="crew"),
    # a unit's own hours
    Limited("2026-10-12 09:00", 2, "work_hour", "2026-10-13 07:00", org="early"),
]  # fmt: skip


def is_worked(day: date) -> bool:
    return day in WORKED or (day.weekday() < 5 and day not in HOLIDAYS)


def walked(case: Limited, most_days: int = 90) -> str | None:
    """The deadline found by walking: the end of the last minute that the limit needs. The slow, plain way."""
    left = case.value * SECONDS[case.unit] * (1 + case.extensions) // 60
    pauses = [(datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in case.pauses]
    hours = HOURS.get(case.org, HOURS["default"])
    minute = datetime.fromisoformat(case.begins)
    for _ in range(most_days * 1440):
        of_day = minute.hour * 60 + minute.minute
        at_work = not case.unit.startswith("work") or (
            any(begin <= of_day < end for begin, end in hours) and is_worked(minute.date())
        )
        if at_work and not any(begin <= minute < end for begin, end in pauses):
            left -= 1
        minute += timedelta(minutes=1)
        if left == 0:
            return f"{minute:%Y-%m-%d %H:%M}"
    return None


def drawn(number: int) -> Limited:
    """A case drawn by its number: any unit, up to three suspensions, up to two extensions."""
    dice = random.Random(number)
    begins = datetime(2026, 9, 14) + timedelta(minutes=dice.randrange(35 * 1440))
    unit = dice.choice(["work_hour", "work_hour", "work_day", "urgent_hour", "natural_day"])
    pauses = []
    moment = begins
    for _ in range(dice.choice([0, 0, 1, 2, 3])):
        moment += timedelta(minutes=dice.randrange(1, 1500))
        ends = moment + timedelta(minutes=dice.choice([1, 90, dice.randrange(1, 6000)]))
        pauses.append((f"{moment:%Y-%m-%d %H:%M}", f"{ends:%Y-%m-%d %H:%M}"))
        moment = ends
    case = Limited(
        f"{begins:%Y-%m-%d %H:%M}", dice.randrange(1, 6), unit, None, pauses, dice.choice([0, 0, 0, 1, 2]),
        dice.choice(["crew", "crew", "early"]),
    )  # fmt: skip
    return Limited(case.begins, case.value, case.unit, walked(case), case.pauses, case.extensions, case.org)


@cache
def cases() -> list[Limited]:
    """All cases; the first are those worked out by hand."""
    return [*BY_HAND, *(drawn(number) for number in range(200))]


def fill(log: MountedLog) -> None:
    """Add calendar, hours, limits and the cases; each case is dispatched when its limit begins."""
    log.feed("rules", "reference", mode="reference")
    delivery = log.deliver("rules", "2026-09-01 00:00")
    for day in sorted(HOLIDAYS | WORKED):
        log.state(delivery, "calendar", str(day), str(day), day=str(day), is_workday=day in WORKED)
    for schedule, hours in HOURS.items():
        for begin, end in hours:
            log.state(delivery, "shift", f"{schedule}|{begin}", "2026-01-01", schedule_code=schedule,
                      start_minute=begin, end_minute=end)  # fmt: skip
    for value, unit in sorted({(case.value, case.unit) for case in cases()}):
        log.state(delivery, "limit", f"{unit}-{value}", "2026-01-01", code_set="timed", category_code=f"{unit}-{value}",
                  stage="handle", limit_value=value, limit_unit=unit, org_code="*")  # fmt: skip
    log.feed("timed", "heat")
    delivery = log.deliver("timed", "2026-12-30 00:00")
    for number, case in enumerate(cases()):
        told: dict[str, Any] = {
            "line": number + 1, "org_code": case.org, "category_code_set": "timed",
            "category_code": f"{case.unit}-{case.value}",
        }  # fmt: skip
        key = f"timed-{number}"
        log.tell(delivery, key, "reported", case.begins, **told)
        log.tell(delivery, key, "dispatched", case.begins, **told)
        for extension in range(case.extensions):
            at = datetime.fromisoformat(case.begins) + timedelta(minutes=extension + 1)
            log.tell(delivery, key, "extension_granted", f"{at:%Y-%m-%d %H:%M}", identity="each", **told)
        for paused, resumed in case.pauses:
            log.tell(delivery, key, "suspended", paused, identity="each", **told)
            if resumed != FOREVER:
                log.tell(delivery, key, "resumed", resumed, identity="each", **told)
