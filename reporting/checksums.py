"""The checksum of a mart: exact, whatever the order of its rows, the same from Parquet and from DuckDB.

Every cell is written as its length and its text, so that no two different rows give the same line; the row's SHA-256 is
cut into four 64-bit integers; each is summed over all rows (integers, so the order cannot matter); the four sums, the
row count and the column names with their types are hashed once more. Nothing is rounded and nothing is sorted.
"""

import hashlib

import duckdb

from ingest.errors import PublishError
from ingest.privacy import quoted

RUN_ONLY_COLUMNS = ("run_id", "invocation_id", "built_at", "published_at")
"""Columns that tell of the run and not of the world; the one list of what checksums leave out."""

_FLAT = (
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
    "FLOAT", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP",
)  # fmt: skip
_PARTS = (1, 17, 33, 49)


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    """Name and type of every column, in order. Raises PublishError for a type that a reader could not take as it is.

    Nested types, times with a zone (BI tools cut them by UTC days) and 128-bit integers (Parquet has none) are refused.
    """
    rows = connection.execute(f"describe select * from {relation}").fetchall()
    columns = [(str(row[0]), str(row[1])) for row in rows]
    for name, kind in columns:
        if kind not in _FLAT and not kind.startswith("DECIMAL("):
            raise PublishError(
                f"{relation}, column {name}: type {kind} cannot be published; cast it in the mart's model "
                "(counts to bigint, times to naive UTC and local timestamps, lists and structs to columns or text)"
            )
    return columns


def checksum(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, str]:
    """Row count and checksum of a relation: a table's quoted name, or `read_parquet(…)`."""
    columns = [(name, kind) for name, kind in columns_of(connection, relation) if name not in RUN_ONLY_COLUMNS]
    cells = ", ".join(  # `concat` takes a null for nothing
        f"coalesce(length({text}) || ':', '-'), {text}"
        for text in (f"cast({quoted(name)} as varchar)" for name, _ in columns)
    )
    sums = ", ".join(f"coalesce(sum(cast('0x' || substr(digest, {start}, 16) as ubigint)), 0)" for start in _PARTS)
    rows, *parts = connection.execute(
        f"select count(*), {sums} from (select sha256(concat({cells})) as digest from {relation})"
    ).fetchall()[0]
    schema = ",".join(f"{name} {kind}" for name, kind in columns)
    text = "|".join([schema, str(rows), *(str(part) for part in parts)])
    return int(rows), hashlib.sha256(text.encode()).hexdigest()


def fingerprint(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: list[tuple[str, str]]
) -> tuple[int, int]:
    """Rows, and a sum of DuckDB's own hashes of them: a thirtieth of a checksum's cost, the same whatever their order.

    Only for comparing copies within one session: another version of DuckDB may hash otherwise, so it is never kept.
    """
    cells = ", ".join(quoted(name) for name, _ in columns)
    rows, hashes = connection.execute(
        f"select count(*), coalesce(sum(cast(hash({cells}) as hugeint)), 0) from {relation}"
    ).fetchall()[0]
    return int(rows), int(hashes)
