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

from ingest.chain import Record
from ingest.city import City
from ingest.connectors import Ask, deliveries
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


def batch_id_of(contract: FeedContract, blob: str, observed_at: datetime, occasion: str = "") -> str:
    """Feed and content; for snapshots also the time, because an unchanged list is still an observation.

    `occasion`: what else tells a delivery apart from another one of the same bytes, where its connector says so.
    """
    parts = [contract.feed, blob] + ([occasion] if occasion else [])
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
    manifests = tuple(vault.manifests.of(contract.feed).records())
    last = next((m["position"] for m in reversed(manifests) if "position" in m), None)
    vault.keep_definition("contracts", contract.content_hash, contract.model_dump_json(indent=1).encode())
    ask = Ask(contract, city, started, last, manifests, vault.read)
    sealing = _Sealing(contract, vault, started, last)
    try:
        for group in _passes(deliveries(ask)):
            for delivery in admit(group, contract):
                sealing.take(delivery)
            logger.info("feed %s: %s deliveries sealed", contract.feed, sealing.new)
    finally:
        sealing.keep_position()
    notes = ask.notes
    for name in notes.waiting:
        logger.info("feed %s: %s is still being written; the next pull takes it", contract.feed, name)
    if notes.broken:
        left = f" ({len(notes.broken)} files were left; {sealing.new} others were sealed)"
        raise SourceError("; ".join(notes.broken[:3]) + left)
    unchanged = notes.unchanged + sealing.unchanged
    return PullReport(contract.feed, sealing.new, unchanged, len(notes.waiting), sealing.filtered)


class _Sealing:
    """Seals the deliveries of one pull, in their order.

    A delivery with a position whose content is known is not sealed again; it waits, since only the last of such a run
    is needed, to carry the position. Whatever is sealed after it carries a later one.
    """

    def __init__(self, contract: FeedContract, vault: Vault, started: datetime, last: Record | None) -> None:
        self.contract, self.vault, self.started = contract, vault, started
        self.keys = current_keys()
        self.new = self.unchanged = self.filtered = 0
        self._batches: dict[str, Record] = {}
        self._contents: dict[str, Record] = {}
        self._newest: Record | None = None
        self._position = last
        self._waiting: tuple[Delivery, Record] | None = None
        self._chain = vault.manifests.of(contract.feed)
        self._learned = 0

    def take(self, delivery: Delivery) -> None:
        """Seal a delivery, or note that it says nothing new."""
        batch_id = batch_id_of(self.contract, sha256_hex(delivery.data), delivery.observed_at, delivery.occasion)
        known = self._known(batch_id, delivery)
        if known is not None:
            self.unchanged += 1
            if delivery.position is not None:
                self._waiting = (delivery, known)
                return
        self._waiting = None
        feed, contract_hash = self.contract.feed, self.contract.content_hash
        checked = self._learned if known is None and delivery.position is not None else 0
        self.vault.store(feed, batch_id, delivery, self.keys, self.started, contract_hash, checked)
        self._position = delivery.position or self._position
        self.new += known is None
        self.filtered += sum(delivery.filtered.values())

    def keep_position(self) -> None:
        """Seal the position of the last delivery where the source moved on and brought nothing new."""
        if self._waiting is None or self._waiting[0].position == self._position:
            return
        delivery, known = self._waiting
        self.vault.store_position(known, delivery, self.started, self.contract.content_hash)
        self._position, self._waiting = delivery.position, None

    def _known(self, batch_id: str, delivery: Delivery) -> Record | None:
        self._learn()
        same_words = self._contents.get(delivery.content or "") if self.contract.mode != "snapshot" else None
        nothing_new = self._newest if delivery.says_nothing_new else None
        return self._batches.get(batch_id) or same_words or nothing_new

    def _learn(self) -> None:
        """Take in what the chain has got since, from this pull and from any other that runs beside it."""
        records = self._chain.records()
        for manifest in records[self._learned :]:
            self._newest = manifest
            self._batches.setdefault(manifest["batch_id"], manifest)
            if "content" in manifest:
                self._contents.setdefault(manifest["content"], manifest)
        self._learned = len(records)


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
            reading=decoded.notes.get(batch, {}),
        )
        if batch in chosen
        else delivery
        for batch, delivery in enumerate(deliveries)
    ]


def _passes(told: Iterable[Delivery]) -> Iterator[list[Delivery]]:
    """Group deliveries into passes of bounded count and bytes; one with a position is sealed before the next is read.

    Where the source breaks off, what it brought before is passed on first.
    """
    group: list[Delivery] = []
    size = 0
    try:
        for delivery in told:
            if group and (len(group) >= DELIVERIES_A_PASS or size + len(delivery.data) > BYTES_A_PASS):
                yield group
                group, size = [], 0
            group.append(delivery)
            size += len(delivery.data)
            if delivery.position is not None:
                yield group
                group, size = [], 0
    except SourceError:
        if group:
            yield group
        raise
    if group:
        yield group
