"""Cases whose stages have limits of their own: acceptance to check, two measures, and what comes back to its sender.

All limits are continuous, so that they can be counted on fingers: acceptance, filing and dispatch a quarter of an
hour, signing one hour, contact 24 hours, arrival 45 minutes, the hazard removed in one hour and the repair in two
natural days after that, the whole disposal in three natural days, each check in two hours, the whole in ten days.
"""

from typing import Any

from tests.warehouse.mounted import MountedLog

LIMITS = {
    "accept": (15, "urgent_minute"), "pre_filing_check": (30, "urgent_minute"), "register": (15, "urgent_minute"),
    "dispatch": (15, "urgent_minute"), "sign": (1, "urgent_hour"), "contact": (24, "urgent_hour"),
    "arrive": (45, "urgent_minute"), "first_measure": (1, "urgent_hour"), "second_measure": (2, "natural_day"),
    "handle": (3, "natural_day"), "post_disposal_check": (2, "urgent_hour"), "close": (10, "natural_day"),
}  # fmt: skip
TOLD: dict[str, list[tuple[str, str]]] = {
    # every step, each in time
    "whole": [
        ("reported", "10-12 08:00"), ("accepted", "10-12 08:10"), ("pre_filing_check_sent", "10-12 08:12"),
        ("pre_filing_check", "10-12 08:30"), ("registered", "10-12 08:25"), ("dispatched", "10-12 08:40"),
        ("signed", "10-12 09:30"), ("contacted", "10-12 09:40"), ("arrived", "10-12 09:20"),
        ("hazard_removed", "10-12 09:35"), ("handled", "10-13 15:00"), ("post_disposal_check_sent", "10-13 15:30"),
        ("post_disposal_check_passed", "10-13 17:00"), ("closed", "10-14 09:00"),
    ],
    # the hazard is removed too late, the repair is in time
    "two-stage": [
        ("reported", "10-12 08:00"), ("dispatched", "10-12 08:05"), ("hazard_removed", "10-12 09:06"),
        ("handled", "10-14 09:06"),
    ],
    # the unit sends it back at once; the sender's clock resumes where it stood, the disposal's never stops
    "sent-back": [
        ("reported", "10-12 08:00"), ("registered", "10-12 08:00"), ("dispatched", "10-12 08:10"),
        ("returned_to_sender", "10-12 14:00"), ("transferred", "10-12 14:06"),
    ],
    # the check fails after an hour, and the one after the rework comes too late
    "checked-twice": [
        ("reported", "10-12 08:00"), ("dispatched", "10-12 08:05"), ("handled", "10-12 12:00"),
        ("post_disposal_check_failed", "10-12 13:00"), ("handled", "10-12 18:00"),
        ("post_disposal_check_passed", "10-12 20:01"),
    ],
    # nothing is told between the report and the disposal
    "told-shortly": [("reported", "10-12 08:00"), ("handled", "10-12 12:00"), ("closed", "10-12 12:00")],
    # open, so its acceptance is late already, and its disposal not yet
    "lies": [("reported", "10-19 08:00")],
    # cancelled: nobody is late
    "called-off": [("reported", "10-01 08:00"), ("cancelled", "10-05 08:00")],
    # suspended after it was handled: that holds up the whole, and not what was done before
    "suspended-late": [
        ("reported", "10-12 08:00"), ("dispatched", "10-12 08:05"), ("handled", "10-13 08:00"),
        ("suspended", "10-13 09:00"),
    ],
}  # fmt: skip


def fill(log: MountedLog) -> None:
    """Add the limits and the cases."""
    log.feed("stage_rules", "reference", mode="reference")
    delivery = log.deliver("stage_rules", "2026-09-01 00:00")
    for stage, (value, unit) in LIMITS.items():
        log.state(delivery, "limit", stage, "2026-01-01", code_set="staged", category_code="*", stage=stage,
                  limit_value=value, limit_unit=unit)  # fmt: skip
    log.feed("staged", "water")
    delivery = log.deliver("staged", "2026-10-20 08:00")
    for line, (key, steps) in enumerate(TOLD.items(), start=1):
        of_case: dict[str, Any] = {"line": line, "category_code_set": "staged", "category_code": "1"}
        for verb, at in steps:
            log.tell(delivery, key, verb, f"2026-{at}", identity="each", **of_case)
