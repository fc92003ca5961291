"""The days on end in which a source as a whole is not itself."""

from __future__ import annotations

from simulator.plan import DAY, Plan


def window(plan: Plan, name: str, feed: str, rate: float) -> tuple[int, int]:
    """First second and the one after the last of the days in which a fault of the source holds, (0, 0) for none.

    It lasts that share of the plan's days, one at least, and never takes in the first or the last day where there are
    more than three.
    """
    if rate <= 0:
        return 0, 0
    lasts = min(max(1, round(rate * plan.days)), plan.days)
    spare = max(plan.days - lasts - 2, 0)
    first = min(1 + int(plan.stream("faults", name, feed).randint(0, spare + 1)), plan.days - lasts)
    return first * DAY, (first + lasts) * DAY
