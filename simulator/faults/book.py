"""A ledger while faults are planted in it: what can still be hit, what was changed, what was added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from simulator.faults.registry import FAULTS
from simulator.feeds.channel import Channel
from simulator.ledger import RECORDED, Ledger, joined
from simulator.plan import HOUR, ZONE_HOURS, Plan
from simulator.truth.readings import EPOCH_MS, Reading

NEVER = 1 << 60  # second from which a row can be read that never can
Cells = Mapping[str, np.ndarray]


class Book:
    """A ledger while faults are planted in it; rows that are added wait in `more`."""

    def __init__(self, plan: Plan, ledger: Ledger, channel: Channel, reading: Reading | None) -> None:
        self.plan, self.channel, self.ledger = plan, channel, ledger
        self.how = reading or Reading(network="", key=ledger.key, steps={"": ""}, times=EPOCH_MS)
        self.told_at, self.outcome = ledger.told_at.copy(), ledger.outcome.copy()
        self.code, self.fault = ledger.code.copy(), ledger.fault.copy()
        self.spent = np.zeros(len(ledger), dtype=bool)  # sound rows that another was made from
        self.cells: dict[str, np.ndarray] = {}
        self.more: list[Ledger] = []
        keys = ledger.rows[ledger.key]
        self.last = ~keys.duplicated(keep="last").to_numpy()
        self.keys = pd.factorize(keys.astype(str))[0]

    def told(self) -> Ledger:
        """The ledger as it is told now."""
        rows = self.ledger.rows
        rows = rows.assign(**{name: _typed(values, rows[name]) for name, values in self.cells.items()})
        changed = replace(
            self.ledger, rows=rows, told_at=self.told_at, outcome=self.outcome, code=self.code, fault=self.fault
        )
        return joined([changed, *self.more, changed.take(np.zeros(0, dtype=np.int64))])

    def column(self, name: str) -> np.ndarray:
        """A column that may be written to, as it stands now."""
        if name not in self.cells:
            self.cells[name] = self.ledger.rows[name].to_numpy(dtype=object).copy()
        return self.cells[name]

    def filled(self, name: str) -> np.ndarray:
        """Which rows have anything in a column."""
        values = self.column(name)
        return ~(pd.isna(values) | (values == ""))

    def hit(self, random: np.random.RandomState, rate: float, where: np.ndarray | None = None) -> np.ndarray:
        """Positions of sound rows drawn at this rate among those where it can happen."""
        chosen = (random.random_sample(len(self.told_at)) < rate) & self.free()
        return np.flatnonzero(chosen if where is None else chosen & where)

    def free(self) -> np.ndarray:
        """Rows that no fault has touched."""
        sound = (self.fault == "") & (self.outcome == RECORDED) & ~self.spent
        return sound & ~self.ledger.gone & (self.told_at < NEVER)

    def mark(self, rows: np.ndarray, name: str) -> None:
        """Rows changed in their place."""
        self.fault[rows], self.outcome[rows], self.code[rows] = name, FAULTS[name].outcome, FAULTS[name].code

    def add(
        self,
        rows: np.ndarray,
        name: str,
        told_at: np.ndarray,
        cells: Cells | None = None,
        gone: bool = False,
        secrets: dict[str, set[str]] | None = None,
    ) -> None:
        """Rows told once more, with other cells (one entry a row, by column), and marked."""
        count = len(rows)
        if not count:
            return
        now = self.told_columns(rows)
        fault = FAULTS[name]
        self.more.append(
            replace(
                self.ledger.take(rows),
                rows=now.assign(**(cells or {})),
                told_at=np.asarray(told_at, dtype=np.int64),
                gone=np.full(count, gone),
                outcome=np.full(count, fault.outcome, dtype=object),
                code=np.full(count, fault.code, dtype=object),
                fault=np.full(count, name, dtype=object),
                secrets=secrets or {},
            )
        )

    def told_columns(self, rows: np.ndarray) -> pd.DataFrame:
        """The rows at these positions as they stand now."""
        taken = self.ledger.rows.iloc[rows].reset_index(drop=True)
        return taken.assign(**{name: values[rows] for name, values in self.cells.items()})

    def seconds(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Moments that a column tells, seconds of the world's clock; NaT of the column is a very early one."""
        start = self.plan.start.astype("datetime64[s]")
        told = self.column(name)[rows]
        if self.how.times == EPOCH_MS:
            utc = start.astype(np.int64) - ZONE_HOURS * HOUR
            return told.astype(np.int64) // 1000 - utc
        moments = pd.to_datetime(pd.Series(told, dtype="str"), format=self.how.times, errors="coerce")
        return moments.to_numpy().astype("datetime64[s]").astype(np.int64) - start.astype(np.int64)

    def write(self, at: np.ndarray) -> np.ndarray:
        """Moments in the form of the feed."""
        moments = pd.Series(self.plan.start + np.asarray(at, dtype=np.int64).astype("timedelta64[s]"))
        return moments.dt.strftime(self.how.times).to_numpy(dtype=object)


def _typed(values: np.ndarray, like: pd.Series) -> pd.Series:
    """Cells as numbers where the column held numbers and they all still are."""
    cells = pd.Series(values, dtype=object)
    return cells.astype(like.dtype) if pd.api.types.is_numeric_dtype(like) else cells
