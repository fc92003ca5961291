"""What of an edition an audience may see: which marts, which of their columns, which of their rows.

| | things (cases, …) | figures | the ranking | reference | data quality |
|---|---|---|---|---|---|
| leaders | all; no duty: none | all; no duty: suppressed | as figures | all | all; no duty: none |
| analysts | all; no duty: not of persons | all; no duty: none | as figures | all | all; no duty: not of persons |
| a unit | of itself and what is below it | its own | all, suppressed | all | none |
| a centre | of its network | of its network | all, suppressed | all | of its network |

Without the duty nobody has both things and figures: one less the other is the count of what was left out. What is not
classified, or does not tell whose it is, is in no cut.
"""

import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.audiences import PERSONS, About, Audience
from ingest.errors import PublishError
from ingest.privacy import literal, quoted
from reporting.build import WAREHOUSE
from reporting.checksums import checksum, columns_of, fingerprint
from reporting.classification import Cells, Class, MartClass, Scope
from reporting.edition import MARTS, OWN_TABLES, STORAGE_VERSION
from reporting.sealed import MANIFEST, file_hash
from reporting.suppress import KEY, KINDS, suppress, texts

logger = logging.getLogger(__name__)

_OPEN: frozenset[Class] = frozenset({"open", "internal", "map"})
_RESTRICTED: frozenset[Class] = _OPEN | {"restricted"}
_OWN: frozenset[Class] = _RESTRICTED | {"personal_token"}
_NEVER, _ALWAYS = "false", "true"
SOURCE = f"edition.{MARTS}"
ITEMS = "rpt_indicator_item"
SUPPRESSED = "is_suppressed"
SUPPRESSED_MEANS = "已隐藏小数 · figures are blanked: they or others would betray a count about persons below 5"


@dataclass(frozen=True)
class Cut:
    """What of a mart goes into a cut: classes of columns, a condition on rows, and whether small cells are blanked."""

    classes: frozenset[Class]
    condition: str
    suppressed: bool = False


