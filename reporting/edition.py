"""Publish: a gated build becomes an edition, whole or not at all, and readers go over to it in one step.

An edition is a folder `<home>/editions/<n>` that never changes: Parquet files, a DuckDB file that holds the marts and
nothing else, a report page, the project it was made with, and a manifest that vouches for all of it. It is written
under another name, synced, and renamed; then the link `current` is replaced. The replaced link is the publication: a
kill before it leaves the old edition current, and what it left lying is swept by the next publish.
"""

import hashlib
import importlib.metadata
import json
import logging
import os
import shutil
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest import faults
from ingest.city import City, open_city
from ingest.errors import PublishError
from ingest.files import canonical_json, one_at_a_time, sync_folder
from ingest.home import open_home
from ingest.log import VERDICTS
from ingest.privacy import literal, quoted
from reporting.build import SNAPSHOT, WAREHOUSE
from reporting.checksums import checksum, columns_of, fingerprint
from reporting.dictionary import DATA_DICTIONARY, PUBLISH_INFO, Described, described_marts, dictionary_rows, info_row
from reporting.mart_contract import kept_contract, row_order
from reporting.sealed import MANIFEST, share
from reporting.sealed import file_hash as _file_hash
from reporting.sealed import files_of as _files
from reporting.sealed import seal as _seal
from reporting.site import write_site

logger = logging.getLogger(__name__)

CURRENT = "current"
MARTS = "mart"
OWN_TABLES = ("publish_info", "data_dictionary")
REPORT = Path("report") / "index.html"
STORAGE_VERSION = "v1.0.0"  # a file that every DuckDB client since 1.0 can open
ROW_GROUP_ROWS = 122_880  # rows that a reader of Parquet skips or reads together: `python -m benchmarks.row_groups`
_STAGING, _LINK = ".new-", ".current-"


@dataclass(frozen=True)
class EditionReport:
    """The edition that stands after publishing; `changed` is False where it was current already."""

    number: int
    path: Path
    report_page: Path
    changed: bool

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path), "report_page": str(self.report_page)}


@dataclass(frozen=True)
class Waiver:
    """A person publishes in spite of failed checks (`crashed` stands for a gate that did not run to its end).

    All three are kept with the edition and shown wherever it is. Raises PublishError where one of them is empty.
    """

    checks: tuple[str, ...]
    by: str
    why: str

    def __post_init__(self) -> None:
        if not self.checks or not self.by.strip() or not self.why.strip():
            raise PublishError(
                "to publish in spite of failed checks name each of them (--accept CHECK), who decides (--by) and why "
                "(--why): all three are kept with the edition and shown on its report"
            )


def publish(build_dir: Path, home_root: Path, waiver: Waiver | None = None) -> EditionReport:
    """Publish a build (`<home>/builds/<id>`) whose marts passed their gate as the next edition of a home.

    With a waiver, also one of which just the named checks failed. The same build published again gives the edition that
    stands. Raises PublishError, before anything is written, where the build is unfinished or its gate did not pass, and
    where what was written is not what the build holds.
    """
    gate = _passed_gate(build_dir, waiver)
    build = json.loads((build_dir / "build.json").read_bytes())
    home = open_home(home_root)
    with one_at_a_time(home.editions / ".lock"):
        _sweep(home.editions)
        numbers = edition_numbers(home.editions)
        newest = numbers[-1] if numbers else 0
        if newest and _manifest(home.editions / str(newest))["build_id"] == build["build_id"]:
            return _report(home.editions, newest, changed=_make_current(home.editions, newest))
        number = newest + 1
        staging = home.editions / f"{_STAGING}{number}-{uuid.uuid4().hex}"
        try:
            _write(staging, number, newest, build_dir, build, gate, home.now())
            faults.point("publish.before_rename")
            os.rename(staging, home.editions / str(number))
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        sync_folder(home.editions)
        faults.point("publish.after_rename")
        _make_current(home.editions, number)
        faults.point("publish.after_swap")
        logger.info(
            "edition %s is published: build %s, log version %s", number, build["build_id"], build["log_version"]
        )
        return _report(home.editions, number, changed=True)


def edition_numbers(editions: Path) -> list[int]:
    """The numbers of the editions that stand whole, ascending."""
    return sorted(int(path.name) for path in editions.glob("*") if path.name.isdigit())


def _report(editions: Path, number: int, changed: bool) -> EditionReport:
    path = editions / str(number)
    return EditionReport(number, path, path / REPORT, changed)


