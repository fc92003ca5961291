"""Lists that are told whole: one delivery however many pages, an observation even when nothing changed."""

import pytest
from starlette.responses import Response

from ingest.errors import SourceError
from ingest.vault import Vault
from tests.ingest.rest.centre import order
from tests.ingest.rest.conftest import Hotline

ITEMS = (
    "select distinct stream_key from log.event where feed = 'orders' and event_type = 'item_observed' and {} order by 1"
)


@pytest.fixture(params=["page", "offset", "cursor"])
def any_list(request: pytest.FixtureRequest, hotline: Hotline) -> Hotline:
    told = {"kind": request.param} | ({"next": "$.data.nextCursor"} if request.param == "cursor" else {})
    hotline.contract(request.param, mode="snapshot", pages=told)
    hotline.centre.rows = [order(n) for n in range(7)]
    return hotline


def observed(hotline: Hotline, condition: str = "true") -> list[str]:
    hotline.town.let_through("orders")
    return [key for (key,) in hotline.town.visible(ITEMS.format(condition))]


def test_all_pages_are_one_observation_and_stand_in_it_as_they_came(any_list: Hotline) -> None:
    assert any_list.ingest().batches == 1
    assert observed(any_list) == [f"C{n:04}" for n in range(7)]
    [receipt] = any_list.town.log.receipts("orders")
    assert (receipt["fetched"], receipt["recorded"]) == (7, 7)
    [manifest] = any_list.manifests
    documents = Vault(any_list.town.home).read(manifest).split(b"\x1e")
    assert documents[0] == b""
    assert all(document.startswith(b'{"code":0') for document in documents[1:])


def test_an_unchanged_list_is_an_observation_too(any_list: Hotline) -> None:
    any_list.ingest()
    any_list.at("2026-11-05T01:00:00+00:00")
    assert any_list.ingest().batches == 1
    assert len(any_list.town.log.receipts("orders")) == 2


def test_an_empty_list_says_that_everything_is_over(any_list: Hotline) -> None:
    any_list.ingest()
    any_list.centre.rows = []
    any_list.at("2026-11-05T01:00:00+00:00")
    any_list.ingest()
    assert [r["recorded"] for r in any_list.town.log.receipts("orders")] == [7, 0]


def test_a_list_that_moved_while_it_was_read_is_read_again(hotline: Hotline) -> None:
    hotline.contract(mode="snapshot", pages={"kind": "page"})
    hotline.centre.rows = [order(n) for n in range(7)]
    hotline.centre.before_page = lambda asked: hotline.centre.rows.pop(0) and None if asked == 2 else None
    hotline.ingest()
    assert observed(hotline) == [f"C{n:04}" for n in range(1, 7)], "C0003 moved from page 2 to page 1 unseen"


def test_a_list_that_never_rests_is_not_believed(hotline: Hotline) -> None:
    hotline.contract(mode="snapshot", pages={"kind": "page"})
    hotline.centre.rows = [order(n) for n in range(7)]
    hotline.centre.before_page = lambda asked: hotline.centre.rows.append(order(100 + asked))
    with pytest.raises(SourceError, match="its list changed during each of 4 readings"):
        hotline.ingest()
    assert hotline.manifests == []


def test_half_a_list_is_no_list(any_list: Hotline) -> None:
    any_list.centre.faults = [None, *[lambda _: Response(status_code=500)] * 3]
    with pytest.raises(SourceError):
        any_list.ingest()
    assert any_list.manifests == []


def test_a_list_that_the_source_calls_unchanged_is_observed_without_being_sent(hotline: Hotline) -> None:
    hotline.contract("all", mode="snapshot")
    hotline.centre.etags = True
    hotline.centre.rows = [order(n) for n in range(3)]
    for hour in range(3):
        hotline.at(f"2026-11-05T0{hour}:00:00+00:00")
        assert hotline.ingest().batches == 1
    assert [m["source"]["status"] for m in hotline.manifests] == [200, 304, 304]
    assert observed(hotline, "observed_at = timestamp '2026-11-05 02:00:00'") == ["C0000", "C0001", "C0002"]
