"""What goes wrong with an HTTP request: one seeded decision a request, so that the same run fails the same way."""

from __future__ import annotations

import threading
from collections import Counter

from simulator.faults.registry import FAULTS, checked
from simulator.plan import Plan

LONGEST_STREAK = 2  # a request that failed so often in a row succeeds: a patient client always gets through


class Transport:
    """The decisions for one feed's interface. Safe to be asked by several threads; `counts` is what was decided."""

    def __init__(self, plan: Plan, feed: str) -> None:
        rates = checked(plan.faults)
        self._names = [name for name, fault in FAULTS.items() if fault.level == "transport" and rates.get(name)]
        self._rates = [rates[name] for name in self._names]
        self._random = plan.stream("faults", "transport", feed)
        self._lock = threading.Lock()
        self._streak = 0
        self.counts: Counter[str] = Counter()

    def next(self) -> str:
        """Name of the fault of the next request, '' for none."""
        with self._lock:
            roll = float(self._random.random_sample())
            found = ""
            for name, rate in zip(self._names, self._rates, strict=True):
                if roll < rate:
                    found = name
                    break
                roll -= rate
            self._streak = self._streak + 1 if found else 0
            if self._streak > LONGEST_STREAK:
                self._streak, found = 0, ""
            if found:
                self.counts[found] += 1
            return found


def transport(plan: Plan, feed: str) -> Transport:
    """The decisions for the requests to a feed's interface, from the plan's rates."""
    return Transport(plan, feed)
