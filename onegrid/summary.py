"""The closing table of a run: what each feed brought, what the gate said of it, which edition stands."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from onegrid.networks import read_networks

COUNTS = ("fetched", "recorded", "duplicate", "rejected", "filtered")
VERDICTS = ("pass", "warn", "held", "released", "refused")


def run_summary(city: Path, home: Path) -> str:
    """Every feed's counts over all receipts of this home, its verdicts, and the current edition, as text.

    Reads receipts, verdicts and the current edition's manifest, nothing else. A landing counts by its newest
    verdict. Feeds of the city that never landed are shown with zeros.
    """
    from ingest.home import open_home
    from ingest.log import Log

    book = Log(open_home(home))
    names = {feed.name: network.name for network in read_networks(city) for feed in network.feeds}
    table = _table(names, book.receipts(), book.verdicts())
    return "\n".join([*table, "", *_waiting(book), *_edition(home)])


def _waiting(book: Any) -> list[str]:
    """A loud line where landings wait for a person; the rest was published without them."""
    newest = {verdict["landing_id"]: verdict["verdict"] for verdict in book.verdicts()}
    held = sum(1 for verdict in newest.values() if verdict == "held")
    return (
        [f"HELD: {held} landings wait for a decision and are in no figure; see `onegrid gate --held`"] if held else []
    )


def _table(
    networks: Mapping[str, str], receipts: Iterable[Mapping[str, Any]], verdicts: Iterable[Mapping[str, Any]]
) -> list[str]:
    counts: dict[str, Counter[str]] = {feed: Counter() for feed in networks}
    newest = {verdict["landing_id"]: verdict["verdict"] for verdict in verdicts}
    for receipt in receipts:
        feed = counts.setdefault(receipt["feed"], Counter())
        feed["landings"] += 1
        feed.update({name: int(receipt[name]) for name in COUNTS})
        feed[newest.get(receipt["landing_id"], "unjudged")] += 1
    rows = [
        [
            networks.get(feed, "gone"),
            feed,
            *(str(count[name]) for name in ("landings", *COUNTS)),
            _spoken(count),
        ]
        for feed, count in sorted(counts.items(), key=lambda item: (networks.get(item[0], "~"), item[0]))
    ]
    total: Counter[str] = sum(counts.values(), Counter())
    rows.append(["", "total", *(str(total[name]) for name in ("landings", *COUNTS)), _spoken(total)])
    return _aligned([["network", "feed", "landings", *COUNTS, "gate"], *rows])


def _spoken(count: Counter[str]) -> str:
    return ", ".join(f"{count[name]} {name}" for name in (*VERDICTS, "unjudged") if count[name]) or "-"


def _aligned(rows: list[list[str]]) -> list[str]:
    """Names to the left, figures to the right, under a ruled head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    figures = range(2, 2 + 1 + len(COUNTS))
    lines = [
        "  ".join(
            cell.rjust(width) if column in figures else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    rule = "-" * max(map(len, lines))
    return [lines[0], rule, *lines[1:-1], rule, lines[-1]]


def _edition(home: Path) -> list[str]:
    current = home / "editions" / "current"
    if not (current / "manifest.json").is_file():
        return ["no edition is published yet"]
    manifest = json.loads((current / "manifest.json").read_text(encoding="utf-8"))
    results = manifest["gates"]["marts"]["results"]
    failed = [row["check"] for row in results if not row["success"]]
    waived = manifest["gates"]["marts"].get("waived")
    return [
        *(
            [f"PUBLISHED AGAINST ITS GATE: {', '.join(waived['checks'])}, accepted by {waived['by']}: {waived['why']}"]
            if waived
            else []
        ),
        (
            f"edition {manifest['number']} of {manifest['title']}, log version {manifest['log_version']}, "
            f"published {manifest['published_at']}"
        ),
        f"mart gate: {len(results) - len(failed)} of {len(results)} checks passed"
        + (f", warned: {', '.join(failed)}" if failed else ""),
        f"report: {current / 'report' / 'index.html'}",
    ]


def held_landings(home: Any) -> list[str]:
    """One line for each landing that waits for a person: feed, landing, since when, delivery, and what held it."""
    from ingest.log import Log

    book = Log(home)
    newest = {verdict["landing_id"]: verdict for verdict in book.verdicts()}
    lines = []
    for receipt in book.receipts():
        verdict = newest.get(receipt["landing_id"])
        if verdict is not None and verdict["verdict"] == "held":
            why = "; ".join(f"{r['check']} ({r['owner']})" for r in verdict["reasons"]) or verdict["why"]
            since = f"since {verdict['at'][:16]}"
            lines.append(f"{receipt['feed']}  {receipt['landing_id'][:12]}  {since}  {receipt['batch_name']}  {why}")
    return lines or ["no landing is held"]


def open_findings(city: Any, home: Any) -> list[tuple[str, str]]:
    """(severity, line) for each finding of the watch that stands open, alerts first: since when, what, whose."""
    from ingest.errors import OnegridError
    from watch.book import Book
    from watch.finding import KINDS

    book = Book(home)
    found = []
    for feed in book.chains.names():
        try:
            office = city.contract(feed).owner.office
        except OnegridError:
            office = "data bureau"
        for (code, subject), record in book.open_findings(feed).items():
            about = f" [{subject}]" if subject else ""
            line = (
                f"{record['severity']:5}  {feed}  since {record['since'][:16]}Z  {KINDS[code].en}{about}: "
                f"{record['detail']} ({office})"
            )
            found.append((record["severity"], line))
    return sorted(found)
