"""Every login that centres ask for works, and no secret of it lies in a manifest, an outcome, a log or an error."""

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from ingest.connections import connection
from ingest.connectors.rest.auth import signed_text
from ingest.errors import SourceError
from tests.ingest.rest.centre import KEY, SECRET, order
from tests.ingest.rest.conftest import Hotline
from tests.town import Town

SIGNED = {"kind": "signed", "algorithm": "hmac-sha256"}
LOGINS: dict[str, tuple[str, dict[str, Any]]] = {
    "basic": ("basic", {"kind": "basic"}),
    "header": ("header", {"kind": "header", "name": "X-Token", "prefix": "T "}),
    "api key": ("api_key", {"kind": "api_key", "param": "key"}),
    "static bearer": ("static", {"kind": "bearer"}),
    "bearer": ("bearer", {"kind": "bearer", "token_path": "/oauth/token"}),
    "bearer by json": ("bearer", {"kind": "bearer", "token_path": "/oauth/token", "token_body": "json"}),
    "signed": ("signed", SIGNED),
    "signed by sm3": ("signed", {"kind": "signed", "algorithm": "hmac-sm3"}),
    "signed in headers": ("signed_headers", {**SIGNED, "place": "headers"}),
}
PAGES = {"kind": "page"}


@pytest.fixture(params=LOGINS, ids=lambda name: name.replace(" ", "_"))
def let_in(request: pytest.FixtureRequest, hotline: Hotline) -> Hotline:
    hotline.centre.login, auth = LOGINS[request.param]
    hotline.centre.algorithm = "sm3" if "sm3" in request.param else "sha256"
    hotline.centre.rows = [order(n) for n in range(5)]
    hotline.contract(auth=auth, pages=PAGES)
    return hotline


def test_it_is_let_in_and_leaves_no_secret(let_in: Hotline, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        let_in.ingest()
    assert len(let_in.landed()) == 5
    let_in.owns_no_secret(caplog.text)


def test_refused_it_says_which_connection_to_mend(let_in: Hotline, caplog: pytest.LogCaptureFixture) -> None:
    let_in.connect(f"http://{KEY}:wrong-but-secret@127.0.0.1:{let_in.centre.port}")
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(SourceError, match=r"feed orders: .*refuses the credentials") as e,
    ):
        let_in.ingest()
    assert "hotline_api" in str(e.value)
    assert "wrong-but-secret" not in str(e.value) + caplog.text
    let_in.owns_no_secret(str(e.value), caplog.text)


def test_what_fails_tells_no_secret_either(let_in: Hotline, caplog: pytest.LogCaptureFixture) -> None:
    let_in.centre.faults = [lambda _: Response(status_code=500)] * 9
    with caplog.at_level(logging.DEBUG), pytest.raises(SourceError) as error:
        let_in.ingest()
    let_in.owns_no_secret(str(error.value), caplog.text, repr(connection("hotline_api")))


def test_a_token_is_asked_for_again_when_it_has_run_out(hotline: Hotline) -> None:
    hotline.centre.login, auth = LOGINS["bearer"]
    hotline.centre.token_seconds = 0
    hotline.centre.rows = [order(n) for n in range(5)]
    hotline.contract(auth=auth, pages=PAGES)
    hotline.ingest()
    assert len(hotline.landed()) == 5
    assert len(hotline.centre.tokens) == len(hotline.centre.asked)


def test_a_token_that_was_withdrawn_is_renewed_once(hotline: Hotline) -> None:
    hotline.centre.login, auth = LOGINS["bearer"]
    hotline.centre.rows = [order(n) for n in range(5)]
    hotline.contract(auth=auth, pages=PAGES)
    hotline.centre.before_page = lambda asked: hotline.centre.tokens.__setitem__(0, "withdrawn") if asked == 1 else None
    hotline.ingest()
    assert len(hotline.landed()) == 5
    assert len(hotline.centre.tokens) == 2


def test_each_attempt_has_a_nonce_of_its_own(hotline: Hotline) -> None:
    hotline.centre.login, auth = LOGINS["signed"]
    hotline.centre.rows = [order(1)]
    hotline.centre.faults = [None, lambda _: Response(status_code=503)]
    hotline.contract(auth=auth, pages=PAGES)
    hotline.ingest()
    nonces = [told["nonce"] for told in hotline.centre.asked]
    assert len(nonces) == len(set(nonces)) >= 3


def test_the_signed_text_is_sorted_and_plain() -> None:
    assert signed_text({"b": 2, "a": "井盖 1", "c": True}) == "a=井盖 1&b=2&c=true"


def test_a_missing_connection_names_the_variable_to_set(hotline: Hotline) -> None:
    hotline.contract(connection="no_such")
    with pytest.raises(SourceError, match="AIRFLOW_CONN_NO_SUCH"):
        hotline.ingest()


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", f"http://{KEY}@127.0.0.1:1"])
def test_a_connection_without_a_password_is_named(hotline: Hotline, uri: str) -> None:
    hotline.connect(uri)
    hotline.contract(auth=SIGNED)
    with pytest.raises(SourceError, match="has no password; AIRFLOW_CONN_HOTLINE_API must hold one"):
        hotline.ingest()


def test_the_libraries_below_do_not_log_addresses_with_keys(
    hotline: Hotline, caplog: pytest.LogCaptureFixture, make_town: Callable[[str], Town]
) -> None:
    hotline.centre.login, auth = LOGINS["api key"]
    hotline.centre.rows = [order(1)]
    hotline.contract(auth=auth)
    with caplog.at_level(logging.DEBUG):
        hotline.ingest()
        httpx.get(f"http://127.0.0.1:{hotline.centre.port}/api/page", params={"key": SECRET}, trust_env=False)
    assert SECRET not in caplog.text
