"""A town whose orders come over HTTP, and the centre that tells them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.connectors.rest import fetch
from ingest.land import land
from ingest.pull import PullReport, pull
from ingest.vault import Vault
from tests.ingest.rest.centre import KEY, SECRET, Centre, served
from tests.town import Town

FEED = """
feed: orders
version: 1
title: 热线工单
network: city_management
owner: {office: 样例热线, contact: orders@example.invalid}
filled_by: system
mode: upsert
cadence: PT15M
lateness: P2D
formats: [{kind: json, records: "$.data.rows[*]"}]
time: {zone: Asia/Shanghai}
key: [case_no]
recorded_at: updated_at
fields:
  case_no: {required: true}
  reported_at: {type: timestamp, required: true}
  updated_at: {type: timestamp, required: true}
  kind: {one_of: ["A", "B"], required: true}
stream: {type: case, key: case_no}
event: {category: {code_set: town, code: kind}}
events: [{type: reported, at: reported_at}]
"""
SINCE = {
    "param": "updatedSince", "field": "updated_at", "format": "%Y-%m-%d %H:%M:%S", "overlap": "PT1H",
    "start": "2026-10-01T00:00:00+08:00",
}  # fmt: skip
QUICK = {"backoff": "PT0S", "read_timeout": "PT2S", "connect_timeout": "PT2S", "retries": 2}


class Hotline:
    """The town, its feed `orders`, and what came of it."""

    def __init__(self, town: Town, centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
        self.town, self.centre, self._monkeypatch = town, centre, monkeypatch
        self.waited: list[float] = []
        monkeypatch.setattr(fetch, "sleep", self.waited.append)
        self.at("2026-11-05T00:00:00+00:00")
        self.connect(centre.uri)

    def at(self, moment: str) -> None:
        self._monkeypatch.setenv("ONEGRID_NOW", moment)

    def connect(self, uri: str) -> None:
        self._monkeypatch.setenv("AIRFLOW_CONN_HOTLINE_API", uri)

    def contract(self, way: str = "page", mode: str = "upsert", contract: dict[str, Any] | None = None, **source: Any):
        """Write the contract: `source` is laid over a plain REST source, None takes a key away."""
        told = yaml.safe_load(FEED)
        plain = {
            "kind": "rest", "connection": "hotline_api", "path": f"/api/{way}", "changed_since": SINCE, "limits": QUICK,
        }  # fmt: skip
        told["source"] = {k: v for k, v in {**plain, **source}.items() if v is not None}
        if mode == "snapshot":
            told |= {"mode": mode, "item": {"at": "reported_at"}}
            del told["events"], told["source"]["changed_since"]
        told |= contract or {}
        path = self.town.root / "city" / "feeds" / "orders.yml"
        path.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")

    def ingest(self) -> PullReport:
        """Pull, and land what was sealed even where the pull failed."""
        try:
            return pull(self.town.city, self.town.home, "orders")
        finally:
            land(self.town.city, self.town.home, "orders")

    @property
    def manifests(self) -> list[dict[str, Any]]:
        return Vault(self.town.home).manifests.of("orders").records()

    def landed(self) -> dict[str, set[str]]:
        """Case numbers in the log, each with the times of its tellings."""
        self.town.let_through("orders")
        rows = self.town.visible(
            "select stream_key, recorded_at from log.event where feed = 'orders' and event_type = 'reported'"
        )
        found: dict[str, set[str]] = {}
        for key, recorded in rows:
            found.setdefault(key, set()).add(str(recorded))
        return found

    def tellings(self) -> list[tuple[Any, ...]]:
        """What the log tells, once each: the newest telling of each event."""
        self.town.let_through("orders")
        return self.town.visible(
            "select distinct stream_key, recorded_at, category_code from log.event where feed = 'orders' order by all"
        )

    def owns_no_secret(self, *texts: str) -> None:
        """No file below the home but sealed blobs, and none of these texts, holds key or secret."""
        secrets = [SECRET, SECRET[::-1], KEY]
        for path in self.town.home.root.rglob("*"):
            if path.is_file() and "blobs" not in path.parts:
                data = path.read_bytes()
                assert not [s for s in secrets if s.encode() in data], path
        assert not [secret for secret in secrets for text in texts if secret in text]


@pytest.fixture
def centre() -> Iterator[Centre]:
    with served(Centre()) as running:
        yield running


@pytest.fixture
def hotline(
    make_town: Callable[[str], Town], centre: Centre, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Hotline:
    return Hotline(make_town("town"), centre, monkeypatch)
