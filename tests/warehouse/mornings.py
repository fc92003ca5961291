"""What is asked in the morning: cases about to be late, suspended, tossed about, and handed between two systems.

The clock stands at noon of 20 October 2026, a Tuesday. All limits are continuous: contact in one hour, the disposal in
two natural days, the whole in ten.
"""

import json
from typing import Any

from tests.warehouse.mounted import Delivery, MountedLog

LIMITS = {"contact": (1, "urgent_hour"), "handle": (2, "natural_day"), "close": (10, "natural_day")}
K: dict[str, Any] = {"category_code_set": "morning", "category_code": "1"}
OPENED: dict[str, str] = {
    # due at 11:59 today: a minute over
    "minute-over": "10-18 11:59",
    "on-the-dot": "10-18 12:00",
    "in-two-hours": "10-18 14:00",
    "tonight": "10-18 14:01",
    # due at midnight, which is the end of today
    "at-midnight": "10-19 00:00",
    "tomorrow": "10-19 00:01",
    # due yesterday at midnight: not today's any more
    "yesterday": "10-18 00:00",
}
SUSPENDED: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    # until a day that has passed, and nobody resumed it
    "run-out": [("reported", "10-01 08:00", {}),
                ("suspended", "10-02 08:00", {"until": "2026-10-12T00:00:00", "counterpart_org_code": "CENTRE"})],
    # resumed after five days
    "resumed": [("reported", "10-01 08:00", {}), ("suspended", "10-02 08:00", {}), ("resumed", "10-07 08:00", {})],
    # granted anew before it was over; a year at most where nobody tells the end
    "granted-anew": [("reported", "10-01 08:00", {}),
                     ("suspended", "10-02 08:00", {"until": "2026-10-12T00:00:00"}), ("suspended", "10-10 08:00", {})],
    # suspended when the disposal was late already, and the whole not yet
    "too-late": [("reported", "10-01 08:00", {}), ("suspended", "10-05 08:00", {}), ("closed", "10-06 08:00", {})],
    # suspended when the whole was late too: that moves nothing
    "too-late-for-all": [("reported", "09-01 08:00", {}), ("suspended", "09-15 08:00", {})],
    # two days more, asked by the crew; they are over
    "extended": [("reported", "10-10 08:00", {}), ("extension_requested", "10-11 08:00", {"org_code": "CREW"}),
                 ("extension_granted", "10-11 09:00", {"counterpart_org_code": "CENTRE"})],
}  # fmt: skip
TOSSED: dict[str, list[tuple[str, str, str]]] = {
    # returned three times, and the fourth has it
    "tossed": [("dispatched", "10-01 09:00", "A"), ("returned_to_sender", "10-01 10:00", "A"),
               ("transferred", "10-01 11:00", "B"), ("returned_to_sender", "10-01 12:00", "B"),
               ("transferred", "10-01 13:00", "A"), ("returned_to_sender", "10-01 14:00", "A"),
               ("transferred", "10-01 15:00", "C")],
    # twice only
    "twice": [("dispatched", "10-01 09:00", "A"), ("returned_to_sender", "10-01 10:00", "A"),
              ("transferred", "10-01 11:00", "B"), ("returned_to_sender", "10-01 12:00", "B"),
              ("transferred", "10-01 13:00", "A")],
    # its own system keeps one return; the rows of custody tell the others
    "by-custody": [("dispatched", "10-01 09:00", "A"), ("returned_to_sender", "10-01 16:00", "B"),
                   ("transferred", "10-01 17:00", "C")],
}  # fmt: skip
CUSTODY = [
    ("dispatched", "10-01 09:00", "A"), ("returned", "10-01 10:00", None), ("dispatched", "10-01 11:00", "B"),
    ("returned", "10-01 12:00", None), ("dispatched", "10-01 13:00", "A"), ("returned", "10-01 14:00", None),
    ("dispatched", "10-01 17:00", "C"),
]  # fmt: skip
# the police's cases, the police's book of transfers, the hotline's book of the same; times of 19 and 20 October
CALLS = {
    "P1": {"reported": "10-19 08:00", "closed": "10-19 09:00"},
    "P2": {"reported": "10-19 08:00"},
    "P3": {"reported": "10-19 08:00", "closed": "10-19 09:00"},
    "P4": {"reported": "10-19 08:00", "closed": "10-19 09:00"},
    # closed after the moment up to which the hotline has delivered
    "P5": {"reported": "10-19 08:00", "closed": "10-20 10:30"},
}
GIVEN: dict[str, tuple[str, dict[str, str]]] = {
    # closed by the police at nine, with the hotline since half past
    "L1": ("P1", {"link_pushed": "10-19 09:30"}),
    # answered by the hotline, still open at the police
    "L2": ("P2", {"link_pushed": "10-19 08:30", "link_acknowledged": "10-19 08:40", "link_answered": "10-19 18:00"}),
    # sent back to a case that the police have closed
    "L3": ("P3", {"link_pushed": "10-19 08:30", "link_returned": "10-19 20:00"}),
    # both agree; but the police's book does not know of the answer yet
    "L4": ("P4", {"link_pushed": "10-19 08:30"}),
    "L5": ("P5", {"link_pushed": "10-19 08:30"}),
}
TAKEN: dict[str, tuple[str, dict[str, str]]] = {
    "T1": ("L1", {"link_pushed": "10-19 09:30", "link_acknowledged": "10-19 10:00"}),
    "T2": ("L2", {"link_pushed": "10-19 08:30", "link_answered": "10-19 18:00"}),
    "T3": ("L3", {"link_pushed": "10-19 08:30", "link_returned": "10-19 20:00"}),
    "T4": ("L4", {"link_pushed": "10-19 08:30", "link_answered": "10-19 19:00"}),
    "T5": ("L5", {"link_pushed": "10-19 08:30"}),
    # only the hotline tells of it
    "T6": ("L6", {"link_pushed": "10-19 08:30"}),
}