class Cutter:
    """Cuts an edition (its folder), attached as `edition`, for one reader. `duty`: the legal duty is in force."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        edition: Path,
        reader: Audience,
        duty: bool,
        classes: dict[str, MartClass],
        about: dict[str, About],
    ) -> None:
        self._connection, self._edition, self._reader, self._duty = connection, edition, reader, duty
        self._classes = classes
        self._about = about
        self._small: bool | None = None
        self._columns = marts_of(connection)
        self._take_scope()

    def write(self, folder: Path) -> list[dict[str, Any]]:
        """Write the cut into a folder: DuckDB file and Parquet. Returns what its manifest tells of each mart."""
        create(self._connection, folder)
        marts = []
        for name, columns in self._columns.items():
            cut = self._cut(name)
            if cut is None or (cut.suppressed and not self._find_small()):
                continue
            kept = [column for column in columns if self._classes[name].class_of(column) in cut.classes]
            if kept:
                marts.append(self._copy(folder, name, kept, cut))
        own_tables(self._connection)
        return marts

    def _copy(self, folder: Path, name: str, columns: list[str], cut: Cut) -> dict[str, Any]:
        selected, source = ", ".join(quoted(column) for column in columns), f"{SOURCE}.{quoted(name)}"
        cells = self._classes[name].cells
        if cut.suppressed and cells is not None:
            selected, source = self._suppressed(name, cells, columns)
        if cut.condition == _ALWAYS and not cut.suppressed and columns == self._columns[name]:
            taken = take(self._connection, folder, self._edition, name)
            if taken is not None:
                return taken
        told = copy(self._connection, folder, name, f"select {selected} from {source} where {cut.condition}")
        if cut.suppressed:
            counted = f"select count(*) from cut.{MARTS}.{quoted(name)} where {SUPPRESSED}"
            told["suppressed_rows"] = self._connection.execute(counted).fetchall()[0][0]
        return told

    def _suppressed(self, name: str, cells: Cells, columns: list[str]) -> tuple[str, str]:
        """Select list and source of a mart whose small cells are blanked: their figures are null and flagged."""
        own, table = self._columns[name], f"{SOURCE}.{quoted(name)}"
        kind = quoted(cells.kind_column) if cells.kind_column else literal(cells.kind or "")
        key = f"strftime({quoted(cells.month)}, '%Y-%m-%d') || {KEY} || {kind} || {KEY} || {quoted(cells.code)}"
        blanks = f"{key} in (select key from temp.blank_figure where indicator in ({texts(cells.indicators)}))"
        if cells.indicators_of is not None:
            of, column = f"{SOURCE}.{quoted(cells.indicators_of.of or name)}", quoted(cells.indicators_of.column)
            blanks = (
                f"({column} || {KEY} || {key}) in (select told.{column} || {KEY} || key "
                f"from (select distinct {column}, indicator from {of}) as told "
                "inner join temp.blank_figure using (indicator))"
            )
        elif not cells.indicators:
            blanks = f"(indicator || {KEY} || {key}) in (select indicator || {KEY} || key from temp.blank_figure)"
        described = self._connection.execute(f"describe {table}").fetchall()
        numbers = {quoted(row[0]) for row in described if row[1] not in ("VARCHAR", "DATE", "TIMESTAMP")}
        shown = [quoted(column) for column in columns if column not in cells.echoes]
        parts = [f"case when not {SUPPRESSED} then {one} end as {one}" if one in numbers else one for one in shown]
        conditions = [f"{kind} in ({texts(KINDS)})"]
        conditions += ["period_kind = 'month'"] if "period_kind" in own else []
        source = f"(select *, {blanks} as {SUPPRESSED} from {table} where {' and '.join(conditions)})"
        return ", ".join([*parts, SUPPRESSED]), source

    def _find_small(self) -> bool:
        """Find once what is blanked; False where the edition does not hold what that is found by."""
        if self._small is None:
            persons = self._persons(ITEMS) if ITEMS in self._columns else None
            needed = (ITEMS, "rpt_indicator", "dim_indicator")
            if persons is None or any(name not in self._columns for name in needed):
                self._small = False
            else:
                families = {subject: self._about[subject] for subject in PERSONS}
                suppress(self._connection, SOURCE, persons, families)
                self._small = True
        return self._small

    def _cut(self, name: str) -> Cut | None:
        """What of a mart this reader may see; None for nothing."""
        mart = self._classes.get(name)
        if mart is None:
            return None
        if mart.rows == "reference":
            return Cut(_OPEN, _ALWAYS)
        if mart.rows == "ranking" and self._reader.kind in ("units", "centres"):
            shown = Cut(_OPEN, self._without_tokens(name), suppressed=not self._duty)
            return shown if self._duty or mart.cells else None
        if self._reader.kind == "units":
            return None if mart.rows == "quality" else self._own(name, "unit")
        if self._reader.kind == "centres":
            return self._own(name, "network")
        return self._general(name, mart)

    def _own(self, name: str, kind: str) -> Cut | None:
        condition = self._scoped(name, kind)
        return None if condition == _NEVER else Cut(_OWN, condition)

    def _general(self, name: str, mart: MartClass) -> Cut | None:
        """Leaders and analysts."""
        is_leaders = self._reader.kind == "leaders"
        classes = _OPEN if is_leaders else _RESTRICTED
        condition = self._without_tokens(name)
        if self._duty:
            return Cut(classes, condition)
        if mart.rows in ("figure", "ranking"):
            return Cut(classes, condition, suppressed=True) if is_leaders and mart.cells else None
        persons = self._persons(name)
        things = mart.rows in ("thing", "quality")  # data quality counts things too
        if persons is None or mart.about in (*PERSONS, "person") or (things and is_leaders):
            return None
        return Cut(classes, f"{condition} and not coalesce({persons}, false)")

    def _without_tokens(self, name: str) -> str:
        """A condition that leaves out the rows that are about one person's token."""
        parts = [
            f"{quoted(column)} not in ({texts(values)})"
            for column, values in self._classes[name].token_rows.items()
            if column in self._columns[name]
        ]
        return " and ".join(parts) or _ALWAYS

    def _persons(self, name: str) -> str | None:
        """A condition for the rows of a mart that are about persons; None where the mart does not tell."""
        return about_rows(name, self._columns, self._classes, [self._about[subject] for subject in PERSONS])

    def _scoped(self, name: str, kind: str) -> str:
        """A condition for the rows that are the reader's own."""
        mart = self._classes.get(name)
        if mart is None:
            return _NEVER
        scope = mart.unit if kind == "unit" else mart.network
        if scope is None and kind == "network" and "network" in self._columns[name]:
            scope = Scope(column="network")
        if scope is None or scope.column not in self._columns[name]:
            return _NEVER
        column = quoted(scope.column)
        if scope.of is not None:
            if scope.of not in self._columns:
                return _NEVER
            theirs = f"select {column} from {SOURCE}.{quoted(scope.of)} where {self._scoped(scope.of, kind)}"
            return f"{column} in ({theirs})"
        parts = [f"{column} in (select code from temp.reader_scope)"]
        parts += [f"{quoted(name)} = {literal(value)}" for name, value in scope.where.items()]
        return " and ".join(parts)

    def _take_scope(self) -> None:
        """The organisations (the unit and all below it, whenever) or the network that the reader is cut for."""
        codes = {self._reader.scope} if self._reader.scope else set()
        if self._reader.kind == "units" and "parent_org_code" in self._columns.get("dim_organisation", []):
            told = self._connection.execute(
                f"select distinct org_code, parent_org_code from {SOURCE}.dim_organisation"
            ).fetchall()
            if self._reader.scope not in {code for code, _ in told}:
                logger.warning("audience %s: the edition knows no such organisation", self._reader.name)
            while below := {code for code, parent in told if parent in codes} - codes:
                codes |= below
        self._connection.register("scope_codes", pa.table({"code": pa.array(sorted(codes), pa.string())}))
        self._connection.execute("create or replace temp table reader_scope as from scope_codes")
        self._connection.unregister("scope_codes")


