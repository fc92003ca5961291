"""Mount: fix the version of the log that a build reads.

A log version is a prefix of every feed's receipts, verdicts and findings of the watch, and of what people say of two
cases, never a table format's time travel, so that compaction and vacuum cannot change it. Among the landings of one
batch the newest visible one counts, in receipt order; until a newer one is let through, the older stays.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.chain import Record
from ingest.city import City
from ingest.errors import BuildError
from ingest.files import canonical_json, create_exclusively
from ingest.home import Home
from ingest.log import EVENT_SCHEMA, LETS_THROUGH, REJECTION_SCHEMA, Log, file_list, mounts_folder

_TIMES = ("occurred_at", "recorded_at", "observed_at", "landed_at")


@dataclass(frozen=True)
class Mount:
    """A fixed version of the log: how many receipts, verdicts and findings of each feed it holds, and their hashes.

    links: how many acts by which people linked cases or took them apart.
    """

    version: str
    receipts: dict[str, int]
    verdicts: dict[str, int]
    findings: dict[str, int]
    heads: dict[str, str]
    links: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "receipts": self.receipts,
            "verdicts": self.verdicts,
            "findings": self.findings,
            "links": self.links,
            "heads": self.heads,
        }


def newest_mount(home: Home) -> Mount:
    """The version of the log as it stands now."""
    log = Log(home)
    verdicts = {feed: len(log.verdicts(feed)) for feed in log.verdict_chains.names()}
    receipts = {feed: len(log.receipts(feed)) for feed in log.receipt_chains.names()}
    findings = {feed: len(log.findings(feed)) for feed in log.watch_chains.names()}
    links = {name: len(log.links()) for name in log.link_chains.names()}
    return _mount(log, receipts, verdicts, findings, links)


def _mount(
    log: Log, receipts: dict[str, int], verdicts: dict[str, int], findings: dict[str, int], links: dict[str, int]
) -> Mount:
    heads = {}
    for kind, counts, chains in (
        ("receipts", receipts, log.receipt_chains),
        ("verdicts", verdicts, log.verdict_chains),
        ("findings", findings, log.watch_chains),
        ("links", links, log.link_chains),
    ):
        for feed, count in counts.items():
            if count:
                heads[f"{kind}/{feed}"] = chains.of(feed).records()[count - 1]["hash"]
    version = hashlib.sha256(canonical_json(heads)).hexdigest()[:16]
    return Mount(version, receipts, verdicts, findings, heads, links)


def keep_mount(home: Home, mount: Mount) -> None:
    """Remember a version, so that it can be asked for by name."""
    create_exclusively(mounts_folder(home) / f"{mount.version}.json", canonical_json(mount.to_dict()))


def find_mount(home: Home, as_of: str) -> Mount:
    """The version named by an edition's number or by (the beginning of) a log version.

    Raises BuildError where there is none, or more than one.
    """
    if as_of.isdigit() and (home.editions / as_of / "manifest.json").is_file():
        manifest = json.loads((home.editions / as_of / "manifest.json").read_bytes())
        as_of = manifest["log_version"]
    found = sorted(mounts_folder(home).glob(f"{as_of}*.json"))
    if len(found) != 1:
        what = "no" if not found else "more than one"
        raise BuildError(f"{what} log version or edition is named {as_of!r}; `onegrid status` lists the editions")
    kept = json.loads(found[0].read_bytes())
    log = Log(home)
    mount = _mount(log, kept["receipts"], kept["verdicts"], kept.get("findings", {}), kept.get("links", {}))
    if mount.version != kept["version"]:
        raise BuildError(f"the log no longer holds version {kept['version']} as it was; run `onegrid verify`")
    return mount


def landings(log: Log, mount: Mount) -> list[Record]:
    """Every landing of the mount with its verdict and whether it is visible, in feed and receipt order."""
    rows: list[Record] = []
    for feed, count in sorted(mount.receipts.items()):
        newest: dict[str, str] = {}
        for verdict in log.verdicts(feed)[: mount.verdicts.get(feed, 0)]:
            newest[verdict["landing_id"]] = verdict["verdict"]
        winner: dict[str, str] = {}
        receipts = log.receipts(feed)[:count]
        for receipt in receipts:
            if newest.get(receipt["landing_id"]) in LETS_THROUGH:
                winner[receipt["batch_id"]] = receipt["landing_id"]
        rows.extend(
            {
                **receipt,
                "verdict": newest.get(receipt["landing_id"], "unjudged"),
                "visible": winner.get(receipt["batch_id"]) == receipt["landing_id"],
            }
            for receipt in receipts
        )
    return rows


def write_mounted(city: City, home: Home, mount: Mount, warehouse: Path) -> None:
    """Create the warehouse file with schema `log`: views over the log's active files, tables of what counts."""
    log = Log(home)
    rows = landings(log, mount)
    connection = duckdb.connect(str(warehouse))
    try:
        connection.execute("set timezone = 'UTC'; create schema if not exists log")
        _create(connection, "landing", _landing_table(rows))
        _create(connection, "feed", _feed_table(city, rows))
        _create(connection, "feed_form", _feed_form_table(city))
        _create(connection, "feed_event_type", _feed_event_type_table(city))
        _create(connection, "mount", _mount_table(city, mount, rows))
        given = [v for feed, count in sorted(mount.verdicts.items()) for v in log.verdicts(feed)[:count]]
        _create(connection, "verdict", _verdict_table(given))
        _create(connection, "verdict_reason", _reason_table(given))
        found = [f for feed, count in sorted(mount.findings.items()) for f in log.findings(feed)[:count]]
        _create(connection, "finding", _finding_table(found))
        _create(connection, "link_act", _link_act_table(log.links()[: sum(mount.links.values())]))
        visible = "select attempt_id from log.landing where visible"
        _view(connection, "event", EVENT_SCHEMA, log.files("events"), visible)
        _view(connection, "rejection", REJECTION_SCHEMA, log.files("rejections"), visible)
    finally:
        connection.close()


