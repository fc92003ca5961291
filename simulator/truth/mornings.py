"""What is asked every morning, as a perfect office answers it from the records that were delivered.

Four tables of a truth folder: due_soon.csv, suspensions.csv, shuttle.csv and handovers.csv. The clock is the moment up
to which the feeds were read; the sides of a hand-over are compared at the last moment at which both had delivered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path

from simulator.truth.cases import Record
from simulator.truth.conditions import Judged
from simulator.truth.tables import rows, write, written

DUE_SOON = ("feed", "key", "stage", "due", "minutes_left", "band")
SUSPENSIONS = ("feed", "key", "kind", "began", "until", "is_lasting", "age_days", "is_expired")
SHUTTLE = ("feed", "key", "tosses", "route", "last", "since")
HANDOVERS = ("key", "from_network", "to_network", "from_status", "to_status", "is_contradictory", "counted")
TOO_OFTEN = 3
LONGEST = timedelta(days=365)
_SOON = timedelta(hours=2)


def ask(folder: Path, judged: Sequence[Judged], begins: datetime, now: datetime) -> None:
    """Write the four tables; the feeds' deliveries are told in seconds since `begins`."""
    cases = [one for one in judged if one.record.stream == "case"]
    records = [one.record for one in judged]
    write(folder / "due_soon.csv", DUE_SOON, (row for one in cases for row in _due_soon(one, now)))
    write(folder / "suspensions.csv", SUSPENSIONS, (row for one in cases for row in _suspensions(one, now)))
    write(folder / "shuttle.csv", SHUTTLE, _shuttle(records))
    reach: dict[str, datetime] = {}
    for row in rows(folder / "expected.csv"):
        at = begins + timedelta(seconds=int(row["at"]))
        reach[row["feed"]] = max(at, reach.get(row["feed"], at))
    write(folder / "handovers.csv", HANDOVERS, _handovers(records, reach, now))


def _is_open(record: Record) -> bool:
    return not record.is_cancelled and "closed" not in record.at


def _due_soon(one: Judged, now: datetime) -> Iterator[tuple[object, ...]]:
    midnight = datetime.combine(now.date(), time())
    for stage, deadline in one.deadlines.items():
        due = deadline.due
        if due is None or deadline.stopped is not None or not _is_open(one.record):
            continue
        if midnight < due <= midnight + timedelta(days=1) or now < due <= now + _SOON:
            seconds = int((due - now).total_seconds())
            left = seconds // 60  # rounded down: a minute that has begun since the deadline counts
            band = "overdue_today" if due <= now else "two_hours" if due <= now + _SOON else "today"
            yield one.record.feed, one.record.key, stage, written(due), left, band


def _suspensions(one: Judged, now: datetime) -> Iterator[tuple[object, ...]]:
    record = one.record
    for began, ended in record.pauses:
        lasts = ended is None and _is_open(record)
        until = began + LONGEST
        yield _line(record, "suspension", began, until, lasts, now)
    granted = record.at.get("extension_granted")
    if granted is not None:
        deadline = one.deadlines.get("handle") or one.deadlines.get("close")
        lasts = _is_open(record) and deadline is not None and deadline.stopped is None
        yield _line(record, "extension", granted, deadline.due if deadline else None, lasts, now)


def _line(
    record: Record, kind: str, began: datetime, until: datetime | None, lasts: bool, now: datetime
) -> tuple[object, ...]:
    expired = lasts and until is not None and until <= now
    age = max((now - began).days, 0)
    return record.feed, record.key, kind, written(began), written(until), _word(lasts), age, _word(expired)


def _shuttle(records: Iterable[Record]) -> Iterator[tuple[object, ...]]:
    """Cases of the city management by the log of its actions: 626 with an office is a return, 610 to one a dispatch."""
    moves: dict[str, list[tuple[datetime, int, str, str]]] = defaultdict(list)
    for record in records:
        if record.feed == "city_management_actions":
            item, to, case = record.more["item"], record.more["next"], record.more["case"]
            kind = "returned" if item == "626" and record.org else "dispatched" if item == "610" and to else ""
            moves[case].append((record.at["acted"], int(record.key.rsplit("-", 1)[1]), kind, to))
    for case, told in sorted(moves.items()):
        told.sort()
        returned, dispatched = (sum(kind == word for _, _, kind, _ in told) for word in ("returned", "dispatched"))
        tosses = max(returned, dispatched - 1)
        held = [(at, to) for at, _, _, to in told if to]
        turns = [held[n] for n in range(len(held)) if n == 0 or held[n][1] != held[n - 1][1]]
        if tosses >= TOO_OFTEN:
            route, holder = " > ".join(to for _, to in turns), turns[-1][1]
            since = max([turns[-1][0], *(at for at, _, kind, to in told if kind == "dispatched" and to == holder)])
            yield "city_management_cases", case, tosses, route, holder, written(since)


def _handovers(records: Sequence[Record], reach: Mapping[str, datetime], now: datetime) -> Iterator[tuple[object, ...]]:
    """From 110 to 12345 by the books of both, and from 12345 to 110 by the hotline's own."""
    cases = {(one.network, one.key): one for one in records if one.stream == "case"}
    answers = {one.more["flow"]: one for one in records if one.feed == "hotline_transfers" and one.more["flow"]}
    for one in records:
        giver, book = None, None
        if one.feed == "police_link":
            networks = ("public_security", "hotline")
            giver, book = cases.get((networks[0], one.more["incident"])), answers.get(one.key, one)
        elif one.feed == "hotline_transfers" and one.more["order"]:
            networks = ("hotline", "public_security")
            giver, book = cases.get((networks[0], one.more["order"])), one
        if book is None:
            continue
        feeds = (book.feed, one.feed if giver is None else giver.feed)
        until = min(now, *(reach.get(feed, now) for feed in feeds))
        if one.at["pushed"] > until:
            continue
        theirs = _book(book, until)
        ours = _book(one, until) if giver is None else _state(giver, until)
        wrong = (
            (ours != "open" and theirs == "open")
            or (ours == "open" and theirs == "closed")
            or (giver is not None and ours != "open" and theirs == "returned")
        )
        yield one.key, *networks, ours, theirs, _word(wrong), networks[0] if theirs == "returned" else networks[1]


def _state(case: Record, until: datetime) -> str:
    ended = case.ended
    return "open" if ended is None or ended > until else "cancelled" if case.is_cancelled else "closed"


def _book(transfer: Record, until: datetime) -> str:
    known = {verb for verb, at in transfer.at.items() if at <= until}
    return "returned" if "sent_back" in known else "closed" if "answered" in known else "open"


def _word(flag: bool) -> str:
    return str(flag).lower()
