"""The REST connector: pages of an HTTP interface, each sealed as it came.

Below it: `auth` signs requests, `fetch` sends them within bounds, `bodies` reads what came, `pages` knows the ways from
page to page, `position` and `times` the time asked for; `changes` and `lists` are the two ways of making deliveries.
"""

from collections.abc import Iterator

from ingest.connections import connection
from ingest.connectors import Ask
from ingest.connectors.rest.changes import changes
from ingest.connectors.rest.fetch import Fetcher
from ingest.connectors.rest.lists import whole_list
from ingest.connectors.rest.reading import Reading
from ingest.errors import SourceError
from ingest.http_sources import Open311Source, RestSource
from ingest.vault import Delivery


def deliveries(ask: Ask) -> Iterator[Delivery]:
    """What is new at a REST or Open311 source. Raises SourceError, after what came before it was given out."""
    contract = ask.contract
    source = contract.source.as_rest if isinstance(contract.source, Open311Source) else contract.source
    assert isinstance(source, RestSource)  # the dispatch by kind brought us here
    way = whole_list if contract.mode == "snapshot" else changes
    try:
        with Fetcher(contract.feed, source, connection(source.connection), contract.time.dated[-1].zone) as fetcher:
            yield from way(ask, source, Reading(ask, source, fetcher))
    except SourceError as error:
        if str(error).startswith("feed "):
            raise
        raise SourceError(f"feed {contract.feed}: {source.path}: {error}") from None
