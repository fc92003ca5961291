"""The report page: what it shows is what the edition holds, in both languages, without any network."""

import json
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from reporting.drawing import class_bounds, class_labels, class_of, draw_map
from reporting.edition import publish
from reporting.site.overview import ranking
from reporting.site.rates import percent
from tests.reporting.browser import Browser
from tests.reporting.town import HOSTILE, LAST_DAY, NETWORKS, Town


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    town = Town(tmp_path_factory.mktemp("town"))
    return publish(town.build(held=1), town.home).path


@pytest.fixture(scope="module")
def url(edition: Path) -> str:
    return (edition / "report" / "index.html").as_uri()


def query(edition: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_the_page_asks_for_nothing_and_complains_of_nothing(browser: Browser, url: str) -> None:
    page = browser.open(url)
    page.click("#language")
    page.click("[data-measure=overdue]")
    page.click("#map path")
    assert page.requests == [url]
    assert page.complaints == []


def test_every_headline_figure_is_what_the_edition_holds(browser: Browser, url: str, edition: Path) -> None:
    page = browser.open(url)
    conditions = {"cases": "true", "closed": "status = 'closed'", "open": "is_open", "overdue": "is_overdue"}
    for measure, condition in conditions.items():
        for network in (*NETWORKS, None):
            of = f"and network = '{network}'" if network else ""
            [(value,)] = query(edition, f"select count(*) from mart.fct_case where {condition} {of}")
            place = f"[data-figure='{measure}{f'/{network}' if network else ''}']"
            assert page.text(place) == f"{value:,}", place


def test_open_cases_that_cannot_be_late_are_told_beside_those_that_are(
    browser: Browser, url: str, edition: Path
) -> None:
    [(unlimited,)] = query(edition, "select count(*) from mart.fct_case where is_open and is_overdue is null")
    assert f"另有 {unlimited} 件在办没有时限" in browser.open(url).text(".card.late")
    assert unlimited != 0


def test_days_are_counted_up_to_the_last_one_that_a_network_tells_of(browser: Browser, town: Town) -> None:
    build = town.build()
    with duckdb.connect(str(build / "onegrid.duckdb")) as connection:
        connection.execute("update mart.rpt_grid_ledger set local_day = local_day - 3000 where network = 'water'")
    made = publish(build, town.home)
    page = browser.open(made.report_page.as_uri())
    days = page.value("[...document.querySelectorAll('.days svg')].map((svg) => svg.lastElementChild.textContent)")
    assert days == [str(LAST_DAY), str(LAST_DAY - timedelta(days=3000)), str(LAST_DAY)]
    totals = page.value("JSON.parse(document.getElementById('data').textContent).grids.map((g) => g.values.water[2])")
    week = f"network = 'water' and local_day > date '{LAST_DAY}' - 3000 - 7 and grid_code <> 'unlocated'"
    assert query(made.path, f"select sum(opened)::bigint from mart.rpt_grid_ledger where {week}") == [(sum(totals),)]


def test_every_row_of_the_quality_table_is_what_the_edition_holds(browser: Browser, url: str, edition: Path) -> None:
    page = browser.open(url)
    columns = "fetched, recorded, duplicate, rejected, filtered, passed + released, warned, held + unjudged, refused"
    for feed, *counts in query(edition, f"select feed, visible_landings, {columns} from mart.dq_feed"):
        cells = page.value(f"[...document.querySelectorAll('[data-feed={feed}] td')].map((cell) => cell.innerText)")
        assert cells[2:12] == [str(count) for count in counts]


def test_the_ranking_shows_numerator_and_denominator_and_names_who_is_not_ranked(
    browser: Browser, url: str, edition: Path
) -> None:
    page = browser.open(url)
    rows = page.value(
        "[...document.querySelectorAll('[data-month=\"2026-10\"] [data-org]')].map((row) =>"
        " [row.dataset.org, ...[...row.cells].map((cell) => cell.innerText.trim())])"
    )
    told = {row[0]: row for row in rows}
    sql = "select org_code, handle_due_on_time, handle_due from mart.rpt_timeliness where month = date '2026-10-01'"
    for org, on_time, due in query(edition, sql):
        assert told[str(org)][3:5] == [str(on_time), str(due)]
    assert [(row[0], row[1]) for row in rows] == [("O3", "1"), ("O0", "2"), ("O1", "—"), ("O4", "—"), ("O2", "1")]
    assert told["O1"][5] == "—", "its network has a held landing: no rate either"


def test_the_languages_switch_and_a_link_may_name_one(browser: Browser, url: str) -> None:
    page = browser.open(url)
    assert (page.text("h2"), page.value("document.documentElement.lang")) == ("受理", "zh-CN")
    page.click("#language")
    assert (page.text("h2"), page.value("document.documentElement.lang")) == ("Cases", "en")
    assert page.text("#network option").startswith("all")
    page.click("#language")
    assert page.text("h2") == "受理"
    assert browser.open(f"{url}#en").text("h2") == "Cases"


def test_the_map_follows_measure_and_network_and_names_a_grid(browser: Browser, url: str, edition: Path) -> None:
    page = browser.open(url)
    assert page.value("document.querySelectorAll('#map path').length") == 12
    before = page.value("[...document.querySelectorAll('#map path')].map((path) => path.className.baseVal)")
    page.click("[data-measure=recently_closed]")
    page.value("document.getElementById('network').value = 'water'")
    page.value("document.getElementById('network').dispatchEvent(new Event('change'))")
    after = page.value("[...document.querySelectorAll('#map path')].map((path) => path.className.baseVal)")
    week = f"local_day between date '{LAST_DAY}' - 6 and date '{LAST_DAY}'"
    of_water = f"where network = 'water' and {week} group by grid_code"
    told = query(edition, f"select grid_code, sum(closed)::bigint from mart.rpt_grid_ledger {of_water}")
    closed = {str(code): int(str(count)) for code, count in told}
    codes = page.value("JSON.parse(document.getElementById('data').textContent).grids.map((grid) => grid.code)")
    bounds = class_bounds([closed[code] for code in codes])
    assert after == [f"c{class_of(closed[code], bounds)}" for code in codes] != before
    page.click("#map path:nth-of-type(3)")
    assert codes[2] in page.text("#grid-name")
    assert page.value("document.querySelectorAll('#grid-rows tr').length") == len(NETWORKS)


def test_names_from_the_feeds_are_text_never_markup(browser: Browser, url: str, edition: Path) -> None:
    page = browser.open(url)
    assert HOSTILE in page.text("main")
    assert page.value("document.title") == "样例镇 <镇> · 今日总览"
    assert HOSTILE not in (edition / "report" / "index.html").read_text(encoding="utf-8")


def test_held_feeds_are_named_and_their_network_is_marked(browser: Browser, url: str) -> None:
    page = browser.open(url)
    assert "water_cases" in page.text(".warning")
    assert "1 批待处理" in page.text(".warning")
    assert "hotline_cases" not in page.text(".warning")


def test_warnings_of_the_mart_gate_are_told_in_both_languages(browser: Browser, url: str) -> None:
    page = browser.open(url)
    assert page.text(".warnings").startswith("few_places 的中文")
    page.click("#language")
    assert page.text(".warnings").startswith("few_places in English")
    assert "ledger_balances" not in page.text(".warnings")


def test_the_page_of_an_edition_without_held_feeds_warns_of_nothing(browser: Browser, town: Town) -> None:
    page = browser.open(publish(town.build(), town.home).report_page.as_uri())
    assert page.value("document.querySelector('.warning')") is None
    assert page.complaints == []


def test_a_page_without_grids_organisations_or_days_still_stands(browser: Browser, town: Town) -> None:
    build = town.build()
    with duckdb.connect(str(build / "onegrid.duckdb")) as connection:
        for mart in ("dim_grid", "rpt_grid_ledger", "fct_case", "rpt_timeliness", "dq_rejection"):
            connection.execute(f"delete from mart.{mart}")
    page = browser.open(publish(build, town.home).report_page.as_uri())
    assert page.complaints == []
    assert page.text("[data-figure=cases]") == "0"


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [(0, 0, None), (0, 7, "0.0"), (1, 3, "33.3"), (2, 3, "66.6"), (9999, 10000, "99.9"), (7, 7, "100.0")],
)
def test_a_rate_is_cut_so_that_only_all_of_all_reads_100(numerator: int, denominator: int, shown: str | None) -> None:
    assert percent(numerator, denominator) == shown