def fill(log: MountedLog) -> None:
    """Add rules, cases and transfers."""
    log.feed("morning_rules", "reference", mode="reference")
    delivery = log.deliver("morning_rules", "2026-09-01 00:00")
    for stage, (value, unit) in LIMITS.items():
        log.state(delivery, "limit", f"morning-{stage}", "2026-01-01", code_set="morning", category_code="*",
                  stage=stage, limit_value=value, limit_unit=unit, org_code="*")  # fmt: skip
    log.feed("mornings", "gas")
    told = log.deliver("mornings", "2026-10-20 11:00")
    for line, (key, at) in enumerate(OPENED.items(), start=1):
        log.tell(told, key, "reported", f"2026-{at}", line=line, org_code="CREW", **K)
        log.tell(told, key, "contacted", f"2026-{at}", line=line, org_code="CREW", **K)
    for line, (key, steps) in enumerate(SUSPENDED.items(), start=100):
        for event_type, at, more in steps:
            columns = {"org_code": "CREW", "attributes": json.dumps({"until_at": more.get("until")}), **more}
            columns.pop("until", None)
            log.tell(told, key, event_type, f"2026-{at}", line=line, identity="each", **columns, **K)
    _tossed(log, told)
    _handed(log)


def _tossed(log: MountedLog, told: Delivery) -> None:
    for line, (key, steps) in enumerate(TOSSED.items(), start=200):
        log.tell(told, key, "reported", "2026-10-01 08:00", line=line)
        for event_type, at, org in steps:
            log.tell(told, key, event_type, f"2026-{at}", line=line, identity="each", org_code=org)
    log.feed("custody", "gas", mode="append")
    rows = log.deliver("custody", "2026-10-20 11:00")
    for line, (move, at, org) in enumerate(CUSTODY, start=1):
        words = json.dumps({"case_no": "by-custody", "move": move})
        log.tell(rows, f"by-custody-{line}", "handed_on", f"2026-{at}", line=line, stream_type="action",
                 counterpart_org_code=org, attributes=words)  # fmt: skip


def _handed(log: MountedLog) -> None:
    log.feed("calls_110", "public_security")
    cases = log.deliver("calls_110", "2026-10-20 11:30")
    for line, (key, events) in enumerate(CALLS.items(), start=1):
        for event_type, at in events.items():
            log.tell(cases, key, event_type, f"2026-{at}", line=line)
    log.feed("book_110", "public_security")
    log.feed("book_12345", "hotline")
    for book, names, steps, until in (
        ("book_110", "incident_no", GIVEN, "2026-10-20 11:30"), ("book_12345", "link_no", TAKEN, "2026-10-20 10:00")
    ):  # fmt: skip
        delivery = log.deliver(book, until)
        for line, (key, (named, events)) in enumerate(steps.items(), start=1):
            for event_type, at in events.items():
                log.tell(delivery, key, event_type, f"2026-{at}", line=line, stream_type="transfer",
                         attributes=json.dumps({names: named}))  # fmt: skip
    # an order of the hotline, done by the city management's crew, whose own case names it
    log.feed("orders", "hotline")
    orders = log.deliver("orders", "2026-10-20 11:30")
    log.tell(orders, "RX1", "reported", "2026-10-18 08:00")
    log.feed("patrol_cases", "city_management")
    patrol = log.deliver("patrol_cases", "2026-10-20 11:30")
    of_order = json.dumps({"hotline_order_no": "RX1"})
    for event_type, at in {"reported": "10-18 09:00", "closed": "10-19 12:00"}.items():
        log.tell(patrol, "CG1", event_type, f"2026-{at}", attributes=of_order)
