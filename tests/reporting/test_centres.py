"""A page for each centre: its deliveries with their counts, and what it must mend, by line and never by value."""

from pathlib import Path

import duckdb
import pytest

from reporting.edition import publish
from tests.reporting.browser import Browser
from tests.reporting.town import NETWORKS, Town


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    town = Town(tmp_path_factory.mktemp("centres"))
    return publish(town.build(held=1), town.home).path


def test_every_network_has_a_page_that_the_report_leads_to(browser: Browser, edition: Path) -> None:
    assert {path.stem for path in (edition / "report" / "centres").iterdir()} == set(NETWORKS)
    page = browser.open((edition / "report" / "index.html").as_uri())
    page.click("#language")
    links = page.value("[...document.querySelectorAll('[data-feed] a')].map((link) => link.href)")
    folder = (edition / "report" / "centres").as_uri()
    assert sorted(links) == sorted(f"{folder}/{network}.html#en" for network in NETWORKS)


def test_a_centre_sees_its_deliveries_and_its_faults_and_nobody_else_s(browser: Browser, edition: Path) -> None:
    url = (edition / "report" / "centres" / "water.html").as_uri()
    page = browser.open(url)
    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as connection:
        told = connection.execute(
            "select batch_name, fetched, recorded, duplicate, rejected, filtered from mart.dq_landing "
            "where feed = 'water_cases' order by observed_at desc"
        ).fetchall()
    cells = page.value(
        "[...document.querySelectorAll('section table')[0].querySelectorAll('tbody tr')]"
        ".map((row) => [...row.querySelectorAll('td')].map((cell) => cell.innerText))"
    )
    assert [[row[0], *map(int, row[2:7])] for row in cells] == [list(row) for row in told]
    assert "暂扣" in cells[-1][-1]
    assert "water_cases_1.csv: 4, 9, 11" in page.text("main")
    assert "city_management" not in page.text("main")
    assert page.requests == [url]
    assert page.complaints == []


def test_a_centre_sees_what_the_gate_found_and_what_of_it_stands_open(browser: Browser, edition: Path) -> None:
    page = browser.open((edition / "report" / "centres" / "water.html").as_uri())
    cells = page.value(
        "[...document.querySelectorAll('[data-checks] tbody tr')]"
        ".map((row) => [...row.querySelectorAll('td')].map((cell) => cell.innerText))"
    )
    assert [(row[0], row[1], row[3]) for row in cells] == [
        ("1 批暂扣", "rejected_share:hold 未达标。 rejected_share:hold", "2"),
        ("已消除", "new_columns 未达标。 new_columns", "2"),
    ]


def test_a_centre_sees_what_the_watch_found_and_what_to_do(browser: Browser, edition: Path) -> None:
    page = browser.open((edition / "report" / "centres" / "water.html").as_uri())
    cells = page.value(
        "[...document.querySelectorAll('[data-findings] tbody tr')]"
        ".map((row) => [...row.querySelectorAll('td')].map((cell) => cell.innerText))"
    )
    assert cells == [["告警", "字段缺失 column_gone\nclosed_at：无值", "2026-11-03 18:00", "请核实"]]


def test_it_speaks_english_when_the_report_does(browser: Browser, edition: Path) -> None:
    page = browser.open((edition / "report" / "centres" / "water.html").as_uri() + "#en")
    assert "What must be mended" in page.text("main")
    assert page.value("document.title") == "样例镇 <镇> · Water · receipts"


def test_a_centre_without_faults_is_told_so_by_their_absence(browser: Browser, edition: Path) -> None:
    page = browser.open((edition / "report" / "centres" / "city_management.html").as_uri())
    assert page.value("document.querySelectorAll('section table').length") == 1
