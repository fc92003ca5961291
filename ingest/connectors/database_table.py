"""One table of a front-end database, to be read only: the session, its limits, the columns, and values as text."""

import json
import math
import time as clock
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ingest.connections import Connection
from ingest.contract import FeedContract
from ingest.database_source import DatabaseSource
from ingest.errors import SourceError

DRIVERS = {
    "postgres": "postgresql+psycopg2",
    "postgresql": "postgresql+psycopg2",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}
SPACED = "%Y-%m-%d %H:%M:%S"
CONNECT_SECONDS = 15
GRACE_SECONDS = 15  # how much longer than a statement may take an answer is waited for, where the server is gone
_TIMEOUTS = {"57014", 1969, 3024}  # PostgreSQL, MariaDB, MySQL: the statement ran out of its time
_KINDS: dict[type, str] = {
    str: "text", UUID: "text", bool: "boolean", int: "number", float: "number", Decimal: "number", datetime: "time",
    date: "date", time: "clock", timedelta: "clock", bytes: "bytes", list: "list",
}  # fmt: skip
_NUMBER = {"text", "number", "unknown"}
_MOMENT = {"text", "number", "time", "date", "unknown"}  # a number may be written as 20261101
_READS_FROM = {
    "integer": _NUMBER, "number": _NUMBER, "decimal": _NUMBER, "epoch_ms": _NUMBER, "epoch_s": _NUMBER,
    "boolean": {*_NUMBER, "boolean"}, "date": _MOMENT, "timestamp": _MOMENT, "json": {"text", "json", "unknown"},
}  # fmt: skip
Row = Mapping[str, Any]


@contextmanager
def connected(known: Connection, source: DatabaseSource) -> Iterator[sa.Connection]:
    """A session in one transaction that can't write, at UTC, with a limit on every statement."""
    url = _url(known)
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool, hide_parameters=True, connect_args=_limits(url, source))
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


def _limits(url: sa.URL, source: DatabaseSource) -> dict[str, Any]:
    """How long a server that does not answer is waited for; what the connection's extra says itself is left to it."""
    patience = source.statement_timeout.total_seconds() + GRACE_SECONDS
    limits: dict[str, Any] = {}
    if url.drivername == DRIVERS["postgresql"]:
        limits = {"connect_timeout": CONNECT_SECONDS, "keepalives_idle": 30, "keepalives_interval": 5,
                  "keepalives_count": 3, "tcp_user_timeout": int(patience * 1000)}  # fmt: skip
    elif url.drivername == DRIVERS["mysql"]:
        limits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": patience, "write_timeout": patience}
    return {name: value for name, value in limits.items() if name not in url.query}


def _bound(database: sa.Connection, timeout: timedelta) -> None:
    """Nothing may be written, no statement may run longer than the contract says, and instants are told in UTC."""
    seconds, kind = timeout.total_seconds(), database.dialect.name
    if kind == "postgresql":
        database.exec_driver_sql("set transaction read only")
        database.exec_driver_sql(f"set local statement_timeout = {int(seconds * 1000)}")
        database.exec_driver_sql("set local time zone 'UTC'")
    elif kind in ("mysql", "mariadb"):
        database.exec_driver_sql("set session transaction read only")
        is_mariadb = bool(getattr(database.dialect, "is_mariadb", False))
        limit = f"max_statement_time = {seconds}" if is_mariadb else f"max_execution_time = {int(seconds * 1000)}"
        database.exec_driver_sql(f"set session {limit}, session time_zone = '+00:00'")
    elif kind == "sqlite":
        database.exec_driver_sql("pragma query_only = on")
        _interrupt_after(database, seconds)


def _interrupt_after(database: sa.Connection, seconds: float) -> None:
    """SQLite has no limit of its own: every some thousand steps of a statement, look at the clock."""
    raw: Any = database.connection.driver_connection
    state = {"began": clock.monotonic()}

    def late() -> int:
        return int(clock.monotonic() - state["began"] > seconds)

    raw.set_progress_handler(late, 20_000)
    sa.event.listen(database, "before_cursor_execute", lambda *_: state.update(began=clock.monotonic()))


@dataclass(frozen=True)
class Table:
    """A table with the columns that are read.

    `kinds`: column → text, number, time, date …. `instants`: columns that hold moments of UTC (timestamp with time
    zone; MySQL's TIMESTAMP), whose texts carry their offset; times of all others are as the source wrote them, in the
    feed's `zone`. `stamps`: SQLite's columns of times, which are texts; some of its writers add a fraction of zeros.
    """

    feed: str
    name: str
    clause: sa.TableClause
    kinds: dict[str, str]
    instants: frozenset[str]
    stamps: frozenset[str]
    zone: str

    def moment(self, name: str, told: datetime) -> datetime:
        """A moment as a column has it: without zone, and of UTC where the column holds instants."""
        zone = UTC if name in self.instants else ZoneInfo(self.zone)
        return told.astimezone(zone).replace(tzinfo=None) if told.tzinfo else told

    def bound(self, name: str, told: datetime) -> Any:
        """A moment as a value that the column can be compared with: a time, a date, or a text."""
        moment, kind = self.moment(name, told), self.kinds[name]
        if kind == "date":
            return moment.date()
        return moment if kind == "time" else moment.strftime(SPACED)

    def line(self, row: Row) -> str:
        """A row as one line of JSON, every value a text. Raises SourceError for a value that is none."""
        return canonical({name: self.text(name, value) for name, value in row.items()})

    def text(self, name: str, value: Any) -> str | None:
        """A value as text: times as `YYYY-MM-DD HH:MM:SS` (fraction and offset where they have them), numbers plain."""
        if value is not None and self.kinds.get(name) == "json":
            return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if isinstance(value, str) and name in self.stamps:
            return value.removesuffix(".000000")
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, datetime):
            if name in self.instants:
                value = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
            return value.isoformat(sep=" ")
        if isinstance(value, Decimal):
            return format(value, "f") if value.is_finite() else None
        if isinstance(value, (date, time, int, UUID)):
            return str(value)
        if isinstance(value, float):
            return repr(value) if math.isfinite(value) else None
        if isinstance(value, timedelta):
            return _span(value)
        raise SourceError(
            f"feed {self.feed}: the column {name!r} of {self.name} holds {type(value).__name__}, which is no text; "
            "leave it out of the contract or ask for a view that casts it"
        )


