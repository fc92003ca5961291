"""Pull: ask a source for what is new and seal it in the vault; every attempt leaves an outcome.

Nothing that a contract does not admit is sealed: over-supplied records and columns are filtered first, and only their
count and reason are kept.
"""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from ingest import faults
from ingest.chain import Record
from ingest.city import City
from ingest.connectors.files import deliveries_of, read_whole, ready_files
from ingest.contract import FeedContract
from ingest.decode import decode
from ingest.errors import OnegridError
from ingest.files import canonical_json
from ingest.home import Home
from ingest.keys import current_keys
from ingest.landing_sql import texts_sql
from ingest.log import session
from ingest.vault import Delivery, Vault, sha256_hex

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PullReport:
    """What one pull brought: new batches, deliveries seen before, files not yet whole, records filtered."""

    feed: str
    batches: int = 0
    unchanged: int = 0
    waiting: int = 0
    filtered: int = 0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def batch_id_of(contract: FeedContract, blob: str, observed_at: datetime) -> str:
    """Feed and content; for snapshots also the time, because an unchanged list is still an observation."""
    parts = [contract.feed, blob]
    if contract.mode == "snapshot":
        parts.append(observed_at.astimezone(UTC).isoformat())
    return hashlib.sha256(canonical_json(parts)).hexdigest()[:32]


def pull(city: City, home: Home, feed: str) -> PullReport:
    """Seal what is new at the feed's source. Raises SourceError (after recording the outcome) where it can't be read."""
    contract, vault = city.contract(feed), Vault(home)
    started = home.now()
    outcome: Record = {"feed": feed, "at": started.isoformat(), "contract_version": contract.version}
    try:
        report = _pull(contract, city, home, vault, started)
    except OnegridError as error:
        vault.record_outcome(feed, {**outcome, "result": "failed", "reason": str(error)})
        raise
    except Exception as error:
        vault.record_outcome(feed, {**outcome, "result": "failed", "reason": type(error).__name__})
        raise
    vault.record_outcome(feed, {**outcome, "result": "new" if report.batches else "unchanged", **report.to_dict()})
    return report


def _pull(contract: FeedContract, city: City, home: Home, vault: Vault, started: datetime) -> PullReport:
    keys = current_keys()
    chain = vault.manifests.of(contract.feed)
    manifests = chain.records()
    seen = {(m["source"]["name"], m["source"]["sha256"], m["source"].get("part")) for m in manifests}
    whole = {
        (m["source"]["name"], m["source"]["sha256"])
        for m in manifests
        if m["source"].get("part") == m["source"].get("parts")
    }
    batches = {m["batch_id"] for m in manifests}
    vault.keep_definition("contracts", contract.content_hash, contract.model_dump_json(indent=1).encode())
    ready, waiting = ready_files(contract, city)
    new = unchanged = filtered = 0
    for dropped in ready:
        data = read_whole(dropped)
        if data is None:
            waiting.append(dropped.name)
            continue
        if (dropped.name, sha256_hex(data)) in whole:
            unchanged += 1
            continue
        faults.point("pull.after_read")
        for told in deliveries_of(dropped, data, contract, started):
            if (told.source["name"], told.source["sha256"], told.source.get("part")) in seen:
                continue
            delivery = admitted(told, contract)
            batch_id = batch_id_of(contract, sha256_hex(delivery.data), delivery.observed_at)
            vault.store(contract.feed, batch_id, delivery, keys, started, contract.content_hash)
            new, unchanged = (new + 1, unchanged) if batch_id not in batches else (new, unchanged + 1)
            batches.add(batch_id)
            filtered += sum((delivery.filtered or {}).values())
            if new % 500 == 0 and new:
                logger.info("feed %s: %s deliveries sealed", contract.feed, new)
    for name in waiting:
        logger.info("feed %s: %s is still being written; the next pull takes it", contract.feed, name)
    return PullReport(contract.feed, new, unchanged, len(waiting), filtered)


def admitted(delivery: Delivery, contract: FeedContract) -> Delivery:
    """The delivery without its over-supply.

    Where every record is admitted (and columns are not limited to the listed ones) these are the exact bytes. Else the
    admitted records as JSON Lines of the source's own texts; of the rest only the count by reason is kept.
    """
    rule = contract.admit
    if rule.records is None and rule.fields == "any":
        return delivery
    decoded = decode([(delivery.name, delivery.data)], contract)
    connection = session()
    connection.register("decoded", decoded.table)
    observed = pa.array([delivery.observed_at.astimezone(UTC).replace(tzinfo=None)], pa.timestamp("us"))
    connection.register("batches", pa.table({"batch": pa.array([0], pa.int32()), "observed_at": observed}))
    connection.execute(texts_sql(contract))
    kept, left_out = connection.execute(
        "select count(*) filter (where admitted), count(*) filter (where not admitted) from texts"
    ).fetchall()[0]
    surplus = decoded.unknown.get(0, []) if rule.fields == "listed" else []
    if left_out == 0 and not surplus:
        return delivery
    columns = sorted(set(contract.source_columns.values()))
    table = connection.execute(
        "select decoded.* from decoded join texts using (batch, line) where texts.admitted order by line"
    ).to_arrow_table()
    faulty = table.num_rows and table["fault"].null_count < table.num_rows
    lines = []
    for row in table.select(["fault", *columns]).to_pylist():
        fault = row.pop("fault")
        lines.append(json.dumps(row if fault is None else {}, ensure_ascii=False))
    connection.close()
    logger.info(
        "feed %s: %s records admitted, %s left out as over-supply, %s columns not listed, faulty lines: %s",
        contract.feed, kept, left_out, len(surplus), bool(faulty),
    )  # fmt: skip
    return replace(
        delivery,
        data="\n".join(lines).encode() + b"\n",
        stored_as="admitted",
        filtered={"over_supply": left_out} if left_out else {},
        source={**delivery.source, "columns_left_out": surplus},
    )
