"""The listing of all keys: what was taken away without a mark, and what the reading by time of change has missed.

What the table holds is compared with what the vault holds, so that a listing can be made at any time and again: what
an earlier one told is told no second time. The deliveries stand for themselves; landing needs to know nothing else.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ingest import faults
from ingest.connectors.database_sealed import Known
from ingest.connectors.database_table import Table, canonical
from ingest.database_source import ChangeCursor, DatabaseSource, KeyListing
from ingest.errors import SourceError
from ingest.files import canonical_json

KEYS_A_QUESTION = 500


@dataclass(frozen=True)
class Found:
    """Lines that a listing brings. `occasion`: where these rows were sealed before; it tells a return from a coming."""

    letter: str
    lines: list[str]
    occasion: str


@dataclass(frozen=True)
class Listing:
    """All keys of a table, once. `zone` and `time_format`: how the feed reads the column of what is gone."""

    source: DatabaseSource
    keys: KeyListing
    cursor: ChangeCursor
    database: sa.Connection
    table: Table
    zone: str
    time_format: str

    def compare(self, known: dict[str, Known], told: set[str], at: datetime) -> Iterator[Found]:
        """Rows that are gone, then rows that were not known so. `told`: keys that this pull sealed; `at`: its clock.

        Raises SourceError where the key is not unique, or more is gone than the contract believes.
        """
        listed = self._listed()
        faults.point("pull.after_keys")
        present = {key: one.record for key, one in known.items() if one.record.get(self.keys.gone) is None}
        gone = sorted(present.keys() - listed.keys() - told)
        if len(gone) > self.keys.most_gone * len(present):
            raise SourceError(
                f"feed {self.table.feed}: of {len(present)} rows of {self.table.name}, {len(gone)} are not listed any "
                f"more, a larger share than source.keys.most_gone ({self.keys.most_gone:g}); none is taken to be gone. "
                "Ask the centre, or raise it"
            )
        mark = at.astimezone(ZoneInfo(self.zone)).strftime(self.time_format)
        for keys in _portions(gone, self.source.batch_rows):
            yield Found("g", [canonical({**known[key].newest, self.keys.gone: mark}) for key in keys], "")
        missed = sorted(
            key
            for key, (_, time) in listed.items()
            if key not in told and (key not in present or present[key].get(self.cursor.time) != time)
        )
        for keys in _portions(missed, KEYS_A_QUESTION):
            lines = self._rows([listed[key][0] for key in keys])
            before = {key: known[key].batch_id for key in keys if key in known}
            occasion = hashlib.sha256(canonical_json(before)).hexdigest()[:32] if before else ""
            if lines:
                yield Found("k", lines, occasion)

    def _listed(self) -> dict[str, tuple[Any, str | None]]:
        """Key as text → the key as the database has it, and the text of the row's time of change."""
        moment, key = self._columns
        query = sa.select(key, moment).where(key.is_not(None))
        if self.cursor.start is not None:
            query = query.where(
                sa.or_(moment.is_(None), moment >= self.table.bound(self.cursor.time, self.cursor.start))
            )
        found: dict[str, tuple[Any, str | None]] = {}
        count = 0
        answer = self.database.execution_options(yield_per=self.source.batch_rows).execute(query)
        for rows in answer.partitions(self.source.batch_rows):
            count += len(rows)
            for name, time in rows:
                text = self.table.text(self.cursor.key, name) or ""
                found[text] = (name, self.table.text(self.cursor.time, time))
        if len(found) < count:
            raise SourceError(
                f"feed {self.table.feed}: {count - len(found)} rows of {self.table.name} share their "
                f"{self.cursor.key} with others; source.keys needs a key that is unique"
            )
        return found

    def _rows(self, keys: list[Any]) -> list[str]:
        _, key = self._columns
        rows = self.database.execute(sa.select(self.table.clause).where(key.in_(keys)).order_by(key)).mappings()
        return [self.table.line(row) for row in rows]

    @property
    def _columns(self) -> tuple[Any, Any]:
        return self.table.clause.c[self.cursor.time], self.table.clause.c[self.cursor.key]


def _portions(keys: list[str], size: int) -> Iterable[list[str]]:
    return (keys[begin : begin + size] for begin in range(0, len(keys), size))
