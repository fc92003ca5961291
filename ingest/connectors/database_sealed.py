"""What the vault holds of a table: the newest time that was sealed, and the rows by which the next ones are known."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from ingest.chain import Record
from ingest.connectors import Ask
from ingest.connectors.database_table import canonical
from ingest.database_source import ChangeCursor, DatabaseSource
from ingest.errors import ErasedError

Key = tuple[str, str]  # time and key of a row, as texts
MARKS = ("swept", "listed")


def marks_of(position: Record | None) -> dict[str, str]:
    """When the last sweep and the last listing of all keys ended (ISO 8601, UTC), as a position tells it."""
    return {name: position[name] for name in MARKS if name in position} if position else {}


class Known(NamedTuple):
    """A record as it was sealed last, the batch of that, and its version of the newest time, which the log goes by.

    The two differ where a row lost its time, or was changed under a clock that was set back.
    """

    record: Record
    batch_id: str
    newest: Record


class Sealed:
    """The rows of a table in the manifests before this pull; of an erased month nothing is known any more."""

    def __init__(self, ask: Ask, source: DatabaseSource, cursor: ChangeCursor) -> None:
        self._ask, self._source, self._cursor = ask, source, cursor
        batches: dict[str, Record] = {}
        for manifest in ask.manifests:  # one that only moved the position names a batch that stands there already
            batches.setdefault(manifest["batch_id"], manifest)
        self._batches = list(batches.values())

    @cached_property
    def newest_moment(self) -> datetime | None:
        """The newest time of change that was sealed, without zone; None where none was, or none reads as a time."""
        told = (_moment_of(manifest) for manifest in self._ask.manifests)
        return max((moment for moment in told if moment is not None), default=None)

    def since(self, moment: datetime) -> dict[Key, str]:
        """Time and key → the newest line, of rows in batches that reach beyond `moment`."""
        found: dict[Key, str] = {}
        for manifest in self._batches:
            reached = _moment_of(manifest)
            if reached is not None and reached < moment:
                continue
            for line, record in self._records(manifest):
                if not self._is_gone(record):
                    time, key = record.get(self._cursor.time), record.get(self._cursor.key)
                    found[time or "", key or ""] = line
        return found

    def undated(self) -> set[str]:
        """The lines of rows that had no place in the order of time."""
        batches = (manifest for manifest in self._batches if manifest["source"].get("undated"))
        return {line for manifest in batches for line, _ in self._records(manifest)}

    def newest(self) -> dict[str, Known]:
        """Key → what was sealed of it last; a record that is gone holds the time when it was seen to be."""
        found: dict[str, Known] = {}
        for manifest in self._batches:
            for _, record in self._records(manifest):
                key = record.get(self._cursor.key)
                if key is not None:
                    before = found[key].newest if key in found else record
                    newest = record if self._time_of(record) >= self._time_of(before) else before
                    found[key] = Known(record, manifest["batch_id"], newest)
        return found

    def _time_of(self, record: Record) -> str:
        return record.get(self._cursor.time) or ""

    def _is_gone(self, record: Record) -> bool:
        return self._source.keys is not None and record.get(self._source.keys.gone) is not None

    def _records(self, manifest: Record) -> Iterator[tuple[str, Record]]:
        try:
            lines = self._ask.read(manifest).decode().split("\n")[:-1]  # a text may hold other ends of line
        except ErasedError:
            return
        for line in lines:
            record = json.loads(line)
            if manifest.get("stored_as") == "admitted":
                record = record["record"]
                if not isinstance(record, dict):
                    continue
                made = self._source.keys.gone if self._source.keys is not None else None
                record = {name: value for name, value in record.items() if name != made or value is not None}
                yield canonical(record), record
            else:
                yield line, record


def _moment_of(manifest: Record) -> datetime | None:
    """The time of the last row of a batch, without zone; None where the batch has none that reads as a time."""
    try:
        return datetime.fromisoformat(manifest["position"]["time"]).replace(tzinfo=None)
    except (KeyError, ValueError):
        return None
