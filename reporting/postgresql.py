"""A table of an edition as PostgreSQL has it: its types, its rows by COPY, its checksum; and a session by name.

The checksum is that of `reporting.checksums`, computed by the server over the server's own rows, so what a BI tool
reads there is proved to be what the edition holds. Doubles from 1e15 to 1e16 are the one thing that both tell
differently: an edition with such a value is refused, not delivered wrongly.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from ingest.connections import connection
from ingest.errors import DeliveryError
from ingest.privacy import literal, quoted
from reporting.checksums import RUN_ONLY_COLUMNS

BATCH_ROWS = 50_000
NAME_LENGTH = 63  # of an identifier; a longer one is cut without a word
_TYPES = {
    "BOOLEAN": "boolean", "TINYINT": "smallint", "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint",
    "UTINYINT": "smallint", "USMALLINT": "integer", "UINTEGER": "bigint", "UBIGINT": "numeric(20, 0)",
    "FLOAT": "real", "DOUBLE": "double precision", "VARCHAR": "text", "DATE": "date", "TIMESTAMP": "timestamp",
}  # fmt: skip
_SCHEMES = ("postgres", "postgresql")
_EXTRAS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout")
_PARTS = (1, 9, 17, 25)
_WRAP = 2**64


def column_type(kind: str) -> str:
    """PostgreSQL's type for a type that an edition may hold."""
    return kind.replace("DECIMAL", "numeric") if kind.startswith("DECIMAL(") else _TYPES[kind]


@contextmanager
def session(name: str) -> Iterator[Any]:
    """A psycopg2 connection to the database of a named connection, in autocommit, at UTC. Closed afterwards.

    Raises DeliveryError where it is no PostgreSQL or lets us not in, SourceError where there is no such connection.
    """
    import psycopg2

    told = connection(name)
    if told.scheme not in _SCHEMES:
        raise DeliveryError(
            f"the connection {name!r} is of kind {told.scheme!r}, not postgresql; mend {told.variable}, or name another"
        )
    try:
        opened = psycopg2.connect(
            host=told.host, port=told.port or 5432, user=told.login, password=told.password,
            dbname=told.schema or told.login, application_name="onegrid",
            options="-c timezone=UTC -c datestyle=ISO -c client_encoding=UTF8 -c search_path=pg_catalog",
            **{key: told.extra[key] for key in _EXTRAS if key in told.extra},
        )  # fmt: skip
    except psycopg2.OperationalError as error:
        raise DeliveryError(
            f"no session at the connection {name!r} ({told.host}:{told.port or 5432}): {first_line(error)}"
        ) from None
    opened.autocommit = True
    try:
        yield opened
    finally:
        opened.close()


def first_line(error: Exception) -> str:
    """What a driver says, without the statement that it repeats."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class _Csv(io.RawIOBase):
    """The rows of a DuckDB query as CSV for COPY: null is nothing, an empty text is two quotes."""

    def __init__(self, rows: duckdb.DuckDBPyConnection) -> None:
        self._reader = rows.to_arrow_reader(BATCH_ROWS)
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self._held:
            self._held = memoryview(self._next())
        given, self._held = self._held[:size], self._held[size:]
        return given.tobytes()

    def _next(self) -> bytes:
        import pyarrow.csv

        for batch in self._reader:
            if batch.num_rows:
                sink = io.BytesIO()
                pyarrow.csv.write_csv(batch, sink, pyarrow.csv.WriteOptions(include_header=False))
                return sink.getvalue()
        return b""


def copy_rows(
    cursor: Any, table: str, edition: duckdb.DuckDBPyConnection, source: str, columns: Sequence[tuple[str, str]]
) -> None:
    """Fill a table that this very transaction has made with the rows of a relation of DuckDB, in their order."""
    names = ", ".join(quoted(name) for name, _ in columns)
    rows = edition.cursor().execute(f"select {names} from {source}")
    cursor.copy_expert(f"copy {table} ({names}) from stdin with (format csv, freeze true)", _Csv(rows))


def server_checksum(cursor: Any, table: str, columns: Sequence[tuple[str, str]]) -> tuple[int, str]:
    """Row count and checksum of a table of the server, as `reporting.checksums.checksum` gives them of an edition's.

    `columns`: name and DuckDB type, in the edition's order.
    """
    counted = [(name, kind) for name, kind in columns if name not in RUN_ONLY_COLUMNS]
    cells = " || ".join(
        f"coalesce(length({text}) || ':' || {text}, '-')" for text in (_text(name, kind) for name, kind in counted)
    )
    parts = ", ".join(
        f"('x' || encode(substring(digest from {start} for 8), 'hex'))::bit(64)::bigint as part_{start}"
        for start in _PARTS
    )
    sums = ", ".join(
        f"coalesce(sum(part_{start}) + {_WRAP}::numeric * count(*) filter (where part_{start} < 0), 0)"
        for start in _PARTS
    )
    # `offset 0` keeps the planner from writing the hash into each of the sums: each row is hashed once, not eight times
    cursor.execute(
        f"select count(*), {sums} from (select {parts} from "
        f"(select sha256(convert_to({cells}, 'UTF8')) as digest from {table} offset 0) as hashed offset 0) as cut"
    )
    rows, *found = cursor.fetchone()
    schema = ",".join(f"{name} {kind}" for name, kind in counted)
    told = "|".join([schema, str(rows), *(str(int(part)) for part in found)])
    return int(rows), hashlib.sha256(told.encode()).hexdigest()


def _text(name: str, kind: str) -> str:
    """The text of a cell as DuckDB casts it."""
    text = f"{quoted(name)}::text"
    if kind not in ("FLOAT", "DOUBLE"):
        return text
    special = "when 'NaN' then 'nan' when 'Infinity' then 'inf' when '-Infinity' then '-inf' when '-0' then '0.0'"
    return f"(case {text} {special} else {text} || case when {text} ~ '^-?[0-9]+$' then '.0' else '' end end)"


def comment(cursor: Any, kind: str, name: str, text: str | None) -> None:
    """A comment on a table, view or column; none where there is no text."""
    if text:
        cursor.execute(f"comment on {kind} {name} is {literal(text)}")