def test_rates_that_floats_cannot_tell_apart_are_ranked_apart() -> None:
    big = 3 * 10**17
    rows = [
        {"org_code": code, "handle_due_on_time": on_time, "handle_due": due} | {"close_due_on_time": 0, "close_due": 0}
        for code, on_time, due in (("A", big - 1, 3 * big), ("B", 1, 3), ("C", 10, 30), ("D", 9, 9), ("E", 0, 0))
    ]
    ranked, listed = ranking(rows, incomplete=False)
    assert [(row["org_code"], row["rank"]) for row in ranked] == [("C", 1), ("A", 2)]
    assert [row["org_code"] for row in listed] == ["B", "D"], "too few; nothing due is left out"
    assert ranking(rows, incomplete=True)[0] == []


def test_classes_hold_every_value_once() -> None:
    values = [0, 0, 1, 1, 1, 2, 3, 5, 8, 13, 21, 34]
    bounds = class_bounds(values)
    assert bounds[-1] == 34
    assert len(class_labels(bounds)) == len(bounds) <= 5
    assert [class_of(value, bounds) for value in (0, 1, 34)] == [0, 1, len(bounds)]
    assert class_labels(class_bounds([0, 4, 4, 2])) == ["1–2", "3–4"]
    assert class_bounds([0, 0]) == []


def test_a_map_keeps_holes_parts_and_the_order_of_its_grids() -> None:
    square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
    hole = [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.4]]
    triangle = [[2.0, 0.0], [3.0, 0.0], [3.0, 1.0], [2.0, 0.0]]
    shapes = [("Polygon", [square, hole]), None, ("MultiPolygon", [[square], [triangle]])]
    drawing = draw_map([shape and json.dumps({"type": shape[0], "coordinates": shape[1]}) for shape in shapes])
    assert [path.count("M") for path in drawing.paths] == [2, 0, 2]
    assert drawing.paths[0].startswith("M0.0 ")
    assert (drawing.width, drawing.height) == (1000, pytest.approx(333, abs=1))
