"""From a ledger to the files that a centre drops: which versions go into which file, and the file's bytes.

The bytes depend on nothing but the ledger and the channel. What goes wrong with a whole file is planted by `spoil`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from simulator.clock import spaced, stamp
from simulator.feeds.channel import Drop
from simulator.files import columns_csv, columns_json, columns_xlsx, columns_xml
from simulator.ledger import DUPLICATE, Ledger
from simulator.plan import HOUR, Plan

HELD_UP = HOUR  # the longest that `spoil` may hold a file up, seconds
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Draft:
    """A file before it is written: what a planted fault may change.

    number: of the file in the feed, from 0. made: second of the state that it tells. at: second from which it can be
    read. rows: positions in the ledger, -1 for a row that the ledger does not know. table: the rows in the centre's
    columns. outcomes, codes, faults: as in the ledger, one a row. head: what stands beside the rows in json. data: the
    bytes, where they are not what `drop` makes of `table`.
    """

    feed: str
    number: int
    name: str
    made: int
    at: int
    drop: Drop
    head: dict[str, str]
    table: pd.DataFrame
    rows: np.ndarray
    outcomes: np.ndarray
    codes: np.ndarray
    faults: np.ndarray
    data: bytes | None = None

    def take(self, chosen: np.ndarray) -> Draft:
        """The draft with the rows at these positions (not a mask), in this order."""
        names = ("rows", "outcomes", "codes", "faults")
        return replace(self, table=self.table.iloc[chosen], **{name: getattr(self, name)[chosen] for name in names})

    def written(self) -> bytes:
        """The bytes of the file."""
        return write(self.drop, self.table, self.head) if self.data is None else self.data


@dataclass(frozen=True)
class DeliveredFile:
    """A file as it lies there from second `at` on; the arrays have one entry a row (see Draft)."""

    name: str
    at: int
    data: bytes
    rows: np.ndarray
    outcomes: np.ndarray
    codes: np.ndarray
    faults: np.ndarray


Spoil = Callable[[Draft], Iterable[Draft]]


def deliveries(
    plan: Plan, ledger: Ledger, drop: Drop, until: int, since: int = -1, spoil: Spoil | None = None
) -> Iterator[DeliveredFile]:
    """The files of a feed that can first be read in (since, until], in the order of their making.

    Inputs: the ledger in its order; seconds of the world's clock. `spoil` makes none, one or several drafts of each
    draft: a quiet feed drops it, a repeated sending gives it twice.
    """
    for draft in drafts(plan, ledger, drop, until, since):
        for spoiled in [draft] if spoil is None else spoil(draft):
            if since < spoiled.at <= until:
                yield DeliveredFile(
                    name=spoiled.name,
                    at=spoiled.at,
                    data=spoiled.written(),
                    rows=spoiled.rows,
                    outcomes=spoiled.outcomes,
                    codes=spoiled.codes,
                    faults=spoiled.faults,
                )


def drafts(plan: Plan, ledger: Ledger, drop: Drop, until: int, since: int = -1) -> Iterator[Draft]:
    """What the files would hold if nothing went wrong with them."""
    history = _History(ledger)
    for number, made in enumerate(range(drop.first, until - drop.delay + 1, drop.cadence)):
        if made + drop.delay + HELD_UP <= since:
            continue
        rows = history.told(drop, made)
        if not len(rows) and not drop.keep_empty:
            continue
        yield Draft(
            feed=ledger.feed,
            number=number,
            name=f"{drop.name}_{stamp(plan, made)}.{drop.kind}",
            made=made,
            at=made + drop.delay,
            drop=drop,
            head={"time": str(spaced(plan, np.array([made])).iloc[0])},
            table=ledger.rows.iloc[rows],
            rows=rows,
            outcomes=ledger.outcome[rows],
            codes=ledger.code[rows],
            faults=ledger.fault[rows],
        )


def write(drop: Drop, table: pd.DataFrame, head: dict[str, str]) -> bytes:
    """The bytes of one file of the channel's kind. Missing values are empty cells, null in json."""
    columns = {str(name): _values(table[name]) for name in table.columns}
    if drop.kind == "csv":
        return columns_csv(columns, encoding=drop.encoding)
    if drop.kind == "json":
        return columns_json(head, drop.records, columns)
    if drop.kind == "xml":
        return columns_xml(drop.records, columns)
    return columns_xlsx(columns, sheet=drop.sheet, title=drop.title)


def _values(column: pd.Series) -> list[object]:
    return column.astype(object).where(column.notna(), None).tolist()


class _History:
    """When each version stops being its record's newest one.

    A duplicate is a second copy of the version before it: it never replaces that one and goes wherever it goes. A row
    without a key replaces nothing and is replaced by nothing: it stands in the first file after it was told.
    """

    def __init__(self, ledger: Ledger) -> None:
        count = len(ledger)
        keys = ledger.rows[ledger.key]
        self.told_at, self.gone = ledger.told_at, ledger.gone
        self.keyless = (keys.isna() | (keys.astype(str) == "")).to_numpy()
        codes = pd.factorize(keys.astype(str))[0].astype(np.int64)
        codes[self.keyless] = count + np.flatnonzero(self.keyless)
        copies = ledger.outcome == DUPLICATE
        self.until = np.full(count, _NEVER, dtype=np.int64)
        own = np.flatnonzero(~copies)
        order = own[np.lexsort((own, codes[own]))]
        same = codes[order[:-1]] == codes[order[1:]]
        self.until[order[:-1][same]] = self.told_at[order[1:][same]]
        # a copy ends with the newest version of its record that stood when it was told
        for_copy = np.flatnonzero(copies)
        if len(for_copy):
            at = np.searchsorted(codes[order] * count + order, codes[for_copy] * count + for_copy) - 1
            found = (at >= 0) & (codes[order[at]] == codes[for_copy])
            self.until[for_copy[found]] = self.until[order[at[found]]]

    def told(self, drop: Drop, made: int) -> np.ndarray:
        """Positions of the versions that stand in the file made at this second."""
        end = int(np.searchsorted(self.told_at, made, side="right"))
        fresh = int(np.searchsorted(self.told_at, made - drop.cadence, side="right"))
        if made == drop.first:
            fresh = 0
        if drop.mode == "append":
            return np.flatnonzero(~self.gone[fresh:end]) + fresh
        begin = 0
        if drop.mode == "upsert" and made != drop.first:
            begin = int(np.searchsorted(self.told_at, made - drop.overlap, side="right"))
        stands = (self.until[begin:end] > made) & ~self.gone[begin:end]
        found = np.flatnonzero(stands) + begin
        return found[~self.keyless[found] | (found >= fresh)]
