"""One resource of an HTTP interface: the newest version of each record that changed since a moment, in pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.feeds.channel import Rest
from simulator.ledger import Ledger

SHIFT = 3  # rows that a page begins early when pages shift


@dataclass(frozen=True)
class Page:
    """rows: of this page. total: of all pages. following: place of the next page's first row, None after the last."""

    rows: list[dict[str, Any]]
    total: int
    following: int | None


class Resource:
    """The rows of a feed as they stand at `now`, a second of the world's clock that the centre moves on."""

    def __init__(self, channel: Rest, ledger: Ledger) -> None:
        self.channel = channel
        self._ledger = ledger
        self._rows: list[dict[str, Any]] = []
        self._updated: list[str] = []

    def move(self, now: int) -> None:
        """Show what is told by then, in the order of (time of change, key)."""
        current = self._ledger.current(now)
        rows = current.rows[~current.gone]
        order = np.lexsort((rows[self._ledger.key].astype(str), rows[self.channel.updated].astype(str)))
        rows = rows.iloc[order]
        self._rows = rows.astype(object).where(rows.notna(), None).to_dict("records")
        self._updated = rows[self.channel.updated].astype(str).tolist()

    def page(self, since: str, first: int, size: int, early: bool = False) -> Page:
        """Rows changed at or after `since` (a text as in the rows, '' for all), from place `first` among them.

        early: begin some rows before, as when rows were put in front while a client turned pages.
        """
        rows = [row for row, at in zip(self._rows, self._updated, strict=True) if at >= since]
        begin = max(0, first - SHIFT) if early else first
        end = first + size
        return Page(rows[begin:end], len(rows), end if end < len(rows) else None)
