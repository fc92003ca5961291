"""What stands in a page: its records, the values at paths, and digests of both. Bytes are kept as they came."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from ingest.contract import Format
from ingest.files import canonical_json
from ingest.http_sources import Success

_PART = re.compile(r'\.(?:"([^"]+)"|([^."\[\]]+))')
_HTML = re.compile(rb"^\s*(<!doctype html|<html)", re.IGNORECASE)


class BrokenBodyError(Exception):
    """A body that is not what it should be; asking again may bring the whole one. Its text names no value."""


@dataclass(frozen=True)
class Body:
    """A page's bytes and, for JSON, its document and records (None where the format is not read here)."""

    data: bytes
    document: Any = None
    records: list[Any] | None = None

    @property
    def digests(self) -> list[bytes]:
        """One digest a record, 16 bytes, equal for records that say the same."""
        return [hashlib.sha256(canonical_json(record)).digest()[:16] for record in self.records or []]

    @property
    def content(self) -> str | None:
        """A digest of the records in their order, whatever stands around them in the envelope."""
        return None if self.records is None else hashlib.sha256(canonical_json(self.records)).hexdigest()


def at_path(value: Any, path: str) -> Any:
    """The value at a path such as $.data.next, None where there is none."""
    for quoted, plain in _PART.findall(path.removeprefix("$")):
        if not isinstance(value, dict):
            return None
        value = value.get(quoted or plain)
    return value


def read_body(data: bytes, form: Format, success: Success | None = None) -> Body:
    """A page by the contract's format. Raises BrokenBodyError for HTML, for cut JSON, and where no records stand."""
    if _HTML.match(data[:200]):
        raise BrokenBodyError("it answered with a web page instead of data (a login page or a gateway's notice?)")
    if form.kind != "json":
        return Body(data)
    encoding = "utf-8-sig" if form.encoding.startswith("utf-8") else form.encoding
    try:  # one bad byte or one raw line break must not keep a page from being sealed: landing rejects its record only
        document = json.loads(data.decode(encoding, errors="replace"), strict=False)
    except (ValueError, RecursionError):
        raise BrokenBodyError(f"its answer of {len(data)} bytes is no whole JSON document") from None
    told = at_path(document, success.path) if success else None
    if success and str(told) not in success.one_of:
        raise BrokenBodyError(f"it says no success: {success.path} is {_short(told)}")
    records = at_path(document, form.records.removesuffix("[*]"))
    if records is None and not _has(document, form.records.removesuffix("[*]")):
        keys = ", ".join(sorted(document)[:8]) if isinstance(document, dict) else type(document).__name__
        raise BrokenBodyError(f"its answer has nothing at {form.records} (it has: {keys})")
    if records is None:
        records = []
    return Body(data, document, records if isinstance(records, list) else [records])


def _short(value: Any) -> str:
    """A code as a message may show it: anything longer might be somebody's words."""
    return str(value) if isinstance(value, (int, bool)) or len(str(value)) <= 12 else "another value"


def _has(document: Any, path: str) -> bool:
    parent, _, last = path.rpartition(".")
    holder = at_path(document, parent or "$")
    return isinstance(holder, dict) and last.strip('"') in holder
