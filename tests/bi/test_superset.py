"""A real BI tool over an edition: Superset connects, lists the marts, counts, draws, and sees the next edition."""

import base64
import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest

from reporting.delivery import deliver_postgresql
from reporting.edition import publish
from tests.bi.superset import HOME, LOGIN, PASSWORD, Superset
from tests.reporting.browser import Browser, chromium
from tests.reporting.town import Town
from tests.servers import LOGIN as SERVER_LOGIN
from tests.servers import PASSWORD as SERVER_PASSWORD
from tests.servers import DatabaseServer

pytestmark = pytest.mark.bi

DRAWN = """
(() => {
  const canvas = [...document.querySelectorAll('canvas')].find(one => one.width > 300)
  if (!canvas) return 0
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const seen = new Set()
  for (let i = 0; i < data.length; i += 4) if (data[i + 3]) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2])
  return seen.size
})()
"""
ENTER = """
fetch('/login/', {{method: 'POST', body: new URLSearchParams({{username: '{login}', password: '{password}'}})}})
  .then(answer => {{ window.entered = answer.url }})
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A town with edition 1 published, and build v2-p1, which has a case more, at hand."""
    town = Town(tmp_path_factory.mktemp("town"))
    first = town.build()
    later = town.another(first, "v2-p1", extra=1)
    with duckdb.connect(str(later / "onegrid.duckdb")) as connection:
        connection.execute(
            "insert into mart.fct_case values ('one/more', 'water', 'G1', 'open', true, false, '2026-11-05')"
        )
    publish(first, town.home)
    return town


@pytest.fixture(scope="module")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    if not (HOME / ".ready").is_file():
        pytest.skip("there is no Superset in .venv-bi: `make bi` makes it")
    with Superset(tmp_path_factory.mktemp("superset")) as started:
        yield started


def by_day(town: Town) -> dict[str, int]:
    """Cases by day in the current edition, by a query of our own."""
    with duckdb.connect(str(town.editions / "current" / "onegrid.duckdb"), read_only=True) as connection:
        told = connection.execute("select opened_on::varchar, count(*) from mart.fct_case group by 1").fetchall()
    return dict(told)


def test_a_dashboard_over_the_file_of_an_edition(superset: Superset, town: Town, tmp_path: Path) -> None:
    file = town.editions / "current" / "onegrid.duckdb"
    database = superset.connect("一期 · file", f"duckdb:///{file}", {"read_only": True})
    with duckdb.connect(str(file), read_only=True) as connection:
        marts = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    assert superset.tables(database) == marts
    assert len(marts) > 10
    ledger = superset.dataset(database, "rpt_grid_ledger")
    assert superset.labels(ledger)["grid_code"] == "网格编码 · Code of the grid's own scheme"
    cases = superset.dataset(database, "fct_case")
    before = by_day(town)
    assert superset.count(cases, "opened_on") == before
    _look(superset, superset.chart(cases, "每日事件量", "opened_on", "network"), tmp_path)
    # the next edition is swapped in while Superset runs: the next question sees it, and nothing is restarted
    assert publish(town.home / "builds" / "v2-p1", town.home).number == 2
    after = by_day(town)
    assert after == {**before, "2026-11-05": 1}
    assert superset.count(cases, "opened_on") == after
    # and it could not write, had it wanted to
    told = superset.api.post(
        "/api/v1/sqllab/execute/",
        json={"database_id": database, "sql": "delete from mart.fct_case", "schema": "mart", "runAsync": False},
    )
    assert not told.is_success
    assert by_day(town) == after
    superset.forget(cases, ledger)


def _look(superset: Superset, chart: int, folder: Path) -> None:
    """The chart in a real browser: drawn in several colours, and no request went to anybody but Superset."""
    program = chromium()
    if program is None:
        pytest.skip("chromium is not installed: the chart was not looked at (apt-get install chromium)")
    with Browser(program, folder / "chromium") as browser:
        door = browser.open(f"{superset.url}/login/")
        door.value(ENTER.format(login=LOGIN, password=PASSWORD))
        _until(lambda: bool(door.value("window.entered || ''")))
        page = browser.open(f"{superset.url}/explore/?slice_id={chart}&standalone=1")
        _until(lambda: int(page.value(DRAWN)) > 20)
        time.sleep(2)  # the bars grow
        shot = browser.call("Page.captureScreenshot", page.session, format="png")["data"]
        (HOME / "chart.png").write_bytes(base64.b64decode(shot))
        for one in (door, page):
            abroad = [url for url in one.requests if url.startswith("http") and not url.startswith(superset.url)]
            refused = [text for text in one.complaints if "Content Security Policy" in text]
            assert all(any(url in text for text in refused) for url in abroad), abroad  # asked for, and not let out


def _until(is_so: object) -> None:
    until = time.monotonic() + 90
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < until, "it did not happen in 90 seconds"
        time.sleep(0.5)


def test_a_dashboard_over_the_delivery_to_postgresql(
    superset: Superset, town: Town, postgresql: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = f"{SERVER_LOGIN}:{quote(SERVER_PASSWORD, safe='')}"
    uri = f"postgresql://{login}@127.0.0.1:{postgresql.port}/postgres"
    monkeypatch.setenv("AIRFLOW_CONN_BI", uri)
    assert os.environ["AIRFLOW_CONN_BI"] == uri
    deliver_postgresql(town.editions / "1", "bi")
    # the server's own clock stands in Shanghai: without the option a day cut from a date would be the day before
    told = uri.replace("postgresql:", "postgresql+psycopg2:")
    database = superset.connect("一期 · server", told, {"options": "-c timezone=UTC"})
    assert {"fct_case", "publish_info", "data_dictionary"} <= superset.tables(database)
    cases, ledger = superset.dataset(database, "fct_case"), superset.dataset(database, "rpt_grid_ledger")
    assert superset.labels(ledger)["grid_code"] == "网格编码 · Code of the grid's own scheme"
    before = superset.count(cases, "opened_on")
    if not (town.editions / "2").exists():
        publish(town.home / "builds" / "v2-p1", town.home)
    deliver_postgresql(town.editions / "2", "bi")
    assert superset.count(cases, "opened_on") == {**before, "2026-11-05": 1} == by_day(town)
