"""Cases that contradict themselves, each in one way, of one feed."""

from tests.warehouse.mounted import MountedLog

TOLD: dict[str, dict[str, str]] = {
    "before_opening": {"reported": "10-05 09:00", "visited": "10-04 09:00"},
    "work_after_end": {"reported": "10-05 09:00", "closed": "10-06 09:00", "signed": "10-07 09:00"},
    "two_ends": {"reported": "10-05 09:00", "cancelled": "10-06 09:00", "force_closed": "10-07 09:00"},
    "handled_before_dispatched": {"reported": "10-05 09:00", "handled": "10-05 10:00", "dispatched": "10-05 11:00"},
    "closed_without_disposal": {"reported": "10-05 09:00", "closed": "10-06 09:00"},
    "resumed_without_suspension": {"reported": "10-05 09:00", "resumed": "10-05 12:00"},
    "dated_after_delivery": {"reported": "10-05 09:00", "signed": "10-20 11:30"},
    "": {"reported": "10-05 09:00", "dispatched": "10-05 10:00", "handled": "10-05 11:00", "closed": "10-05 12:00"},
}


def fill(log: MountedLog) -> None:
    """Add the cases; what is recorded is recorded when it was delivered."""
    log.feed("odd", "odd")
    delivery = log.deliver("odd", "2026-10-20 09:00")
    for line, (name, events) in enumerate(TOLD.items(), start=1):
        for event_type, at in events.items():
            log.tell(delivery, f"odd-{name}", event_type, f"2026-{at}", line=line, recorded="2026-10-20 12:00")
