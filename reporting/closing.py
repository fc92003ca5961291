"""Closing a month (考核月结): freeze an assessment by a recorded act, with a copy of every row that it rests on.

The act is a record in a hash-chained log of its own (`log/chain/closings/months`): who closed which month of which
edition, why, by which rules, and the checksums of the frozen rows. The rows lie as Parquet in `closings/<month>/<n>`,
written under another name and renamed. The record is the commit: a folder without one is no closing, and the next
closing sweeps it. A second closing of a month follows the first and never replaces it.
"""

import json
import logging
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from ingest import faults
from ingest.chain import Chain, Record
from ingest.errors import ClosingError, PublishError
from ingest.files import canonical_json, create_exclusively, one_at_a_time, sync_folder
from ingest.home import Home
from ingest.privacy import literal, quoted
from reporting.build import WAREHOUSE
from reporting.checksums import checksum, columns_of
from reporting.edition import CURRENT, MANIFEST, MARTS, verify_edition
from reporting.exclusions import ADJUSTED, freeze_exclusions, make_exclusions
from reporting.registry import registry
from reporting.rescoring import RESCORED, RESCORED_LINES, can_rescore, make_scores
from reporting.sealed import file_hash, seal

logger = logging.getLogger(__name__)

FIGURES, ITEMS = "rpt_indicator", "rpt_indicator_item"
FROZEN = (FIGURES, ITEMS, "rpt_timeliness")
SCORECARDS = "rpt_scorecard"  # every mart whose name begins so is frozen too
KEPT_RECORD = "closing.json"  # the record once more beside the rows: a record lost from the log is missed
RESTATEMENT = "restatement-"
_STAGING = ".new-"


@dataclass(frozen=True)
class Month:
    """A calendar month of the district."""

    first_day: date

    @property
    def name(self) -> str:
        return f"{self.first_day:%Y-%m}"

    @property
    def next_day(self) -> date:
        """The first day that is not in it."""
        return (self.first_day + timedelta(days=31)).replace(day=1)

    def end(self, time_zone: str) -> datetime:
        """The first moment after it, in a zone."""
        return datetime.combine(self.next_day, datetime.min.time(), ZoneInfo(time_zone))


@dataclass(frozen=True)
class Closing:
    """A closed month: its record in the log, and the folder of its frozen rows."""

    record: Record
    path: Path

    def to_dict(self) -> dict[str, Any]:
        """What a person wants to know of it, the figures' tables by their count of rows."""
        names = ("month", "number", "edition", "log_version", "by", "why", "document", "again", "incomplete", "at")
        incomplete = self.record["held_feeds"] + self.record["lagging_feeds"]
        rows = {table["name"]: table["rows"] for table in self.record["tables"]}
        told = {name: self.record[name] for name in names}
        if "upheld" in self.record:
            told |= {name: self.record[name] for name in ("objections", "pending", "unruled")}
            told["upheld"] = [one["objection"] for one in self.record["upheld"]]
        return {**told, "incomplete_feeds": incomplete, "rows": rows, "path": str(self.path)}


