"""Whatever way the pages are turned: every order once, nothing sealed twice, and a quiet source costs no landing."""

from typing import Any

import pytest

from ingest.errors import SourceError
from ingest.vault import Vault
from tests.ingest.rest.centre import order
from tests.ingest.rest.conftest import SINCE, Hotline

TOTAL = {"until": "total", "total": "$.data.total"}
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "one answer": ("all", {"kind": "none"}),
    "page until empty": ("page", {"kind": "page"}),
    "page until total": ("page", {"kind": "page", **TOTAL}),
    "page with size": ("page", {"kind": "page", "size_param": "size", "size": 2}),
    "offset until empty": ("offset", {"kind": "offset"}),
    "offset until total": ("offset", {"kind": "offset", **TOTAL}),
    "cursor": ("cursor", {"kind": "cursor", "next": "$.data.nextCursor"}),
    "link header": ("link", {"kind": "link"}),
    "keyset": ("keyset", {"kind": "keyset", "after": {"afterTime": "updated_at", "afterNo": "case_no"}}),
}


@pytest.fixture(params=WAYS, ids=lambda name: name.replace(" ", "_"))
def any_way(request: pytest.FixtureRequest, hotline: Hotline) -> Hotline:
    way, pages = WAYS[request.param]
    hotline.contract(way, pages=pages)
    return hotline


def numbers(*wanted: int) -> set[str]:
    return {f"C{number:04}" for number in wanted}


def test_every_order_comes_once(any_way: Hotline) -> None:
    any_way.centre.rows = [order(n, f"2026-11-01 08:00:{n:02}") for n in range(1, 8)]
    any_way.ingest()
    assert set(any_way.landed()) == numbers(*range(1, 8))
    assert all(len(times) == 1 for times in any_way.landed().values())


def test_a_quiet_source_is_no_new_landing(any_way: Hotline) -> None:
    any_way.centre.rows = [order(n, f"2026-11-01 08:00:{n:02}") for n in range(1, 8)]
    any_way.ingest()
    receipts = len(any_way.town.log.receipts("orders"))
    any_way.ingest()
    manifests = len(any_way.manifests)
    report = any_way.ingest()
    assert report.batches == 0
    assert len(any_way.town.log.receipts("orders")) == receipts
    assert len(any_way.manifests) == manifests


def test_what_is_new_or_changed_comes_with_the_next_pull(any_way: Hotline) -> None:
    any_way.centre.rows = [order(n, f"2026-11-01 08:00:{n:02}") for n in range(1, 8)]
    any_way.ingest()
    any_way.centre.rows += [order(8, "2026-11-02 09:00:00"), order(9, "2026-11-02 09:00:00")]
    any_way.centre.rows[0] = order(1, "2026-11-02 10:00:00", "B")
    any_way.ingest()
    landed = any_way.landed()
    assert set(landed) == numbers(*range(1, 10))
    assert len(landed["C0001"]) == 2
    assert any_way.town.log.faults() == []


def test_pages_are_sealed_as_they_came(hotline: Hotline) -> None:
    hotline.contract(pages={"kind": "page", "size_param": "size", "size": 2}, params={"scope": "all", "deep": True})
    hotline.centre.rows = [order(n) for n in range(3)]
    hotline.ingest()
    first = hotline.manifests[0]
    assert first["name"] == "20261105T000000Z-p0001.json"
    assert first["source"]["query"] == {
        "scope": "all", "deep": "true", "updatedSince": "2026-10-01 00:00:00", "size": "2", "page": "1",
    }  # fmt: skip
    assert Vault(hotline.town.home).read(first).startswith(b'{"code":0,"requestId":1,')


def test_the_next_pull_asks_from_the_newest_value_less_the_overlap(hotline: Hotline) -> None:
    hotline.contract("all")
    hotline.centre.rows = [order(1, "2026-11-01 08:00:00"), order(2, "2026-11-03 20:30:00")]
    hotline.ingest()
    hotline.ingest()
    assert [told["updatedSince"] for told in hotline.centre.asked] == ["2026-10-01 00:00:00", "2026-11-03 19:30:00"]


def test_pages_that_were_sealed_are_not_sealed_again_while_news_arrive(hotline: Hotline) -> None:
    """Half an hour of polling every five minutes: the overlap is read again and again, and landed once."""
    hotline.contract("cursor", pages=WAYS["cursor"][1])
    hotline.at("2026-11-01T00:00:00+00:00")
    hotline.centre.rows = [order(n, f"2026-11-01 07:{n:02}:30") for n in range(60)]
    hotline.ingest()
    hotline.ingest()
    before = sum(receipt["recorded"] for receipt in hotline.town.log.receipts("orders"))
    for minute in range(5, 35, 5):
        hotline.centre.rows.append(order(100 + minute, f"2026-11-01 08:{minute:02}:00"))
        hotline.at(f"2026-11-01T00:{minute + 1:02}:00+00:00")
        hotline.ingest()
    assert len(hotline.landed()) == 66
    assert sum(receipt["recorded"] for receipt in hotline.town.log.receipts("orders")) - before <= 6 * 3


