"""The raw vault: the exact bytes of every delivery, sealed, and a chain of manifests that says what was pulled.

A blob is compressed and sealed with AES-GCM under the data key of its feed and month (by pull time); that key lies
wrapped in `vault/keys`. Destroying it erases the month: manifests stay, and the chain still verifies.
"""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ingest import faults
from ingest.chain import Chains, Record
from ingest.errors import ErasedError, KeyMissingError, VaultError
from ingest.files import canonical_json, create_exclusively
from ingest.home import Home
from ingest.keys import Keys, keys_of

NONCE_BYTES = 12
_OUTCOME_BYTES = 1024  # of one attempt, at most; its reason is a sentence


@dataclass(frozen=True)
class Delivery:
    """What one pull brought, before it is sealed. `observed_at` is UTC; `filtered` counts over-supply by reason.

    `position` is where the source stands after this delivery, as JSON without secrets: the next pull goes on from
    there. `content` is a digest of what the delivery says, for sources whose bytes differ though they say the same.
    `occasion` tells it apart from a delivery of the same bytes: a row that comes back as it was is told once more.
    `says_nothing_new`: all its records were sealed before, in other deliveries; it is not sealed again. `reading` says
    how it was read, where that was found and not declared and only the admitted records are kept.
    """

    name: str
    data: bytes
    observed_at: datetime
    source: dict[str, Any]
    stored_as: str = "delivered"
    filtered: dict[str, int] = field(default_factory=dict)
    columns_left_out: list[str] = field(default_factory=list)
    position: dict[str, Any] | None = None
    content: str | None = None
    occasion: str = ""
    says_nothing_new: bool = False
    reading: dict[str, Any] = field(default_factory=dict)


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Vault:
    """The vault of one home."""

    def __init__(self, home: Home) -> None:
        self.root = home.vault
        self.manifests = Chains(self.root / "manifests")
        self._data_keys: dict[tuple[str, str], bytes] = {}

    def store(
        self,
        feed: str,
        batch_id: str,
        delivery: Delivery,
        keys: Keys,
        pulled_at: datetime,
        contract_hash: str,
        checked: int = 0,
    ) -> Record:
        """Seal the bytes, then write the manifest: from here on the delivery cannot be lost. Returns the manifest.

        The caller vouches that the first `checked` manifests are not of this delivery.
        """
        month = pulled_at.astimezone(UTC).strftime("%Y-%m")
        digest = sha256_hex(delivery.data)
        self._seal(feed, month, digest, delivery.data, keys)
        faults.point("vault.after_blob")
        body = {
            "feed": feed,
            "batch_id": batch_id,
            "name": delivery.name,
            "blob": digest,
            "month": month,
            "size": len(delivery.data),
            "observed_at": delivery.observed_at.astimezone(UTC).isoformat(),
            "pulled_at": pulled_at.astimezone(UTC).isoformat(),
            "source": delivery.source,
            "stored_as": delivery.stored_as,
            "filtered": delivery.filtered,
            "columns_left_out": delivery.columns_left_out,
            "key_version": keys.version,
            "contract_hash": contract_hash,
        }
        if delivery.content is not None:
            body["content"] = delivery.content
        if delivery.reading:
            body["reading"] = delivery.reading
        return self._append(body, delivery, checked)

    def store_position(self, known: Record, delivery: Delivery, pulled_at: datetime, contract_hash: str) -> Record:
        """A manifest that only moves the position: what `delivery` says was sealed as the batch of `known` already."""
        kept = ("feed", "batch_id", "name", "blob", "month", "size", "observed_at", "stored_as", "filtered",
                "columns_left_out", "key_version", "content", "reading")  # fmt: skip
        body = {name: known[name] for name in kept if name in known}
        pulled = {"pulled_at": pulled_at.astimezone(UTC).isoformat(), "contract_hash": contract_hash}
        return self._append({**body, **pulled, "source": delivery.source}, delivery)

    def _append(self, body: Record, delivery: Delivery, checked: int = 0) -> Record:
        manifests = self.manifests.of(body["feed"])
        position = delivery.position
        if position is not None:
            body = {**body, "position": position}

        def following(head: Record | None) -> Record:
            before = head["cursor_after"] if head else ""
            step = [before, delivery.source] if position is None else [before, delivery.source, position]
            return {**body, "cursor_before": before, "cursor_after": sha256_hex(canonical_json(step))[:32]}

        def same(record: Record) -> bool:
            if record.get("position") != position:
                return False
            if position is not None and delivery.content is not None:
                return bool(record.get("content") == delivery.content)
            return record["source"] == delivery.source and (position is None or record["batch_id"] == body["batch_id"])

        written = manifests.append_unless(following, same, checked)
        faults.point("vault.after_manifest")
        if written is None:  # another puller stored the very same part of the very same file, or the very same page
            return next(record for record in manifests.records() if same(record))
        return written

    def read(self, manifest: Record) -> bytes:
        """The bytes of a manifest's blob. Raises ErasedError for an erased month, VaultError where it is damaged."""
        feed, month, digest = manifest["feed"], manifest["month"], manifest["blob"]
        path = self._blob_path(feed, month, digest)
        try:
            sealed = path.read_bytes()
        except FileNotFoundError as error:
            raise VaultError(
                f"feed {feed}: the blob of manifest {manifest['seq']} is gone; restore it from the backup"
            ) from error
        key = self._data_key(feed, month, None)
        try:
            packed = AESGCM(key).decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], f"{feed}/{month}/{digest}".encode()
            )
        except InvalidTag as error:
            raise VaultError(f"feed {feed}: the blob of manifest {manifest['seq']} was damaged; restore it") from error
        data: bytes = pa.decompress(packed, decompressed_size=manifest["size"], codec="zstd", asbytes=True)
        if sha256_hex(data) != digest:
            raise VaultError(f"feed {feed}: the blob of manifest {manifest['seq']} does not match its hash; restore it")
        return data

    def record_outcome(self, feed: str, outcome: Record) -> None:
        """Append what became of one attempt, failures included; one JSON line, no personal value."""
        path = self.root / "outcomes" / f"{feed}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, canonical_json(outcome) + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)

    def last_outcome(self, feed: str) -> Record | None:
        return next(iter(self.outcomes(feed, 1)), None)

    def outcomes(self, feed: str, newest: int = 500) -> list[Record]:
        """What became of the newest attempts, oldest first; reads the end of the file only."""
        path = self.root / "outcomes" / f"{feed}.jsonl"
        if not path.exists():
            return []
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - newest * _OUTCOME_BYTES)
            file.seek(start)
            lines = file.read().splitlines()
        # a line cut by the seek, or by a machine that stopped while it was written, is none
        whole = lines[1:] if start else lines
        found = []
        for line in whole[-newest:]:
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def keep_definition(self, kind: str, digest: str, data: bytes) -> None:
        """Keep a contract (or another definition that decides) under its hash."""
        path = self.root / kind / digest
        if not path.exists():
            create_exclusively(path, data)

    def faults(self) -> list[str]:
        """What is wrong with manifests and blobs, as sentences. Erased months count as sound."""
        found: list[str] = []
        for feed in self.manifests.names():
            chain = self.manifests.of(feed)
            found.extend(chain.faults())
            for manifest in chain.records():
                try:
                    self.read(manifest)
                except ErasedError:
                    continue
                except (VaultError, KeyMissingError) as error:
                    found.append(str(error))
        return found

    def _blob_path(self, feed: str, month: str, digest: str) -> Path:
        return self.root / "blobs" / feed / month / digest

    def _seal(self, feed: str, month: str, digest: str, data: bytes, keys: Keys) -> None:
        path = self._blob_path(feed, month, digest)
        if path.exists():
            return
        nonce = os.urandom(NONCE_BYTES)
        packed = pa.compress(data, codec="zstd", asbytes=True)
        sealed = AESGCM(self._data_key(feed, month, keys)).encrypt(nonce, packed, f"{feed}/{month}/{digest}".encode())
        faults.point("vault.before_blob")
        create_exclusively(path, nonce + sealed)

    def _data_key(self, feed: str, month: str, create_with: Keys | None) -> bytes:
        known = self._data_keys.get((feed, month))
        if known:
            return known
        path = self.root / "keys" / feed / f"{month}.json"
        if not path.exists():
            if create_with is None:
                raise ErasedError(f"feed {feed}: the vault key of {month} is gone; its deliveries can't be read again")
            data_key, nonce = AESGCM.generate_key(256), os.urandom(NONCE_BYTES)
            wrapped = AESGCM(create_with.wrapping).encrypt(nonce, data_key, f"{feed}/{month}".encode())
            parts = {
                "key_version": create_with.version,
                "nonce": base64.b64encode(nonce).decode(),
                "wrapped": base64.b64encode(wrapped).decode(),
            }
            faults.point("vault.before_key")
            create_exclusively(path, canonical_json(parts), mode=0o600)
        parts = json.loads(path.read_bytes())
        wrapping = keys_of(parts["key_version"]).wrapping
        try:
            key = AESGCM(wrapping).decrypt(
                base64.b64decode(parts["nonce"]),
                base64.b64decode(parts["wrapped"]),
                f"{feed}/{month}".encode(),
            )
        except InvalidTag as error:
            raise KeyMissingError(
                f"feed {feed}: the vault key at hand (version {parts['key_version']}) is not the one that "
                f"sealed {month}; set ONEGRID_VAULT_KEY to the key of that time"
            ) from error
        self._data_keys[feed, month] = key
        return key
