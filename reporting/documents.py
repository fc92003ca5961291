"""What a report for people consists of, before it is a Word file or a workbook."""

import os
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

from ingest.files import sync_folder

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LONGEST_TEXT = 32_000  # a cell of a workbook holds 32,767 characters


@dataclass(frozen=True)
class Share:
    """A rate: its parts, and whether it may be assessed."""

    numerator: int
    denominator: int | None
    is_assessable: bool = True

    @property
    def percent(self) -> Decimal | None:
        """Per cent, cut to one decimal; None without a base or where it may not be assessed."""
        if not self.denominator or not self.is_assessable:
            return None
        return (Decimal(self.numerator) * 100 / Decimal(self.denominator)).quantize(Decimal("0.1"), ROUND_DOWN)


NOT_ASSESSABLE = object()
"""Stands for a figure that rests on a held or late feed: it is not known, and not smaller."""

Value = str | int | Share | date | datetime | object | None


@dataclass(frozen=True)
class Column:
    """A column of a table. `width` in centimetres, on paper."""

    title: str
    width: float
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """Rows for people. On paper only the first `shown` stand, with a word on the others; None means all.

    `one_line`: on paper a cell is cut to one line, so that it is known how many rows a page holds.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    shown: int | None = None
    nothing: str = ""
    one_line: bool = False


@dataclass(frozen=True)
class Chart:
    """Bars by category; a series is its name and one number (or None) a category."""

    title: str
    categories: Sequence[str]
    series: Sequence[tuple[str, Sequence[float | None]]]
    unit: str = ""


@dataclass(frozen=True)
class Section:
    """A heading with sentences, a table and a chart. `sheet` is its name in a workbook; some stand only there."""

    title: str
    sheet: str
    lines: Sequence[str] = ()
    table: Table | None = None
    chart: Chart | None = None
    new_page: bool = False
    on_paper: bool = True


@dataclass(frozen=True)
class Report:
    """A report. `provenance`: edition, log version and data through, as label and value; they stand on every file."""

    title: str
    subtitle: str
    sections: Sequence[Section]
    provenance: Sequence[tuple[str, str]]
    made_at: datetime
    language: str = "zh"
    words: dict[str, str] = field(default_factory=dict)


def plain(text: object) -> str:
    """A text that a document can hold: without control characters, and not longer than a cell."""
    return _CONTROL.sub("", str(text))[:LONGEST_TEXT]


def written(value: Value, words: dict[str, str]) -> str:
    """A value as people read it. `words` has `not_assessable`, `none` and `percent`."""
    if value is None:
        return words["none"]
    if value is NOT_ASSESSABLE or (isinstance(value, Share) and not value.is_assessable):
        return words["not_assessable"]
    if isinstance(value, Share):
        return words["none"] if value.percent is None else f"{value.percent}%"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return words["yes"] if value else words["no"]
    if isinstance(value, int):
        return f"{value:,}"
    return plain(value)


def save(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file under another name and put it in its place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        write(staging)
        os.replace(staging, path)
    finally:
        staging.unlink(missing_ok=True)
    sync_folder(path.parent)
