"""The schemas of one delivery in one PostgreSQL database: made, filled, checked, shown and retired.

See `reporting.delivery` for what stands where and why one updated row is the whole swap.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from ingest import faults
from ingest.errors import DeliveryError
from ingest.privacy import literal, quoted
from reporting.edition import MARTS
from reporting.postgresql import NAME_LENGTH, column_type, comment, copy_rows, first_line, server_checksum

logger = logging.getLogger(__name__)

SETTLED_AFTER_SECONDS = 10.0
_EDITION = "_edition"
_LOCK_TIMEOUT = "500ms"  # shorter than the server's search for deadlocks (1 s), so that it is we who give way
_LOCK_TRIES = 120
DETACH_TIMEOUT = "5s"  # of each table that is to be retired while others are read


@dataclass(frozen=True)
class Table:
    """A mart on its way: columns with DuckDB types, rows and checksum that it must have, its words, and its shape."""

    name: str
    columns: list[tuple[str, str]]
    rows: int
    digest: str
    description: str
    comments: dict[str, str]
    key: list[str]
    sorted_by: list[str]

    @property
    def parent(self) -> str:
        """Name of the partitioned table for marts of this name and these columns."""
        told = json.dumps(self.columns)
        return f"{self.name}_{hashlib.sha256(told.encode()).hexdigest()[:8]}"


class Target:
    """The schemas of one delivery in one database, over one session."""

    def __init__(self, server: Any, schema: str, number: int, manifest_hash: str) -> None:
        self._server, self._number, self._hash = server, number, manifest_hash
        self._schema, self._shown_in = schema, quoted(schema)
        self._store = quoted(f"{schema}_store")
        if len(f"{schema}_store") > NAME_LENGTH:
            raise DeliveryError(f"the schema name {schema!r} is too long")

    def _tables_of(self, number: int) -> str:
        return quoted(f"{self._schema}_e{number}")

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._server.cursor() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """One transaction of this session: committed at the end, undone where anything fails."""
        self._server.autocommit = False
        try:
            with self._server, self._server.cursor() as cursor:
                yield cursor
        finally:
            self._server.autocommit = True

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One delivery to a schema at a time; another one waits. The server frees the lock when the session ends."""
        (key,) = self._rows("select hashtextextended(%s, 41)", f"onegrid {self._schema}")[0]
        self._rows("select pg_advisory_lock(%s)", key)
        try:
            yield
        finally:
            if not self._server.closed:
                self._rows("select pg_advisory_unlock(%s)", key)

    def prepare(self, readers: tuple[str, ...]) -> None:
        """The schemas and the book of deliveries; the readers' roles must exist."""
        known = {name for (name,) in self._rows("select rolname from pg_roles")}
        if missing := [role for role in readers if role not in known]:
            raise DeliveryError(
                f"the role {missing[0]!r} does not exist in the database: create it (`create role … login`), or name "
                "another reader"
            )
        with self._transaction() as cursor:
            cursor.execute(f"create schema if not exists {self._store}")
            cursor.execute(f"create schema if not exists {self._shown_in}")
            cursor.execute(
                f"create table if not exists {self._store}.edition (number integer primary key, "
                "manifest_sha256 text not null, build_id text not null, mart_version text, is_whole boolean not null, "
                "shown_at timestamptz, shown_until timestamptz)"
            )
            cursor.execute(
                f"create table if not exists {self._store}.shown "
                "(one boolean primary key default true check (one), number integer not null)"
            )

    def is_whole(self) -> bool:
        """Whether the edition stands in the database already. Raises DeliveryError where another one has its number."""
        told = self._rows(
            f"select manifest_sha256 = %s, is_whole from {self._store}.edition where number = %s",
            self._hash,
            self._number,
        )
        if told and told[0][1] and not told[0][0]:
            raise DeliveryError(
                f"another edition {self._number} was delivered to schema {self._schema!r} before, of another home or "
                "audience: deliver to a schema of its own (--schema)"
            )
        return bool(told and told[0][1])

    def load(self, source: duckdb.DuckDBPyConnection, tables: list[Table]) -> None:
        """Every table into the edition's schema, each checked; what a dead delivery left of it is dropped first."""
        schema = self._tables_of(self._number)
        self._retire(self._number)
        with self._transaction() as cursor:
            cursor.execute(f"create schema {schema}")
            cursor.execute(
                f"insert into {self._store}.edition values (%s, %s, '', null, false)", (self._number, self._hash)
            )
        faults.point("deliver.after_schema")
        for table in tables:
            relation = f"{schema}.{quoted(table.name)}"
            with self._transaction() as cursor:
                columns = [*((name, column_type(kind)) for name, kind in table.columns)]
                told = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns)
                cursor.execute(
                    f"create table {relation} ({told}, {_EDITION} integer not null default {self._number} "
                    f"check ({_EDITION} = {self._number}))"
                )
                copy_rows(cursor, relation, source, f"{MARTS}.{quoted(table.name)}", table.columns)
                if server_checksum(cursor, relation, table.columns) != (table.rows, table.digest):
                    raise DeliveryError(
                        f"mart {table.name} did not arrive in the database as it stands in edition {self._number}; "
                        "what was shown is shown still. Deliver again; if it comes back, report it"
                    )
                if table.key:
                    key = ", ".join(quoted(column) for column in table.key)
                    cursor.execute(f"create unique index on {relation} ({key})")
                if table.sorted_by:  # rows lie in this order, so that a few pages tell where a day is
                    order = ", ".join(quoted(column) for column in table.sorted_by)
                    cursor.execute(f"create index on {relation} using brin ({order}) with (pages_per_range = 32)")
                self._describe(cursor, "table", relation, table)
                cursor.execute(f"analyze {relation}")
            faults.point("deliver.after_mart")
        faults.point("deliver.after_load")

    def _describe(self, cursor: Any, kind: str, relation: str, table: Table) -> None:
        comment(cursor, kind, relation, table.description)
        for column, text in table.comments.items():
            comment(cursor, "column", f"{relation}.{quoted(column)}", text)

    def show(self, tables: list[Table], readers: tuple[str, ...], manifest: dict[str, Any]) -> bool:
        """Attach the edition's tables, and then show it in one step; False where it was shown already."""
        if self._rows(f"select 1 from {self._store}.shown where number = %s", self._number):
            with self._transaction() as cursor:
                self._grant(cursor, readers)
            return False
        self._attach(tables, manifest)
        faults.point("deliver.after_attach")
        self._settle(tables)
        self._giving_way(lambda: self._swap(tables, readers))
        return True

    def _attach(self, tables: list[Table], manifest: dict[str, Any]) -> None:
        """Make the edition's tables partitions of what the views read. Neither waits for readers nor keeps them."""
        schema = self._tables_of(self._number)
        with self._transaction() as cursor:
            for table in tables:
                parent = f"{self._store}.{quoted(table.parent)}"
                columns = ", ".join(f"{quoted(name)} {column_type(kind)}" for name, kind in table.columns)
                cursor.execute(
                    f"create table if not exists {parent} ({columns}, {_EDITION} integer not null) "
                    f"partition by list ({_EDITION})"
                )
                cursor.execute(
                    "select 1 from pg_inherits where inhrelid = %s::regclass", (f"{schema}.{quoted(table.name)}",)
                )
                if cursor.fetchone() is None:
                    cursor.execute(
                        f"alter table {parent} attach partition {schema}.{quoted(table.name)} "
                        f"for values in ({self._number})"
                    )
            cursor.execute(
                f"update {self._store}.edition set is_whole = true, build_id = %s, mart_version = %s where number = %s",
                (manifest["build_id"], (manifest.get("mart_contract") or {}).get("version"), self._number),
            )

    def _settle(self, tables: list[Table]) -> None:
        """Wait until no statement can hold a plan made before the tables were attached.

        Such a plan knows no partition of the new edition; executed after it is shown, it would find nothing. A
        statement takes its snapshot a moment after it is planned: those that hold their lock for longer are past it.
        """
        holders = (
            "select distinct virtualtransaction from pg_locks where locktype = 'relation' and pid <> pg_backend_pid() "
            f"and relation in (select oid from pg_class where relnamespace = {literal(self._store)}::regnamespace)"
        )
        before = set(self._rows(holders))
        until = time.monotonic() + SETTLED_AFTER_SECONDS
        while before and time.monotonic() < until:
            time.sleep(0.02)
            before &= set(self._rows(holders))

    def _swap(self, tables: list[Table], readers: tuple[str, ...]) -> None:
        """Everything that readers see of the change, in one transaction."""
        with self._transaction() as cursor:
            cursor.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'")
            self._views(cursor, tables)
            self._grant(cursor, readers)
            cursor.execute(
                f"update {self._store}.edition set shown_until = now() "
                f"where number = (select number from {self._store}.shown)"
            )
            cursor.execute(
                f"insert into {self._store}.shown (number) values (%s) "
                "on conflict (one) do update set number = excluded.number",
                (self._number,),
            )
            cursor.execute(
                f"update {self._store}.edition set shown_at = now(), shown_until = null where number = %s",
                (self._number,),
            )
            faults.point("deliver.before_show")

    def _views(self, cursor: Any, tables: list[Table]) -> None:
        """Views for what is new or has other columns; none touched where marts are as they were."""
        cursor.execute(
            "select relname, pg_get_viewdef(oid) from pg_class where relkind = 'v' and relnamespace = %s::regnamespace",
            (self._shown_in,),
        )
        standing = dict(cursor.fetchall())
        for name in sorted(set(standing) - {table.name for table in tables}):
            cursor.execute(f"drop view {self._shown_in}.{quoted(name)}")
        for table in tables:
            if f".{table.parent}\n" not in standing.get(table.name, ""):
                self._make_view(cursor, table)
            self._describe(cursor, "view", f"{self._shown_in}.{quoted(table.name)}", table)

    def _make_view(self, cursor: Any, table: Table) -> None:
        """A view with the columns of before first, so that what others built on it stays where columns were added."""
        import psycopg2.errors

        view = f"{self._shown_in}.{quoted(table.name)}"
        cursor.execute(
            "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 order by attnum", (view,)
        )
        names = [name for name, _ in table.columns]
        before = [name for (name,) in cursor.fetchall() if name in names]
        columns = ", ".join(quoted(name) for name in dict.fromkeys([*before, *names]))
        told = (
            f"view {view} as select {columns} from {self._store}.{quoted(table.parent)} "
            f"where {_EDITION} = (select number from {self._store}.shown)"
        )
        cursor.execute("savepoint before_view")
        try:
            cursor.execute(f"create or replace {told}")
        except psycopg2.errors.InvalidTableDefinition:  # a column is gone or of another type
            cursor.execute("rollback to savepoint before_view")
            cursor.execute(f"drop view {view}")
            cursor.execute(f"create {told}")

    def _grant(self, cursor: Any, readers: tuple[str, ...]) -> None:
        for role in readers:
            for schema in (self._shown_in, self._tables_of(self._number)):
                cursor.execute(f"grant usage on schema {schema} to {quoted(role)}")
                cursor.execute(f"grant select on all tables in schema {schema} to {quoted(role)}")

    def _giving_way(self, step: Callable[[], None]) -> None:
        """Do a step that may need what a reader holds: give way to it and try again, for as long as is reasonable."""
        import psycopg2.errors

        for left in reversed(range(_LOCK_TRIES)):
            try:
                return step()
            except (psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected):
                if not left:
                    raise
                time.sleep(0.5)
        return None

    def retire(self, keep: int, after: float) -> list[int]:
        """Drop editions but the newest `keep` whole ones, the one shown, and those shown within `after` seconds.

        One that a reader holds stays until a later delivery. Returns the numbers of the dropped ones.
        """
        import psycopg2

        old = self._rows(
            f"select number from {self._store}.edition where number <> (select number from {self._store}.shown) and "
            f"(not is_whole or number not in (select number from {self._store}.edition where is_whole "
            "order by shown_at desc nulls last, number desc limit %s)) "
            "and coalesce(shown_until < now() - make_interval(secs => %s), true) order by number",
            keep,
            after,
        )
        retired = []
        for (number,) in old:
            try:
                self._retire(number)
                retired.append(number)
            except psycopg2.Error as error:  # it is shown already: what is left over waits for the next delivery
                logger.info("edition %s stays beside schema %s for now: %s", number, self._schema, first_line(error))
        return retired

    def _retire(self, number: int) -> None:
        """Detach an edition's tables and drop them. One that was begun with is whole no more, and never shown so."""
        schema = self._tables_of(number)
        self._rows(f"update {self._store}.edition set is_whole = false where number = %s", number)
        attached = self._rows(
            "select n.nspname, p.relname, c.relname, i.inhdetachpending from pg_inherits as i "
            "join pg_class as c on c.oid = i.inhrelid join pg_class as p on p.oid = i.inhparent "
            "join pg_namespace as n on n.oid = p.relnamespace "
            "join pg_namespace as e on e.oid = c.relnamespace where e.nspname = %s",
            f"{self._schema}_e{number}",
        )
        with self._server.cursor() as cursor:
            cursor.execute(f"set statement_timeout = '{DETACH_TIMEOUT}'")
            try:
                for parent_schema, parent, child, is_pending in attached:
                    how = "finalize" if is_pending else "concurrently"  # readers of other editions go on
                    cursor.execute(
                        f"alter table {quoted(parent_schema)}.{quoted(parent)} "
                        f"detach partition {schema}.{quoted(child)} {how}"
                    )
                    faults.point("deliver.after_detach")
            finally:
                cursor.execute("reset statement_timeout")
        with self._transaction() as cursor:
            cursor.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'")
            cursor.execute(f"drop schema if exists {schema} cascade")
            cursor.execute(f"delete from {self._store}.edition where number = %s", (number,))
            for parent in {parent for _, parent, _, _ in attached}:  # of marts that no edition has in this shape
                cursor.execute(
                    "select 1 from pg_inherits where inhparent = %s::regclass", (f"{self._store}.{quoted(parent)}",)
                )
                if cursor.fetchone() is None:
                    cursor.execute(f"drop table {self._store}.{quoted(parent)}")