def test_a_thousand_orders_of_one_second_pass_the_border_of_a_page(hotline: Hotline) -> None:
    hotline.centre.size = 150
    hotline.centre.rows = [order(n, "2026-11-01 08:00:00") for n in range(1000)]
    hotline.contract("keyset", pages=WAYS["keyset"][1], changed_since=None)
    hotline.ingest()
    assert len(hotline.landed()) == 1000
    hotline.centre.rows.append(order(1000, "2026-11-01 08:00:00"))
    hotline.ingest()
    assert len(hotline.landed()) == 1001
    assert hotline.centre.asked[-2] == {"afterTime": "2026-11-01 08:00:00", "afterNo": "C0999"}


def test_a_key_that_more_records_share_than_fit_a_page_is_named(hotline: Hotline) -> None:
    hotline.centre.rows = [order(n, "2026-11-01 08:00:00") for n in range(9)]
    hotline.contract("cursor", pages={"kind": "keyset", "after": {"cursorTime": "updated_at"}})
    with pytest.raises(SourceError, match="the very same records"):
        hotline.ingest()


def test_orders_that_move_between_counted_pages_are_not_lost(hotline: Hotline) -> None:
    """The classic: the list is sorted by change; a change takes a row from page 1 to the end, and all move up."""
    hotline.contract(pages={"kind": "page"})
    hotline.centre.rows = [order(n, f"2026-11-01 08:00:{n:02}") for n in range(1, 8)]

    def change(asked: int) -> None:
        if asked == 2:
            first = hotline.centre.rows.pop(0)
            hotline.centre.rows.append({**first, "updated_at": "2026-11-01 09:00:00", "kind": "B"})

    hotline.centre.before_page = change
    hotline.ingest()
    landed = hotline.landed()
    assert set(landed) == numbers(*range(1, 8))
    assert len(landed["C0001"]) == 2


def test_orders_inserted_while_paging_are_neither_lost_nor_doubled(hotline: Hotline) -> None:
    hotline.contract("offset", pages={"kind": "offset"})
    hotline.centre.rows = [order(n, f"2026-11-01 08:00:{n:02}") for n in range(1, 8)]

    def insert(asked: int) -> None:
        if asked <= 3:
            hotline.centre.rows.insert(0, order(10 + asked, f"2026-11-01 09:00:0{asked}"))

    hotline.centre.before_page = insert
    hotline.ingest()
    landed = hotline.landed()
    assert set(landed) == numbers(*range(1, 8), 11, 12, 13)
    assert all(len(times) == 1 for times in landed.values())


def test_a_list_that_never_rests_does_not_move_the_watermark(hotline: Hotline) -> None:
    hotline.contract(pages={"kind": "page"})
    hotline.centre.rows = [order(n, f"2026-11-01 08:{n:02}:00") for n in range(1, 8)]

    def late(asked: int) -> None:
        hotline.centre.rows.insert(0, order(100 + asked, f"2026-11-01 {asked // 60:02}:{asked % 60:02}:00"))

    hotline.centre.before_page = late
    with pytest.raises(SourceError, match="kept moving between the pages"):
        hotline.ingest()
    hotline.centre.before_page = lambda _: None
    hotline.ingest()
    assert set(hotline.landed()) == {row["case_no"] for row in hotline.centre.rows}


def test_a_source_whose_clock_went_back_a_day_is_caught_by_the_sweep(hotline: Hotline) -> None:
    hotline.contract("all", changed_since={**SINCE, "sweep": {"every": "P1D", "back": "P7D"}})
    hotline.centre.rows = [order(1, "2026-11-05 07:00:00")]
    hotline.ingest()
    hotline.centre.rows.append(order(2, "2026-11-04 07:30:00"))  # entered now, by a clock 24 h behind
    hotline.at("2026-11-05T12:00:00+00:00")
    hotline.ingest()
    assert set(hotline.landed()) == numbers(1)
    hotline.at("2026-11-06T00:00:00+00:00")
    hotline.ingest()
    assert set(hotline.landed()) == numbers(1, 2)
    hotline.at("2026-11-06T01:00:00+00:00")
    hotline.ingest()
    assert hotline.centre.asked[-1]["updatedSince"] == "2026-11-05 06:00:00"


