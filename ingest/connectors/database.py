"""The database connector: rows of one table by time of change, in batches, or the whole table as one list.

Each batch is JSON Lines with every value as the text that the database gives, and carries the time and key of its last
row: the next pull goes on from there, less the overlap. Rows of the overlap that were sealed are known by their text
and left out, so that what is read often is landed once. Connections are read-only, with a limit on every statement.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ingest import faults
from ingest.chain import Record
from ingest.connections import connection
from ingest.connectors import Ask
from ingest.connectors.database_keys import Listing
from ingest.connectors.database_sealed import Sealed, marks_of
from ingest.connectors.database_table import SPACED, Row, Table, connected, document, reason, table_of
from ingest.database_source import ChangeCursor, DatabaseSource, KeyListing
from ingest.errors import SourceError
from ingest.vault import Delivery, sha256_hex


def deliveries(ask: Ask) -> Iterator[Delivery]:
    """What is new in the table. Raises SourceError where it can't be read or lacks columns, after what came before."""
    source = ask.contract.source
    assert isinstance(source, DatabaseSource)  # the dispatch by kind brought us here
    try:
        with connected(connection(source.connection), source) as database:
            table = table_of(database, source, ask.contract)
            if source.cursor is None:
                yield _whole(ask, source, database, table)
            else:
                yield from _Changes(ask, source, source.cursor, database, table).deliveries()
    except sa.exc.SQLAlchemyError as error:
        where = f"feed {ask.contract.feed}: {source.table}"
        raise SourceError(f"{where}: {reason(error)}; the next pull asks again") from None


def _whole(ask: Ask, source: DatabaseSource, database: sa.Connection, table: Table) -> Delivery:
    """The whole table as one delivery, in the order of its columns' texts."""
    lines: list[str] = []
    answer = database.execution_options(yield_per=source.batch_rows).execute(sa.select(table.clause))
    for rows in answer.mappings().partitions(source.batch_rows):
        lines += [table.line(row) for row in rows]
    faults.point("pull.after_rows")
    # the moment is part of the origin: the same list at another time is another observation
    origin = {"kind": "database", "table": source.table, "rows": len(lines), "at": ask.started.isoformat()}
    return Delivery(_name(ask, "b", 1), document(sorted(lines)), ask.started, origin)


