"""Land raw batches: decode, type, check, convert, tokenise, map, append, and commit by receipt.

A landing reads nothing but its recipe: the bytes and the manifest, the contract, and the versions of code and keys.
Many batches go through in one pass: one append a table, one receipt a batch. Killed anywhere, it leaves rows that no
receipt names, which nobody sees; the next call lands the batch again.
"""

import hashlib
import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ingest import faults, landing_sql
from ingest.chain import Record
from ingest.city import City
from ingest.contract import FeedContract
from ingest.decode import Encoded, decode
from ingest.errors import ErasedError, LandingError
from ingest.files import canonical_json
from ingest.home import Home
from ingest.keys import Keys, keys_of
from ingest.log import EVENT_SCHEMA, REJECTION_SCHEMA, Log, digest_sql, session
from ingest.place import to_wgs84
from ingest.privacy import key_table
from ingest.vault import Vault

logger = logging.getLogger(__name__)

CODE_VERSION = 2  # raise when the same bytes and contract would land as other rows
BATCHES_A_PASS = 500
BYTES_A_PASS = 64 * 1024 * 1024


@dataclass(frozen=True)
class LandReport:
    """What one call landed; counts are source records."""

    feed: str
    landings: int = 0
    fetched: int = 0
    recorded: int = 0
    duplicate: int = 0
    rejected: int = 0
    filtered: int = 0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Rows:
    """What a pass over some manifests would put into the log, before anything is written."""

    events: pa.Table
    rejections: pa.Table
    receipts: list[Record]


def landing_id_of(manifest: Record, contract: FeedContract) -> str:
    """The identity of a recipe: batch, contract, code version and key version."""
    recipe = [manifest["batch_id"], contract.content_hash, CODE_VERSION, manifest["key_version"]]
    return hashlib.sha256(canonical_json(recipe)).hexdigest()[:32]


def land(city: City, home: Home, feed: str) -> LandReport:
    """Land every batch of a feed that has no receipt under the contract in force. Safe to run by many at once."""
    contract = city.contract(feed)
    vault, log = Vault(home), Log(home)
    vault.keep_definition("contracts", contract.content_hash, contract.model_dump_json(indent=1).encode())
    done = {receipt["landing_id"] for receipt in log.receipts(feed)}
    first: dict[str, Record] = {}
    for manifest in vault.manifests.of(feed).records():
        first.setdefault(manifest["batch_id"], manifest)
    pending = [manifest for manifest in first.values() if landing_id_of(manifest, contract) not in done]
    report = LandReport(feed)
    for manifests, blobs in passes(pending, vault):
        for rows in _as_memory_allows(contract, manifests, blobs):
            log.append("events", rows.events)
            log.append("rejections", rows.rejections)
            report = _add(report, [receipt for receipt in rows.receipts if log.commit(receipt) is not None])
    if report.landings:
        faults.point("land.before_tables")
        log.sync_tables()
        logger.info("feed %s: landed %s batches, %s records", feed, report.landings, report.recorded)
    return report


def _add(report: LandReport, receipts: list[Record]) -> LandReport:
    names = ("fetched", "recorded", "duplicate", "rejected", "filtered")
    sums = {name: getattr(report, name) + sum(r[name] for r in receipts) for name in names}
    return LandReport(report.feed, report.landings + len(receipts), **sums)


def passes(pending: list[Record], vault: Vault) -> Iterator[tuple[list[Record], list[bytes]]]:
    """Group manifests into passes of bounded count and bytes; erased batches are left out, they keep their rows."""
    manifests: list[Record] = []
    blobs: list[bytes] = []
    size = 0
    for manifest in pending:
        if manifests and (len(manifests) >= BATCHES_A_PASS or size + manifest["size"] > BYTES_A_PASS):
            yield manifests, blobs
            manifests, blobs, size = [], [], 0
        try:
            blobs.append(vault.read(manifest))
        except ErasedError:
            logger.warning(
                "feed %s: batch %s was erased and is not landed again", manifest["feed"], manifest["batch_id"]
            )
            continue
        manifests.append(manifest)
        size += manifest["size"]
    if manifests:
        yield manifests, blobs


def _as_memory_allows(contract: FeedContract, manifests: list[Record], blobs: list[bytes]) -> Iterator[Rows]:
    """The rows of a pass, in as many parts as it takes. Raises LandingError where one batch alone is too much."""
    try:
        yield prepare(contract, manifests, blobs)
        return
    except (duckdb.OutOfMemoryException, MemoryError):
        if len(manifests) == 1:
            raise LandingError(
                f"feed {contract.feed}: {manifests[0]['name']} ({manifests[0]['size'] / 1e6:.0f} MB) needs more memory "
                "than this machine has; it stays sealed. Land it on a larger one, or ask for smaller deliveries"
            ) from None
    middle = len(manifests) // 2
    yield from _as_memory_allows(contract, manifests[:middle], blobs[:middle])
    yield from _as_memory_allows(contract, manifests[middle:], blobs[middle:])


def prepare(
    contract: FeedContract, manifests: list[Record], blobs: list[bytes], keys_for: Callable[[int], Keys] = keys_of
) -> Rows:
    """The rows and receipts of some batches of one feed. Writes nothing.

    `blobs` are the manifests' bytes in the same order; `keys_for` gives the key pair of a version. Personal values do
    not leave this function.
    """
    by_version: dict[int, list[int]] = {}
    for index, manifest in enumerate(manifests):
        by_version.setdefault(manifest["key_version"], []).append(index)
    parts = [
        _prepare(contract, [manifests[i] for i in chosen], [blobs[i] for i in chosen], keys_for(version))
        for version, chosen in by_version.items()
    ]
    order = {manifest["batch_id"]: index for index, manifest in enumerate(manifests)}
    receipts = sorted((r for part in parts for r in part.receipts), key=lambda r: order[r["batch_id"]])
    return Rows(
        pa.concat_tables([part.events for part in parts]),
        pa.concat_tables([part.rejections for part in parts]),
        receipts,
    )


