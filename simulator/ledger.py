"""The ledger of a feed: every version of every row that its source system ever shows, and when it shows it.

Files, servers and both truths are made from ledgers and from nothing else, so that they can't tell different stories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

RECORDED, DUPLICATE, REJECTED, FILTERED = "recorded", "duplicate", "rejected", "filtered"
OUTCOMES = (RECORDED, DUPLICATE, REJECTED, FILTERED)


@dataclass(frozen=True)
class Ledger:
    """Row versions of one feed in the order (told_at, key, version).

    rows: the centre's own columns, typed as the centre would write them (texts, numbers, None), one row a version.
    key: name of the column that holds the record key. told_at: second of the world's clock from which this version
    can be read at the source (int64). gone: True for a version that takes the record away (a deletion; the other
    columns are those of its last version). incident: id of the true incident, -1 where the row speaks of none.
    outcome and code: what must become of the record on landing, and the rejection's code ("" unless rejected).
    fault: name of the planted fault, "" for a sound row. secrets: personal values by kind that stand in the rows.
    """

    feed: str
    key: str
    rows: pd.DataFrame
    told_at: np.ndarray
    incident: np.ndarray
    gone: np.ndarray
    outcome: np.ndarray
    code: np.ndarray
    fault: np.ndarray
    secrets: dict[str, set[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.told_at)

    def take(self, chosen: np.ndarray) -> Ledger:
        """The versions at positions (or under a mask), in the order given."""
        columns = ("told_at", "incident", "gone", "outcome", "code", "fault")
        rows = self.rows.iloc[np.flatnonzero(chosen)] if chosen.dtype == bool else self.rows.iloc[chosen]
        return replace(
            self, rows=rows.reset_index(drop=True), **{name: getattr(self, name)[chosen] for name in columns}
        )

    def told_between(self, since: int, until: int) -> Ledger:
        """Versions that appear in (since, until]."""
        return self.take((self.told_at > since) & (self.told_at <= until))

    def current(self, now: int) -> Ledger:
        """The newest version of each key at `now`, deleted ones included (see `gone`), in the ledger's order."""
        told = np.flatnonzero(self.told_at <= now)
        keys = self.rows[self.key].iloc[told]
        return self.take(told[~keys.duplicated(keep="last").to_numpy()])


def ledger(
    feed: str,
    key: str,
    rows: pd.DataFrame,
    told_at: np.ndarray,
    incident: np.ndarray | None = None,
    gone: np.ndarray | None = None,
    secrets: dict[str, set[str]] | None = None,
) -> Ledger:
    """A ledger of sound rows, put in order of (told_at, key)."""
    count = len(rows)
    plain = np.full(count, "", dtype=object)
    return _ordered(
        Ledger(
            feed=feed,
            key=key,
            rows=rows,
            told_at=np.asarray(told_at, dtype=np.int64),
            incident=np.full(count, -1, dtype=np.int64) if incident is None else np.asarray(incident),
            gone=np.zeros(count, dtype=bool) if gone is None else gone,
            outcome=np.full(count, RECORDED, dtype=object),
            code=plain,
            fault=plain.copy(),
            secrets=secrets or {},
        )
    )


def joined(parts: Sequence[Ledger]) -> Ledger:
    """One ledger of several of a feed; rows told at one time with one key stay in the order of the parts.

    A column that a part does not have stays empty in its rows.
    """
    if len(parts) == 1:
        return parts[0]
    secrets: dict[str, set[str]] = {}
    for part in parts:
        for kind, values in part.secrets.items():
            secrets.setdefault(kind, set()).update(values)
    tables = [part.rows for part in parts]
    alike = all(table.columns.equals(tables[0].columns) for table in tables)
    rows = pd.concat(tables, ignore_index=True)
    names = ("told_at", "incident", "gone", "outcome", "code", "fault")
    return _ordered(
        Ledger(
            feed=parts[0].feed,
            key=parts[0].key,
            rows=rows if alike else rows.fillna(""),
            secrets=secrets,
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names},
        )
    )


def _ordered(one: Ledger) -> Ledger:
    keys = one.rows[one.key].astype(str).to_numpy(dtype=object).astype(str)
    return one.take(np.lexsort((np.arange(len(one)), keys, one.told_at)))
