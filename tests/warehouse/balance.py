"""What becomes of what is reported: one thing for each way, of one feed."""

from tests.warehouse.mounted import MountedLog

BECAME: dict[str, dict[str, str]] = {
    "not_accepted": {"reported": "10-05 09:00", "not_accepted": "10-05 10:00"},
    "cancelled": {"reported": "10-05 09:00", "registered": "10-05 10:00", "cancelled": "10-06 09:00"},
    "merged": {"reported": "10-05 09:00", "duplicate_of": "10-05 10:00"},
    "own_case": {"reported": "10-05 09:00", "registered": "10-05 10:00"},
    "pending": {"reported": "10-05 09:00", "accepted": "10-05 09:10"},
    "children": {"reported": "10-05 09:00", "split_from": "10-05 09:00", "registered": "10-05 10:00"},
}


def fill(log: MountedLog) -> None:
    """Add the reports, one of September, and a matter that was mended on the spot."""
    log.feed("reports", "odd")
    delivery = log.deliver("reports", "2026-10-20 09:00")
    for line, (name, events) in enumerate(BECAME.items(), start=1):
        for event_type, at in events.items():
            log.tell(delivery, f"report-{name}", event_type, f"2026-{at}", line=line, recorded="2026-10-20 12:00")
    log.tell(delivery, "report-september", "reported", "2026-09-30 23:59", line=7, recorded="2026-10-20 12:00")
    log.tell(
        delivery, "report-mended", "self_fixed", "2026-10-07 09:00", line=8, recorded="2026-10-20 12:00",
        stream_type="self_fix",
    )  # fmt: skip
