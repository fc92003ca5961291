"""The receipt that goes back to the centre (回执): what of a delivery was taken, and what must be mended by whom.

One JSON document a landing, sent once it has a verdict; a landing by a mended contract sends a new one for the same
delivery. It names lines and fields, never values. What was sent is kept below `home/acknowledged`, so that a receipt
that could not be sent is sent by the next call, and none is sent twice.
"""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.chain import Record
from ingest.city import City
from ingest.contract import FeedContract, FileReceipt, PostReceipt
from ingest.errors import OnegridError, SourceError
from ingest.files import create_exclusively, write_atomically
from ingest.home import Home
from ingest.http_sources import Open311Source, RestSource
from ingest.log import COUNTS, Log, file_list, session
from ingest.sources import Files
from ingest.vault import Vault

logger = logging.getLogger(__name__)

DOCUMENT_VERSION = 1
_ASKED = ("path", "query", "page")  # of a polled source: what the lines are counted in
Send = Callable[[FeedContract, City, str, bytes], None]


@dataclass(frozen=True)
class AcknowledgeReport:
    """How many receipts went back."""

    feed: str
    sent: int = 0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def acknowledge(city: City, home: Home, feed: str) -> AcknowledgeReport:
    """Send back every receipt of a feed that is owed. Raises SourceError where the centre can't be reached."""
    contract = city.contract(feed)
    if contract.receipt is None:
        return AcknowledgeReport(feed)
    log = Log(home)
    verdicts = {verdict["landing_id"]: verdict for verdict in log.verdicts(feed)}
    folder = home.root / "acknowledged" / feed
    owed = [
        receipt
        for receipt in log.receipts(feed)
        if receipt["landing_id"] in verdicts and not (folder / f"{receipt['landing_id']}.json").exists()
        if receipt["fetched"] or isinstance(contract.source, Files)  # nobody asked about an empty page
    ]
    rejections = _rejections(log, [receipt["attempt_id"] for receipt in owed])
    manifests = {record["batch_id"]: record for record in Vault(home).manifests.of(feed).records()} if owed else {}
    send = _SENDERS[contract.receipt.kind]
    for number, receipt in enumerate(owed):
        told = rejections.get(receipt["attempt_id"], [])
        manifest = manifests[receipt["batch_id"]]
        body = document(contract, receipt, manifest, verdicts[receipt["landing_id"]], told)
        data = json.dumps(body, ensure_ascii=False, indent=1).encode() + b"\n"
        try:
            send(contract, city, receipt_name(receipt), data)
        except OnegridError as error:
            raise SourceError(
                f"feed {feed}: {len(owed) - number} receipts could not be sent back and are still owed: {error}"
            ) from error
        create_exclusively(folder / f"{receipt['landing_id']}.json", data)
    if owed:
        logger.info("feed %s: %s receipts went back", feed, len(owed))
    return AcknowledgeReport(feed, len(owed))


def document(
    contract: FeedContract, receipt: Record, manifest: Record, verdict: Record, rejections: list[dict[str, Any]]
) -> dict[str, Any]:
    """The receipt of one landing as plain values; times are UTC, ISO 8601. No personal value stands in it."""
    return {
        "document_version": DOCUMENT_VERSION,
        "feed": contract.feed,
        "title": contract.title,
        "office": contract.owner.office,
        "delivery": receipt["batch_name"],
        "asked": {name: manifest["source"][name] for name in _ASKED if name in manifest["source"]},
        "sha256": manifest["source"].get("sha256", manifest["blob"]),
        "batch_id": receipt["batch_id"],
        "landing_id": receipt["landing_id"],
        "receipt": {"seq": receipt["seq"], "hash": receipt["hash"]},
        "observed_at": receipt["observed_at"],
        "landed_at": receipt["landed_at"],
        "contract_version": receipt["contract_version"],
        "counts": {"fetched": receipt["fetched"]} | {name: receipt[name] for name in COUNTS},
        "verdict": verdict["verdict"],
        "reasons": sorted({reason["check"] for reason in verdict["reasons"]}),
        "columns_not_admitted": manifest["columns_left_out"],
        "columns_not_in_the_contract": receipt["unknown_columns"],
        "reading": receipt.get("reading", {}),
        "records_to_mend": rejections,
    }


def receipt_name(receipt: Record) -> str:
    """File name of a receipt: the delivery's own, safe for any file system, and the beginning of the landing's id."""
    stem = re.sub(r"[^\w.\-]+", "_", receipt["batch_name"])[-120:].lstrip(".")
    return f"{stem}.{receipt['landing_id'][:8]}.receipt.json"


def _rejections(log: Log, attempts: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Rejected and warned records by attempt, in order of line."""
    files = log.files("rejections")
    if not files or not attempts:
        return {}
    with session() as connection:
        connection.register("owed", pa.table({"attempt_id": pa.array(attempts, pa.string())}))
        rows = connection.execute(
            f"""
            select attempt_id, line, field, code, severity, owner
            from read_parquet({file_list(files)}, hive_partitioning = true, union_by_name = true)
            semi join owed using (attempt_id)
            order by attempt_id, line, code, field
            """
        ).fetchall()
    found: dict[str, list[dict[str, Any]]] = {}
    for attempt, line, field, code, severity, owner in rows:
        entry = {"line": line, "field": field, "reason": code, "severity": severity, "mends": owner}
        found.setdefault(attempt, []).append(entry)
    return found


def _to_folder(contract: FeedContract, city: City, name: str, data: bytes) -> None:
    """Write the receipt into a folder that the centre, or the ferry of a one-way gateway, empties."""
    assert isinstance(contract.receipt, FileReceipt)
    folder: Path = city.source_path(contract.receipt.path)
    if not folder.is_dir():
        raise SourceError(
            f"the receipt folder {contract.receipt.path!r} does not exist; create it or mend receipt.path"
        )
    write_atomically(folder / name, data)


def _by_post(contract: FeedContract, city: City, name: str, data: bytes) -> None:
    """Post the receipt to the centre's own interface."""
    from ingest.connections import connection
    from ingest.connectors.rest.fetch import Fetcher

    assert isinstance(contract.receipt, PostReceipt)
    assert isinstance(contract.source, (RestSource, Open311Source))
    source = contract.source.as_rest if isinstance(contract.source, Open311Source) else contract.source
    zone = contract.time.dated[-1].zone
    with Fetcher(contract.feed, source, connection(source.connection), zone) as fetcher:
        fetcher.post(contract.receipt.path, data, name)


_SENDERS: dict[str, Send] = {"file": _to_folder, "post": _by_post}