def parse_month(text: str) -> Month:
    """`2026-10` as a month. Raises ClosingError for anything else."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise ClosingError(f"{text!r} is no month; write it as 2026-10")
    return Month(date.fromisoformat(f"{text}-01"))


def month_of(manifest: dict[str, Any]) -> Month:
    """The month that an edition's data end in, in the district's time zone."""
    clock = datetime.fromisoformat(manifest["clock_at"]).astimezone(ZoneInfo(manifest["time_zone"]))
    return Month((clock - timedelta(microseconds=1)).date().replace(day=1))


def closings(home: Home, month: Month | None = None) -> list[Closing]:
    """The closings that are recorded, oldest first: of one month, or of all."""
    return [
        Closing(record, _folder(home, record))
        for record in chain_of(home).records()
        if act_of(record) == "closing" and (month is None or record["month"] == month.name)
    ]


def act_of(record: Record) -> str:
    """What a record of the log of closings is: a closing, or a draft, objection or ruling before it."""
    return str(record.get("act", "closing"))


def edition_of(home: Home, edition: str) -> tuple[Path, dict[str, Any]]:
    """Folder and manifest of an edition by its number; '' means the current one. Raises ClosingError."""
    path = (home.editions / (edition or CURRENT)).resolve()
    if not path.name.isdigit() or not (path / MANIFEST).is_file():
        what = f"edition {edition!r}" if edition else "current edition"
        raise ClosingError(f"there is no {what}; `onegrid status` names the current one")
    if not (path / WAREHOUSE).is_file():
        raise ClosingError(
            f"edition {path.name} is retired: its tables are gone, its manifest and project are kept; "
            f"`onegrid build --as-of {path.name}` makes them again"
        )
    return path, json.loads((path / MANIFEST).read_bytes())


def close(
    home: Home,
    month: Month,
    edition: str,
    by: str,
    why: str = "",
    document: str = "",
    again: str = "",
    incomplete: str = "",
    ruled: Callable[[], Record] | None = None,
) -> Closing:
    """Close a month with the figures of an edition ('' the current one).

    `by` and one of `why` and `document` are kept; `again` is the reason for another closing of a closed month, and
    `incomplete` that for closing though landings are held or feeds end before the month does. `ruled` tells of the
    draft that is closed and of what was upheld (reporting/objections.py); without it the month is closed at once.
    Raises ClosingError, before anything is written, where the month may not be closed so.
    """
    if not by.strip() or not (why.strip() or document.strip()):
        raise ClosingError("say who closes (--by), and why (--why) or by which document (--document): both are kept")
    with one_at_a_time(home.closings / ".lock"):
        _sweep(home)
        number = len(closings(home, month)) + 1
        if number > 1 and not again.strip():
            last = closings(home, month)[-1].record
            raise ClosingError(
                f"{month.name} was closed by {last['by']} with edition {last['edition']}; "
                f"`onegrid restate {month.name}` shows what has changed since; to close it once more, give the reason "
                "with --again"
            )
        drafted = ruled() if ruled else {}
        path, manifest = edition_of(home, drafted.pop("edition", edition))
        incomplete = incomplete.strip() or drafted.pop("incomplete", "")
        held, lagging = fitness(home, month, manifest, incomplete)
        unsound = verify_edition(path)
        if unsound:
            raise ClosingError(f"edition {path.name} is not what was published: {unsound[0]}; run `onegrid verify`")
        record: Record = {
            **of_edition(path, manifest, month),
            "number": number,
            "held_feeds": held,
            "lagging_feeds": lagging,
            "by": by.strip(),
            "why": why.strip(),
            "document": document.strip(),
            "again": again.strip() if number > 1 else "",
            "incomplete": incomplete.strip() if held or lagging else "",
            "at": home.now().isoformat(),
            **{name: value for name, value in drafted.items() if name != "incomplete"},
        }
        return _freeze(home, month, path, record)


def as_if_closed(edition: Path, manifest: dict[str, Any], month: Month, folder: Path) -> Closing:
    """A month's rows of an edition in an empty folder, as a closing would freeze them; nothing is recorded.

    Its number is None: nobody closed it. Raises ClosingError where the edition has no figure of the month.
    """
    nobody = {"number": None, "by": "", "why": "", "document": "", "again": "", "incomplete": ""}
    return Closing({**of_edition(edition, manifest, month), **nobody, **_copy_rows(edition, month, folder)}, folder)


def of_edition(edition: Path, manifest: dict[str, Any], month: Month) -> Record:
    """What a record tells of the edition whose figures of a month are frozen."""
    return {
        "month": month.name,
        "edition": manifest["number"],
        "edition_manifest_sha256": file_hash(edition / MANIFEST),
        "log_version": manifest["log_version"],
        "build_id": manifest["build_id"],
        "project": manifest["project"],
        "clock_at": manifest["clock_at"],
        "time_zone": manifest["time_zone"],
    }


def chain_of(home: Home) -> Chain:
    """The log of the closings and of what comes before them."""
    return Chain(home.log / "chain" / "closings" / "months")


def _folder(home: Home, record: Record) -> Path:
    return home.closings / str(record["month"]) / str(record["number"])


def fitness(home: Home, month: Month, manifest: dict[str, Any], incomplete: str) -> tuple[list[str], list[str]]:
    """Feeds with held landings, and feeds that end before the month does. Raises ClosingError where it may not be."""
    end = month.end(manifest["time_zone"])
    if home.now() < end:
        raise ClosingError(f"{month.name} is not over: it ends at {end.isoformat()}; close it then")
    if datetime.fromisoformat(manifest["clock_at"]) < end:
        raise ClosingError(
            f"the data of edition {manifest['number']} reach to {manifest['clock_at']}, {month.name} ends at "
            f"{end.isoformat()}; publish an edition that reaches that far, and close with it"
        )
    held = [feed["feed"] for feed in manifest["feeds"] if feed["held_landings"]]
    lagging = [
        feed["feed"]
        for feed in manifest["feeds"]
        if feed["mode"] != "reference"
        and (feed["data_through"] is None or datetime.fromisoformat(feed["data_through"]) < end)
    ]
    if (held or lagging) and not incomplete.strip():
        parts = [
            f"{what} {', '.join(feeds)}"
            for what, feeds in (("held landings wait in", held), (f"before the end of {month.name} end", lagging))
            if feeds
        ]
        raise ClosingError(
            f"edition {manifest['number']} is not complete: {'; '.join(parts)}. Release or refuse what is held and "
            "pull what is missing, then publish and close; or close as it is, with the reason in --incomplete"
        )
    return held, lagging


def _freeze(home: Home, month: Month, edition: Path, record: Record) -> Closing:
    """Copy the rows under another name, rename the folder, then write the record."""
    staging = home.closings / f"{_STAGING}{month.name}-{uuid.uuid4().hex}"
    staging.mkdir(parents=True)
    faults.point("close.after_staging")
    folder = _folder(home, record)
    try:
        record |= _copy_rows(edition, month, staging, record.get("upheld"))
        faults.point("close.after_tables")
        record["files"] = {file.name: file_hash(file) for file in sorted(staging.iterdir())}
        seal(staging)
        folder.parent.mkdir(exist_ok=True)
        faults.point("close.before_rename")
        os.rename(staging, folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    sync_folder(folder.parent)
    sync_folder(home.closings)
    faults.point("close.after_rename")
    same = ("closing", record["month"], record["number"])
    written = chain_of(home).append_unless(
        lambda _: record, lambda told: (act_of(told), told["month"], told.get("number")) == same
    )
    if written is None:
        raise ClosingError(f"{month.name} was closed by another hand at the same time; see `onegrid closings`")
    faults.point("close.after_record")
    _keep_record(folder, written)
    logger.info("%s is closed with edition %s by %s", month.name, record["edition"], record["by"])
    return Closing(written, folder)


def _copy_rows(edition: Path, month: Month, folder: Path, upheld: list[Record] | None = None) -> Record:
    """Freeze the month's rows of the assessment marts; returns what the record tells of them.

    `upheld`: what objections take out of the rates; None where nobody could object.
    """
    with duckdb.connect() as connection:
        connection.execute(f"set temp_directory = {literal(str(folder / '.spill'))}")
        connection.execute(f"attach {literal(str(edition / WAREHOUSE))} as edition (read_only)")
        present = marts_of(connection, "edition")
        lost = [name for name in (FIGURES, ITEMS) if name not in present]
        if lost:
            raise ClosingError(
                f"edition {edition.name} has no {' and no '.join(lost)}: there is nothing to close or compare"
            )
        tables = []
        frozen = sorted(name for name in present if name in FROZEN or name.startswith(SCORECARDS))
        for name in frozen:
            source = month_rows("edition", name, month, present[name])
            file = f"{name}.parquet"
            connection.execute(
                f"copy (select * from {source} order by all nulls first) to {literal(str(folder / file))} "
                "(format parquet, compression zstd)"
            )
            rows, digest = checksum(connection, source)
            if checksum(connection, f"read_parquet({literal(str(folder / file))})") != (rows, digest):
                raise ClosingError(
                    f"{name} was not copied as it stands in edition {edition.name}: nothing is closed. This is a fault "
                    "of the code or the disk: close again and report it"
                )
            columns = [list(column) for column in columns_of(connection, source)]
            tables.append({"name": name, "file": file, "rows": rows, "checksum": digest, "columns": columns})
        if not next(table["rows"] for table in tables if table["name"] == FIGURES):
            raise ClosingError(
                f"edition {edition.name} has no figure of {month.name}: there is nothing to close or compare"
            )
        if upheld is not None:
            sources = {name: month_rows("edition", name, month, present[name]) for name in frozen}
            make_exclusions(connection, sources[FIGURES], sources[ITEMS], upheld)
            tables += freeze_exclusions(connection, folder)
            if can_rescore(present):
                make_scores(connection, sources)
                tables += freeze_exclusions(connection, folder, (RESCORED_LINES, RESCORED))
        rules = {one.code: one.rule_version for one in registry(connection, "edition", edition).values()}
    shutil.rmtree(folder / ".spill", ignore_errors=True)
    return {"tables": tables, "rules": rules}


def marts_of(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, list[str]]:
    """The marts of an attached edition with their columns, in their order."""
    rows = connection.execute(
        "select table_name, list(column_name order by ordinal_position) from information_schema.columns "
        "where table_catalog = ? and table_schema = ? group by table_name",
        [catalog, MARTS],
    ).fetchall()
    return dict(rows)


def month_rows(catalog: str, mart: str, month: Month, columns: list[str]) -> str:
    """SQL, in brackets: the rows of a mart that are of a month, found by the columns that tell its period.

    A mart without any such column is of every month.
    """
    first, following = (f"timestamp '{day.isoformat()} 00:00:00'" for day in (month.first_day, month.next_day))
    if "period_start" in columns:
        condition = f"period_start = {first}" + (" and period_kind = 'month'" if "period_kind" in columns else "")
    elif "month" in columns:
        condition = f"month = date '{month.first_day.isoformat()}'"
    elif "counted_at_local" in columns:
        moments = [name for name in ("counted_at_local", "also_counted_at_local") if name in columns]
        condition = " or ".join(f"({name} >= {first} and {name} < {following})" for name in moments)
    else:
        condition = "true"
    return f"(select * from {catalog}.{MARTS}.{quoted(mart)} where {condition})"


def _keep_record(folder: Path, record: Record) -> None:
    create_exclusively(folder / KEPT_RECORD, canonical_json(record), mode=0o444)


def _sweep(home: Home) -> None:
    """Finish or remove what dead closings left; the caller holds the lock. Raises ClosingError for a lost record."""
    for path in home.closings.glob(f"{_STAGING}*"):
        logger.warning("closings: %s was left by a closing that died, removed", path.name)
        shutil.rmtree(path)
    known = {closing.path: closing.record for closing in closings(home)}
    for folder, record in known.items():
        if folder.is_dir():
            _keep_record(folder, record)
    for path in _frozen_folders(home):
        if path in known:
            continue
        if (path / KEPT_RECORD).exists():
            raise ClosingError(f"the record of closing {path.parent.name}/{path.name} is lost; run `onegrid verify`")
        logger.warning("closings: %s/%s was left by a closing that died, removed", path.parent.name, path.name)
        shutil.rmtree(path)


def _frozen_folders(home: Home) -> list[Path]:
    return sorted(path for path in home.closings.glob("*/*") if path.is_dir() and path.name.isdigit())


def verify_closings(home: Home) -> list[str]:
    """Everything wrong with the closings, as sentences: their chain, their files, their rows, and their editions."""
    found = list(chain_of(home).faults())
    if found:
        return found  # what the records say cannot be relied on
    known = {closing.path for closing in closings(home)}
    for path in _frozen_folders(home):
        if path not in known and (path / KEPT_RECORD).exists():
            found.append(
                f"closing {path.parent.name}/{path.name}: the log does not know it: its record was lost; "
                f"the record is kept in {KEPT_RECORD} beside the frozen rows"
            )
    return [*found, *(fault for one in closings(home) for fault in closing_faults(home, one))]


def closing_faults(home: Home, closing: Closing) -> list[str]:
    """What is wrong with the frozen rows of one closing, and with the edition that it closed, as sentences."""
    name = f"closing {closing.record['month']}/{closing.record['number']}"
    return [f"{name}: {fault}" for fault in _faults(home, closing.path, closing.record)]


def _faults(home: Home, folder: Path, record: Record) -> Iterator[str]:
    present = (
        {path.name for path in folder.iterdir() if not path.name.lstrip(".").startswith(RESTATEMENT)}
        if folder.is_dir()
        else set()
    )
    for name in sorted(set(record["files"]) - present):
        yield f"{name} is missing"
    for name in sorted(present - set(record["files"]) - {KEPT_RECORD}):
        yield f"{name} does not belong to it"
    for name in sorted(set(record["files"]) & present):
        if file_hash(folder / name) != record["files"][name]:
            yield f"{name} was changed since the month was closed"
    if KEPT_RECORD in present and (folder / KEPT_RECORD).read_bytes() != canonical_json(record):
        yield f"{KEPT_RECORD} is not the record of the log"
    with duckdb.connect() as connection:
        for table in record["tables"]:
            if table["file"] not in present:
                continue
            try:
                told = checksum(connection, f"read_parquet({literal(str(folder / table['file']))})")
            except (duckdb.Error, PublishError) as error:
                yield f"{table['file']} cannot be read ({str(error).splitlines()[0]})"
                continue
            if told != (table["rows"], table["checksum"]):
                yield f"{table['name']} holds {told[0]} rows, frozen were {table['rows']} with another checksum"
        if "upheld" in record and {table["file"] for table in record["tables"]} <= present:
            yield from _exclusion_faults(connection, folder, record)
    manifest = home.editions / str(record["edition"]) / MANIFEST
    if not manifest.is_file():
        yield f"edition {record['edition']}, which it closed, is gone"
    elif file_hash(manifest) != record["edition_manifest_sha256"]:
        yield f"the manifest of edition {record['edition']} is not the one that was closed"


def _exclusion_faults(connection: duckdb.DuckDBPyConnection, folder: Path, record: Record) -> Iterator[str]:
    """Whether figures and scores after the objections are those of the frozen raw rows and of what was upheld."""
    kept = {table["name"]: (table["rows"], table["checksum"]) for table in record["tables"]}
    again: dict[str, tuple[int, str]] = {}
    try:
        rows = frozen_rows(folder, record)
        make_exclusions(connection, rows[FIGURES], rows[ITEMS], record["upheld"])
        again[ADJUSTED] = checksum(connection, ADJUSTED)
        if RESCORED in kept:  # an older closing has none
            make_scores(connection, rows)
            again |= {name: checksum(connection, name) for name in (RESCORED_LINES, RESCORED)}
    except (duckdb.Error, ClosingError, PublishError) as error:
        yield f"its figures cannot be made again from the raw rows ({str(error).splitlines()[0]})"
        return
    for name, told in again.items():
        if told != kept[name]:
            yield f"{name} is not what the raw rows and the upheld objections give"


def frozen_rows(folder: Path, record: Record) -> dict[str, str]:
    """Table of a closing → SQL of its frozen rows."""
    return {table["name"]: f"read_parquet({literal(str(folder / table['file']))})" for table in record["tables"]}


def utc(moment: str) -> datetime:
    """An instant of a record or manifest as a naive UTC time, as the marts hold it."""
    return datetime.fromisoformat(moment).astimezone(UTC).replace(tzinfo=None)