def marts_of(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The marts of the attached edition with their columns, without the tables that are the edition's own."""
    rows = connection.execute(
        "select table_name, list(column_name order by ordinal_position) from information_schema.columns "
        "where table_catalog = 'edition' and table_schema = ? group by table_name order by table_name",
        [MARTS],
    ).fetchall()
    return {name: columns for name, columns in rows if name not in OWN_TABLES}


def about_rows(
    name: str, columns: dict[str, list[str]], classes: dict[str, MartClass], about: list[About]
) -> str | None:
    """A condition for the rows of a mart that are about one of several subjects; None where the mart does not tell.

    A mart tells by its feed, stream type and indicator; where it has neither feed nor stream type, by its network.
    """
    own = columns[name]
    feeds = {feed for one in about for feed in one.feeds}
    networks = {network for one in about for network in one.networks}
    streams = {stream for one in about for stream in one.streams}
    parts = []
    if "feed" in own:
        parts.append(f"feed in ({texts(feeds)})")
    if "stream_type" in own:
        parts.append(f"stream_type in ({texts(streams)})")
    if "indicator" in own:
        parts.append(f"indicator in ({texts({name for one in about for name in one.indicators})})")
    if "indicator" in own and "stream_type" in columns.get("dim_indicator", []):
        wanted = f"select indicator from {SOURCE}.dim_indicator where stream_type in ({texts(streams)})"
        parts.append(f"indicator in ({wanted})")
    if "network" in own:
        touched = set() if "feed" in own else {network for one in about for network in one.touched}
        parts.append(f"network in ({texts(networks | touched)})")
    if parts:
        return f"({' or '.join(parts)})"
    return "false" if classes[name].about in ("facility", "component", "component_position") else None


def create(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Begin the DuckDB file of a cut, attached as `cut`."""
    connection.execute(f"attach {literal(str(folder / WAREHOUSE))} as cut (storage_version {literal(STORAGE_VERSION)})")
    connection.execute(f"create schema cut.{MARTS}")


def copy(connection: duckdb.DuckDBPyConnection, folder: Path, name: str, query: str) -> dict[str, Any]:
    """Write what a query gives as a mart of a cut, sorted, in both forms. Returns what the manifest tells of it.

    Raises PublishError where the two forms differ.
    """
    table, file = f"cut.{MARTS}.{quoted(name)}", f"marts/{name}.parquet"
    connection.execute(f"create table {table} as select * from ({query}) order by all nulls first")
    connection.execute(
        f"copy (from {table}) to {literal(str(folder / file))} (format parquet, compression zstd)"  # as it lies there
    )
    parquet = f"read_parquet({literal(str(folder / file))})"
    rows, digest = checksum(connection, parquet)
    columns = [list(column) for column in columns_of(connection, table)]
    _compare(connection, name, parquet, columns)
    return {"name": name, "file": file, "rows": rows, "checksum": digest, "columns": columns}


def take(connection: duckdb.DuckDBPyConnection, folder: Path, edition: Path, name: str) -> dict[str, Any] | None:
    """Put a whole mart of an edition into a cut, as `copy` does but without sorting and hashing its rows again.

    None where the edition does not hold it as one sealed Parquet file. Raises PublishError where that was damaged.
    """
    manifest = json.loads((edition / MANIFEST).read_bytes())
    mart = next((mart for mart in manifest["marts"] if mart["name"] == name), None)
    file = f"marts/{name}.parquet"
    if mart is None or mart["file"] != file or not (edition / file).is_file():
        return None
    shutil.copyfile(edition / file, folder / file)
    if file_hash(folder / file) != manifest["files"][file]:
        raise PublishError(f"{file} of edition {manifest['number']} is not what was published; run `onegrid verify`")
    connection.execute(f"create table cut.{MARTS}.{quoted(name)} as from {SOURCE}.{quoted(name)}")
    _compare(connection, name, f"read_parquet({literal(str(folder / file))})", mart["columns"])
    return {key: mart[key] for key in ("name", "file", "rows", "checksum", "columns")}


def _compare(connection: duckdb.DuckDBPyConnection, name: str, parquet: str, columns: list[list[str]]) -> None:
    kept = [(column, kind) for column, kind in columns]
    if fingerprint(connection, f"cut.{MARTS}.{quoted(name)}", kept) != fingerprint(connection, parquet, kept):
        raise PublishError(
            f"mart {name} reads otherwise from Parquet than from DuckDB; this cut is not published, the one before "
            "stays. This is a fault of the code or the disk: run it again and report it"
        )


def comment_on(connection: duckdb.DuckDBPyConnection) -> None:
    """Comments as the edition has them, in one transaction: each by itself would be synced to the disk."""
    tables = connection.execute(
        "select own.table_name, told.comment from duckdb_tables() as own "
        "inner join duckdb_tables() as told on own.table_name = told.table_name "
        "where own.database_name = 'cut' and told.database_name = 'edition' and told.comment is not null"
    ).fetchall()
    columns = connection.execute(
        "select own.table_name, own.column_name, told.comment from duckdb_columns() as own "
        "inner join duckdb_columns() as told "
        "on own.table_name = told.table_name and own.column_name = told.column_name "
        "where own.database_name = 'cut' and told.database_name = 'edition' and told.comment is not null"
    ).fetchall()
    flags = connection.execute(
        "select table_name from duckdb_columns() where database_name = 'cut' and column_name = ?", [SUPPRESSED]
    ).fetchall()
    columns += [(name, SUPPRESSED, SUPPRESSED_MEANS) for (name,) in flags]
    statements = [f"comment on table cut.{MARTS}.{quoted(name)} is {literal(text)};" for name, text in tables]
    statements += [
        f"comment on column cut.{MARTS}.{quoted(name)}.{quoted(column)} is {literal(text)};"
        for name, column, text in columns
    ]
    connection.execute(f"begin; {' '.join(statements)} commit")


def own_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """`publish_info` as the edition has it, and `data_dictionary` of what is in the cut."""
    connection.execute(f"create table cut.{MARTS}.publish_info as from {SOURCE}.publish_info")
    connection.execute(
        f"create table cut.{MARTS}.data_dictionary as select told.* from {SOURCE}.data_dictionary as told "
        "semi join (select table_name, column_name from information_schema.columns where table_catalog = 'cut') as own "
        "on told.table_name = own.table_name and told.column_name = own.column_name "
        "order by told.table_name, told.position"
    )
    label, _, meaning = SUPPRESSED_MEANS.partition(" · ")
    connection.execute(
        f"insert into cut.{MARTS}.data_dictionary select table_name, ordinal_position, column_name, data_type, "
        f"{literal(label)}, {literal(meaning)} from information_schema.columns "
        f"where table_catalog = 'cut' and column_name = {literal(SUPPRESSED)} order by table_name"
    )
    comment_on(connection)
