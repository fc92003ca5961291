"""Whatever the source or the way to it does, nothing is lost and nothing is doubled; what is hostile is refused."""

import gzip
import json
from collections.abc import Callable
from ipaddress import ip_address

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ingest.connectors.rest import hosts
from ingest.errors import SourceError
from tests.ingest.rest.centre import KEY, SECRET, order, raw_answers
from tests.ingest.rest.conftest import QUICK, Hotline

Fault = Callable[[Request], Response]
PAGES = {"kind": "page", "until": "total", "total": "$.data.total"}


def seven(hotline: Hotline) -> None:
    hotline.centre.rows = [order(n, f"2026-11-01 08:00:{n:02}") for n in range(1, 8)]


def answer(status: int, **headers: str) -> Fault:
    return lambda _: Response(status_code=status, headers={k.replace("_", "-"): v for k, v in headers.items()})


def packed(data: bytes) -> Fault:
    return lambda _: Response(data, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})


PASSING: dict[str, Fault] = {
    "429": answer(429, Retry_After="3"),
    "503 with a date": answer(503, Retry_After="Thu, 05 Nov 2026 08:00:03 GMT", Date="Thu, 05 Nov 2026 08:00:00 GMT"),
    "500": answer(500),
    "web page": lambda _: HTMLResponse("<!DOCTYPE html><p>login"),
    "cut json": lambda _: Response(b'{"code":0,"data":{"rows":[{"case_no":"C'),
    "busy envelope": lambda _: JSONResponse({"code": 9, "msg": "busy"}),
    "cut gzip": packed(gzip.compress(b'{"code":0,"data":{"rows":[]}}')[:-9]),
    "no gzip": packed(b"plain"),
}


@pytest.mark.parametrize("name", PASSING)
def test_a_passing_fault_is_outlasted(hotline: Hotline, name: str) -> None:
    seven(hotline)
    hotline.contract(pages=PAGES)
    hotline.centre.faults = [None, PASSING[name]]
    hotline.ingest()
    assert len(hotline.landed()) == 7
    assert hotline.waited == [3.0] if "429" in name or "503" in name else len(hotline.waited) == 1


@pytest.mark.parametrize("name", PASSING)
def test_a_lasting_fault_keeps_what_came_before_and_the_next_pull_goes_on(hotline: Hotline, name: str) -> None:
    seven(hotline)
    hotline.contract(pages=PAGES)
    hotline.centre.faults = [None, *[PASSING[name]] * 3]
    with pytest.raises(SourceError, match=r"feed orders: /api/page at 127.0.0.1: .* \(3 attempts\); the next pull"):
        hotline.ingest()
    assert hotline.manifests[-1]["position"]["resume"] == {"reading": 1, "state": {"page": 2, "count": 3}}
    asked = len(hotline.centre.asked)
    hotline.ingest()
    assert [told["page"] for told in hotline.centre.asked[asked:][:2]] == ["2", "3"], "it goes on where it failed"
    assert len(hotline.landed()) == 7
    assert all(len(times) == 1 for times in hotline.landed().values())


@pytest.mark.parametrize("fault", ["500", "cut json"])
def test_a_page_that_never_comes_does_not_keep_the_others_back(hotline: Hotline, fault: str) -> None:
    hotline.centre.rows = [order(n, f"2026-11-01 08:00:{n:02}") for n in range(1, 14)]
    hotline.contract(pages={"kind": "page"})

    def without_page_3(request: Request) -> Response:
        hotline.centre.faults.append(without_page_3)
        page = int(request.query_params["page"])
        if page == 3:
            return PASSING[fault](request)
        return JSONResponse({"data": {"rows": hotline.centre.rows[3 * page - 3 : 3 * page]}})

    hotline.centre.faults = [without_page_3]
    for _ in range(2):
        with pytest.raises(SourceError, match=r"pages left out: 1; the others were sealed"):
            hotline.ingest()
        assert set(hotline.landed()) == {f"C{n:04}" for n in (1, 2, 3, 4, 5, 6, 10, 11, 12, 13)}
    hotline.centre.faults = []
    hotline.ingest()
    assert len(hotline.landed()) == 13
    assert sum(r["recorded"] for r in hotline.town.log.receipts("orders")) == 13


def test_a_bad_byte_rejects_its_record_and_not_its_page(hotline: Hotline) -> None:
    rows = json.dumps({"data": {"rows": [order(1, story="@"), order(2)]}}).encode().replace(b"@", b"\xff")
    hotline.contract("all")
    hotline.centre.faults = [lambda _: Response(rows)]
    hotline.ingest()
    assert set(hotline.landed()) == {"C0002"}
    assert hotline.town.log.receipts("orders")[0]["rejected"] == 1


