"""The laws of pull over HTTP: over-supply stays out, pullers may race, a contract may change, a kill costs nothing."""

import multiprocessing
from pathlib import Path

import pytest

from ingest.city import open_city
from ingest.errors import ContractError, SourceError
from ingest.home import open_home
from ingest.pull import pull
from ingest.vault import Vault
from tests.ingest.rest.centre import order
from tests.ingest.rest.conftest import SINCE, Hotline

PAGES = {"kind": "cursor", "next": "$.data.nextCursor"}


def seven(hotline: Hotline) -> None:
    hotline.centre.rows = [order(n, f"2026-11-01 08:00:{n:02}", "B" if n % 2 else "A") for n in range(1, 8)]


def test_what_is_not_admitted_is_never_sealed(hotline: Hotline) -> None:
    seven(hotline)
    for row in hotline.centre.rows:
        row["phone"] = "no business of ours"
    hotline.contract("cursor", pages=PAGES, contract={"admit": {"fields": "listed", "records": "kind = 'A'"}})
    report = hotline.ingest()
    assert (report.batches, report.filtered) == (3, 4)
    assert set(hotline.landed()) == {"C0002", "C0004", "C0006"}
    vault = Vault(hotline.town.home)
    assert not [m for m in hotline.manifests if b"no business" in vault.read(m) or b'"B"' in vault.read(m)]
    assert all("phone" in manifest["columns_left_out"] for manifest in hotline.manifests)
    receipts = hotline.town.log.receipts("orders")
    assert sum(r["fetched"] for r in receipts) == 7
    assert all("phone" in r["unknown_columns"] for r in receipts)  # left out, and yet announced
    assert hotline.ingest().batches == 0


def _pull(root: Path) -> None:
    pull(open_city(root / "city"), open_home(root / "home"), "orders")


def test_pullers_that_race_double_nothing(hotline: Hotline) -> None:
    hotline.centre.rows = [order(n, f"2026-11-01 08:00:{n:02}") for n in range(40)]
    hotline.contract("cursor", pages=PAGES)
    context = multiprocessing.get_context("spawn")
    pullers = [context.Process(target=_pull, args=(hotline.town.root,)) for _ in range(4)]
    for puller in pullers:
        puller.start()
    for puller in pullers:
        puller.join()
    assert [puller.exitcode for puller in pullers] == [0] * 4
    hotline.ingest()
    assert len(hotline.landed()) == 40
    assert len({manifest["batch_id"] for manifest in hotline.manifests}) == 14
    assert sum(receipt["recorded"] for receipt in hotline.town.log.receipts("orders")) == 40
    assert Vault(hotline.town.home).faults() == []
    assert hotline.ingest().batches == 0


def test_a_contract_that_asks_something_else_begins_anew(hotline: Hotline) -> None:
    seven(hotline)
    hotline.contract("cursor", pages=PAGES)
    hotline.ingest()
    hotline.contract("offset", pages={"kind": "offset"})
    hotline.ingest()
    assert hotline.centre.asked[-1]["updatedSince"] == "2026-10-01 00:00:00"
    assert all(len(times) == 1 for times in hotline.landed().values())


def test_a_new_version_of_the_contract_lands_all_pages_again(hotline: Hotline) -> None:
    seven(hotline)
    hotline.contract("cursor", pages=PAGES)
    hotline.ingest()
    hotline.contract("cursor", pages=PAGES, contract={"version": 2})
    hotline.ingest()
    assert len(hotline.landed()) == 7
    assert len({r["batch_id"] for r in hotline.town.log.receipts("orders")}) == 3


@pytest.mark.parametrize("point", ["pull.before_request:3", "pull.after_page:3", "vault.after_blob"])
def test_a_list_that_was_killed_half_way_is_no_observation(hotline: Hotline, point: str) -> None:
    seven(hotline)
    hotline.contract("cursor", mode="snapshot", pages=PAGES)
    assert hotline.town.command("pull", "orders", fault=point).returncode == -9
    assert hotline.manifests == []
    hotline.ingest()
    [receipt] = hotline.town.log.receipts("orders")
    assert receipt["recorded"] == 7


def test_killed_when_only_the_position_moves_it_moves_with_the_next_pull(hotline: Hotline) -> None:
    seven(hotline)
    hotline.contract("page", pages={"kind": "page"}, changed_since={**SINCE, "sweep": {"every": "PT1H", "back": "P7D"}})
    hotline.ingest()
    receipts, manifests = len(hotline.town.log.receipts("orders")), len(hotline.manifests)
    hotline.at("2026-11-05T02:00:00+00:00")  # a sweep brings nothing new, but it must be noted
    assert hotline.town.command("pull", "orders", fault="chain.manifests.before").returncode == -9
    assert len(hotline.manifests) == manifests
    assert hotline.ingest().batches == 0
    moved = hotline.manifests[-1]
    assert len(hotline.manifests) == manifests + 1
    assert moved["position"]["swept_at"] == "2026-11-05T02:00:00+00:00"
    assert moved["batch_id"] in {manifest["batch_id"] for manifest in hotline.manifests[:-1]}
    assert len(hotline.town.log.receipts("orders")) == receipts
    assert Vault(hotline.town.home).faults() == []


def test_an_outcome_is_kept_of_every_attempt(hotline: Hotline) -> None:
    seven(hotline)
    hotline.contract("cursor", pages={**PAGES, "next": "$.data.rows"})
    with pytest.raises(SourceError):
        hotline.ingest()
    outcome = Vault(hotline.town.home).last_outcome("orders")
    assert outcome is not None
    assert (outcome["result"], "feed orders: /api/cursor" in outcome["reason"]) == ("failed", True)


WRONG = [
    ({"headers": {"Authorization": "x"}}, {}, "credentials come from the connection"),
    ({"headers": {"X-Api-Key": "x"}}, {}, "credentials come from the connection"),
    ({"params": {"access_token": "x"}}, {}, "credentials come from the connection"),
    ({"connection": "Hotline API"}, {}, "source.rest.connection"),
    ({"path": "/orders?key=1"}, {}, "source.rest.path"),
    ({"pages": {"kind": "cursor"}}, {"formats": [{"kind": "csv"}]}, "paging by cursor looks into the pages"),
    ({"changed_since": SINCE}, {"formats": [{"kind": "csv"}]}, "source.changed_since: it looks for a field"),
    ({"changed_since": SINCE}, {"mode": "snapshot"}, "a snapshot is the whole list"),
    ({"changed_since": {**SINCE, "start": "2026-10-01T00:00:00"}}, {}, "start needs an offset"),
    ({"changed_since": {**SINCE, "zone": "Asia/Nowhere"}}, {}, "no time zone"),
    ({"pages": {"kind": "cursor", "next": "data.next"}}, {}, "must be a path such as"),
    ({"auth": {"kind": "signed", "algorithm": "md5"}}, {}, "hmac-sha256"),
    ({"pages": {"kind": "link"}, "send": "json"}, {}, "send must be query"),
    ({"limits": {"body_mb": 0}}, {}, "greater than 0"),
]


@pytest.mark.parametrize(("source", "contract", "message"), WRONG)
def test_a_source_that_cannot_work_is_found_by_lint(
    hotline: Hotline, source: dict[str, object], contract: dict[str, object], message: str
) -> None:
    hotline.contract("cursor", **{"changed_since": None, **source}, contract=contract)
    with pytest.raises(ContractError, match=message):
        hotline.town.city.contract("orders")
