"""Pull: ask a source for what is new and seal it in the vault; every attempt leaves an outcome.

Nothing that a contract does not admit is sealed: over-supplied records and columns are filtered first, and only their
count and reason are kept.
"""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from ingest import faults
from ingest.chain import Record
from ingest.city import City
from ingest.connectors.files import deliveries_of, read_whole, ready_files
from ingest.contract import FeedContract
from ingest.decode import Encoded, admitted_lines_sql, decode
from ingest.errors import OnegridError, SourceError
from ingest.files import canonical_json
from ingest.home import Home
from ingest.keys import current_keys
from ingest.landing_sql import texts_sql
from ingest.log import session
from ingest.vault import Delivery, Vault, sha256_hex

logger = logging.getLogger(__name__)

DELIVERIES_A_PASS = 500
BYTES_A_PASS = 64 * 1024 * 1024


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
    """Seal what is new at the feed's source. Raises SourceError (its outcome recorded) where it cannot be read."""
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
    broken: list[str] = []

    def told() -> Iterator[Delivery]:
        nonlocal unchanged
        for dropped in ready:
            data = read_whole(dropped)
            if data is None:
                waiting.append(dropped.name)
                continue
            if (dropped.name, sha256_hex(data)) in whole:
                unchanged += 1
                continue
            faults.point("pull.after_read")
            try:
                for delivery in deliveries_of(dropped, data, contract, started):
                    if (delivery.source["name"], delivery.source["sha256"], delivery.source.get("part")) not in seen:
                        yield delivery
            except SourceError as error:  # one file that can't be read does not keep the others from being sealed
                broken.append(str(error))

    for group in _passes(told()):
        for delivery in admit(group, contract):
            batch_id = batch_id_of(contract, sha256_hex(delivery.data), delivery.observed_at)
            vault.store(contract.feed, batch_id, delivery, keys, started, contract.content_hash)
            new, unchanged = (new + 1, unchanged) if batch_id not in batches else (new, unchanged + 1)
            batches.add(batch_id)
            filtered += sum(delivery.filtered.values())
        logger.info("feed %s: %s deliveries sealed", contract.feed, new)
    for name in waiting:
        logger.info("feed %s: %s is still being written; the next pull takes it", contract.feed, name)
    if broken:
        raise SourceError("; ".join(broken[:3]) + f" ({len(broken)} files were left; {new} others were sealed)")
    return PullReport(contract.feed, new, unchanged, len(waiting), filtered)


def admit(deliveries: Sequence[Delivery], contract: FeedContract) -> list[Delivery]:
    """Deliveries without their over-supply, in the same order; read together, because a history brings thousands.

    Where all that a delivery brought is admitted, its exact bytes; else the admitted records with their line numbers,
    and of the rest only the count by reason. What can't be decoded is kept whole: landing will say so.
    """
    rule = contract.admit
    if not deliveries or (rule.records is None and rule.fields == "any"):
        return list(deliveries)
    decoded = decode([Encoded(delivery.name, delivery.data) for delivery in deliveries], contract)
    observed = [delivery.observed_at.astimezone(UTC).replace(tzinfo=None) for delivery in deliveries]
    connection = session()
    connection.register("decoded", decoded.table)
    connection.register(
        "batches",
        pa.table(
            {
                "batch": pa.array(range(len(deliveries)), pa.int32()),
                "observed_at": pa.array(observed, pa.timestamp("us")),
            }
        ),
    )
    connection.execute(texts_sql(contract))
    left_out = dict(
        connection.execute("select batch, count(*) from texts where not admitted group by batch").fetchall()
    )
    unreadable = {batch for (batch,) in connection.execute("select batch from decoded where line = 0").fetchall()}
    surplus = decoded.unknown if rule.fields == "listed" else {}
    rewritten = sorted((left_out.keys() | surplus.keys()) - unreadable)
    connection.register("rewritten", pa.table({"batch": pa.array(rewritten, pa.int32())}))
    connection.execute(
        """
        create temp view kept as
        select decoded.* from decoded join texts using (batch, line) join rewritten using (batch) where texts.admitted
        """
    )
    lines = dict(connection.execute(admitted_lines_sql(sorted(set(contract.source_columns.values())))).fetchall())
    connection.close()
    if rewritten:
        logger.info(
            "feed %s: %s of %s deliveries brought more than is admitted; left out: %s records, columns %s",
            contract.feed, len(rewritten), len(deliveries), sum(left_out.values()),
            ", ".join(sorted({name for names in surplus.values() for name in names})) or "none",
        )  # fmt: skip
    chosen = set(rewritten)
    return [
        replace(
            delivery,
            data=lines.get(batch, "").encode(),
            stored_as="admitted",
            filtered={"over_supply": left_out[batch]} if batch in left_out else {},
            columns_left_out=surplus.get(batch, []),
        )
        if batch in chosen
        else delivery
        for batch, delivery in enumerate(deliveries)
    ]


def _passes(told: Iterable[Delivery]) -> Iterator[list[Delivery]]:
    """Group deliveries into passes of bounded count and bytes."""
    group: list[Delivery] = []
    size = 0
    for delivery in told:
        if group and (len(group) >= DELIVERIES_A_PASS or size + len(delivery.data) > BYTES_A_PASS):
            yield group
            group, size = [], 0
        group.append(delivery)
        size += len(delivery.data)
    if group:
        yield group