def _create(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    connection.register("given", table)
    connection.execute(f"create or replace table log.{name} as select * from given")
    connection.unregister("given")


def _view(connection: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, files: list[str], visible: str) -> None:
    columns = ", ".join(
        f"timezone('UTC', {column}) as {column}" if column in _TIMES else column for column in schema.names
    )
    if not files:  # nothing landed yet: an empty table of the same shape
        connection.register("empty", schema.empty_table())
        connection.execute(f"create or replace table log.{name} as select {columns} from empty")
        connection.unregister("empty")
        return
    source = f"read_parquet({file_list(files)}, hive_partitioning = true, hive_types_autocast = false)"
    connection.execute(
        f"create or replace view log.{name} as select {columns} from {source} where attempt_id in ({visible})"
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _landing_table(rows: list[Record]) -> pa.Table:
    texts = ("feed", "network", "batch_id", "landing_id", "attempt_id", "batch_name", "verdict")
    counts = ("fetched", "recorded", "duplicate", "rejected", "filtered")
    return pa.table(
        {
            **{name: pa.array([row[name] for row in rows], pa.string()) for name in texts},
            **{name: pa.array([row[name] for row in rows], pa.int64()) for name in counts},
            **{name: pa.array([row[name] for row in rows], pa.int32()) for name in ("seq", "contract_version")},
            **{
                name: pa.array([_instant(row[name]) for row in rows], pa.timestamp("us"))
                for name in ("observed_at", "landed_at")
            },
            "visible": pa.array([row["visible"] for row in rows], pa.bool_()),
        }
    )


def _feed_table(city: City, rows: list[Record]) -> pa.Table:
    through: dict[str, datetime] = {}
    held: dict[str, int] = {}
    for row in rows:
        feed = row["feed"]
        if row["visible"]:
            through[feed] = max(through.get(feed, datetime.min), _instant(row["observed_at"]))
        if row["verdict"] in ("held", "unjudged"):
            held[feed] = held.get(feed, 0) + 1
    contracts = list(city.contracts.values())
    return pa.table(
        {
            "feed": pa.array([c.feed for c in contracts], pa.string()),
            "network": pa.array([c.network for c in contracts], pa.string()),
            "title": pa.array([c.title for c in contracts], pa.string()),
            "mode": pa.array([c.mode for c in contracts], pa.string()),
            "owner_office": pa.array([c.owner.office for c in contracts], pa.string()),
            "cadence_seconds": pa.array([int(c.cadence.total_seconds()) for c in contracts], pa.int64()),
            "data_through": pa.array([through.get(c.feed) for c in contracts], pa.timestamp("us")),
            "held_landings": pa.array([held.get(c.feed, 0) for c in contracts], pa.int64()),
        }
    )


def _feed_form_table(city: City) -> pa.Table:
    """What each feed asks somebody to fill in: who, how many columns, and under which admission until which day."""
    contracts = list(city.contracts.values())
    admissions = [contract.admission for contract in contracts]
    return pa.table(
        {
            "feed": pa.array([c.feed for c in contracts], pa.string()),
            "filled_by": pa.array([c.filled_by for c in contracts], pa.string()),
            "field_count": pa.array([len(c.source_columns) for c in contracts], pa.int64()),
            "required_count": pa.array(
                [sum(c.fields[name].required for name in c.source_columns) for c in contracts], pa.int64()
            ),
            "admission_number": pa.array([a.number if a else None for a in admissions], pa.string()),
            "admission_expires_on": pa.array([a.expires if a else None for a in admissions], pa.date32()),
        }
    )


def _feed_event_type_table(city: City) -> pa.Table:
    """Which event types the contract of each feed tells: an indicator leaves out feeds that cannot tell its step."""
    told = sorted({(contract.feed, rule.type) for contract in city.contracts.values() for rule in contract.events})
    return pa.table(
        {
            "feed": pa.array([feed for feed, _ in told], pa.string()),
            "event_type": pa.array([event_type for _, event_type in told], pa.string()),
        }
    )


def _verdict_table(given: list[Record]) -> pa.Table:
    """Every judgement of a landing, by a gate or by a person, who and why."""
    texts = ("feed", "landing_id", "verdict", "by", "why")
    return pa.table(
        {
            **{name: pa.array([row[name] for row in given], pa.string()) for name in texts},
            "seq": pa.array([row["seq"] for row in given], pa.int32()),
            "given_at": pa.array([_instant(row["at"]) for row in given], pa.timestamp("us")),
        }
    ).rename_columns(["feed", "landing_id", "verdict", "given_by", "why", "seq", "given_at"])


def _reason_table(given: list[Record]) -> pa.Table:
    """The checks that each judgement names; a crash has observed nothing."""
    told = [(row, reason) for row in given for reason in row["reasons"]]
    texts = ("severity", "owner", "sentence", "sentence_zh")
    return pa.table(
        {
            "feed": pa.array([row["feed"] for row, _ in told], pa.string()),
            "landing_id": pa.array([row["landing_id"] for row, _ in told], pa.string()),
            "seq": pa.array([row["seq"] for row, _ in told], pa.int32()),
            "check_code": pa.array([reason["check"] for _, reason in told], pa.string()),
            **{name: pa.array([reason.get(name) for _, reason in told], pa.string()) for name in texts},
            "observed": pa.array([_number(reason.get("observed")) for _, reason in told], pa.float64()),
        }
    )


def _finding_table(found: list[Record]) -> pa.Table:
    """Everything that the watch recorded: what was found, told and over."""
    texts = (
        "feed",
        "change",
        "code",
        "subject",
        "severity",
        "sentence",
        "sentence_zh",
        "todo",
        "todo_zh",
        "detail",
        "detail_zh",
        "what",
        "channel",
    )
    return pa.table(
        {
            **{name: pa.array([row.get(name) for row in found], pa.string()) for name in texts},
            "seq": pa.array([row["seq"] for row in found], pa.int32()),
            "noted_at": pa.array([_instant(row["at"]) for row in found], pa.timestamp("us")),
            "since_at": pa.array(
                [_instant(row["since"]) if row.get("since") else None for row in found], pa.timestamp("us")
            ),
        }
    )  # fmt: skip


def _link_act_table(acts: list[Record]) -> pa.Table:
    """Every word of a person on two cases: linked, unlinked, or taken back."""
    texts = ("act", "feed", "stream_key", "other_feed", "other_key", "by", "why")
    return pa.table(
        {
            "act_no": pa.array([row["seq"] for row in acts], pa.int64()),
            **{name: pa.array([row[name] for row in acts], pa.string()) for name in texts},
            "given_at": pa.array([_instant(row["at"]) for row in acts], pa.timestamp("us")),
        }
    ).rename_columns(["act_no", *texts[:5], "given_by", "why", "given_at"])


def _number(observed: object) -> float | None:
    return float(observed) if isinstance(observed, int | float) else None


def _mount_table(city: City, mount: Mount, rows: list[Record]) -> pa.Table:
    clock = max((_instant(row["observed_at"]) for row in rows), default=datetime(1970, 1, 1))
    return pa.table(
        {
            "log_version": [mount.version],
            "clock_at": pa.array([clock], pa.timestamp("us")),
            "city": [city.name],
            "time_zone": [city.settings.time_zone],
            "unified_scheme": [city.settings.unified_scheme],
        }
    )
