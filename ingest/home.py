"""Where one deployment keeps its data: vault, log, builds, editions, their cuts, closings, reports; and its clock."""

import os
from datetime import UTC, datetime
from pathlib import Path


class Home:
    """The data folder of a deployment (`--home`, default ./var). Making one creates nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.vault = self.root / "vault"
        self.log = self.root / "log"
        self.builds = self.root / "builds"
        self.editions = self.root / "editions"
        self.audiences = self.root / "audiences"
        self.closings = self.root / "closings"
        self.differences = self.root / "differences"
        self.reports = self.root / "reports"
        self.gate = self.root / "gate"

    def now(self) -> datetime:
        """The pull clock, UTC, to the microsecond; ONEGRID_NOW (ISO 8601 with offset) sets it for tests and replays."""
        told = os.environ.get("ONEGRID_NOW")
        return datetime.fromisoformat(told).astimezone(UTC) if told else datetime.now(UTC)


def open_home(path: Path) -> Home:
    return Home(path)
