"""Working days of the district: holidays and 调休 as announced by the State Council's office, and hours of work."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np

from simulator.plan import DAY, HOUR, Plan

# first day, last day, name; those of 2027 and later are not announced yet: the fixed days alone, an invented rule
HOLIDAYS = (
    ("2023-01-01", "2023-01-02", "元旦"),
    ("2023-01-21", "2023-01-27", "春节"),
    ("2023-04-05", "2023-04-05", "清明节"),
    ("2023-04-29", "2023-05-03", "劳动节"),
    ("2023-06-22", "2023-06-24", "端午节"),
    ("2023-09-29", "2023-10-06", "中秋节、国庆节"),
    ("2024-01-01", "2024-01-01", "元旦"),
    ("2024-02-10", "2024-02-17", "春节"),
    ("2024-04-04", "2024-04-06", "清明节"),
    ("2024-05-01", "2024-05-05", "劳动节"),
    ("2024-06-08", "2024-06-10", "端午节"),
    ("2024-09-15", "2024-09-17", "中秋节"),
    ("2024-10-01", "2024-10-07", "国庆节"),
    ("2025-01-01", "2025-01-01", "元旦"),
    ("2025-01-28", "2025-02-04", "春节"),
    ("2025-04-04", "2025-04-06", "清明节"),
    ("2025-05-01", "2025-05-05", "劳动节"),
    ("2025-05-31", "2025-06-02", "端午节"),
    ("2025-10-01", "2025-10-08", "国庆节、中秋节"),
    ("2026-01-01", "2026-01-03", "元旦"),
    ("2026-02-15", "2026-02-23", "春节"),
    ("2026-04-04", "2026-04-06", "清明节"),
    ("2026-05-01", "2026-05-05", "劳动节"),
    ("2026-06-19", "2026-06-21", "端午节"),
    ("2026-09-25", "2026-09-27", "中秋节"),
    ("2026-10-01", "2026-10-07", "国庆节"),
)
# weekend days that are worked in exchange (调休)
WORKED_WEEKENDS = (
    "2023-01-28", "2023-01-29", "2023-04-23", "2023-05-06", "2023-06-25", "2023-10-07", "2023-10-08",
    "2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14", "2024-09-29", "2024-10-12",
    "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
    "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
)  # fmt: skip
ANNOUNCED_UNTIL = 2026
_FIXED = ((1, 1, "元旦"), (5, 1, "劳动节"), (10, 1, "国庆节"), (10, 2, "国庆节"), (10, 3, "国庆节"))
SHIFTS = ((8 * HOUR, 12 * HOUR), (14 * HOUR, 18 * HOUR))  # of a working day, seconds after midnight


@cache
def days_off() -> dict[date, str]:
    """Holidays by day."""
    found = {}
    for first, last, name in HOLIDAYS:
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            found[day] = name
            day += timedelta(days=1)
    for year in range(ANNOUNCED_UNTIL + 1, ANNOUNCED_UNTIL + 6):
        found |= {date(year, month, day): name for month, day, name in _FIXED}
    return found


def is_workday(day: date) -> bool:
    """Whether offices work on a local day."""
    if day.isoformat() in WORKED_WEEKENDS:
        return True
    return day.weekday() < 5 and day not in days_off()


def workdays(plan: Plan, more: int = 400) -> np.ndarray:
    """Whether each day of the plan (and `more` days after it) is worked, as booleans by day of the world's clock."""
    return np.array([is_workday(plan.begins + timedelta(days=day)) for day in range(plan.days + more)])


def into_office_hours(plan: Plan, at: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """Moments outside office hours (08-12, 14-18 of working days) move to the first half hours of the next shift."""
    worked = workdays(plan)
    following = np.flatnonzero(worked)
    at = np.asarray(at, dtype=np.int64)
    day = np.clip(at // DAY, 0, len(worked) - 2)
    second = at - at // DAY * DAY
    delay = (random.random_sample(len(at)) ** 2 * 1.5 * HOUR).astype(np.int64)
    late = (second >= SHIFTS[1][1]) | ~worked[day]
    asked = np.searchsorted(following, np.where(late, day + (second >= SHIFTS[1][1]), day))
    next_day = following[np.minimum(asked, len(following) - 1)]
    opens = next_day * DAY + SHIFTS[0][0] + delay
    noon = (second >= SHIFTS[0][1]) & (second < SHIFTS[1][0])
    early = second < SHIFTS[0][0]
    told = np.where(late | early, opens, np.where(noon, day * DAY + SHIFTS[1][0] + delay, at))
    return np.maximum(told, at)


def after_work(plan: Plan, at: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """The moments at which so many seconds of office hours have passed since `at` (seconds of the world's clock)."""
    worked = workdays(plan, more=800)
    length = sum(end - begin for begin, end in SHIFTS)
    before = np.concatenate([[0], np.cumsum(worked * length)])
    day, second = np.divmod(np.asarray(at, dtype=np.int64), DAY)
    day = np.clip(day, 0, len(worked) - 1)
    today = sum(np.clip(second - begin, 0, end - begin) for begin, end in SHIFTS)
    target = before[day] + today * worked[day] + seconds
    on = np.clip(np.searchsorted(before, target, side="left") - 1, 0, len(worked) - 1)
    left = target - before[on]
    morning = SHIFTS[0][1] - SHIFTS[0][0]
    return on * DAY + np.where(left <= morning, SHIFTS[0][0] + left, SHIFTS[1][0] + left - morning)
