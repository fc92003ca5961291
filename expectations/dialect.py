"""A SQLAlchemy dialect for DuckDB whose results outlive their connection.

Great Expectations takes the rows of a query after it has given the connection back. DuckDB drops a pending result as
soon as its connection runs another statement or closes, so with the stock dialect every metric dies with `list index
out of range`. Here a statement's rows are fetched before the statement returns; nothing of either library is patched.
The rows are those of metrics (a few numbers each), never those of the table that is judged.
"""

from typing import Any

from duckdb_engine import Dialect as StockDialect
from sqlalchemy import text, types
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGExecutionContext_psycopg2
from sqlalchemy.engine import Connection
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedPrimaryKeyConstraint
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.pool import Pool, StaticPool
from sqlalchemy.types import TypeEngine

DRIVER = "onegrid"
SCHEME = f"duckdb+{DRIVER}"

_TYPES: dict[str, type[TypeEngine[Any]]] = {
    "BOOLEAN": types.Boolean,
    "DATE": types.Date,
    "DOUBLE": types.Float,
    "FLOAT": types.Float,
    "TIMESTAMP": types.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": types.TIMESTAMP,
    "VARCHAR": types.String,
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"), types.Integer),
    **dict.fromkeys(("BIGINT", "UBIGINT", "HUGEINT"), types.BigInteger),
}


def _type_of(told: str) -> TypeEngine[Any]:
    """SQLAlchemy's type for a DuckDB type name; decimals by their first word, what is not in the list untyped."""
    if told.startswith("DECIMAL"):
        return types.Numeric()
    return _TYPES.get(told, types.NullType)()


class EagerExecutionContext(PGExecutionContext_psycopg2):
    """Takes all rows of a statement as soon as it has run."""

    def post_exec(self) -> None:
        super().post_exec()
        if self.cursor is not None and self.cursor.description is not None:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, alternate_description=self.cursor.description
            )


class EagerDuckDBDialect(StockDialect):
    """duckdb_engine's dialect, read eagerly and over one connection."""

    driver = DRIVER
    execution_ctx_cls = EagerExecutionContext
    supports_statement_cache = False

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        """A connection in UTC; `?schema=<name>[,<name>]` of the URL is where unqualified tables are looked for."""
        schema = cparams.get("url_config", {}).pop("schema", None)
        connection = super().connect(*cargs, **cparams)
        connection.execute("set timezone = 'UTC'")
        if schema is not None:
            connection.execute("set search_path = '" + schema.replace("'", "''") + "'")
        return connection

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        """One connection for everything: temporary views stay seen, and the file is closed with it."""
        return StaticPool

    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[ReflectedColumn]:
        """The columns of a table or view, from DuckDB's own catalogue.

        The stock way asks PostgreSQL's catalogue as SQLAlchemy 2.1 knows it (pg_collation), which DuckDB has not.
        Raises NoSuchTableError where the table is not there.
        """
        rows = connection.execute(
            text(
                "select column_name, data_type, is_nullable, column_default from duckdb_columns() "
                "where table_name = :name and database_name = current_database() and "
                "schema_name = coalesce(:schema, (select table_schema from information_schema.tables "
                "where table_name = :name and list_contains(current_schemas(false), table_schema) "
                "order by list_position(current_schemas(false), table_schema) limit 1)) order by column_index"
            ),
            {"name": table_name, "schema": schema},
        ).fetchall()
        if not rows:
            raise NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)
        return [
            {"name": name, "type": _type_of(told), "nullable": nullable, "default": default}
            for name, told, nullable, default in rows
        ]

    def get_pk_constraint(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> ReflectedPrimaryKeyConstraint:
        """None is told: keys are what the gates check, not what they rely on."""
        return {"constrained_columns": [], "name": None}

    @classmethod
    def import_dbapi(cls) -> Any:
        return cls.dbapi()


def register() -> str:
    """Make `duckdb+onegrid://…` known to SQLAlchemy; the scheme to write in a connection string."""
    registry.register(f"duckdb.{DRIVER}", __name__, EagerDuckDBDialect.__name__)
    return SCHEME
