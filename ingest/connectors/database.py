"""The database connector: rows of one table by time of change, in batches, or the whole table as one list.

Each batch is JSON Lines with every value as the text that the database gives, and carries the time and key of its last
row: the next pull goes on from there, less the overlap. Rows of the overlap that were sealed are known by their text
and left out, so that what is read often is landed once. Connections are read-only, with a limit on every statement.
"""

import json
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ingest import faults
from ingest.chain import Record
from ingest.connections import Connection, connection
from ingest.connectors import Ask
from ingest.database_source import ChangeCursor, DatabaseSource
from ingest.errors import ErasedError, SourceError
from ingest.vault import Delivery

DRIVERS = {
    "postgres": "postgresql+psycopg2",
    "postgresql": "postgresql+psycopg2",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}
SPACED = "%Y-%m-%d %H:%M:%S"
Row = dict[str, str | None]


def deliveries(ask: Ask) -> Iterator[Delivery]:
    """What is new in the table. Raises SourceError where it can't be read or lacks columns, after what came before."""
    source = ask.contract.source
    assert isinstance(source, DatabaseSource)  # the dispatch by kind brought us here
    try:
        with _connected(connection(source.connection), source) as database:
            table = _table(database, source, ask)
            if source.cursor is None:
                yield _whole(ask, source, database, table)
            else:
                yield from _changes(ask, source, source.cursor, database, table)
    except sa.exc.SQLAlchemyError as error:
        where = f"feed {ask.contract.feed}: {source.table}"
        raise SourceError(f"{where}: {_reason(error)}; the next pull asks again") from None


@contextmanager
def _connected(known: Connection, source: DatabaseSource) -> Iterator[sa.Connection]:
    engine = sa.create_engine(_url(known), poolclass=sa.pool.NullPool, hide_parameters=True)
    try:
        with engine.connect() as database, database.begin():
            _bound(database, source.statement_timeout)
            yield database
    finally:
        engine.dispose()


def _url(known: Connection) -> sa.URL:
    """The SQLAlchemy URL of a connection as Airflow writes it; `driver` in the extra picks another driver."""
    if known.scheme.startswith("sqlite"):
        return sa.URL.create("sqlite", database=known.schema or known.host)
    driver = known.extra.get("driver") or DRIVERS.get(known.scheme, known.scheme.replace("_", "+"))
    more = {name: str(value) for name, value in known.extra.items() if name != "driver"}
    login, password, host = known.login or None, known.password or None, known.host or None
    return sa.URL.create(str(driver), login, password, host, known.port, known.schema or None, more)


def _bound(database: sa.Connection, timeout: timedelta) -> None:
    """Nothing may be written, and no statement may run longer than the contract says."""
    seconds, kind = timeout.total_seconds(), database.dialect.name
    if kind == "postgresql":
        database.exec_driver_sql("set transaction read only")
        database.exec_driver_sql(f"set local statement_timeout = {int(seconds * 1000)}")
    elif kind in ("mysql", "mariadb"):
        database.exec_driver_sql("set session transaction read only")
        is_mariadb = bool(getattr(database.dialect, "is_mariadb", False))
        limit = f"max_statement_time = {seconds}" if is_mariadb else f"max_execution_time = {int(seconds * 1000)}"
        database.exec_driver_sql(f"set session {limit}")
    elif kind == "sqlite":
        database.exec_driver_sql("pragma query_only = on")
        _interrupt_after(database, seconds)


def _interrupt_after(database: sa.Connection, seconds: float) -> None:
    """SQLite has no limit of its own: every some thousand steps of a statement, look at the clock."""
    raw: Any = database.connection.driver_connection
    state = {"began": time.monotonic()}

    def late() -> int:
        return int(time.monotonic() - state["began"] > seconds)

    raw.set_progress_handler(late, 20_000)
    sa.event.listen(database, "before_cursor_execute", lambda *_: state.update(began=time.monotonic()))


def _table(database: sa.Connection, source: DatabaseSource, ask: Ask) -> sa.TableClause:
    """The table with the columns that will be read. Raises SourceError where the table or a column is not there."""
    feed = ask.contract.feed
    try:
        told = sa.inspect(database).get_columns(source.table, source.db_schema)
    except sa.exc.NoSuchTableError:
        where = f"feed {feed}: there is no table {source.table!r}"
        raise SourceError(f"{where}; mend source.table or source.schema") from None
    found = {column["name"]: column["type"] for column in told}
    needed = list(dict.fromkeys(ask.contract.source_columns.values()))
    if source.cursor is not None:
        needed = list(dict.fromkeys([*needed, source.cursor.time, source.cursor.key]))
    missing = [name for name in needed if name not in found]
    if missing:
        raise SourceError(
            f"feed {feed}: {source.table} has no column {', '.join(map(repr, missing))} (it has: "
            f"{', '.join(sorted(found))}); nothing was read. Ask the centre, or mend the contract"
        )
    columns = [sa.column(name, found[name]) for name in needed]
    return sa.table(source.table, *columns, schema=source.db_schema)


