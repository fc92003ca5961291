"""Draft, objections and rulings before a month is closed: acts of people, in the hash-chained log of the closings.

A draft names the edition whose figures stand for objection, and the end of the window: the last of some working days
by the city's calendar. A unit objects case by case, with a reason and its evidence. The office that `city.yml` names
rules on each. Then the month is closed with the draft's edition: what was upheld is taken out of the rates, the raw
rows stay.
A ruling that comes after the closing changes nothing in it; the restatement tells what it would change.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from ingest import faults
from ingest.chain import Record
from ingest.city import ClosingRules
from ingest.errors import ClosingError
from ingest.files import canonical_json, create_exclusively, one_at_a_time
from ingest.home import Home
from ingest.privacy import literal
from reporting.build import WAREHOUSE
from reporting.closing import (
    FIGURES,
    ITEMS,
    Closing,
    Month,
    act_of,
    chain_of,
    close,
    edition_of,
    fitness,
    marts_of,
    month_rows,
    of_edition,
)
from reporting.edition import verify_edition

logger = logging.getLogger(__name__)

DRAFT, OBJECTION, RULING = "draft", "objection", "ruling"
ACTS_FOLDER = "acts"


@dataclass(frozen=True)
class Proceedings:
    """What was said of a month so far. `draft`: the one that stands, None where none came since the last closing."""

    draft: Record | None
    objections: list[Record]
    rulings: dict[int, Record]
    closing: Record | None

    @property
    def pending(self) -> list[int]:
        """Objections of the draft that nobody has ruled on."""
        return [one["number"] for one in self.objections if one["number"] not in self.rulings and not one["closing"]]

    def upheld(self, after: int = 0) -> list[dict[str, Any]]:
        """What upheld objections take out, in their order; of the rulings after a number of the chain."""
        found = []
        for one in self.objections:
            ruling = self.rulings.get(one["number"])
            if ruling is not None and ruling["upheld"] and ruling["seq"] > after:
                told = {name: ruling[name] for name in ("why", "role", "by", "document", "at")}
                keys = {name: one[name] for name in ("item_id", "feed", "stream_key", "indicators")}
                found.append({"objection": one["number"], **keys, **told, "ruling_seq": ruling["seq"]})
        return found


def proceedings(home: Home, month: Month) -> Proceedings:
    """Draft, objections and rulings of a month, as they stand in the log."""
    told = [record for record in chain_of(home).records() if record["month"] == month.name]
    return _read(told)


def _read(told: list[Record]) -> Proceedings:
    drafts = [one for one in told if act_of(one) == DRAFT]
    closed = [one for one in told if act_of(one) == "closing"]
    draft = drafts[-1] if drafts and (not closed or drafts[-1]["seq"] > closed[-1]["seq"]) else None
    return Proceedings(
        draft,
        [one for one in told if act_of(one) == OBJECTION],
        {one["objection"]: one for one in told if act_of(one) == RULING},
        closed[-1] if closed else None,
    )


def draft(
    home: Home,
    month: Month,
    rules: ClosingRules,
    edition: str = "",
    by: str = "",
    why: str = "",
    document: str = "",
    again: str = "",
    incomplete: str = "",
) -> Record:
    """Lay the figures of an edition ('' the current one) open to objection. Raises ClosingError where it may not be.

    `again` is the reason for another draft: of a closed month, or while one stands already.
    """
    _said(by, why, document)
    if rules.objection_days == 0:
        raise ClosingError("city.yml gives no days for objections (closing.objection_days: 0): close the month at once")
    with one_at_a_time(home.closings / ".lock"):
        known = proceedings(home, month)
        if (known.draft or known.closing) and not again.strip():
            what = f"has a draft of edition {known.draft['edition']}" if known.draft else "is closed"
            raise ClosingError(f"{month.name} {what}; for another draft give the reason with --again")
        path, manifest = edition_of(home, edition)
        held, lagging = fitness(home, month, manifest, incomplete)
        unsound = verify_edition(path)
        if unsound:
            raise ClosingError(f"edition {path.name} is not what was published: {unsound[0]}; run `onegrid verify`")
        now = home.now()
        with _marts(path) as (connection, marts):
            figures = month_rows("edition", FIGURES, month, marts[FIGURES])
            [(count,)] = connection.execute(f"select count(*) from {figures}").fetchall()
            if not count:
                raise ClosingError(f"edition {path.name} has no figure of {month.name}: there is nothing to lay open")
            end = _window_end(connection, "dim_date" in marts, now, manifest["time_zone"], rules.objection_days)
        return _append(
            home,
            {
                "act": DRAFT,
                **of_edition(path, manifest, month),
                "held_feeds": held,
                "lagging_feeds": lagging,
                "objection_days": rules.objection_days,
                "adjudicator": rules.adjudicator,
                "window_end": end.isoformat(),
                "by": by.strip(),
                "why": why.strip(),
                "document": document.strip(),
                "again": again.strip(),
                "incomplete": incomplete.strip() if held or lagging else "",
                "at": now.isoformat(),
            },
        )


def object_to(
    home: Home,
    month: Month,
    case: str,
    unit: str,
    why: str,
    evidence: str,
    feed: str = "",
    indicator: str = "",
    file: Path | None = None,
) -> Record:
    """A unit objects to a case's being counted in the rates of a draft, or of one rate.

    `case` is its number in its own system; `file` is evidence of which name and hash are kept, the file itself is not.
    After the closing it is an appeal, which only a restatement tells of. Raises ClosingError where there is nothing to
    object to, or the window has ended and the month is not closed yet.
    """
    if not unit.strip() or not why.strip() or not evidence.strip():
        raise ClosingError("say which unit objects (--unit), why (--why), and by what evidence (--evidence)")
    with one_at_a_time(home.closings / ".lock"):
        known, now = proceedings(home, month), home.now()
        against = known.draft or known.closing
        if against is None:
            raise ClosingError(
                f"{month.name} has no draft to object to; `onegrid close {month.name} --draft` lays one open"
            )
        if known.draft and now >= datetime.fromisoformat(known.draft["window_end"]):
            raise ClosingError(
                f"objections to {month.name} could be made until {_local(known.draft, 'window_end')}; when the month "
                "is closed, an appeal is still recorded, and told by the restatement"
            )
        path, _ = edition_of(home, str(against["edition"]))
        with _marts(path) as (connection, marts):
            _known_unit(connection, marts, unit.strip())
            item, indicators = _item(connection, marts, month, case, feed, indicator)
        return _append(
            home,
            {
                "act": OBJECTION,
                "month": month.name,
                "number": len(known.objections) + 1,
                "edition": against["edition"],
                "closing": 0 if known.draft else against["number"],
                **item,
                "indicators": indicators,
                "unit": unit.strip(),
                "why": why.strip(),
                "evidence": evidence.strip(),
                "file": file.name if file else "",
                "file_sha256": hashlib.sha256(file.read_bytes()).hexdigest() if file else "",
                "at": now.isoformat(),
            },
        )


def adjudicate(
    home: Home,
    month: Month,
    rules: ClosingRules,
    objection: int,
    upheld: bool,
    role: str,
    by: str,
    why: str,
    document: str = "",
) -> Record:
    """Rule on an objection, once. Raises ClosingError for another role than the city names, or a second ruling."""
    if role.strip() != rules.adjudicator:
        raise ClosingError(f"{rules.adjudicator} rules on objections (closing.adjudicator in city.yml), not {role!r}")
    _said(by, why, document)
    with one_at_a_time(home.closings / ".lock"):
        known = proceedings(home, month)
        if objection not in {one["number"] for one in known.objections}:
            raise ClosingError(
                f"{month.name} has no objection {objection}; `onegrid objections {month.name}` lists them"
            )
        if objection in known.rulings:
            last = known.rulings[objection]
            what = "upheld" if last["upheld"] else "rejected"
            raise ClosingError(f"objection {objection} was {what} by {last['by']}; a ruling is not replaced")
        of_closed = known.draft is None and known.closing is not None
        return _append(
            home,
            {
                "act": RULING,
                "month": month.name,
                "objection": objection,
                "upheld": upheld,
                "after_closing": known.closing["number"] if of_closed and known.closing else 0,
                "role": role.strip(),
                "by": by.strip(),
                "why": why.strip(),
                "document": document.strip(),
                "at": home.now().isoformat(),
            },
        )


def close_drafted(
    home: Home,
    month: Month,
    rules: ClosingRules,
    edition: str = "",
    by: str = "",
    why: str = "",
    document: str = "",
    again: str = "",
    incomplete: str = "",
    unruled: str = "",
) -> Closing:
    """Close a month after its window, with the draft's edition and without what was upheld; at once where the city
    gives no window.

    `unruled` is the reason for closing though objections wait for a ruling. Raises ClosingError where it may not be.
    """
    if rules.objection_days == 0 and proceedings(home, month).draft is None:
        return close(home, month, edition, by, why, document, again, incomplete)

    def ruled() -> dict[str, Any]:
        keep_acts(home)
        known = proceedings(home, month)
        if known.draft is None:
            raise ClosingError(
                f"{month.name} has no draft: units may object to its figures for {rules.objection_days} working days; "
                f"`onegrid close {month.name} --draft` lays them open"
            )
        if home.now() < datetime.fromisoformat(known.draft["window_end"]):
            raise ClosingError(
                f"{month.name}: units may object until {_local(known.draft, 'window_end')}; close it then"
            )
        if known.pending and not unruled.strip():
            raise ClosingError(
                f"{month.name}: {rules.adjudicator} has not ruled on objections {', '.join(map(str, known.pending))}; "
                f"`onegrid adjudicate {month.name} NUMBER`, or close as it is with the reason in --unruled"
            )
        if edition and str(known.draft["edition"]) != edition:
            raise ClosingError(
                f"the draft of {month.name} is edition {known.draft['edition']}: what nobody could object to is not "
                "closed. Leave --edition out, or lay the other edition open with --draft --again"
            )
        return {
            "edition": str(known.draft["edition"]),
            "draft_seq": known.draft["seq"],
            "window_end": known.draft["window_end"],
            "adjudicator": known.draft["adjudicator"],
            "upheld": known.upheld(),
            "objections": len(known.objections),
            "pending": known.pending,
            "unruled": unruled.strip() if known.pending else "",
            "incomplete": known.draft["incomplete"],
        }

    return close(home, month, edition, by, why, document, again, incomplete, ruled)


def verify_acts(home: Home) -> list[str]:
    """What is wrong with drafts, objections and rulings, as sentences; the chain is checked with the closings."""
    chain = chain_of(home)
    if list(chain.faults()):
        return []  # told by verify_closings
    records = chain.records()
    found = []
    for path in sorted(home.closings.glob(f"*/{ACTS_FOLDER}/*.json")):
        seq = int(path.stem)
        if seq > len(records):
            found.append(
                f"{path.parent.parent.name}: act {seq} is not in the log: its record was lost; it is kept in {path}"
            )
        elif path.read_bytes() != canonical_json(records[seq - 1]):
            found.append(f"{path.parent.parent.name}: the kept act {seq} is not the record of the log")
    for record in records:
        found.extend(f"{record['month']}: {fault}" for fault in _act_faults(record, records[: record["seq"] - 1]))
    return found


def _act_faults(record: Record, before: list[Record]) -> Iterator[str]:
    known = _read([one for one in before if one["month"] == record["month"]])
    act = act_of(record)
    if act == RULING and record["objection"] not in {one["number"] for one in known.objections}:
        yield f"ruling {record['seq']} is on objection {record['objection']}, which nobody made"
    if act == RULING and record["objection"] in known.rulings:
        yield f"ruling {record['seq']} is a second one on objection {record['objection']}"
    if act == OBJECTION and known.draft and _is_over(known.draft, record["at"]):
        yield f"objection {record['number']} was made after the window"
    if act == "closing" and "draft_seq" in record:
        if known.draft is None or known.draft["seq"] != record["draft_seq"]:
            yield f"closing {record['number']} rests on a draft that does not stand"
        elif not _is_over(known.draft, record["at"]):
            yield f"closing {record['number']} was made before the window ended"
        if record["upheld"] != json.loads(canonical_json({"told": known.upheld()}))["told"]:
            yield f"closing {record['number']} does not take out what was upheld"


def _is_over(drafted: Record, at: str) -> bool:
    """Whether the window of a draft had ended at a moment."""
    return datetime.fromisoformat(at) >= datetime.fromisoformat(drafted["window_end"])


def keep_acts(home: Home) -> None:
    """A copy of each act beside the frozen rows: so the loss of the newest is noticed. The caller holds the lock."""
    for record in chain_of(home).records():
        if act_of(record) != "closing":
            path = home.closings / str(record["month"]) / ACTS_FOLDER / f"{record['seq']:010d}.json"
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                create_exclusively(path, canonical_json(record), mode=0o444)


def _append(home: Home, body: Record) -> Record:
    """Record an act; the caller holds the lock. What a dead act left without its copy gets one."""
    written = chain_of(home).append_unless(lambda _: body, lambda _: False)
    assert written is not None
    faults.point("act.after_record")
    keep_acts(home)
    logger.info("%s: %s recorded as %s of the log of closings", body["month"], body["act"], written["seq"])
    return written


@contextmanager
def _marts(edition: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, list[str]]]]:
    """An edition's file, attached read only as `edition`, and its marts with their columns."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(edition / WAREHOUSE))} as edition (read_only)")
        marts = marts_of(connection, "edition")
        lost = [name for name in (FIGURES, ITEMS) if name not in marts]
        if lost:
            raise ClosingError(f"edition {edition.name} has no {' and no '.join(lost)}")
        yield connection, marts


