"""Mechanisms: whistles of two kinds, visits on two lists, and feeds that somebody at the base must fill in."""

import json
from datetime import date, datetime
from typing import Any

from tests.conftest import REPOSITORY
from tests.warehouse.mounted import OFFSET, MountedLog

# whistle, kind, blown, signed, sign by, closed, close by; the clock stands at noon of 20 October 2026, local time
WHISTLES = (
    ("w1", "日常哨", "10-01 08:00", "10-01 08:30", "2026-10-01T01:00:00", "10-02 08:00", "2026-10-04T00:00:00"),
    ("w2", "日常哨", "10-01 09:00", "10-01 10:30", "2026-10-01T02:00:00", None, "2026-10-04T01:00:00"),
    ("w3", "应急哨", "10-02 09:00", None, "2026-10-02T02:00:00", None, "2026-10-03T01:00:00"),
    # on time to the second, and not due yet
    ("w4", "应急哨", "10-19 09:00", "10-19 10:00", "2026-10-19T02:00:00", None, "2026-10-20T04:00:01"),
)
# visit, class, day owed, made
VISITS = (
    ("v1", "1", "2026-10-05", "10-05 23:59"), ("v2", "1", "2026-10-05", "10-06 00:00"),
    ("v3", "2", "2026-10-19", None), ("v4", "2", "2026-10-20", None), ("v5", None, "2026-10-01", "10-01 09:00"),
)  # fmt: skip


def fill(log: MountedLog) -> None:
    """Tell it all to a log."""
    log.feed("ledger_of_whistles", "mechanism_centre")
    log.feed("ledger_of_visits", "mechanism_centre")
    log.feed("never_delivered", "mechanism_centre")
    _receptions(log)
    log.typed("ledger_of_whistles", "grid_worker", "准入〔2026〕9号", date(2026, 10, 19))
    log.typed("ledger_of_visits", "community", "准入〔2026〕8号", date(2026, 10, 20))
    log.typed("never_delivered", "community")
    delivery = log.deliver("ledger_of_whistles", "2026-10-20 08:00")
    for line, (key, kind, blown, signed, sign_by, closed, close_by) in enumerate(WHISTLES, start=1):
        told = json.dumps({"whistle_kind": kind, "sign_by": sign_by, "close_by": close_by}, ensure_ascii=False)
        for event_type, at in (("whistle_blown", blown), ("whistle_signed", signed), ("whistle_closed", closed)):
            if at:
                log.tell(
                    delivery, key, event_type, f"2026-{at}", line=line, stream_type="whistle", org_code="W-OFFICE",
                    attributes=told,
                )  # fmt: skip
    delivery = log.deliver("ledger_of_visits", "2026-10-20 09:00")
    for line, (key, visited_class, due_on, made) in enumerate(VISITS, start=1):
        told = json.dumps({"due_on": due_on, **({"visited_class": visited_class} if visited_class else {})})
        log.tell(
            delivery, key, "visit_planned", "2026-10-01 08:00", line=line, stream_type="visit", org_code="V-OFFICE",
            attributes=told,
        )  # fmt: skip
        if made:
            log.tell(
                delivery, key, "visited", f"2026-{made}", line=line, stream_type="visit", org_code="V-OFFICE",
                attributes=told,
            )  # fmt: skip


def _receptions(log: MountedLog) -> None:
    """The events that a contract makes of its sample: a mechanism that is a contract and rows of the registry."""
    log.feed("leader_receptions", "reception_centre")
    delivery = log.deliver("leader_receptions", "2026-10-12 08:00")
    golden = REPOSITORY / "cities" / "sandbox" / "golden" / "leader_receptions.jsonl"
    for line in golden.read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        if row.get("row") == "event":
            at = (datetime.fromisoformat(row["occurred_at"]).replace(tzinfo=None) + OFFSET).isoformat(" ")
            log.tell(
                delivery, row["stream_key"], row["event_type"], at, line=row["line"], stream_type=row["stream_type"],
                org_code=row["org_code"], attributes=row["attributes"],
            )  # fmt: skip
