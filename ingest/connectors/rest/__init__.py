"""The REST connector: pages of an HTTP interface, each sealed as it came."""

from collections.abc import Iterator

from ingest.connectors import Ask
from ingest.vault import Delivery


def deliveries(ask: Ask) -> Iterator[Delivery]:
    """Pages that are new at the source."""
    yield from ()
