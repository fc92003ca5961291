"""Try a contract on a sample: the events and rejections it would make, with nothing written anywhere.

A trial runs the very code of pull and land, with a public key pair in place of the deployment's: its tokens join with
nothing, and they are the same on every machine, so that a trial can be kept as a golden file.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.connectors.files import deliveries_of
from ingest.contract import FeedContract
from ingest.errors import SourceError
from ingest.keys import KEY_BYTES, Keys
from ingest.land import prepare
from ingest.pull import admit, batch_id_of
from ingest.sources import Files
from ingest.vault import Delivery, sha256_hex

PUBLIC_KEYS = Keys(0, bytes(KEY_BYTES), bytes(KEY_BYTES))
COUNTS = ("fetched", "recorded", "duplicate", "rejected", "filtered")
NOT_GOLDEN = ("attempt_id", "landing_id", "content_hash", "batch_id", "landed_at")  # follow the run or the version


@dataclass(frozen=True)
class Trial:
    """What landing a sample would give; counts are source records, `left_out` are columns that are not admitted.

    `readings` says by the name of a sample how it was read, where that was found and not declared.
    """

    events: pa.Table
    rejections: pa.Table
    counts: dict[str, int]
    left_out: list[str] = field(default_factory=list)
    undeclared: list[str] = field(default_factory=list)
    readings: dict[str, dict[str, Any]] = field(default_factory=dict)


def try_contract(contract: FeedContract, samples: Sequence[Path], observed_at: datetime) -> Trial:
    """Land samples, in their order, on trial; `observed_at` is when they count as pulled (with a zone).

    Raises SourceError where a sample does not exist or its name does not fit the contract.
    """
    deliveries = [delivery for path in samples for delivery in _deliveries(contract, path, observed_at)]
    admitted = admit(deliveries, contract)
    manifests = [_manifest(contract, delivery, observed_at, seq) for seq, delivery in enumerate(admitted, start=1)]
    rows = prepare(contract, manifests, [delivery.data for delivery in admitted], lambda _: PUBLIC_KEYS)
    left_out = {name for delivery in admitted for name in delivery.columns_left_out}
    return Trial(
        rows.events,
        rows.rejections,
        {name: sum(receipt[name] for receipt in rows.receipts) for name in COUNTS},
        sorted(left_out),
        sorted({name for receipt in rows.receipts for name in receipt["unknown_columns"]} - left_out),
        {receipt["batch_name"]: receipt["reading"] for receipt in rows.receipts if receipt["reading"]},
    )


def golden(trial: Trial) -> bytes:
    """A trial as text to keep beside its sample: one JSON object an event or rejection, empty cells left out."""
    head: dict[str, Any] = {"counts": trial.counts, "left_out": trial.left_out, "undeclared": trial.undeclared}
    if trial.readings:
        head["readings"] = trial.readings
    lines = [
        json.dumps(head, ensure_ascii=False),
        *_lines("event", trial.events),
        *_lines("rejection", trial.rejections),
    ]
    return ("\n".join(lines) + "\n").encode()


def _lines(kind: str, table: pa.Table) -> list[str]:
    def plain(value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value

    rows = table.drop_columns([name for name in NOT_GOLDEN if name in table.column_names]).to_pylist()
    told = [{name: plain(value) for name, value in row.items() if value is not None} for row in rows]
    return [json.dumps({"row": kind} | row, ensure_ascii=False) for row in told]


def _deliveries(contract: FeedContract, path: Path, observed_at: datetime) -> list[Delivery]:
    if not path.is_file():
        raise SourceError(f"there is no sample {path}; give the path of a delivery as the centre sends it")
    data = path.read_bytes()
    if isinstance(contract.source, Files):
        return list(deliveries_of(path.name, data, contract, observed_at))
    return [Delivery(path.name, data, observed_at, {"name": path.name, "sha256": sha256_hex(data)})]


def _manifest(contract: FeedContract, delivery: Delivery, pulled_at: datetime, seq: int) -> dict[str, Any]:
    digest = hashlib.sha256(delivery.data).hexdigest()
    return {
        "seq": seq,
        "feed": contract.feed,
        "batch_id": batch_id_of(contract, digest, delivery.observed_at, delivery.occasion),
        "name": delivery.name,
        "stored_as": delivery.stored_as,
        "filtered": delivery.filtered,
        "columns_left_out": delivery.columns_left_out,
        "reading": delivery.reading,
        "observed_at": delivery.observed_at.isoformat(),
        "pulled_at": pulled_at.isoformat(),
        "key_version": PUBLIC_KEYS.version,
    }
