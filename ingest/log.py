"""The event log: four append-only Delta tables and the chains that decide which of their rows count.

`events` and `rejections` hold rows of every attempt. A receipt in the chain of its feed names the attempt that won; a
verdict says whether the landing may be seen. `receipts` and `verdicts` are the same chains as tables, brought up to
date after each commit, for whoever reads the log with SQL. A third chain holds what the watch found. Nothing is ever
updated or deleted.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest import faults
from ingest.chain import Chain, Chains, Record
from ingest.errors import BalanceError, OnegridError
from ingest.files import one_at_a_time
from ingest.home import Home

_UTC = pa.timestamp("us", tz="UTC")
EVENT_SCHEMA = pa.schema(
    [
        *(
            (name, pa.string())
            for name in ("event_id", "content_hash", "identity", "stream_type", "stream_key", "event_type")
        ),
        ("event_version", pa.int32()),
        *((name, _UTC) for name in ("occurred_at", "recorded_at", "observed_at", "landed_at")),
        *((name, pa.string()) for name in ("feed", "network", "batch_id", "landing_id", "attempt_id")),
        ("line", pa.int64()),
        *(
            (name, pa.string())
            for name in (
                "source_ref", "record_key", "record_hash", "category_code_set", "category_code", "nature", "channel",
                "level", "org_code", "actor_token", "counterpart_org_code",
            )
        ),
        ("lon", pa.float64()),
        ("lat", pa.float64()),
        *(
            (name, pa.string())
            for name in (
                "crs", "lon_raw", "lat_raw", "address", "division_code", "grid_scheme_given", "grid_code_given",
                "component_code", "appeal_type", "text", "attributes",
            )
        ),
    ]
)  # fmt: skip
REJECTION_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("feed", "network", "batch_id", "landing_id", "attempt_id")),
        ("line", pa.int64()),
        *((name, pa.string()) for name in ("field", "code", "severity", "owner", "message")),
        ("landed_at", _UTC),
    ]
)
UNREADABLE_ITEM = "unreadable"  # record_hash of a listed item whose record was rejected: it is there, unread
RUN_COLUMNS = ("attempt_id",)  # differ between attempts at the same landing; left out of every digest
COUNTS = ("recorded", "duplicate", "rejected", "filtered")
GATE_CRASHED = "gate_crashed"
LETS_THROUGH = ("pass", "warn", "released")
LINKS = "cases"  # name of the one chain of what people say of two cases
VERDICTS = ("pass", "warn", "held", "released", "refused")


@dataclass(frozen=True)
class Verdict:
    """A judgement of one landing: by a gate, or by a person (`by`, `why`)."""

    landing_id: str
    verdict: str
    reasons: list[dict[str, Any]]
    by: str = "gate"
    why: str = ""


def is_crash(verdict: Record) -> bool:
    """Whether a recorded verdict only says that the gate crashed: the landing is held, and may be judged again."""
    return verdict["by"] == "gate" and any(reason["check"] == GATE_CRASHED for reason in verdict["reasons"])


def check_balance(counts: Record) -> None:
    """Raise BalanceError unless fetched = recorded + duplicate + rejected + filtered, exactly."""
    total = sum(counts[name] for name in COUNTS)
    if counts["fetched"] != total:
        parts = " + ".join(f"{counts[name]} {name}" for name in COUNTS)
        raise BalanceError(
            f"landing {counts.get('landing_id', '?')} of feed {counts.get('feed', '?')} does not balance: "
            f"fetched {counts['fetched']} but {parts} = {total}; nothing was committed; "
            "this is a fault of the code: report it"
        )


def digest_sql(table: str, schema: pa.Schema) -> str:
    """SQL: one digest per landing over all its rows, whatever their order, attempts left out."""
    cells = ", ".join(f"coalesce(cast({name} as varchar), chr(30))" for name in schema.names if name not in RUN_COLUMNS)
    return f"""
        select attempt_id, landing_id,
            sha256(string_agg(row_hash, '' order by row_hash)) as digest, count(*) as row_count
        from (select attempt_id, landing_id, sha256(concat_ws(chr(31), {cells})) as row_hash from {table})
        group by attempt_id, landing_id
    """


def session() -> duckdb.DuckDBPyConnection:
    """A DuckDB connection as the log is computed with: UTC, in memory."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'; set preserve_insertion_order = true")
    return connection