def _whole(ask: Ask, source: DatabaseSource, database: sa.Connection, table: sa.TableClause) -> Delivery:
    """The whole table as one delivery, in the order of its columns' texts."""
    lines: list[str] = []
    answer = database.execution_options(yield_per=source.batch_rows).execute(sa.select(table))
    for rows in answer.mappings().partitions(source.batch_rows):
        lines += [_line(row, source.table, ask.contract.feed) for row in rows]
    faults.point("pull.after_rows")
    origin = {"kind": "database", "table": source.table, "rows": len(lines)}
    return Delivery(_name(ask, 1), _document(sorted(lines)), ask.started, origin)


def _changes(
    ask: Ask, source: DatabaseSource, cursor: ChangeCursor, database: sa.Connection, table: sa.TableClause
) -> Iterator[Delivery]:
    moment, key = table.c[cursor.time], table.c[cursor.key]
    is_text = not isinstance(moment.type, (sa.Date, sa.DateTime, sa.TIMESTAMP))
    since = _since(ask, cursor)
    known = _sealed(ask, cursor, since) if since is not None else {}
    query = sa.select(table).order_by(moment, key).limit(source.batch_rows)
    begin = query if since is None else query.where(moment >= (since.strftime(SPACED) if is_text else since))
    following, number = begin, 0
    while True:
        rows = database.execute(following).mappings().all()
        if not rows:
            return
        last = rows[-1]
        told, name = last[cursor.time], last[cursor.key]
        if told is None or name is None:
            raise SourceError(
                f"feed {ask.contract.feed}: {source.table} has rows without {cursor.time} or {cursor.key}, which "
                "source.cursor goes by; ask the centre to fill them"
            )
        told_lines = [(str(row[cursor.key]), _line(row, source.table, ask.contract.feed)) for row in rows]
        lines = [line for row_key, line in told_lines if known.get(row_key) != line]
        faults.point("pull.after_rows")
        if lines:
            number += 1
            position = {"time": str(told), "key": str(name)}
            origin = {"kind": "database", "table": source.table, "rows": len(lines), "through": position}
            yield Delivery(_name(ask, number), _document(lines), ask.started, origin, position=position)
        if len(rows) < source.batch_rows:
            return
        following = query.where(sa.or_(moment > told, sa.and_(moment == told, key > name)))


def _since(ask: Ask, cursor: ChangeCursor) -> datetime | None:
    """The time to read from: the newest one sealed less the overlap, else the contract's start; without zone."""
    if ask.last is not None:
        return max(_through(manifest) for manifest in ask.manifests if "position" in manifest) - cursor.overlap
    if cursor.start is None:
        return None
    zone = ZoneInfo(ask.contract.time.dated[-1].zone)
    return cursor.start.astimezone(zone).replace(tzinfo=None) if cursor.start.tzinfo else cursor.start


def _through(manifest: Record) -> datetime:
    """The time of change of the last row of a batch, without zone."""
    return datetime.fromisoformat(manifest["position"]["time"]).replace(tzinfo=None)


def _sealed(ask: Ask, cursor: ChangeCursor, since: datetime) -> dict[str, str]:
    """Key → its newest line in the batches that reach into the overlap; an erased month is read, and landed, again."""
    found: dict[str, str] = {}
    for manifest in ask.manifests:
        if "position" not in manifest or _through(manifest) < since:
            continue
        try:
            for line in _lines(manifest, ask.read(manifest)):
                found[str(json.loads(line)[cursor.key])] = line
        except ErasedError:
            continue
    return found


def _lines(manifest: Record, data: bytes) -> Sequence[str]:
    lines = data.decode().splitlines()
    if manifest.get("stored_as") != "admitted":
        return lines
    return [_canonical(json.loads(line)["record"]) for line in lines]


def _line(row: Any, table: str, feed: str) -> str:
    return _canonical({name: _text(value, name, table, feed) for name, value in row.items()})


def _canonical(record: Row) -> str:
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _text(value: Any, name: str, table: str, feed: str) -> str | None:
    """A value as text: times as `YYYY-MM-DD HH:MM:SS` (fraction and offset where they have them), numbers plain."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (date, int, Decimal)):
        return str(value)
    if isinstance(value, float):
        return None if math.isnan(value) else repr(value)
    if isinstance(value, timedelta):
        return str((datetime(1, 1, 1, tzinfo=UTC) + value).time())  # a time of day, as MySQL gives it
    raise SourceError(
        f"feed {feed}: the column {name!r} of {table} holds {type(value).__name__}, which is no text; leave it out of "
        "the contract or ask for a view that casts it"
    )


def _document(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode() if lines else b""


def _name(ask: Ask, number: int) -> str:
    return f"{ask.started:%Y%m%dT%H%M%SZ}-b{number:04d}.jsonl"


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    """What went wrong, in words that hold neither a statement, nor a value, nor a password."""
    text = str(getattr(error, "orig", "") or "").lower()
    if "timeout" in text or "interrupt" in text or "max_statement_time" in text or "maximum statement" in text:
        return "a statement ran longer than source.statement_timeout"
    if isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError)):
        return f"the database can't be reached or refuses us ({type(error.orig).__name__}); look at the connection"
    return f"the database gave an error ({type(error).__name__})"