def _manifest(edition: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((edition / MANIFEST).read_bytes())
    return manifest


def _passed_gate(build_dir: Path, waiver: Waiver | None) -> dict[str, Any]:
    """What the mart gate said of a build, with what was waived.

    Raises PublishError unless it ran to its end and passed, or just the checks failed that are waived.
    """
    if not (build_dir / "build.json").is_file():
        raise PublishError(f"there is no finished build at {build_dir.name!r}; run `onegrid build` first")
    results = build_dir / "gate" / "results.json"
    if not results.is_file():
        raise PublishError(f"build {build_dir.name} was not judged by the mart gate: `onegrid publish` judges it")
    gate: dict[str, Any] = json.loads(results.read_bytes())
    failed = [row["check"] for row in gate["results"] if not row["success"] and row["severity"] == "critical"]
    failed += ["crashed"] if gate["crashed"] else []
    waived = set(waiver.checks) if waiver else set()
    if waived - set(failed):
        raise PublishError(
            f"{', '.join(sorted(waived - set(failed)))} did not fail for build {build_dir.name}: accept only what did "
            f"({', '.join(failed) or 'nothing'})"
        )
    if set(failed) - waived:
        left = [check for check in failed if check not in waived]
        what = "crashed" if left == ["crashed"] else f"failed: {', '.join(left)}"
        raise PublishError(
            f"build {build_dir.name} is not published, the current edition stays: its mart gate {what}; "
            f"see {results.parent}, mend the data or the model, and build again"
        )
    if waiver:
        logger.error("build %s is published against its gate: %s", build_dir.name, waiver)
    return {**gate, "waived": asdict(waiver) if waiver else None}


def _sweep(editions: Path) -> None:
    """Remove what dead publications left; the caller holds the lock, so none of them is alive."""
    for path in editions.glob(f"{_STAGING}*"):
        logger.warning("editions: %s was left by a publication that died, removed", path.name)
        shutil.rmtree(path)
    for path in editions.glob(f"{_LINK}*"):
        path.unlink()


def _make_current(editions: Path, number: int) -> bool:
    """Point `current` at an edition in one step; False where it does already."""
    link = editions / CURRENT
    if link.is_symlink() and os.readlink(link) == str(number):
        return False
    fresh = editions / f"{_LINK}{uuid.uuid4().hex}"
    os.symlink(str(number), fresh)
    faults.point("publish.before_swap")
    os.replace(fresh, link)
    sync_folder(editions)
    return True


def _write(
    staging: Path, number: int, newest: int, build_dir: Path, build: dict[str, Any], gate: dict[str, Any], now: datetime
) -> None:
    """Everything an edition is made of, under the staging name, synced to the disk."""
    (staging / "marts").mkdir(parents=True)
    faults.point("publish.after_staging")
    city = open_city(build_dir / "project" / "city")
    described = described_marts(build_dir / "dbt" / "target" / "manifest.json")
    connection = duckdb.connect()
    try:
        connection.execute(f"set temp_directory = {literal(str(staging / '.spill'))}")
        connection.execute(f"attach {literal(str(build_dir / WAREHOUSE))} as build (read_only)")
        contract = kept_contract(build_dir / "project" / "dbt_project")
        marts = _copy_marts(connection, staging, described, contract)
        faults.point("publish.after_marts")
        manifest = _describe(connection, number, build_dir, build, gate, city, marts, now)
        manifest["mart_contract"] = {name: contract[name] for name in ("version", "sha256")} if contract else None
        _add_own_tables(connection, manifest, described)
    finally:
        connection.close()
    shutil.rmtree(staging / ".spill", ignore_errors=True)
    faults.point("publish.after_database")
    shutil.copyfile(build_dir / SNAPSHOT, staging / SNAPSHOT)
    write_site(staging / REPORT.parent, staging / WAREHOUSE, manifest, _closings(staging.parent.parent))
    faults.point("publish.after_report")
    manifest["files"] = {name: _file_hash(staging / name) for name in _files(staging)}
    share(staging, manifest["files"], staging.parent / str(newest))
    manifest["previous"] = _previous(staging.parent, newest)
    (staging / MANIFEST).write_bytes(canonical_json(manifest))
    faults.point("publish.after_manifest")
    _seal(staging)


def _closings(home: Path) -> list[dict[str, Any]]:
    """The closings that are recorded now, for the report."""
    from reporting.closing import closings  # it knows editions, as they know it

    return [closing.to_dict() for closing in closings(open_home(home))]


def _copy_marts(
    connection: duckdb.DuckDBPyConnection,
    staging: Path,
    described: dict[str, Described],
    contract: dict[str, Any] | None,
) -> list[dict[str, Any]]:
    """Copy every mart, sorted, into the edition's DuckDB file and Parquet; check that both hold what the build does."""
    promised = contract["marts"] if contract else {}
    connection.execute(
        f"attach {literal(str(staging / WAREHOUSE))} as edition (storage_version {literal(STORAGE_VERSION)})"
    )
    connection.execute(f"create schema edition.{MARTS}")
    names = connection.execute(
        "select table_name from information_schema.tables "
        "where table_catalog = 'build' and table_schema = ? order by table_name",
        [MARTS],
    ).fetchall()
    if not names:
        raise PublishError(f"the build holds no table in schema {MARTS!r}: there is nothing to publish; build again")
    marts: list[dict[str, Any]] = []
    comments: list[str] = []
    for (name,) in names:
        if name in OWN_TABLES:
            raise PublishError(
                f"a mart may not be named {name!r}: the edition brings that table itself; rename the model"
            )
        source, table = f"build.{MARTS}.{quoted(name)}", f"edition.{MARTS}.{quoted(name)}"
        columns = columns_of(connection, source)
        first = row_order(promised[name]) if name in promised else []
        order = _order(connection, source, [column for column, _ in columns], first)
        connection.execute(f"create table {table} as select * from {source} order by {order}")
        file = f"marts/{name}.parquet"
        parquet = f"read_parquet({literal(str(staging / file))})"
        connection.execute(  # in the order in which the rows lie in the table: they are sorted once
            f"copy (from {table}) to {literal(str(staging / file))} "
            f"(format parquet, compression zstd, row_group_size {ROW_GROUP_ROWS})"
        )
        judged = fingerprint(connection, source, columns)
        for copy in (table, parquet):
            if columns_of(connection, copy) != columns or fingerprint(connection, copy, columns) != judged:
                raise PublishError(
                    f"mart {name} was not copied as it stands in the build; nothing is published, the current edition "
                    "stays. This is a fault of the code or the disk: run it again and report it"
                )
        rows, digest = checksum(connection, parquet)
        comments += _comments(table, columns, described.get(name))
        marts.append(
            {"name": name, "file": file, "rows": rows, "checksum": digest, "columns": [list(c) for c in columns]}
        )
    connection.execute(f"begin; {' '.join(comments)} commit")  # each by itself would be synced to the disk
    return marts


def _order(connection: duckdb.DuckDBPyConnection, source: str, columns: list[str], first: list[str]) -> str:
    """SQL: the one order of a mart's rows: what the contract sorts by, then every other column.

    Where no two rows are alike in the first ones the others decide nothing, and sorting by them costs twice as much.
    That is counted in the rows themselves: hashes that differ are of rows that differ.
    """
    listed = ", ".join(quoted(column) for column in first if column in columns)
    if listed:
        counted = f"select count(*), count(distinct hash({listed})) from {source}"
        [(rows, apart)] = connection.execute(counted).fetchall()
        columns = first if rows == apart else columns
    return ", ".join(f"{quoted(column)} nulls first" for column in dict.fromkeys([*first, *columns]))


def _comments(table: str, columns: list[tuple[str, str]], described: Described | None) -> list[str]:
    """SQL: the comments of a mart and its columns, as far as dbt has any."""
    if described is None:
        return []
    told = [f"comment on table {table} is {literal(described.description)};"] if described.description else []
    for name, _ in columns:
        text = " · ".join(part for part in described.columns.get(name, ("", "")) if part)
        if text:
            told.append(f"comment on column {table}.{quoted(name)} is {literal(text)};")
    return told


def _describe(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    build_dir: Path,
    build: dict[str, Any],
    gate: dict[str, Any],
    city: City,
    marts: list[dict[str, Any]],
    now: datetime,
) -> dict[str, Any]:
    """The manifest without the hashes of the files, which are not all written yet."""
    (clock,) = connection.execute("select clock_at from build.log.mount").fetchall()[0]
    mount = json.loads((build_dir / "mount.json").read_bytes())
    feeds = _feeds(connection)
    return {
        "number": number,
        "build_id": build["build_id"],
        "log_version": build["log_version"],
        "city": city.name,
        "title": city.settings.title,
        "networks": {name: network.title for name, network in city.settings.networks.items()},
        "time_zone": city.settings.time_zone,
        "unified_scheme": city.settings.unified_scheme,
        "clock_at": _utc_text(clock),
        "published_at": now.isoformat(),
        "project": _project(build_dir / SNAPSHOT),
        "feeds": feeds,
        "gates": {
            "landings": _verdict_counts(feeds),
            "marts": gate,
        },
        "marts": marts,
        "heads": mount["heads"],
    }


def _verdict_counts(feeds: list[dict[str, Any]]) -> dict[str, int]:
    """Landings of all feeds by verdict, in the order of the verdicts; those that do not occur are left out."""
    counts = {v: sum(feed["verdicts"].get(v, 0) for feed in feeds) for v in (*VERDICTS, "unjudged")}
    return {verdict: count for verdict, count in counts.items() if count}


def _feeds(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Each feed with the time it is known through (UTC) and how many of its landings have which verdict."""
    verdicts: dict[str, dict[str, int]] = {}
    counted = "select feed, verdict, count(*) from build.log.landing group by all order by all"
    for feed, verdict, count in connection.execute(counted).fetchall():
        verdicts.setdefault(feed, {})[verdict] = count
    names = ("feed", "network", "title", "mode", "owner_office", "cadence_seconds", "data_through", "held_landings")
    rows = connection.execute(f"select {', '.join(names)} from build.log.feed order by network, feed").fetchall()
    feeds = [dict(zip(names, row, strict=True)) for row in rows]
    return [
        {**feed, "data_through": _utc_text(feed["data_through"]), "verdicts": verdicts.get(feed["feed"], {})}
        for feed in feeds
    ]


def _utc_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.replace(tzinfo=UTC).isoformat()


def _project(snapshot: Path) -> dict[str, str | None]:
    """Version of the code, hash of the project kept with the edition, and hash of the lock of its libraries."""
    lock = None
    with tarfile.open(snapshot) as archive:
        if "requirements.lock" in archive.getnames():
            stream = archive.extractfile("requirements.lock")
            lock = hashlib.sha256(stream.read()).hexdigest() if stream else None
    return {"version": importlib.metadata.version("onegrid"), "sha256": _file_hash(snapshot), "lock_sha256": lock}


def _add_own_tables(
    connection: duckdb.DuckDBPyConnection, manifest: dict[str, Any], described: dict[str, Described]
) -> None:
    marts = {mart["name"]: [(name, kind) for name, kind in mart["columns"]] for mart in manifest["marts"]}
    _add_table(connection, "publish_info", PUBLISH_INFO, [info_row(manifest)])
    _add_table(connection, "data_dictionary", DATA_DICTIONARY, dictionary_rows(marts, described))


def _add_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: tuple[tuple[str, str, str], ...],
    rows: list[tuple[Any, ...]],
) -> None:
    table = f"edition.{MARTS}.{name}"
    connection.execute(f"create table {table} ({', '.join(f'{column} {kind}' for column, kind, _ in columns)})")
    if rows:
        given = pa.table({columns[place][0]: list(values) for place, values in enumerate(zip(*rows, strict=True))})
        connection.register("given", given)
        connection.execute(f"insert into {table} select * from given")
        connection.unregister("given")
    for column, _, text in columns:
        connection.execute(f"comment on column {table}.{column} is {literal(text)}")


def _previous(editions: Path, newest: int) -> dict[str, Any] | None:
    """Number and manifest hash of the edition before: a chain, so that an old edition cannot be changed unseen."""
    if not newest:
        return None
    return {"number": newest, "manifest_sha256": _file_hash(editions / str(newest) / MANIFEST)}


def verify_edition(path: Path, retired: bool = False) -> list[str]:
    """Compute every checksum of an edition again; returns what differs, as sentences, empty when it is sound.

    Of a `retired` edition the tables are gone; what is left of it must be as it was.
    """
    try:
        manifest = _manifest(path)
        kept, marts = manifest["files"], manifest["marts"]
    except (OSError, ValueError, KeyError) as error:
        return [f"{MANIFEST} cannot be read ({error}): take the edition from a backup, or build and publish again"]
    present = set(_files(path))
    found = [] if retired else [f"{name} is missing" for name in sorted(set(kept) - present)]
    found += [f"{name} does not belong to the edition" for name in sorted(present - set(kept))]
    changed = [name for name in sorted(present & set(kept)) if _file_hash(path / name) != kept[name]]
    found += [f"{name} was changed since it was published" for name in changed]
    before = manifest["previous"]
    if before is not None:
        old = path.parent / str(before["number"]) / MANIFEST
        if old.is_file() and _file_hash(old) != before["manifest_sha256"]:
            found.append(f"the manifest of edition {before['number']} is not the one that this edition followed")
    for mart in marts if not retired else []:
        found += [f"mart {mart['name']}: {fault}" for fault in _mart_faults(path, mart)]
    return found


def _mart_faults(edition: Path, mart: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the rows of a mart, in Parquet and in the DuckDB file."""
    table = f"edition.{MARTS}.{quoted(mart['name'])}"
    parquet = f"read_parquet({literal(str(edition / mart['file']))})"
    for where, relation in (("Parquet", parquet), (WAREHOUSE, table)):
        connection = duckdb.connect()
        try:
            if relation is table:
                connection.execute(f"attach {literal(str(edition / WAREHOUSE))} as edition (read_only)")
            rows, digest = checksum(connection, relation)
        except (duckdb.Error, PublishError) as error:
            yield f"cannot be read from {where} ({str(error).splitlines()[0]})"
            continue
        finally:
            connection.close()
        if (rows, digest) != (mart["rows"], mart["checksum"]):
            yield (
                f"{where} holds {rows} rows with checksum {digest[:12]}…, "
                f"published were {mart['rows']} with {mart['checksum'][:12]}…"
            )