class Log:
    """The log of one home."""

    def __init__(self, home: Home) -> None:
        self.root = home.log
        self.home = home
        self.receipt_chains = Chains(self.root / "chain" / "receipts")
        self.verdict_chains = Chains(self.root / "chain" / "verdicts")
        self.watch_chains = Chains(self.root / "chain" / "watch")
        self.link_chains = Chains(self.root / "chain" / "links")

    def receipts(self, feed: str | None = None) -> list[Record]:
        """Receipts in chain order, of one feed or (feed by feed) of all."""
        return _all(self.receipt_chains, feed)

    def verdicts(self, feed: str | None = None) -> list[Record]:
        """Verdicts in chain order, of one feed or (feed by feed) of all."""
        return _all(self.verdict_chains, feed)

    def findings(self, feed: str | None = None) -> list[Record]:
        """What the watch recorded, in chain order, of one feed or (feed by feed) of all."""
        return _all(self.watch_chains, feed)

    def links(self) -> list[Record]:
        """What people said of two cases, oldest first: that they are one incident, that they are not, or neither."""
        return self.link_chains.of(LINKS).records()

    def say_of_cases(self, act: Record) -> Record:
        """Record what a person says of two cases; it counts from the next build on."""
        chain = self.link_chains.of(LINKS)
        done = chain.append_unless(partial(_as_is, act), lambda _: False)
        assert done is not None
        return done

    def append(self, table: str, rows: pa.Table) -> None:
        """Add rows to `events` or `rejections`; they count only once a receipt names their attempt."""
        if rows.num_rows:
            self._write(table, rows)
            faults.point(f"log.after_{table}")

    def commit(self, receipt: Record) -> Record | None:
        """Write the receipt: the commit of a landing. None where another attempt at the same recipe was first.

        Raises BalanceError where its counts do not add up; then nothing is written.
        """
        check_balance(receipt)
        chain = self.receipt_chains.of(receipt["feed"])
        return chain.append_unless(partial(_as_is, receipt), lambda r: r["landing_id"] == receipt["landing_id"])

    def record_verdicts(self, feed: str, verdicts: Iterable[Verdict]) -> int:
        """Record judgements, newest last; returns how many.

        A gate judges a landing once: another verdict of it is recorded only where the gate had crashed before.
        """
        chain = self.verdict_chains.of(feed)
        count = 0
        for verdict in verdicts:
            if verdict.verdict not in VERDICTS:
                raise OnegridError(f"{verdict.verdict!r} is no verdict; use one of {', '.join(VERDICTS)}")
            body = {
                "feed": feed,
                "landing_id": verdict.landing_id,
                "verdict": verdict.verdict,
                "reasons": verdict.reasons,
                "by": verdict.by,
                "why": verdict.why,
                "at": self.home.now().isoformat(),
            }

            def judged(record: Record, verdict: Verdict = verdict) -> bool:
                same = record["landing_id"] == verdict.landing_id and record["by"] == "gate" == verdict.by
                return same and not is_crash(record)

            if chain.append_unless(partial(_as_is, body), judged) is not None:
                count += 1
        self.sync_tables()
        return count

    def files(self, table: str) -> list[str]:
        """The active Parquet files of a table, sorted; empty where it was never written."""
        path = self.root / table
        if not (path / "_delta_log").is_dir():
            return []
        from deltalake import DeltaTable

        return sorted(DeltaTable(str(path)).file_uris())

    def sync_tables(self) -> None:
        """Bring the `receipts` and `verdicts` tables up to the chains; what a crash left undone the next call does."""
        with one_at_a_time(self.root / ".sync.lock"):
            self._sync("receipts", self.receipt_chains)
            self._sync("verdicts", self.verdict_chains)

    def _sync(self, table: str, chains: Chains) -> None:
        files = self.files(table)
        have: dict[str, int] = {}
        if files:
            rows = session().execute("select feed, max(seq) from read_parquet(?) group by feed", [files])
            have = dict(rows.fetchall())
        missing = [r for feed in chains.names() for r in chains.of(feed).records() if r["seq"] > have.get(feed, 0)]
        if missing:
            self._write(table, _chain_table(missing))

    def _write(self, table: str, rows: pa.Table) -> None:
        from deltalake import DeltaTable, write_deltalake

        path = str(self.root / table)
        # a table is made by one writer at a time: of two that make it at once the second is refused
        alone = nullcontext() if DeltaTable.is_deltatable(path) else one_at_a_time(self.root / f".{table}.lock")
        with alone:
            if table in ("events", "rejections"):
                write_deltalake(path, rows, mode="append", partition_by=["network"])
            else:  # records of a chain may get new members
                write_deltalake(path, rows, mode="append", schema_mode="merge")

    def faults(self) -> list[str]:
        """What is wrong with the chains and with the rows that the receipts vouch for, as sentences."""
        found: list[str] = []
        for chains in (self.receipt_chains, self.verdict_chains, self.watch_chains, self.link_chains):
            for feed in chains.names():
                found.extend(Chain(chains.folder / feed).faults())
        receipts = self.receipts()
        for receipt in receipts:
            try:
                check_balance(receipt)
            except BalanceError as error:
                found.append(str(error))
        for table, schema in (("events", EVENT_SCHEMA), ("rejections", REJECTION_SCHEMA)):
            found.extend(self._digest_faults(table, schema, receipts))
        found.extend(self._table_faults("receipts", self.receipt_chains))
        found.extend(self._table_faults("verdicts", self.verdict_chains))
        return found

    def _digest_faults(self, table: str, schema: pa.Schema, receipts: list[Record]) -> Iterator[str]:
        files = self.files(table)
        digests: dict[str, str] = {}
        if files:
            connection = session()
            connection.execute(
                f"create temp view told as select {', '.join(schema.names)} "
                "from read_parquet($1, hive_partitioning = true, union_by_name = true)".replace("$1", _list(files))
            )
            digests = {
                attempt: digest for attempt, _, digest, _ in connection.execute(digest_sql("told", schema)).fetchall()
            }
        for receipt in receipts:
            if digests.get(receipt["attempt_id"], "") != receipt[f"{table}_digest"]:
                yield (
                    f"feed {receipt['feed']}, receipt {receipt['seq']}: "
                    f"the {table} rows are not those that were committed; rebuild the log from the vault"
                )

    def _table_faults(self, table: str, chains: Chains) -> Iterator[str]:
        files = self.files(table)
        told = (
            {tuple(row) for row in session().execute("select feed, seq, hash from read_parquet(?)", [files]).fetchall()}
            if files
            else set()
        )
        kept = {(feed, r["seq"], r["hash"]) for feed in chains.names() for r in chains.of(feed).records()}
        for feed, seq, _ in sorted(told - kept):
            yield (
                f"{table} of feed {feed}: the table knows number {seq}, the chain does not: "
                "its newest records were lost or changed"
            )