def _said(by: str, why: str, document: str) -> None:
    if not by.strip() or not (why.strip() or document.strip()):
        raise ClosingError("say who acts (--by), and why (--why) or by which document (--document): both are kept")


def _window_end(
    connection: duckdb.DuckDBPyConnection, has_calendar: bool, now: datetime, time_zone: str, days: int
) -> datetime:
    """The end of the last of so many working days after today's, by the city's calendar; else Monday to Friday."""
    today = now.astimezone(ZoneInfo(time_zone)).date()
    last: date | None = None
    if has_calendar:
        found = connection.execute(
            "select day from edition.mart.dim_date where is_workday and day > ? order by day limit ?", [today, days]
        ).fetchall()
        last = found[-1][0] if len(found) == days else None
    if last is None:
        last, left = today, days
        while left:
            last += timedelta(days=1)
            left -= last.weekday() < 5
    return datetime.combine(last + timedelta(days=1), time(), ZoneInfo(time_zone)).astimezone(now.tzinfo)


def _known_unit(connection: duckdb.DuckDBPyConnection, marts: dict[str, list[str]], unit: str) -> None:
    if "dim_organisation" in marts:
        [(count,)] = connection.execute(
            "select count(*) from edition.mart.dim_organisation where org_code = ?", [unit]
        ).fetchall()
        if not count:
            raise ClosingError(f"no organisation has the code {unit!r}; a unit objects by its code")


