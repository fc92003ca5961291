"""Receipts go back over the interface that the orders came from: logged in the same way, patiently, once."""

import json

import pytest
from starlette.responses import JSONResponse

from ingest.acknowledge import acknowledge
from ingest.errors import ContractError, SourceError
from onegrid import workflow
from tests.ingest.rest.centre import order
from tests.ingest.rest.conftest import Hotline

LOGINS = {
    "signed": {"kind": "signed"},
    "bearer": {
        "kind": "bearer", "token_path": "/oauth/token", "login_param": "client_id", "password_param": "client_secret",
    },
    "basic": {"kind": "basic"},
}  # fmt: skip


def _landed(hotline: Hotline, login: str = "basic") -> None:
    hotline.centre.login = login
    hotline.contract(
        contract={"receipt": {"kind": "post", "path": "/api/receipts"}}, auth=LOGINS[login], pages={"kind": "page"}
    )
    hotline.centre.rows = [order(1), order(2, reported_at="gestern")]
    hotline.ingest()
    workflow.gate_landings(hotline.town.city, hotline.town.home, "orders")


@pytest.mark.parametrize("login", list(LOGINS))
def test_a_receipt_is_posted_with_the_login_of_the_source(hotline: Hotline, login: str) -> None:
    _landed(hotline, login)
    hotline.centre.tokens.clear()  # a token that the centre no longer takes is asked for anew
    assert acknowledge(hotline.town.city, hotline.town.home, "orders").sent == 1
    assert acknowledge(hotline.town.city, hotline.town.home, "orders").sent == 0
    [(name, document)] = hotline.centre.receipts.items()
    told = json.loads(document)
    assert name.endswith(".receipt.json")
    assert told["counts"] == {"fetched": 2, "recorded": 1, "duplicate": 0, "rejected": 1, "filtered": 0}
    assert told["asked"]["path"] == "/api/page"
    assert [entry["reason"] for entry in told["records_to_mend"]] == ["not_a_timestamp"]


def test_a_centre_that_is_away_gets_it_later(hotline: Hotline) -> None:
    _landed(hotline)
    hotline.centre.faults = [lambda _: JSONResponse({}, 503)] * 3
    with pytest.raises(SourceError, match=r"1 receipts could not be sent back and are still owed.*503"):
        acknowledge(hotline.town.city, hotline.town.home, "orders")
    hotline.centre.faults = [lambda _: JSONResponse({}, 500), None]
    assert acknowledge(hotline.town.city, hotline.town.home, "orders").sent == 1
    assert len(hotline.centre.receipts) == 1


def test_a_posted_receipt_needs_an_interface(hotline: Hotline) -> None:
    path = hotline.town.root / "city" / "feeds" / "cases.yml"
    told = path.read_text(encoding="utf-8") + "receipt: {kind: post, path: /receipts}\n"
    path.write_text(told, encoding="utf-8")
    with pytest.raises(ContractError, match="receipt"):
        hotline.town.city.contract("cases")
