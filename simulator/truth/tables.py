"""Plain tables on disk: CSV with a header, UTF-8, one line a row, always in the same order."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

Row = dict[str, str]
_LOCAL = "%Y-%m-%dT%H:%M:%S"


def rows(path: Path) -> Iterator[Row]:
    """The rows of a table, none where there is no such file."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def write(path: Path, header: Sequence[str], found: Iterable[Sequence[object]]) -> None:
    """Write a table; None is an empty cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(["" if cell is None else cell for cell in row] for row in found)


def written(moment: datetime | None) -> str:
    """A local moment as the tables write it, '' for never."""
    return "" if moment is None else moment.strftime(_LOCAL)


def read(text: str) -> datetime | None:
    """A local moment as the tables write it."""
    return datetime.strptime(text, _LOCAL) if text else None


def told(text: str, form: str) -> datetime | None:
    """A moment as a source writes it, in local time (UTC+8); a source that says UTC is believed. None for empty.

    Raises ValueError for a text that does not fit the form.
    """
    if text in ("", "-"):
        return None
    if form == "epoch_ms":
        return datetime(1970, 1, 1) + timedelta(milliseconds=int(text), hours=8)
    if text.endswith("Z"):
        return datetime.strptime(text[:-1], form) + timedelta(hours=8)
    return datetime.strptime(text, form)
