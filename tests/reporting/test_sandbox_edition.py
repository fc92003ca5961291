"""The sample city as an edition: every mart that dbt makes can be published, and the page shows what it holds."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingest.log import Log, Verdict
from onegrid import workflow
from reporting.edition import publish, verify_edition
from tests.centres import district
from tests.conftest import REPOSITORY
from tests.reporting.browser import Browser

pytestmark = pytest.mark.dbt


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("sandbox_edition")
    city, home = workflow.open_city(REPOSITORY / "cities" / "sandbox"), workflow.open_home(root / "home")
    with district(root / "centres") as told:
        told.day(14)
        for feed in city.contracts:
            workflow.pull(city, home, feed)
            workflow.land(city, home, feed)
            receipts = Log(home).receipts(feed)
            held = receipts[-1]["landing_id"] if feed == "water_repairs" else None
            verdicts = [Verdict(r["landing_id"], "held" if r["landing_id"] == held else "pass", []) for r in receipts]
            Log(home).record_verdicts(feed, verdicts)
        built = workflow.build(city, home)
        judged = workflow.gate_marts(city, home, built.build_id)
        assert judged.passed, judged.failures
        yield publish(built.path, home.root).path


def test_the_edition_is_sound_and_every_column_has_a_chinese_name(edition: Path) -> None:
    assert verify_edition(edition) == []
    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as connection:
        unnamed = "select table_name, column_name from mart.data_dictionary where label_zh = '' or description = ''"
        assert connection.execute(unnamed).fetchall() == []
        tables = connection.execute("select distinct table_name from mart.data_dictionary").fetchall()
    manifest = json.loads((edition / "manifest.json").read_bytes())
    assert {name for (name,) in tables} == {mart["name"] for mart in manifest["marts"]}
    told = [feed for feed in manifest["feeds"] if feed["data_through"]]
    assert len(manifest["heads"]) == 2 * len(told), "the head of each feed's receipts and verdicts"
    assert {feed["feed"] for feed in manifest["feeds"] if feed not in told} == {"police_counts"}, "a month is not over"


def test_the_page_shows_the_cases_of_every_network_and_names_the_held_feed(browser: Browser, edition: Path) -> None:
    page = browser.open((edition / "report" / "index.html").as_uri())
    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as connection:
        told = connection.execute(
            "select network, count(*), count(*) filter (where status = 'closed'), count(*) filter (where is_open),"
            " count(*) filter (where is_overdue) from mart.fct_case group by network"
        ).fetchall()
        [(grids,)] = connection.execute(
            "select count(*) from mart.dim_grid where is_unified and member_kind = 'grid' and is_current"
        ).fetchall()
    assert len(told) == 10
    for network, *counts in told:
        for measure, count in zip(("cases", "closed", "open", "overdue"), counts, strict=True):
            assert page.text(f"[data-figure='{measure}/{network}']") == f"{count:,}"
    for number, measure in enumerate(("cases", "closed", "open", "overdue"), start=1):
        assert page.text(f"[data-figure={measure}]") == f"{sum(row[number] for row in told):,}"
    assert page.value("document.querySelectorAll('#map path').length") == grids >= 30
    assert "water_repairs" in page.text(".warning")
    assert page.complaints == []
