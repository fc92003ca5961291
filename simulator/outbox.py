"""Where centres put their deliveries, and where the sandbox keeps the truth about them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simulator.world import START

RECORDED, DUPLICATE, REJECTED, FILTERED = "recorded", "duplicate", "rejected", "filtered"
OUTCOMES = (RECORDED, DUPLICATE, REJECTED, FILTERED)


@dataclass(frozen=True)
class Fault:
    """A planted defect: the columns that it spoils, and what must become of the record."""

    defect: str
    outcome: str = RECORDED
    change: dict[str, str] = field(default_factory=dict)


@dataclass
class Sheet:
    """The rows of one delivery with what must become of each; `key` is the column of the record key."""

    feed: str
    name: str
    key: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    defects: list[dict[str, Any]] = field(default_factory=list)

    def take(self, row: dict[str, Any], fault: Fault | None = None) -> None:
        """Append a row, spoiled by its fault. A fault waits while a column that it spoils is still empty."""
        if fault is None or not all(row[column] for column in fault.change):
            self.add(row)
            return
        if fault.outcome == DUPLICATE:
            self.add(row)
        self.add(row | fault.change, fault.outcome, fault.defect)

    def add(self, row: dict[str, Any], outcome: str = RECORDED, defect: str | None = None) -> None:
        """Append a row as it is; a defect is noted with its position (1 is the first record) and its key."""
        self.rows.append(row)
        self.outcomes.append(outcome)
        if defect:
            self.defects.append(
                {
                    "feed": self.feed,
                    "file": self.name,
                    "position": len(self.rows),
                    "key": row[self.key],
                    "defect": defect,
                    "outcome": outcome,
                }
            )


@dataclass
class Outbox:
    """All deliveries as path -> bytes below the city folder, and the ledger of truth."""

    files: dict[str, bytes] = field(default_factory=dict)
    counts: dict[str, dict[str, dict[str, int]]] = field(default_factory=lambda: defaultdict(dict))
    recorded: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    defects: list[dict[str, Any]] = field(default_factory=list)
    personal: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    records: list[dict[str, Any]] = field(default_factory=list)

    def send(self, sheet: Sheet, data: bytes, folder: str = "deliveries") -> None:
        """Put one delivery below `<folder>/<feed>/` and count what must become of its rows."""
        self.files[f"{folder}/{sheet.feed}/{sheet.name}"] = data
        told = Counter(sheet.outcomes)
        self.counts[sheet.feed][sheet.name] = {"fetched": len(sheet.rows)} | {
            outcome: told[outcome] for outcome in OUTCOMES
        }
        self.recorded[sheet.feed].update(
            row[sheet.key] for row, outcome in zip(sheet.rows, sheet.outcomes, strict=True) if outcome == RECORDED
        )
        self.defects.extend(sheet.defects)

    def keep_secret(self, kind: str, values: Iterable[str]) -> None:
        """Remember planted personal values, which nothing behind the vault may show."""
        self.personal[kind].update(value for value in values if value)

    def truth(self, feed: str, keys: Sequence[str], incidents: np.ndarray, **columns: np.ndarray) -> None:
        """Remember which incident each record of a feed speaks of, and where that truly was."""
        names = list(columns)
        table = zip(keys, incidents.tolist(), *(columns[name].tolist() for name in names), strict=True)
        self.records.extend(
            {"feed": feed, "record_key": key, "incident": incident, **dict(zip(names, rest, strict=True))}
            for key, incident, *rest in table
        )


def rows_of(columns: Mapping[str, Iterable[Any]]) -> list[dict[str, Any]]:
    """Columns of one length as rows."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def stamp(at: int) -> str:
    """A moment of the world's clock (seconds) as it stands in file names: YYYYMMDDTHHMM, local time."""
    return str(START + np.timedelta64(at, "s"))[:16].replace("-", "").replace(":", "")


def spread(count: int, total: int, first: int = 0) -> list[int]:
    """`count` positions spread evenly over `total`, from `first` on: where defects are planted."""
    step = (total - first) // (count + 1)
    return [first + step * (number + 1) for number in range(count)]
