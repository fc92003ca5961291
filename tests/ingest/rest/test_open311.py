"""An Open311 GeoReport v2 endpoint, ready made: windows of time, no request lost to the first thousand."""

from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ingest.errors import SourceError
from tests.ingest.rest.conftest import QUICK, Hotline

FIELDS = {
    "service_request_id": {"required": True},
    "requested_datetime": {"type": "timestamp", "required": True},
    "updated_datetime": {"type": "timestamp", "required": True},
    "service_code": {"required": True},
    "status": {"one_of": ["open", "closed"]},
    "lat": {"type": "number"},
    "long": {"type": "number"},
}
CONTRACT = {
    "formats": [{"kind": "json", "records": "$[*]"}], "crs": "wgs84", "fields": FIELDS, "key": ["service_request_id"],
    "recorded_at": "updated_datetime", "stream": {"type": "case", "key": "service_request_id"},
    "event": {"category": {"code_set": "open311", "code": "service_code"}, "lon": "long", "lat": "lat"},
    "events": [{"type": "reported", "at": "requested_datetime"}],
}  # fmt: skip


def request_of(number: int, requested: str, updated: str | None = None) -> dict[str, Any]:
    return {
        "service_request_id": f"26-{number:05}", "status": "open", "service_code": "light", "lat": 31.23, "long": 121.5,
        "requested_datetime": requested, "updated_datetime": updated or requested,
    }  # fmt: skip


def serve(hotline: Hotline, rows: list[dict[str, Any]], most: int = 1000) -> None:
    """Answer as the standard says: both ends of the window count, and at most `most` requests are told."""

    def answer(request: Request) -> Response:
        told = request.query_params
        field = "updated_datetime" if "updated_after" in told else "requested_datetime"
        begins, ends = told.get("start_date") or told["updated_after"], told.get("end_date") or told["updated_before"]
        return JSONResponse([row for row in rows if begins <= row[field] <= ends][:most])

    hotline.centre.faults = [answer] * 500


def write(hotline: Hotline, **source: Any) -> None:
    told = {"kind": "open311", "start": "2026-11-01T00:00:00Z", "jurisdiction_id": "town.example", **source}
    hotline.contract("requests.json", contract=CONTRACT, changed_since=None, **told)


def test_each_day_is_asked_for_and_every_request_landed(hotline: Hotline) -> None:
    write(hotline)
    rows = [request_of(n, f"2026-11-0{1 + n % 4}T12:00:00Z") for n in range(40)]
    serve(hotline, rows)
    hotline.ingest()
    assert len(hotline.landed()) == 40
    assert hotline.centre.asked[0] == {
        "jurisdiction_id": "town.example", "start_date": "2026-11-01T00:00:00Z", "end_date": "2026-11-02T00:00:00Z",
    }  # fmt: skip
    assert len(hotline.centre.asked) == 4


def test_a_day_with_more_requests_than_the_standard_tells_is_asked_for_in_parts(hotline: Hotline) -> None:
    write(hotline)
    rows = [request_of(n, f"2026-11-02T{n // 120:02}:{n // 2 % 60:02}:00Z") for n in range(2800)]
    serve(hotline, rows)
    hotline.ingest()
    assert len(hotline.landed()) == 2800
    hotline.ingest()
    assert all(len(times) == 1 for times in hotline.landed().values())


def test_a_moment_with_more_requests_than_the_standard_tells_is_named(hotline: Hotline) -> None:
    write(hotline)
    serve(hotline, [request_of(n, "2026-11-02T12:00:00Z") for n in range(1200)])
    with pytest.raises(SourceError, match="hold more records than the source tells at once"):
        hotline.ingest()
    assert hotline.manifests


def test_changes_of_older_requests_come_with_the_sweep(hotline: Hotline) -> None:
    write(hotline)
    rows = [request_of(1, "2026-11-01T12:00:00Z")]
    serve(hotline, rows)
    hotline.ingest()
    rows[0] = request_of(1, "2026-11-01T12:00:00Z", "2026-11-05T06:00:00Z")
    hotline.at("2026-11-06T00:00:00+00:00")
    hotline.ingest()
    assert hotline.landed() == {"26-00001": {"2026-11-01 12:00:00", "2026-11-05 06:00:00"}}


def test_a_server_that_knows_updates_is_asked_for_them(hotline: Hotline) -> None:
    write(hotline, by="updated", overlap="PT1H", sweep=None)
    rows = [request_of(1, "2026-11-01T12:00:00Z")]
    serve(hotline, rows)
    hotline.ingest()
    rows[0] = request_of(1, "2026-11-01T12:00:00Z", "2026-11-05T06:00:00Z")
    hotline.at("2026-11-05T07:00:00+00:00")
    hotline.ingest()
    assert len(hotline.landed()["26-00001"]) == 2
    assert hotline.centre.asked[-1]["updated_after"] == "2026-11-04T23:00:00Z"


def test_a_server_that_pages_is_paged(hotline: Hotline) -> None:
    write(hotline, page_size=50, step="P7D", limits=QUICK)
    rows = [request_of(n, f"2026-11-0{1 + n % 4}T12:00:00Z") for n in range(120)]

    def answer(request: Request) -> Response:
        first = (int(request.query_params["page"]) - 1) * 50
        return JSONResponse(rows[first : first + 50])

    hotline.centre.faults = [answer] * 50
    hotline.ingest()
    assert len(hotline.landed()) == 120