def _prepare(contract: FeedContract, manifests: list[Record], blobs: list[bytes], keys: Keys) -> Rows:
    connection = session()
    connection.execute("set temp_directory = ''")  # what is personal still stands in clear here: nothing goes to a disk
    decoded = decode(
        [Encoded(m["name"], blob, m["stored_as"] == "admitted") for m, blob in zip(manifests, blobs, strict=True)],
        contract,
    )
    attempts = [uuid.uuid4().hex for _ in manifests]
    landing_ids = [landing_id_of(manifest, contract) for manifest in manifests]
    connection.register("decoded", decoded.table)
    connection.register("hmac_key", key_table(contract, keys))
    connection.register("batch_source", _batches(manifests, landing_ids, attempts))
    connection.execute("create temp table batches as select * from batch_source")
    filled = connection.execute(landing_sql.unfilled_sql(contract)).fetchall()
    unfilled = {batch: (rows, {one["name"]: one["rows"] for one in told}) for batch, rows, told in filled}
    connection.execute(landing_sql.texts_sql(contract))
    connection.execute(landing_sql.typed_sql(contract))
    connection.execute(landing_sql.placed_sql(contract))
    connection.execute(landing_sql.private_sql_of(contract, keys.version))
    connection.execute(landing_sql.judged_sql(contract))
    connection.execute(landing_sql.events_sql(contract))
    events = _as_log(
        connection.execute("select * from event_rows order by batch, line, event_order").to_arrow_table(),
        contract,
    )
    rejections = connection.execute(landing_sql.rejections_sql(contract)).to_arrow_table()
    rejections = rejections.select(REJECTION_SCHEMA.names).cast(REJECTION_SCHEMA)
    connection.register("event_table", events)
    connection.register("rejection_table", rejections)
    event_digests = {a: (d, n) for a, _, d, n in connection.execute(digest_sql("event_table", EVENT_SCHEMA)).fetchall()}
    rejection_digests = {
        a: d for a, _, d, _ in connection.execute(digest_sql("rejection_table", REJECTION_SCHEMA)).fetchall()
    }
    receipts = []
    counts = connection.execute(landing_sql.COUNTS_SQL).fetchall()
    for (batch, fetched, recorded, duplicate, rejected, filtered), attempt in zip(counts, attempts, strict=True):
        manifest = manifests[batch]
        before = sum(manifest["filtered"].values())
        digest, row_count = event_digests.get(attempt, ("", 0))
        receipts.append(
            {
                "feed": contract.feed,
                "network": contract.network,
                "batch_id": manifest["batch_id"],
                "batch_name": manifest["name"],
                "manifest_seq": manifest["seq"],
                "landing_id": landing_ids[batch],
                "attempt_id": attempt,
                "observed_at": manifest["observed_at"],
                "landed_at": manifest["pulled_at"],
                "fetched": fetched + before,
                "recorded": recorded,
                "duplicate": duplicate,
                "rejected": rejected,
                "filtered": filtered + before,
                "filtered_by_reason": manifest["filtered"],
                "events": row_count,
                "events_digest": digest,
                "rejections_digest": rejection_digests.get(attempt, ""),
                "unknown_columns": sorted({*decoded.unknown.get(batch, []), *manifest["columns_left_out"]}),
                "read_rows": unfilled.get(batch, (0, {}))[0],
                "unfilled": unfilled.get(batch, (0, {}))[1],
                "reading": manifest.get("reading") or decoded.notes.get(batch, {}),
                "contract_version": contract.version,
                "contract_hash": contract.content_hash,
                "code_version": CODE_VERSION,
                "key_version": manifest["key_version"],
            }
        )
    connection.close()
    return Rows(events, rejections, receipts)


def _batches(manifests: list[Record], landing_ids: list[str], attempts: list[str]) -> pa.Table:
    def naive(name: str) -> pa.Array:
        return pa.array([datetime.fromisoformat(m[name]).replace(tzinfo=None) for m in manifests], pa.timestamp("us"))

    return pa.table(
        {
            "batch": pa.array(range(len(manifests)), pa.int32()),
            "batch_id": [manifest["batch_id"] for manifest in manifests],
            "landing_id": landing_ids,
            "attempt_id": attempts,
            "observed_at": naive("observed_at"),
            "landed_at": naive("pulled_at"),
        }
    )


def _as_log(rows: pa.Table, contract: FeedContract) -> pa.Table:
    """Event rows in the log's schema, coordinates in WGS-84 / CGCS2000."""
    if contract.crs not in ("none", "wgs84", "cgcs2000") and rows.num_rows:
        lon = rows["lon"].to_numpy(zero_copy_only=False).astype(np.float64)
        lat = rows["lat"].to_numpy(zero_copy_only=False).astype(np.float64)
        lon, lat = to_wgs84(contract.crs, lon, lat)
        for name, values in (("lon", lon), ("lat", lat)):
            column = pa.array(values, pa.float64(), from_pandas=True)
            rows = rows.set_column(rows.column_names.index(name), name, column)
    return rows.select(EVENT_SCHEMA.names).cast(EVENT_SCHEMA)