@dataclass
class _Changes:
    """One pull by time of change: what changed, what has no time, and every so often the list of all keys."""

    ask: Ask
    source: DatabaseSource
    cursor: ChangeCursor
    database: sa.Connection
    table: Table
    number: int = 0
    told: set[str] = field(default_factory=set)  # keys of the rows that this pull sealed

    def deliveries(self) -> Iterator[Delivery]:
        position, marks = self.ask.last, marks_of(self.ask.last)
        sealed = Sealed(self.ask, self.source, self.cursor)
        sweep, keys = self.cursor.sweep, self.source.keys
        sweeps = sweep is not None and self._is_due(marks.get("swept"), sweep.every)
        since = self._since(sealed, sweep.back if sweep is not None and sweeps else timedelta())
        for delivery in self._dated(since, sealed.since(since) if since is not None else {}, marks):
            position = delivery.position
            yield delivery
        yield from self._undated(sealed)
        if sweeps:
            marks["swept"] = self.ask.started.isoformat()
        if keys is not None and self._is_due(marks.get("listed"), keys.every):
            for found in self._listing(keys).compare(sealed.newest(), self.told, self.ask.started):
                occasion = {"occasion": found.occasion} if found.occasion else {}
                yield self._delivery(found.letter, found.lines, {"listed": True, **occasion}, occasion=found.occasion)
            marks["listed"] = self.ask.started.isoformat()
        if position is not None and marks_of(position) != marks:
            yield self._delivery("m", [], {}, position={**position, **marks}, says_nothing_new=True)

    def _listing(self, keys: KeyListing) -> Listing:
        contract = self.ask.contract
        made = next(contract.fields[name] for name, column in contract.source_columns.items() if column == keys.gone)
        zone = made.zone or contract.time.dated[-1].zone
        time_format = next(iter(made.formats or contract.time.formats), SPACED)
        return Listing(self.source, keys, self.cursor, self.database, self.table, zone, time_format)

    def _is_due(self, done: str | None, every: timedelta) -> bool:
        return done is None or self.ask.started - datetime.fromisoformat(done) >= every

    def _delivery(self, letter: str, lines: list[str], origin: Record, **more: Any) -> Delivery:
        self.number += 1
        data = document(lines)
        told = {"kind": "database", "table": self.source.table, "rows": len(lines), "sha256": sha256_hex(data)}
        return Delivery(_name(self.ask, letter, self.number), data, self.ask.started, {**told, **origin}, **more)

    def _since(self, sealed: Sealed, back: timedelta) -> datetime | None:
        """The time to read from: the newest one sealed (never later than now) less overlap or sweep, else the start.

        As the column has it: without zone, and of UTC where the column holds instants.
        """
        newest = sealed.newest_moment
        if newest is None:
            return None if self.cursor.start is None else self.table.moment(self.cursor.time, self.cursor.start)
        now = self.table.moment(self.cursor.time, self.ask.started)
        return min(newest, now) - max(back, self.cursor.overlap)

    @property
    def _columns(self) -> tuple[Any, Any]:
        return self.table.clause.c[self.cursor.time], self.table.clause.c[self.cursor.key]

    def _without_time(self) -> Any:
        """Rows that have no place in the order: no time, no key, or a time that is none (MySQL's zero, empty text)."""
        moment, key = self._columns
        nothing: Any = sa.or_(moment.is_(None), key.is_(None))
        if self.table.kinds[self.cursor.time] == "text":
            return sa.or_(nothing, moment < "1")
        if self.database.dialect.name in ("mysql", "mariadb"):
            return sa.or_(nothing, moment < sa.literal_column("'1000-01-01'"))
        return nothing

    def _dated(
        self, since: datetime | None, known: dict[tuple[str, str], str], marks: dict[str, str]
    ) -> Iterator[Delivery]:
        moment, key = self._columns
        query = sa.select(self.table.clause).where(sa.not_(self._without_time())).order_by(moment, key)
        following = query if since is None else query.where(moment >= self.table.bound(self.cursor.time, since))
        before: set[str] = set()
        border = 0
        while True:
            most = self.source.batch_rows + border
            rows = self.database.execute(following.limit(most)).mappings().all()
            faults.point("pull.after_rows")
            if not rows:
                return
            names = [self._name_of(row) for row in rows]
            told = [(self.table.line(row), name) for row, name in zip(rows, names, strict=True)]
            fresh = [(line, name) for line, name in told if line not in before and known.get(name) != line]
            time, last = names[-1]
            if fresh:
                self.told |= {key for _, (_, key) in fresh}
                through = {"time": time, "key": last}
                yield self._delivery("b", [line for line, _ in fresh], {}, position={**through, **marks})
            if len(rows) < most:
                return
            # Rows that share time and key with the last one are asked for again: which of them came is not told.
            before = {line for line, _ in told}
            border = sum((one, other.casefold()) == (time, last.casefold()) for one, other in names)
            at, by = rows[-1][self.cursor.time], rows[-1][self.cursor.key]
            following = query.where(sa.or_(moment > at, sa.and_(moment == at, key >= by)))

    def _undated(self, sealed: Sealed) -> Iterator[Delivery]:
        """Rows without a time: read by every pull, sealed once; landing says what is wrong with them."""
        known: set[str] | None = None
        query = sa.select(self.table.clause).where(self._without_time())
        answer = self.database.execution_options(yield_per=self.source.batch_rows).execute(query)
        for rows in answer.mappings().partitions(self.source.batch_rows):
            known = sealed.undated() if known is None else known
            lines = sorted(line for line in map(self.table.line, rows) if line not in known)
            if lines:
                self.told |= {name for _, name in map(self._name_of, rows)}
                yield self._delivery("u", lines, {"undated": True})

    def _name_of(self, row: Row) -> tuple[str, str]:
        """Time and key of a row, as texts."""
        time, key = row[self.cursor.time], row[self.cursor.key]
        return self.table.text(self.cursor.time, time) or "", self.table.text(self.cursor.key, key) or ""


def _name(ask: Ask, letter: str, number: int) -> str:
    return f"{ask.started:%Y%m%dT%H%M%SZ}-{letter}{number:04d}.jsonl"