def test_a_value_in_the_far_future_does_not_silence_the_feed(hotline: Hotline) -> None:
    hotline.contract("all")
    hotline.centre.rows = [order(1, "2099-01-01 00:00:00")]
    hotline.ingest()
    hotline.centre.rows.append(order(2, "2026-11-05 07:59:00"))
    hotline.ingest()
    assert set(hotline.landed()) == numbers(1, 2)


def test_a_field_that_no_record_has_is_named_and_everything_is_kept(hotline: Hotline) -> None:
    hotline.contract("all", changed_since={**SINCE, "field": "changedAt"})
    hotline.centre.rows = [order(1)]
    with pytest.raises(SourceError, match=r"feed orders: .*no record has a time at changedAt"):
        hotline.ingest()
    assert len(hotline.manifests) == 1


def test_windows_follow_each_other_without_gap(hotline: Hotline) -> None:
    window = {
        "kind": "window", "from_param": "from", "to_param": "to", "step": "PT12H", "format": "%Y-%m-%d %H:%M:%S",
        "start": "2026-11-03T08:00:00+08:00", "overlap": "PT2H",
        "within": {"kind": "cursor", "next": "$.data.nextCursor"},
    }  # fmt: skip
    hotline.contract("cursor", pages=window, changed_since=None)
    hotline.centre.rows = [order(n, f"2026-11-0{3 + n // 24} {n % 24:02}:00:00") for n in range(8, 40)]
    hotline.ingest()
    assert len(hotline.landed()) == 32
    hotline.centre.rows.append(order(99, "2026-11-05 07:00:00"))  # entered late, within the overlap
    hotline.at("2026-11-05T01:00:00+00:00")
    hotline.ingest()
    assert len(hotline.landed()) == 33
    told = [(asked["from"], asked["to"]) for asked in hotline.centre.asked if "cursor" not in asked]
    assert told == [
        ("2026-11-03 08:00:00", "2026-11-03 20:00:00"), ("2026-11-03 20:00:00", "2026-11-04 08:00:00"),
        ("2026-11-04 08:00:00", "2026-11-04 20:00:00"), ("2026-11-04 20:00:00", "2026-11-05 08:00:00"),
        ("2026-11-05 06:00:00", "2026-11-05 09:00:00"),
    ]  # fmt: skip


@pytest.mark.parametrize("send", ["form", "json"])
def test_a_source_may_want_its_parameters_posted(hotline: Hotline, send: str) -> None:
    hotline.contract(pages={"kind": "page"}, send=send, params={"scope": "all"})
    hotline.centre.rows = [order(n) for n in range(4)]
    hotline.ingest()
    assert len(hotline.landed()) == 4
    assert hotline.centre.asked[0]["scope"] == "all"


def test_an_unchanged_answer_is_not_sent_again(hotline: Hotline) -> None:
    hotline.contract("all")
    hotline.centre.etags = True
    hotline.centre.rows = [order(1)]
    reports = [hotline.ingest() for _ in range(3)]
    assert [report.unchanged for report in reports] == [0, 1, 1]
    assert "if-none-match" in hotline.centre.headers[-1]
    assert len(hotline.manifests) == 2, "a source that says so needs no manifest"
    assert len(hotline.town.log.receipts("orders")) == 1
    hotline.centre.rows.append(order(2, "2026-11-01 08:30:00"))
    hotline.ingest()
    assert set(hotline.landed()) == numbers(1, 2)


def test_borders_that_move_make_no_new_landing_of_what_was_sealed(hotline: Hotline) -> None:
    """An order before all others shifts every page by one: only the page that holds it says anything new."""
    hotline.contract("cursor", pages=WAYS["cursor"][1])
    hotline.centre.rows = [order(n, f"2026-11-01 08:00:{n:02}") for n in range(10, 19)]
    hotline.ingest()
    sealed = len(hotline.manifests)
    hotline.centre.rows.insert(0, order(1, "2026-11-01 08:00:01"))
    hotline.ingest()
    assert set(hotline.landed()) == numbers(1, *range(10, 19))
    assert len([one for one in hotline.manifests[sealed:] if "position" in one]) <= 2, "its page, and where it ends"


def test_an_order_that_goes_back_to_what_it_was_is_told_a_third_time(hotline: Hotline) -> None:
    """A, then B, then A again, each with its own time of change: the third telling is news."""
    hotline.contract("cursor", pages=WAYS["cursor"][1])
    for second, kind in enumerate(("A", "B", "A")):
        hotline.centre.rows = [order(2, "2026-11-01 08:00:00"), order(1, f"2026-11-01 08:00:0{second}", kind)]
        hotline.ingest()
    assert len(hotline.landed()["C0001"]) == 3
    assert [code for key, _, code in hotline.tellings() if key == "C0001"] == ["A", "B", "A"]
