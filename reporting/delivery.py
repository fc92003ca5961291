"""Deliver an edition to PostgreSQL: loaded beside the old one, checked there, and shown in one step.

In the database stand, for the readers' schema `mart`:

- `mart`: one view for each mart, which is all that readers need;
- `mart_e41`: the tables of edition 41, for whoever wants to stay with it;
- `mart_store`: what the views read. Each mart is a partitioned table there whose partitions are the tables of the
  editions, and the one row of `shown` says which edition the views show. A changed mart gets another such table.

To show an edition is to update that row, so a reader's snapshot decides which edition it sees: one statement, or one
REPEATABLE READ transaction, never sees two, no reader waits and no session has to be closed. Nothing of what is
delivered is visible before its rows are counted and their checksums equal those of the manifest. Whatever dies on the
way leaves the edition that was shown; the next delivery clears up and goes on.
"""

import hashlib
import json
import logging
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingest import faults
from ingest.errors import DeliveryError
from ingest.privacy import quoted
from reporting.build import SNAPSHOT, WAREHOUSE
from reporting.checksums import checksum, columns_of
from reporting.delivery_target import Table, Target
from reporting.edition import MANIFEST, MARTS
from reporting.mart_contract import CONTRACT, parse_contract
from reporting.postgresql import NAME_LENGTH, first_line, session

logger = logging.getLogger(__name__)

KEPT_EDITIONS = 2
RETIRED_AFTER_SECONDS = 3600


@dataclass(frozen=True)
class DeliveryReport:
    """What stands in the database after a delivery; `changed` is False where that edition was shown already."""

    edition: int
    connection: str
    schema: str
    marts: int
    rows: int
    changed: bool
    retired: list[int]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def deliver_postgresql(
    edition: Path,
    connection: str,
    readers: tuple[str, ...] = (),
    schema: str = MARTS,
    keep: int = KEPT_EDITIONS,
    retired_after: float = RETIRED_AFTER_SECONDS,
) -> DeliveryReport:
    """Load an edition's folder into the database of a named connection, and show it in the schema `schema`.

    `readers`: roles that may read. `keep`: whole editions that stay in the database; one that was shown within
    `retired_after` seconds stays in any case. The edition that is shown already is not loaded again. Raises
    DeliveryError where anything fails; then the edition that was shown is still shown.
    """
    import psycopg2

    if keep < 1:
        raise DeliveryError("at least the edition that is shown must be kept: give --keep 1 or more")
    text = (edition / MANIFEST).read_bytes()
    manifest = json.loads(text)
    with session(connection) as server, duckdb.connect(str(edition / WAREHOUSE), read_only=True) as source:
        target = Target(server, schema, manifest["number"], hashlib.sha256(text).hexdigest())
        try:
            with target.alone():
                tables = list(_tables(source, manifest, _promised(edition)))
                target.prepare(readers)
                if not target.is_whole():
                    target.load(source, tables)
                changed = target.show(tables, readers, manifest)
                faults.point("deliver.after_show")
                retired = target.retire(keep, retired_after)
        except psycopg2.Error as error:
            raise DeliveryError(
                f"edition {manifest['number']} was not delivered to {connection!r}, what was shown is shown still: "
                f"{first_line(error)}. Mend that and deliver again"
            ) from error
    rows = sum(table.rows for table in tables)
    logger.info("edition %s is shown in %s.%s: %s rows", manifest["number"], connection, schema, rows)
    return DeliveryReport(manifest["number"], connection, schema, len(tables), rows, changed, retired)


def _promised(edition: Path) -> dict[str, Any]:
    """Mart → its key and order, as the contract kept with the edition has them; empty where it has none."""
    with tarfile.open(edition / SNAPSHOT) as archive:
        name = f"dbt_project/{CONTRACT}"
        stream = archive.extractfile(name) if name in archive.getnames() else None
        marts: dict[str, Any] = parse_contract(stream.read().decode("utf-8"))["marts"] if stream else {}
    return marts


def _tables(source: duckdb.DuckDBPyConnection, manifest: dict[str, Any], promised: dict[str, Any]) -> Iterator[Table]:
    """Every table of the edition's schema, with what the manifest vouches for."""
    vouched = {mart["name"]: (mart["rows"], mart["checksum"]) for mart in manifest["marts"]}
    told = source.execute(
        "select table_name, coalesce(comment, '') from duckdb_tables() where schema_name = ? order by table_name",
        [MARTS],
    ).fetchall()
    for name, description in told:
        relation = f"{MARTS}.{quoted(name)}"
        columns = columns_of(source, relation)
        if len(name) + 9 > NAME_LENGTH or any(len(column.encode()) > NAME_LENGTH for column, _ in columns):
            raise DeliveryError(f"mart {name}: a name in it is longer than PostgreSQL keeps; rename it in the model")
        rows, digest = vouched[name] if name in vouched else checksum(source, relation)
        words = source.execute(
            "select column_name, comment from duckdb_columns() "
            "where schema_name = ? and table_name = ? and comment is not null",
            [MARTS, name],
        ).fetchall()
        mart = promised.get(name, {})
        yield Table(
            name, columns, rows, digest, description, dict(words), mart.get("key", []), mart.get("sorted_by", [])
        )
