"""What every reader of a form shares: what it gives back, how it refuses, and how long one record may be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
MEGABYTE = 1024**2
MAX_RECORD = 8 * MEGABYTE  # bytes of one record: what is longer is no record, and would fill the memory


class UnreadableError(Exception):
    """A delivery that is not what its format says; the code is its reason."""


@dataclass(frozen=True)
class Reading:
    """The columns of one delivery as texts (with `line` and `fault` where they are not plain), and how it was read."""

    table: pa.Table
    notes: dict[str, Any] = field(default_factory=dict)


def distinct(header: Sequence[str]) -> list[str]:
    """Header cells as column names: trimmed, the empty ones numbered, repeats marked."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(header, start=1):
        name = re.sub(r"\s+", " ", cell.strip().strip("\ufeff")) or f"column_{number}"
        if name in ("line", "fault", "batch"):
            name = f"source_{name}"
        while name in taken:
            name += "_2"
        names.append(name)
        taken.add(name)
    return names


def undecodable(table: pa.Table, names: Sequence[str]) -> pa.Array:
    """`undecodable_bytes` for the rows in which the encoding did not know some bytes of these columns, else null."""
    found = [pc.fill_null(pc.match_substring(table[name], REPLACEMENT), False) for name in names]
    marked = reduce(pc.or_, found, pa.array(np.zeros(table.num_rows, bool)))
    return pc.if_else(marked, "undecodable_bytes", pa.scalar(None, pa.string()))


def has_long_stretch(data: bytes, marks: Sequence[bytes]) -> bool:
    """Whether more than MAX_RECORD bytes follow each other without one of the marks (ends of lines, quotation marks).

    It looks at few bytes: from one mark it leaps to the last one within reach.
    """
    at = 0
    while len(data) - at > MAX_RECORD:
        last = max(data.rfind(mark, at, at + MAX_RECORD) for mark in marks)
        if last < 0:
            return True
        at = last + 1
    return False
