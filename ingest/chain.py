"""A hash chain of small JSON records, one file each, whose next number is taken by compare-and-set.

Manifests, receipts and verdicts of a feed are such chains. Taking a number is an exclusive create, so two writers
cannot fork a chain and a reader that lists it never skips a record: numbers are taken in order, without gaps.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ingest import faults
from ingest.errors import ChainConflictError, VaultError
from ingest.files import canonical_json, create_exclusively

Record = dict[str, Any]
GENESIS = "0" * 64


def record_hash(record: Record) -> str:
    """SHA-256 over the record without its own `hash`."""
    return hashlib.sha256(canonical_json({k: v for k, v in record.items() if k != "hash"})).hexdigest()


class Chain:
    """The chain in one folder. Each record has `seq` (1, 2, …), `prev_hash` and `hash` beside its own fields."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: list[Record] = []

    def _path(self, seq: int) -> Path:
        return self.folder / f"{seq:010d}.json"

    def records(self) -> list[Record]:
        """All records in order; reads only those that came since the last call on this object."""
        while (path := self._path(len(self._known) + 1)).exists():
            self._known.append(json.loads(path.read_bytes()))
        return self._known

    def head(self) -> Record | None:
        records = self.records()
        return records[-1] if records else None

    def append(self, body: Record) -> Record:
        """Follow the last record read by `body`. Raises ChainConflictError where another writer did so first."""
        previous = self._known[-1]["hash"] if self._known else GENESIS
        record = {**body, "seq": len(self._known) + 1, "prev_hash": previous}
        record["hash"] = record_hash(record)
        faults.point(f"chain.{self.folder.parent.name}.before")
        if not create_exclusively(self._path(record["seq"]), canonical_json(record)):
            raise ChainConflictError(f"number {record['seq']} of {self.folder.name} was taken by another writer")
        faults.point(f"chain.{self.folder.parent.name}.after")
        self._known.append(record)
        return record

    def append_unless(
        self, body: Callable[[Record | None], Record], taken: Callable[[Record], bool], checked: int = 0
    ) -> Record | None:
        """Append what `body` makes of the head, however many writers race; None where `taken` holds for a record.

        The caller vouches for the first `checked` records: `taken` holds for none of them.
        """
        while True:
            records = self.records()
            if any(taken(record) for record in records[checked:]):
                return None
            checked = len(records)
            try:
                return self.append(body(records[-1] if records else None))
            except ChainConflictError:
                continue

    def faults(self) -> Iterator[str]:
        """What is wrong with the chain as it lies on disk, as sentences."""
        previous = GENESIS
        paths = sorted(self.folder.glob("*.json")) if self.folder.is_dir() else []
        for number, path in enumerate(paths, start=1):
            place = f"{self.folder.parent.name}/{self.folder.name} number {number}"
            try:
                record = json.loads(path.read_bytes())
            except ValueError:
                yield f"{place}: the file {path.name} is no JSON"
                return
            if path.name != f"{number:010d}.json" or record.get("seq") != number:
                yield f"{place}: a record is missing before {path.name}"
                return
            if record.get("hash") != record_hash(record):
                yield f"{place}: the record was changed after it was written (its hash differs)"
            if record.get("prev_hash") != previous:
                yield f"{place}: it does not follow the record before it (prev_hash differs)"
            previous = record.get("hash", "")


class Chains:
    """The chains below one folder, one a feed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, Chain] = {}

    def of(self, feed: str) -> Chain:
        if feed not in self._open:
            if "/" in feed or feed.startswith("."):
                raise VaultError(f"{feed!r} is no feed name")
            self._open[feed] = Chain(self.folder / feed)
        return self._open[feed]

    def names(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir())