def test_a_source_that_wants_rest_for_an_hour_is_left_alone(hotline: Hotline) -> None:
    hotline.contract()
    hotline.centre.faults = [answer(429, Retry_After="3600")]
    with pytest.raises(SourceError, match="asks to come back in 3600 s"):
        hotline.ingest()
    assert hotline.waited == []
    assert len(hotline.centre.asked) == 1


def test_waiting_grows_and_is_bounded(hotline: Hotline) -> None:
    hotline.contract(limits={**QUICK, "retries": 8, "backoff": "PT2S", "longest_wait": "PT10S"})
    hotline.centre.faults = [answer(500)] * 8
    seven(hotline)
    hotline.ingest()
    assert len(hotline.waited) == 8
    assert all(0 <= wait <= min(10, 2 * 2**number) for number, wait in enumerate(hotline.waited))


def test_no_more_requests_a_second_than_agreed(hotline: Hotline) -> None:
    seven(hotline)
    hotline.contract(pages=PAGES, limits={**QUICK, "requests_per_second": 0.5})
    hotline.ingest()
    assert len(hotline.centre.asked) == 6
    assert len(hotline.waited) == 5
    assert all(1 < wait <= 10 for wait in hotline.waited)


BODY = json.dumps({"data": {"rows": [order(1)], "total": 1}}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
WHOLE = HEAD + str(len(BODY)).encode() + b"\r\n\r\n" + BODY


@pytest.mark.parametrize(
    "broken",
    [b"", WHOLE[:-20], b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{", b"no http at all\r\n\r\n", 0.6],
    ids=["hung_up", "cut_body", "cut_chunk", "no_http", "silence"],
)
def test_a_connection_that_breaks_is_made_again(hotline: Hotline, broken: bytes | float) -> None:
    hotline.contract("all", limits={**QUICK, "read_timeout": "PT0.4S"})
    with raw_answers(broken, WHOLE) as port:
        hotline.connect(f"http://127.0.0.1:{port}")
        hotline.ingest()
    assert set(hotline.landed()) == {"C0001"}


def test_a_closed_port_is_a_sentence(hotline: Hotline) -> None:
    hotline.contract()
    with raw_answers() as port:
        pass
    hotline.connect(f"http://{KEY}:{SECRET}@127.0.0.1:{port}")
    with pytest.raises(SourceError, match=r"the connection broke \(ConnectError\)"):
        hotline.ingest()


def test_an_answer_that_drips_for_ever_is_cut(hotline: Hotline) -> None:
    hotline.contract("all", limits={**QUICK, "request_timeout": "PT0S", "retries": 0})
    with pytest.raises(SourceError, match=r"longer than limits\.request_timeout"):
        hotline.ingest()


@pytest.mark.parametrize("fault", [lambda _: Response(b" " * 200_000), packed(gzip.compress(b" " * 50_000_000))])
def test_an_answer_that_is_too_large_is_not_taken(hotline: Hotline, fault: Fault) -> None:
    hotline.contract(limits={**QUICK, "body_mb": 0.1})
    hotline.centre.faults = [fault]
    with pytest.raises(SourceError, match=r"larger than limits\.body_mb"):
        hotline.ingest()
    assert hotline.manifests == []


@pytest.mark.parametrize("place", ["http://169.254.169.254/latest", "http://127.0.0.1:1/x", "http://other.invalid/x",
                                   "//evil.invalid/x", "file:///etc/passwd", "https://"])  # fmt: skip
def test_a_redirect_to_where_the_contract_does_not_let_it_is_refused(hotline: Hotline, place: str) -> None:
    hotline.contract(auth={"kind": "header", "name": "X-Token"})
    hotline.centre.faults = [lambda _: RedirectResponse(place)]
    with pytest.raises(SourceError, match=r"redirects to") as error:
        hotline.ingest()
    assert "passwd" not in str(error.value)
    assert hotline.manifests == []


def test_a_declared_host_gets_no_credentials(hotline: Hotline) -> None:
    seven(hotline)
    hotline.contract("all", auth={"kind": "header", "name": "X-Token"}, allow_redirects_to=["localhost"])
    hotline.centre.faults = [lambda _: RedirectResponse(f"http://localhost:{hotline.centre.port}/api/all")]
    hotline.ingest()
    assert len(hotline.landed()) == 7
    assert ["x-token" in headers for headers in hotline.centre.headers] == [True, False]


def test_a_declared_name_that_leads_inward_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A declared name that resolves to an inner address: the name server is not the contract's."""
    resolved = {"api.example": "8.8.8.8", "cdn.example": "10.0.0.7", "far.example": "169.254.169.254",
                "old.example": "9.9.9.9", "inner.example": "10.0.0.1"}  # fmt: skip
    monkeypatch.setattr(hosts, "addresses", lambda name: [ip_address(resolved[name])])
    public = hosts.Hosts("https://api.example", ["cdn.example", "far.example", "old.example"])
    public.check("https://old.example/x")
    for url, why in (("https://cdn.example", "inner"), ("https://far.example", "inner"), ("http://old.example", "TLS")):
        with pytest.raises(hosts.ForbiddenHostError, match=why):
            public.check(url)
    inner = hosts.Hosts("http://inner.example", ["cdn.example", "far.example:80"])
    inner.check("http://cdn.example/x")
    with pytest.raises(hosts.ForbiddenHostError, match="inner"):
        inner.check("http://far.example/x")


def test_a_redirect_on_the_same_host_is_followed_and_signed_anew(hotline: Hotline) -> None:
    hotline.centre.login = "signed"
    seven(hotline)
    hotline.contract("moved", auth={"kind": "signed"}, pages=PAGES)
    hotline.ingest()
    assert len(hotline.landed()) == 7


def test_redirects_in_a_circle_end(hotline: Hotline) -> None:
    hotline.contract()
    hotline.centre.faults = [lambda _: RedirectResponse("/api/page")] * 9
    with pytest.raises(SourceError, match="redirects more than 5 times"):
        hotline.ingest()


def test_a_cursor_that_leads_back_is_no_endless_loop(hotline: Hotline) -> None:
    told = iter(["b", "c", "b"])
    seven(hotline)
    hotline.contract("cursor", pages={"kind": "cursor", "next": "$.data.nextCursor"})

    def looping(request: Request) -> Response:
        rows = [order(len(hotline.centre.asked))]
        return JSONResponse({"data": {"rows": rows, "nextCursor": next(told)}})

    hotline.centre.faults = [looping] * 3
    with pytest.raises(SourceError, match="leads back to one that was read before"):
        hotline.ingest()
    assert len(hotline.manifests) == 2


def test_a_source_that_ignores_the_page_number_is_no_endless_loop(hotline: Hotline) -> None:
    seven(hotline)
    hotline.contract("all", pages={"kind": "page"})
    with pytest.raises(SourceError, match="does it know the paging parameter"):
        hotline.ingest()


def test_ever_new_cursors_end_at_the_bound_and_the_next_pull_goes_on(hotline: Hotline) -> None:
    hotline.centre.rows = [order(n, f"2026-11-0{n} 08:00:00") for n in range(1, 8)]
    hotline.at("2026-11-09T00:00:00+00:00")
    hotline.contract("cursor", pages={"kind": "cursor", "next": "$.data.nextCursor"}, limits={**QUICK, "pages": 2})
    with pytest.raises(SourceError, match=r"more pages than limits\.pages"):
        hotline.ingest()
    hotline.ingest()
    assert len(hotline.landed()) == 7


def test_a_cursor_that_the_source_forgot_means_from_the_beginning(hotline: Hotline) -> None:
    seven(hotline)
    hotline.contract("cursor", pages={"kind": "cursor", "next": "$.data.nextCursor"})
    hotline.centre.faults = [None, *[answer(500)] * 3]
    with pytest.raises(SourceError):
        hotline.ingest()
    hotline.centre.faults = [answer(410)]
    hotline.ingest()
    assert len(hotline.landed()) == 7
    assert all(len(times) == 1 for times in hotline.landed().values())


def test_a_failure_code_inside_an_answer_is_seen(hotline: Hotline) -> None:
    hotline.contract(success={"path": "$.code", "one_of": ["0", "200"]})
    hotline.centre.faults = [lambda _: JSONResponse({"code": 40001, "data": {"rows": []}, "msg": "张三不在"})] * 3
    with pytest.raises(SourceError, match=r"it says no success: \$.code is 40001") as error:
        hotline.ingest()
    assert "张三" not in str(error.value)


def test_an_envelope_of_another_shape_is_named_by_its_keys(hotline: Hotline) -> None:
    hotline.contract()
    hotline.centre.faults = [lambda _: JSONResponse({"result": [], "status": "ok"})] * 3
    with pytest.raises(SourceError, match=r"nothing at \$.data.rows\[\*\] \(it has: result, status\)"):
        hotline.ingest()


POINTS = ["pull.before_request", "pull.before_request:3", "pull.after_page", "pull.after_page:2", "vault.after_blob:2",
          "chain.manifests.before:2", "chain.manifests.after:2", "vault.after_manifest:3"]  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_is_once(hotline: Hotline, point: str) -> None:
    seven(hotline)
    hotline.contract(pages=PAGES)
    assert hotline.town.command("pull", "orders", fault=point).returncode == -9
    hotline.ingest()
    assert len(hotline.landed()) == 7
    assert all(len(times) == 1 for times in hotline.landed().values())
    receipts = hotline.town.log.receipts("orders")
    assert len({receipt["batch_id"] for receipt in receipts}) == len(receipts)
    assert hotline.town.log.faults() == []
    hotline.ingest()
    assert len(hotline.town.log.receipts("orders")) == len(receipts)