def _item(
    connection: duckdb.DuckDBPyConnection,
    marts: dict[str, list[str]],
    month: Month,
    case: str,
    feed: str,
    indicator: str,
) -> tuple[Record, list[str]]:
    """The case, and the rates of the month that count it: all, or the one that is named."""
    items = month_rows("edition", ITEMS, month, marts[ITEMS])
    rows = connection.execute(
        f"select distinct feed, stream_key, item_id, indicator from {items} "
        "where stream_key = ? and (? = '' or feed = ?) and denominator is not null order by all",
        [case, feed, feed],
    ).fetchall()
    things = sorted({row[:3] for row in rows})
    if not things:
        raise ClosingError(f"no rate of {month.name} counts a case {case!r}{f' of {feed}' if feed else ''}")
    if len(things) > 1:
        feeds = ", ".join(thing[0] for thing in things)
        raise ClosingError(f"{case!r} is a case of several feeds ({feeds}): name one with --feed")
    counted = [row[3] for row in rows]
    if indicator and indicator not in counted:
        raise ClosingError(
            f"{indicator!r} does not count {case!r} in {month.name}; these rates do: {', '.join(counted)}"
        )
    return dict(zip(("feed", "stream_key", "item_id"), things[0], strict=True)), [indicator] if indicator else counted


def _local(record: Record, name: str) -> str:
    return f"{datetime.fromisoformat(record[name]).astimezone(ZoneInfo(record['time_zone'])):%Y-%m-%d %H:%M}"