def _as_is(body: Record, _head: Record | None) -> Record:
    return body


def _all(chains: Chains, feed: str | None) -> list[Record]:
    feeds = chains.names() if feed is None else [feed]
    return [record for name in feeds for record in chains.of(name).records()]


def _list(files: list[str]) -> str:
    return "[" + ", ".join("'" + file.replace("'", "''") + "'" for file in files) + "]"


def file_list(files: list[str]) -> str:
    """Files as a SQL list literal, for read_parquet in a view."""
    return _list(files)


def _chain_table(records: list[Record]) -> pa.Table:
    """Chain records as columns; lists and mappings as JSON text, times as UTC timestamps."""
    names = sorted({name for record in records for name in record})
    columns = {}
    for name in names:
        values = [record.get(name) for record in records]
        if name.endswith("_at") or name == "at":
            columns[name] = pa.array([datetime.fromisoformat(v).astimezone(UTC) if v else None for v in values], _UTC)
        elif any(isinstance(v, (dict, list)) for v in values):
            columns[name] = pa.array([json.dumps(v, ensure_ascii=False, sort_keys=True) for v in values], pa.string())
        elif all(isinstance(v, int) and not isinstance(v, bool) for v in values):
            columns[name] = pa.array(values, pa.int64())
        else:
            columns[name] = pa.array([None if v is None else str(v) for v in values], pa.string())
    return pa.table(columns)


def mounts_folder(home: Home) -> Path:
    return home.log / "mounts"
