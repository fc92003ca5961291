"""The folders into which centres drop files: a file is there once the clock has passed the moment of its reading."""

from __future__ import annotations

from pathlib import Path

from simulator.deliver import deliveries
from simulator.faults import spoil
from simulator.feeds.channel import Drop
from simulator.ledger import Ledger
from simulator.plan import Plan
from simulator.telling import EARLIEST


class Drops:
    """The drops of all feeds: `<local>/<feed>/` for those put down here, `<sftp>/out/<feed>/` for those fetched."""

    def __init__(self, plan: Plan, drops: dict[str, tuple[Drop, Ledger]], local: Path, sftp: Path) -> None:
        self._plan, self._drops, self._local, self._sftp = plan, drops, local, sftp
        self._now = EARLIEST
        for feed in drops:
            self._folder(feed).mkdir(parents=True, exist_ok=True)

    def _folder(self, feed: str) -> Path:
        return self._sftp / "out" / feed if self._drops[feed][0].via == "sftp" else self._local / feed

    def move(self, now: int) -> None:
        """Put down what can be read by second `now` of the world's clock."""
        for feed, (drop, ledger) in self._drops.items():
            hook = spoil(self._plan, feed, drop)
            for file in deliveries(self._plan, ledger, drop, now, self._now, hook):
                (self._folder(feed) / file.name).write_bytes(file.data)
        self._now = now