def table_of(database: sa.Connection, source: DatabaseSource, contract: FeedContract) -> Table:
    """The table as the database describes it. Raises SourceError, before any row, naming all that does not fit."""
    feed = contract.feed
    try:
        told = sa.inspect(database).get_columns(source.table, source.db_schema)
    except sa.exc.NoSuchTableError:
        where = f"feed {feed}: there is no table {source.table!r}"
        raise SourceError(f"{where}; mend source.table or source.schema") from None
    found = {column["name"]: column["type"] for column in told}
    needed = _needed(source, contract)
    missing = [name for name in needed if name not in found]
    if missing:
        raise SourceError(
            f"feed {feed}: {source.table} has no column {', '.join(map(repr, missing))} (it has: "
            f"{', '.join(sorted(found))}); nothing was read. Ask the centre, or mend the contract"
        )
    kinds = {name: _kind(found[name]) for name in needed}
    wrong = list(_misfits(source, contract, kinds))
    if wrong:
        raise SourceError(
            f"feed {feed}: {source.table}: {'; '.join(wrong)}; nothing was read. Ask for a view that casts them, or "
            "mend the contract"
        )
    is_sqlite = database.dialect.name == "sqlite"
    stamps = frozenset(name for name, kind in kinds.items() if is_sqlite and kind == "time")
    if is_sqlite:  # its times are texts, whatever their column is called: they are compared as they are written
        kinds = {name: "text" if kind in ("time", "date", "clock") else kind for name, kind in kinds.items()}
    raw = {"text": sa.String()} if is_sqlite else {"clock": sa.types.NullType()}  # MySQL's TIME may be below zero
    columns = [sa.column(name, raw.get(kinds[name], found[name])) for name in needed]
    zone = contract.time.dated[-1].zone
    instants = frozenset(name for name in needed if kinds[name] == "time" and _is_instant(found[name], database))
    return Table(
        feed, source.table, sa.table(source.table, *columns, schema=source.db_schema), kinds, instants, stamps, zone
    )


def _needed(source: DatabaseSource, contract: FeedContract) -> list[str]:
    made = {source.keys.gone} if source.keys else set()
    cursor = [source.cursor.time, source.cursor.key] if source.cursor else []
    told = [name for name in contract.source_columns.values() if name not in made]
    return list(dict.fromkeys([*told, *cursor]))


def _kind(type_: Any) -> str:
    if isinstance(type_, sa.JSON):
        return "json"
    try:
        return next((kind for python, kind in _KINDS.items() if type_.python_type is python), "unknown")
    except NotImplementedError:
        return "unknown"


def _misfits(source: DatabaseSource, contract: FeedContract, kinds: dict[str, str]) -> Iterator[str]:
    for column, kind in kinds.items():
        if kind in ("bytes", "list"):
            yield f"the column {column!r} holds {kind}, which are no text"
    for field, column in contract.source_columns.items():
        told = kinds.get(column)
        wanted = contract.fields[field].type
        if told is not None and told not in ("bytes", "list") and told not in _READS_FROM.get(wanted, {told}):
            yield f"the column {column!r} is a {told} and the field {field!r} a {wanted}"
    if source.cursor and kinds[source.cursor.time] not in ("time", "date", "text", "unknown"):
        yield f"the column {source.cursor.time!r} of source.cursor is a {kinds[source.cursor.time]} and no time"


def _is_instant(type_: Any, database: sa.Connection) -> bool:
    if database.dialect.name in ("mysql", "mariadb"):
        return isinstance(type_, sa.TIMESTAMP)
    return bool(getattr(type_, "timezone", False))


def _span(value: timedelta) -> str:
    """A time of day or a length of time, as MySQL and PostgreSQL give them: [-]HH:MM:SS and its fraction."""
    micros = abs(value) // timedelta(microseconds=1)
    seconds, fraction = divmod(micros, 1_000_000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}" + (f".{fraction:06}" if fraction else "")
    return f"-{text}" if value < timedelta() else text


def canonical(record: Mapping[str, str | None]) -> str:
    """The one line of JSON of a record of texts."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def document(lines: Iterable[str]) -> bytes:
    """Lines as the bytes of a delivery (JSON Lines)."""
    return "".join(f"{line}\n" for line in lines).encode()


def reason(error: sa.exc.SQLAlchemyError) -> str:
    """What went wrong, in words that hold neither a statement, nor a value, nor a password."""
    cause: Any = getattr(error, "orig", None)
    code = getattr(cause, "pgcode", None) or next(iter(getattr(cause, "args", ())), None)
    if code in _TIMEOUTS or code == "interrupted":
        return "a statement ran longer than source.statement_timeout"
    if isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError)):
        return f"the database can't be reached or refuses us ({type(cause).__name__}); look at the connection"
    return f"the database gave an error ({type(error).__name__})"
