"""What of an overlap was sealed before: a page whose records all were, as the newest of their keys, says nothing new.

The pages sealed by earlier pulls that reach into the stretch are read once a pull. Where the contract's key is no list
of columns, or a page was rewritten when it was sealed, nothing is taken as known.
"""

from collections.abc import Hashable
from datetime import datetime
from typing import Any

from ingest.connectors import Ask
from ingest.connectors.rest.bodies import Body, BrokenBodyError, read_body
from ingest.contract import Format
from ingest.errors import ErasedError


class Sealed:
    """The newest telling of each key, as far as it was sealed."""

    def __init__(self, ask: Ask, form: Format, since: datetime | None) -> None:
        self._columns = _key_columns(ask)
        self._newest: dict[Hashable, bytes] = {}
        if self._columns is None or since is None or form.kind != "json":
            self._columns = None
            return
        blobs: set[str] = set()
        for manifest in ask.manifests:
            reached = _reached(manifest.get("position"))
            if reached is None or reached < since or manifest["blob"] in blobs or manifest["stored_as"] != "delivered":
                continue
            blobs.add(manifest["blob"])
            try:
                self.says_nothing_new(read_body(ask.read(manifest), form))
            except (ErasedError, BrokenBodyError):
                continue

    def says_nothing_new(self, body: Body) -> bool:
        """Whether every record of a page is the newest sealed of its key; after this the page counts as sealed."""
        if self._columns is None or body.records is None:
            return False
        known = True
        for record, digest in zip(body.records, body.digests, strict=True):
            key = self._key(record)
            if key is None:
                return False
            known &= self._newest.get(key) == digest
            self._newest[key] = digest
        return known

    def _key(self, record: Any) -> Hashable | None:
        if not isinstance(record, dict) or self._columns is None:
            return None
        return tuple(str(record.get(column)) for column in self._columns)


def _key_columns(ask: Ask) -> list[str] | None:
    contract = ask.contract
    if not isinstance(contract.key, list):
        return None
    names = [contract.source_columns.get(field) for field in contract.key]
    renamed = {target: name for name, target in contract.formats[0].rename.items()}
    return [renamed.get(name, name) for name in names if name] if all(names) else None


def _reached(position: dict[str, Any] | None) -> datetime | None:
    """The latest time of change that a page's position speaks of."""
    told = [position[name] for name in ("watermark", "highest") if name in position] if position else []
    return max((datetime.fromisoformat(moment) for moment in told), default=None)
