"""The few calls of Airflow's REST API (v2) that a supervised run needs; loopback, never through a proxy."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

from ingest.errors import OnegridError

PAGE = 100  # [api] maximum_page_limit


class AirflowApiError(OnegridError):
    """Airflow refused a call or did not answer; the message holds its own words."""


class AirflowApi:
    """A client of one Airflow. Methods return what the API returns, as dicts; times are ISO 8601 UTC."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self._login = {"username": user, "password": password}
        self._token: str | None = None
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def health(self) -> dict[str, str]:
        """Component → `healthy`, `unhealthy` or `absent`; empty while the server does not answer yet."""
        try:
            answer = self._send("GET", "/api/v2/monitor/health", None, token=None)
        except AirflowApiError:
            return {}
        return {name: (part or {}).get("status") or "absent" for name, part in answer.items()}

    def dags(self) -> list[dict[str, Any]]:
        return list(self._pages("/api/v2/dags", "dags"))

    def import_errors(self) -> list[dict[str, Any]]:
        return list(self._pages("/api/v2/importErrors", "import_errors"))

    def set_pool(self, name: str, slots: int, description: str) -> None:
        """Create the pool or change it; 0 slots hold its tasks back."""
        body = {"name": name, "slots": slots, "description": description, "include_deferred": False}
        try:
            self._call("PATCH", f"/api/v2/pools/{name}", body)
        except AirflowApiError:
            self._call("POST", "/api/v2/pools", body)

    def trigger(self, dag: str) -> str:
        """Start a run without a logical date; its id."""
        return str(self._call("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None})["dag_run_id"])

    def runs(self, **filters: str) -> list[dict[str, Any]]:
        """Runs of every DAG, e.g. `state="running"` or `run_after_gte=…` (when they were due)."""
        return list(self._pages("/api/v2/dags/~/dagRuns", "dag_runs", filters))

    def fail_run(self, dag: str, run: str) -> None:
        self._call("PATCH", f"/api/v2/dags/{dag}/dagRuns/{urllib.parse.quote(run)}", {"state": "failed"})

    def task_instances(self, **filters: str) -> list[dict[str, Any]]:
        """Task instances of every run, filtered as `runs` are."""
        return list(self._pages("/api/v2/dags/~/dagRuns/~/taskInstances", "task_instances", filters))

    def queued_asset_events(self, dag: str) -> int:
        """Asset events that no run of the DAG has taken yet."""
        return int(self._call("GET", f"/api/v2/dags/{dag}/assets/queuedEvents")["total_entries"])

    def drop_queued_asset_events(self, dag: str) -> None:
        if self.queued_asset_events(dag):
            self._call("DELETE", f"/api/v2/dags/{dag}/assets/queuedEvents")

    def _pages(self, path: str, key: str, filters: dict[str, str] | None = None) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            asked = urllib.parse.urlencode({**(filters or {}), "limit": PAGE, "offset": offset})
            answer = self._call("GET", f"{path}?{asked}")
            yield from answer[key]
            offset += PAGE
            if offset >= answer["total_entries"]:
                return

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        if self._token is None:
            self._token = self._send("POST", "/auth/token", self._login, token=None)["access_token"]
        return self._send(method, path, body, self._token)

    def _send(self, method: str, path: str, body: dict[str, Any] | None, token: str | None) -> dict[str, Any]:
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Accept", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with self._opener.open(request, timeout=30) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            words = error.read()[:500].decode("utf-8", "replace")
            raise AirflowApiError(f"Airflow refused {method} {path}: {error.code} {words}") from error
        except (OSError, ValueError) as error:
            raise AirflowApiError(f"Airflow did not answer {method} {path}: {error}") from error
