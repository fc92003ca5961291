"""A small story whose figures can be counted by hand: one office with six cases, and a list of outages.

The clock stands at noon of 20 October 2026. The office 渠西所 was renamed on 10 October. Category k1 has a limit of two
natural days for the disposal and five for the whole; k2 has none.
"""

from typing import Any

from tests.warehouse.mounted import Delivery, MountedLog

CLOCK = "2026-10-20 12:00"
K1: dict[str, Any] = {"category_code_set": "town", "category_code": "k1"}
K2: dict[str, Any] = {"category_code_set": "town", "category_code": "k2"}


def fill(log: MountedLog) -> None:
    """Add the story to a log."""
    _reference(log)
    _cases(log)
    _outages(log)


def _reference(log: MountedLog) -> None:
    log.feed("offices", "reference", mode="reference", cadence_seconds=90 * 86400)
    first = log.deliver("offices", "2026-09-01 00:00")
    log.state(first, "organisation", "Q", "2026-01-01", org_code="Q", org_name="渠西所", valid_to=None)
    log.state(first, "organisation", "R", "2026-01-01", org_code="R", org_name="误录", valid_to=None)
    log.state(first, "category", "k1", "2026-01-01", code_set="town", kind="", category_code="k1",
              minor_name="暴露垃圾", canonical_name="暴露垃圾")  # fmt: skip
    log.state(first, "category", "k2", "2026-01-01", code_set="town", kind="", category_code="k2", minor_name="其他")
    for stage, days in (("handle", 2), ("close", 5)):
        log.state(first, "limit", f"k1|{stage}", "2026-01-01", code_set="town", category_code="k1", stage=stage,
                  limit_value=days, limit_unit="natural_day", org_code="*")  # fmt: skip
    second = log.deliver("offices", "2026-10-10 00:00")
    log.state(second, "organisation", "Q", "2026-10-10", org_code="Q", org_name="渠西中心", valid_to=None)
    # a statement that ends before it begins takes itself back
    log.state(second, "organisation", "R", "2026-01-01", org_code="R", org_name="误录", valid_to="2026-01-01")


def _cases(log: MountedLog) -> None:
    log.feed("cases", "city_management")
    first = log.deliver("cases", "2026-10-12 00:00")
    last = log.deliver("cases", "2026-10-20 06:00", rejected=2)
    log.rejections += [_rejection(last, line) for line in (8, 9)]
    # handled and closed in time
    _case(
        log, last, 1, "in-time", K1, reported="2026-09-28 09:00", handled="2026-09-29 09:00", closed="2026-09-30 09:00"
    )
    # due in September, handled late in October: stands in both months' denominators
    _case(log, last, 2, "late", K1, reported="2026-09-28 10:00", handled="2026-10-02 10:00", closed="2026-10-03 10:00")
    # no limit; closed without a word of its disposal
    _case(log, last, 3, "no-limit", K2, reported="2026-10-05 10:00", closed="2026-10-06 10:00")
    # overdue since 14 October, still open
    _case(log, last, 4, "overdue", K1, reported="2026-10-12 10:00")
    # cancelled; told as closed before, which the newest version of the record takes back
    _case(log, first, 5, "taken-back", K1, reported="2026-10-11 08:00", closed="2026-10-11 10:00")
    _case(log, last, 5, "taken-back", K1, reported="2026-10-11 08:00", cancelled="2026-10-13 10:00")
    # a record that yields no event now: its case is gone
    _case(log, first, 6, "vanished-record", K1, reported="2026-10-11 09:00")
    log.tell(last, "vanished-record", "record_without_event", "2026-10-20 06:00", line=6, stream_type="record")
    # sung is no verb of the life cycle: kept, counted, without effect. Sent back work is not finished.
    _case(log, last, 7, "reworked", K1, reported="2026-10-19 08:00", handled="2026-10-19 10:00",
          reworked="2026-10-19 11:00", sung="2026-10-19 12:00")  # fmt: skip


def _case(log: MountedLog, delivery: Delivery, line: int, key: str, category: dict[str, Any], **events: str) -> None:
    for event_type, at in events.items():
        log.tell(delivery, key, event_type, at, line=line, org_code="Q", grid_scheme_given="unit", grid_code_given="S2",
                 **category)  # fmt: skip


def _outages(log: MountedLog) -> None:
    log.feed("outages", "power", mode="snapshot", cadence_seconds=86400)
    began = "2026-10-01 06:00"
    for day, items in enumerate([{"p": "A", "q": "A"}, {"p": "B"}, {"p": "A"}, {}, {"p": "A"}], start=1):
        log.list_items("outages", f"2026-10-0{day} 07:00", items, began)


def _rejection(delivery: Delivery, line: int) -> dict[str, Any]:
    return {
        "feed": delivery.feed, "network": delivery.network, "batch_id": delivery.batch_id,
        "landing_id": delivery.batch_id, "line": line,
        "field": "reported_at", "code": "not_a_timestamp", "severity": "reject", "owner": "office of cases",
        "message": "record left out",
    }  # fmt: skip
