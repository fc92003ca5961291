"""One module per kind of source; each turns "what is new there" into deliveries for the vault.

A connector is a function from an `Ask` to deliveries, in the order in which they are to be sealed. It keeps no state:
what it needs to go on stands in the manifests, as the `position` of the newest delivery that has one. A delivery with
a position is sealed before the source is asked for the next one, so a position never runs ahead of what is sealed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.chain import Record
from ingest.city import City
from ingest.contract import FeedContract
from ingest.vault import Delivery


@dataclass
class Notes:
    """What a connector has to say beside its deliveries: what is not whole yet, what is broken, what is not new."""

    waiting: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    unchanged: int = 0


@dataclass(frozen=True)
class Ask:
    """One question to a source.

    `started` is the pull's clock (UTC). `last` is the position of the newest manifest that has one. `manifests` are
    those of the feed before this pull, oldest first; `read` gives a manifest's bytes (ErasedError for an erased month).
    """

    contract: FeedContract
    city: City
    started: datetime
    last: dict[str, Any] | None
    manifests: Sequence[Record]
    read: Callable[[Record], bytes]
    notes: Notes = field(default_factory=Notes)


def deliveries(ask: Ask) -> Iterator[Delivery]:
    """What is new at the feed's source. Raises SourceError where the source as a whole cannot be read."""
    kind = ask.contract.source.kind
    if kind == "file":
        from ingest.connectors import files

        yield from files.local(ask)
    elif kind == "sftp":
        from ingest.connectors import sftp

        yield from sftp.deliveries(ask)
    elif kind == "object":
        from ingest.connectors import object_store

        yield from object_store.deliveries(ask)
    elif kind == "database":
        from ingest.connectors import database

        yield from database.deliveries(ask)
    else:
        from ingest.connectors import rest

        yield from rest.deliveries(ask)
