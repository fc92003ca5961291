"""A real Apache Superset on a free port of loopback, asked as its own pages ask it."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

from tests.servers import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
HOME = REPOSITORY / ".venv-bi"  # made by `make bi`, with a metadata file that has its tables, roles and one login
LOGIN, PASSWORD = "admin", "admin"  # of that file; no other Superset has it
START_SECONDS = 180.0


class Superset:
    """Start it over a copy of the metadata file with `with`; `api` is a client that is let in."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> "Superset":
        shutil.copyfile(HOME / "metadata.db", self._folder / "metadata.db")
        environment = {
            **os.environ,
            "FLASK_APP": "superset.app:create_app()", "SUPERSET_CONFIG_PATH": str(REPOSITORY / "bi/superset_config.py"),
            "SUPERSET_SECRET_KEY": secrets.token_urlsafe(42), "ONEGRID_BI_METADATA": str(self._folder / "metadata.db"),
            "ONEGRID_BI_CHECK": "1",
        }  # fmt: skip
        environment.pop("PYTHONPATH", None)
        command = [str(HOME / "bin" / "superset"), "run", "--host", "127.0.0.1", "--port", str(self._port)]
        self._log = (self._folder / "superset.log").open("wb")
        self._process = subprocess.Popen(
            [*command, "--with-threads"], env=environment, cwd=self._folder, stdout=self._log, stderr=self._log
        )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < until, self.said()
            time.sleep(0.5)
        self.api = httpx.Client(base_url=self.url, timeout=120)
        told = {"username": LOGIN, "password": PASSWORD, "provider": "db", "refresh": True}
        self.api.headers["Authorization"] = f"Bearer {self.ask('security/login', told)['access_token']}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=60)
        self._log.close()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=30).text == "OK"
        except httpx.HTTPError:
            return False

    def said(self) -> str:
        """The end of what it wrote."""
        return (self._folder / "superset.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def ask(self, path: str, body: dict[str, Any] | None = None, **query: str) -> dict[str, Any]:
        """One call of its REST interface, which must succeed: POST where there is a body."""
        where = f"/api/v1/{path}"
        answer = self.api.get(where, params=query) if body is None else self.api.post(where, json=body)
        assert answer.is_success, f"{where}: {answer.status_code} {answer.text[:1000]}\n{self.said()}"
        told: dict[str, Any] = answer.json()
        return told

    def connect(self, name: str, uri: str, connect_args: dict[str, Any]) -> int:
        """A database by its SQLAlchemy URI; its number."""
        extra = json.dumps({"engine_params": {"connect_args": connect_args}})
        body = {"database_name": name, "sqlalchemy_uri": uri, "expose_in_sqllab": True, "extra": extra}
        return int(self.ask("database/", body)["id"])

    def tables(self, database: int) -> set[str]:
        """Names of the tables and views of schema `mart`."""
        found = self.ask(f"database/{database}/tables/", q="(schema_name:mart)")["result"]
        return {one["value"] for one in found}

    def dataset(self, database: int, table: str) -> int:
        """A dataset over a mart; its number."""
        return int(self.ask("dataset/", {"database": database, "schema": "mart", "table_name": table})["id"])

    def forget(self, *datasets: int) -> None:
        """Remove datasets: with its metadata in SQLite, Superset takes one of a name, whatever its database."""
        for one in datasets:
            assert self.api.delete(f"/api/v1/dataset/{one}").is_success

    def labels(self, dataset: int) -> dict[str, str]:
        """Column → the description that Superset read from the comment."""
        columns = self.ask(f"dataset/{dataset}")["result"]["columns"]
        return {column["column_name"]: column["description"] or "" for column in columns}

    def count(self, dataset: int, column: str, grain: str = "P1D") -> dict[str, int]:
        """Rows by day of a column, as a chart asks for them: ISO day → count."""
        axis = {"timeGrain": grain, "columnType": "BASE_AXIS", "sqlExpression": column, "label": "day"}
        query = {
            "columns": [{**axis, "expressionType": "SQL"}], "row_limit": 10_000, "orderby": [],
            "metrics": [{"expressionType": "SQL", "sqlExpression": "count(*)", "label": "rows"}],
        }  # fmt: skip
        body = {
            "datasource": {"id": dataset, "type": "table"}, "queries": [query], "force": True,
            "result_format": "json", "result_type": "full",
        }  # fmt: skip
        rows = self.ask("chart/data", body)["result"][0]["data"]
        return {time.strftime("%Y-%m-%d", time.gmtime(row["day"] / 1000)): row["rows"] for row in rows}

    def chart(self, dataset: int, title: str, column: str, group: str) -> int:
        """A saved bar chart of rows by day and group; its number."""
        parameters = {
            "viz_type": "echarts_timeseries_bar", "datasource": f"{dataset}__table", "x_axis": column,
            "time_grain_sqla": "P1D", "groupby": [group], "stack": "Stack", "show_legend": True, "row_limit": 10_000,
            "metrics": [{"expressionType": "SQL", "sqlExpression": "count(*)", "label": title}],
        }  # fmt: skip
        body = {
            "slice_name": title, "viz_type": "echarts_timeseries_bar", "datasource_id": dataset,
            "datasource_type": "table", "params": json.dumps(parameters),
        }  # fmt: skip
        return int(self.ask("chart/", body)["id"])
