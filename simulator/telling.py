"""A feed's files while its ledger still grows: made block by block, in bounded memory, the same as from the whole.

A case begins at most a day before its block, so what a block brings is complete up to a day before its end.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulator.deliver import HELD_UP, DeliveredFile, Spoil, deliveries
from simulator.feeds.channel import Channel, Drop, Rest
from simulator.ledger import Ledger, joined
from simulator.plan import DAY, Plan

EARLIEST = -DAY  # when reference data are told, before the world begins
_DUMP = 2 * DAY  # a day's dump of a table holds what changed in two


class Telling:
    """The files of one feed, in order. Give it the ledger of each block, then ask for the files up to a moment."""

    def __init__(self, plan: Plan, feed: str, channel: Channel, spoil: Spoil | None = None) -> None:
        self.plan, self.drop, self.spoil = plan, as_files(feed, channel), spoil
        self._open: Ledger | None = None
        self._told = EARLIEST

    def add(self, more: Ledger) -> None:
        """Versions that the blocks so far did not have."""
        self._open = more if self._open is None else joined([self._open, more])

    def files(self, until: int) -> Iterator[DeliveredFile]:
        """The files that can first be read after the last call's moment, up to second `until`."""
        if self._open is None or until <= self._told:
            return
        yield from deliveries(self.plan, self._open, self.drop, until, self._told, self.spoil)
        self._told = until
        self._open = self._open.take(self._needed(self._open, until))

    def _needed(self, open_: Ledger, until: int) -> np.ndarray:
        """Which versions a later file may still hold: those told lately, and those of records that stand in a list."""
        late = open_.told_at > until - 2 * self.drop.cadence - self.drop.overlap - self.drop.delay - HELD_UP
        if self.drop.mode != "snapshot":
            return late
        keys = open_.rows[open_.key]
        newest = ~keys.duplicated(keep="last").to_numpy()
        return late | keys.isin(keys[newest & ~open_.gone]).to_numpy()


def as_files(feed: str, channel: Channel) -> Drop:
    """The channel itself where it is a drop; else the drop that tells an interface's or a table's rows as files.

    Each day at six in the morning, the rows changed in the two days before: JSON for an interface, CSV for a table.
    """
    if isinstance(channel, Drop):
        return channel
    six = DAY + DAY // 4
    if isinstance(channel, Rest):
        return Drop(name=feed, kind="json", mode="upsert", first=six, overlap=_DUMP, records="data", keep_empty=False)
    if channel.append:
        return Drop(name=feed, kind="csv", mode="append", first=six, keep_empty=False)
    return Drop(name=feed, kind="csv", mode="upsert", first=six, overlap=_DUMP, keep_empty=False)
