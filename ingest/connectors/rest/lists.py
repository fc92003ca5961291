"""Feeds whose list is told whole: all its pages are one delivery, because a list cut in two is no observation."""

from collections.abc import Iterator
from typing import Any

from ingest.connectors import Ask
from ingest.connectors.rest.position import asked_of
from ingest.connectors.rest.reading import Page, Reading, conditions_of
from ingest.errors import ErasedError, SourceError
from ingest.http_sources import RestSource
from ingest.vault import Delivery, sha256_hex

MOST_READINGS = 4
RECORD_SEPARATOR = b"\x1e"  # RFC 7464: documents one after another; no JSON text holds this byte


def whole_list(ask: Ask, source: RestSource, reading: Reading) -> Iterator[Delivery]:
    """The list as it stands, once; also where the source says that it has not changed: that too is an observation."""
    params: dict[str, Any] = dict(source.params)
    request = reading.request_hash(params)
    last = ask.last if ask.last and ask.last.get("asked") == asked_of(source) else {}
    kept = _kept(ask) if last else None
    conditions = conditions_of(last.get("validators"), request) if kept is not None else None
    pages = list(reading.pages(params, {}, conditions))
    if not pages and kept is not None:
        name, data = kept
        origin = {"kind": source.kind, "path": source.path, "status": 304, "sha256": sha256_hex(data)}
        yield Delivery(name, data, ask.started, {**origin, "asked_at": ask.started.isoformat()}, position=last)
        return
    if len(pages) > 1 and reading.pager.shifts:
        pages = _settled(reading, params, pages)
    bodies = [page.body.data for page in pages]
    data = bodies[0] if len(bodies) == 1 else b"".join(RECORD_SEPARATOR + body + b"\n" for body in bodies)
    origin = {**reading.origin(pages[-1]), "pages": len(pages), "asked_at": ask.started.isoformat()}
    origin["records"] = sum(len(page.body.records or []) for page in pages)
    position: dict[str, Any] = {"kind": "rest", "asked": asked_of(source)}
    if len(pages) == 1 and pages[0].validators:
        position["validators"] = {"request": request, **pages[0].validators}
    yield Delivery(reading.name(1), data, ask.started, origin, position=position)


def _settled(reading: Reading, params: dict[str, Any], pages: list[Page]) -> list[Page]:
    """Read a counted list until two readings agree: one that moved while it was read may lack a record."""
    for _ in range(MOST_READINGS - 1):
        again = list(reading.pages(params, {}))
        if _records(again) == _records(pages):
            return again
        pages = again
    raise SourceError(
        f"its list changed during each of {MOST_READINGS} readings, so none is sure to be whole; ask for larger pages, "
        "for a cursor, or for a quieter hour"
    )


def _records(pages: list[Page]) -> set[bytes]:
    return {digest for page in pages for digest in page.body.digests}


def _kept(ask: Ask) -> tuple[str, bytes] | None:
    """Name and bytes of the newest list, where they are the source's own and can still be read."""
    newest = ask.manifests[-1]
    if newest["stored_as"] != "delivered":
        return None
    try:
        return newest["name"], ask.read(newest)
    except ErasedError:
        return None
