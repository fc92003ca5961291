"""Two offices whose figures can be counted by hand, of feeds that are not complete.

The water company's feed fell silent on 10 October. A delivery of the gas company's, of 8 October, is held by the gate.
"""

from typing import Any

from tests.warehouse.mounted import Delivery, MountedLog


def fill(log: MountedLog) -> None:
    """Add both feeds, with limits of ten natural days for the disposal."""
    log.feed("figure_rules", "reference", mode="reference", cadence_seconds=90 * 86400)
    rules = log.deliver("figure_rules", "2026-08-01 00:00")
    for org in ("FW", "FG"):
        log.state(rules, "organisation", org, "2026-01-01", org_code=org, org_name=f"office {org}")
    log.state(rules, "limit", "figures", "2026-01-01", code_set="figures", category_code="*", stage="handle",
              limit_value=10, limit_unit="natural_day", org_code="*")  # fmt: skip
    log.feed("pipes", "water")
    water = log.deliver("pipes", "2026-10-10 00:00")
    # disposed of in September, due in October; both in September; disposed of late in October; open and overdue
    _case(log, water, 1, "ahead", "FW", "2026-09-25 10:00", "2026-09-28 10:00")
    _case(log, water, 2, "at-once", "FW", "2026-09-02 10:00", "2026-09-03 10:00")
    _case(log, water, 3, "behind", "FW", "2026-09-20 10:00", "2026-10-05 10:00")
    _case(log, water, 4, "never", "FW", "2026-09-15 10:00", "")
    _case(log, water, 5, "fresh", "FW", "2026-10-09 10:00", "")
    log.feed("mains", "gas")
    first = log.deliver("mains", "2026-10-01 00:00")
    log.deliver("mains", "2026-10-08 00:00", verdict="held")
    last = log.deliver("mains", "2026-10-20 00:00")
    _case(log, first, 1, "before-gap", "FG", "2026-09-29 10:00", "2026-09-30 10:00")
    _case(log, last, 1, "in-gap", "FG", "2026-10-05 10:00", "2026-10-06 10:00")
    _case(log, last, 2, "after-gap", "FG", "2026-10-12 10:00", "2026-10-13 10:00")


def _case(log: MountedLog, delivery: Delivery, line: int, key: str, org: str, dispatched: str, handled: str) -> None:
    told: dict[str, Any] = {"org_code": org, "category_code_set": "figures", "category_code": "f"}
    steps = {"reported": dispatched, "dispatched": dispatched, "handled": handled}
    for event_type, at in steps.items():
        if at:
            log.tell(delivery, key, event_type, at, line=line, **told)
