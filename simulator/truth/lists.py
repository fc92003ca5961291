"""What follows from lists of what is open: when each item appeared, vanished and returned.

It reads lists.csv (one row an item of a list; a list without items has one row without a key) and writes items.csv:
feed, key, incident, event, at, in the order of time. An item that is listed in a record that cannot be understood is
there all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from simulator.truth.tables import Row, rows, write

EVENTS = ("feed", "key", "incident", "event", "at")


def follow(folder: Path) -> None:
    """Read the lists of a truth folder, and write what became of their items."""
    lists: dict[str, dict[str, list[Row]]] = {}
    for row in rows(folder / "lists.csv"):
        lists.setdefault(row["feed"], {}).setdefault(row["made"], []).append(row)
    found = [event for feed in sorted(lists) for event in events(feed, sorted(lists[feed].items()))]
    write(folder / "items.csv", EVENTS, found)


def events(feed: str, lists: Sequence[tuple[str, list[Row]]]) -> Iterator[tuple[str, str, str, str, str]]:
    """What happened to the items of one feed's lists, which come in order, each with its moment.

    An item appears when it began by its own word, but not after it was first seen.
    """
    before: set[str] = set()
    known: dict[str, str] = {}
    for made, items in lists:
        now = {row["key"]: row for row in items if row["key"]}
        for key in sorted(now.keys() - before):
            event = "returned" if key in known else "appeared"
            known.setdefault(key, now[key]["incident"])
            at = min(now[key]["began"] or made, made) if event == "appeared" else made
            yield feed, key, known[key], event, at
        for key in sorted(before - now.keys()):
            yield feed, key, known[key], "vanished", made
        before = set(now)
