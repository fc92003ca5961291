"""The pages of the site: each renders, asks for nothing, says what the edition holds, in two languages, on a phone."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reporting.edition import publish
from reporting.page import span
from reporting.site import write_site
from reporting.site.figures import CASES, FEWEST, MOST_CASES
from reporting.site.ranking import thousandths
from reporting.site.rates import percent, rate_text
from reporting.site.shell import ASSETS, LIBRARY, LIBRARY_SHA256, LIBRARY_VERSION
from reporting.site.wall import large_enough
from tests.reporting.browser import Browser, Page
from tests.reporting.furnish import furnish
from tests.reporting.town import HOSTILE, Town

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
PAGES = (
    "index", "map", "ranking", "timeliness", "rates", "hotspots", "due", "suspensions", "shuttles", "handovers",
    "mechanism_whistle", "mechanism_supervision", "mechanism_patrol", "mechanism_visit", "mechanism_decision",
    "mechanism_appraisal",
    "mechanism_dispute", "mechanism_application", "mechanism_custody", "mechanism_discovery", "incidents", "duties",
    "grids/S1", "cases", "quality", "burden", "centres/water",
)  # fmt: skip


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    town = Town(tmp_path_factory.mktemp("furnished"))
    build = town.build(held=1)
    with duckdb.connect(str(build / "onegrid.duckdb")) as connection:
        furnish(connection)
    return publish(build, town.home).path


@pytest.fixture(scope="module")
def warehouse(edition: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as connection:
        yield connection


def url(edition: Path, name: str) -> str:
    return (edition / "report" / f"{name}.html").as_uri()


def opened(browser: Browser, edition: Path, name: str, state: str = "") -> Page:
    """A page on the screen of a desk."""
    page = browser.open(url(edition, name) + state)
    page.size(1280, 900)
    return page


LOOK = """({
  queries: [...document.querySelectorAll("[data-query], [data-from] [data-value]")].map((one) => [
    one.dataset.query || `${one.dataset.value} from ${one.closest("[data-from]").dataset.from}`,
    one.dataset.as || "", one.textContent.trim()]),
  figures: [...document.querySelectorAll("button[data-figure]")].map((one) => [
    one.dataset.figure, one.textContent.trim()]),
  explained: JSON.parse(document.getElementById("data").textContent).explained || { figures: {}, items: [] },
  text: document.querySelector("main").textContent,
  title: document.title,
  scripts: document.scripts.length,
})"""
Seen = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def seen(browser: Browser, edition: Path) -> Seen:
    """What a page shows, read once: queries, figures and what explains them, text, title, count of scripts."""

    @cache
    def look(name: str) -> dict[str, Any]:
        page = opened(browser, edition, name)
        found: dict[str, Any] = page.value(LOOK)
        page.close()
        return found

    return look


def pages_of(edition: Path) -> list[str]:
    """Every page of the edition."""
    report = edition / "report"
    return sorted(path.relative_to(report).as_posix().removesuffix(".html") for path in report.rglob("*.html"))


def test_the_site_has_every_page_and_one_navigation_leads_to_all_of_them(browser: Browser, edition: Path) -> None:
    assert set(PAGES) <= set(pages_of(edition))
    page = opened(browser, edition, "index")
    linked = page.value(
        "[...document.querySelectorAll('#menu a')].map((a) => a.href.split('#')[0].split('/report/')[1])"
    )
    assert len(linked) == len(set(linked))
    assert {name for name in PAGES if not name.startswith("centres/")} <= {
        link.removesuffix(".html") for link in linked
    }
    page.close()
    page = opened(browser, edition, "grids/S1")
    assert page.value("[...document.querySelectorAll('#menu a')].every((a) => a.href.includes('/report/'))")
    assert page.text("[aria-current=page]") == "一格一档"
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_renders_speaks_both_languages_and_fits_a_phone(browser: Browser, edition: Path, name: str) -> None:
    page = opened(browser, edition, name)
    own = {url(edition, name), (edition / "report" / "assets" / LIBRARY).as_uri()}
    assert page.text("h1")
    chinese = page.text("main")
    page.click("#language")
    assert page.value("document.documentElement.lang") == "en"
    assert page.text("main") != chinese
    assert page.value("[...document.querySelectorAll('#menu a')].every((a) => a.hash.startsWith('#en'))")
    charts = "[...document.querySelectorAll('[data-chart]')].filter((one) => one.clientWidth)"
    assert page.value(f"{charts}.every((one) => one.querySelector('svg, canvas'))"), "every chart is drawn"
    page.size(390, 844, is_phone=True)
    assert page.value("document.documentElement.scrollWidth") <= 390
    page.click("#menu-button")
    assert page.value("document.getElementById('menu').clientHeight") > 100
    assert set(page.requests) <= own, "nothing is asked for but the page and its library"
    assert page.complaints == []
    assert page.value("document.title").startswith("样例镇 <镇> · "), "no text of a feed ran as a script"
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_with_a_query_is_what_the_query_gives(
    seen: Seen, warehouse: duckdb.DuckDBPyConnection, name: str
) -> None:
    found = seen(name)["queries"]
    if name not in ("cases", "rates") and not name.startswith(("mechanism_", "centres/")):
        assert found, "a page of figures says where they come from"
    for query, kind, text in found:
        [row] = warehouse.execute(f"select {query}").fetchall()
        assert told(row, kind) == text, query


def told(row: tuple[Any, ...], kind: str) -> str:
    """A row of a query as a page writes it."""
    if kind == "thousandths":
        return thousandths(row[0])
    if kind == "span":
        return span(row[0])
    if kind == "mean":
        return span(row[0] // row[1])
    return "—" if row[0] is None else f"{int(row[0]):,}"


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_of_the_registry_is_what_the_edition_holds(
    seen: Seen, warehouse: duckdb.DuckDBPyConnection, name: str
) -> None:
    found, explained = seen(name)["figures"], seen(name)["explained"]
    listed = max(FEWEST, min(CASES, MOST_CASES // max(1, len(explained["figures"]))))
    for key, text in found:
        indicator, kind, code, period, start = key.split("|")
        [(unit, numerator, denominator, is_assessable, items)] = warehouse.execute(
            "select unit, figures.numerator, figures.denominator, is_assessable, item_count "
            "from mart.rpt_indicator as figures inner join mart.dim_indicator using (indicator) "
            "where indicator = ? and subject_kind = ? and subject_code = ? and period_kind = ? "
            "and period_start = ?::timestamp",
            [indicator, kind, code, period, start],
        ).fetchall()
        assert text.startswith(rate_text(unit, numerator, denominator) if is_assessable else "不可评"), key
        told_of = explained["figures"][key]
        assert (told_of["n"], told_of["d"], told_of["count"]) == (numerator, denominator, items)
        assert len(told_of["cases"]) == min(items, listed)
        assert told_of["command"].startswith(f"onegrid explain indicator {indicator}")
    if name in ("rates", "timeliness", "ranking", "mechanism_whistle"):
        assert found


def test_a_figure_that_is_not_assessable_shows_no_number(browser: Browser, edition: Path) -> None:
    page = opened(browser, edition, "index")
    assert page.text("[data-value='2026-10'] button[data-figure^='closing_rate|district']") == "不可评"
    assert page.text("[data-value='2026-10'] button[data-figure^='handled_on_time_rate|district']").endswith("%")
    page.close()


def test_a_click_on_a_figure_tells_its_rule_and_cases_and_a_case_its_life(browser: Browser, edition: Path) -> None:
    page = opened(browser, edition, "timeliness")
    page.click("[data-value='2026-10'] button[data-figure^='handled_on_time_rate|district']")
    assert page.value("document.getElementById('told').open")
    told_of = page.text("#told")
    assert "按期处置率" in told_of
    assert "handled_on_time" in told_of
    assert "onegrid explain indicator handled_on_time_rate --period 2026-10" in told_of
    case = page.value("document.querySelector('#told a').href")
    number = page.text("#told a")
    page.press("Escape", 27)
    assert not page.value("document.getElementById('told').open")
    page.close()
    page = browser.open(case)
    assert page.text("#life-title") == number
    assert page.value("document.querySelectorAll('#life-events tbody tr').length") >= 2
    assert f"onegrid explain case {number}" in page.text("#life-command")
    assert page.complaints == []
    page.close()


def test_the_map_goes_down_from_district_to_grid_and_back(
    browser: Browser, edition: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    page = opened(browser, edition, "map")
    units = "[...document.querySelectorAll('#units tbody tr')].map((row) => row.dataset.code)"
    assert sorted(page.value(units)) == ["S1", "S2"]
    page.click("#units tr[data-code=S1] button")
    assert sorted(page.value(units)) == ["S1C1", "S1C2"]
    page.click("#units tr[data-code=S1C1] button")
    assert sorted(page.value(units)) == ["G0", "G1", "G2"]
    page.value("document.getElementById('measure').value = 'opened'")
    page.value("document.getElementById('measure').dispatchEvent(new Event('change'))")
    page.value("document.getElementById('when').value = 1")
    page.value("document.getElementById('when').dispatchEvent(new Event('input'))")
    week = page.text("#when-told")
    for query, text in page.value(
        "[...document.querySelectorAll('#units td[data-query]')].map((one) => [one.dataset.query, one.textContent])"
    ):
        assert week in query
        [(value,)] = warehouse.execute(f"select {query}").fetchall()
        assert f"{int(value):,}" == text
    page.click("#units tr[data-code=G1] button")
    assert page.value("document.querySelector('#dossier a').href").endswith("grids/S1.html#zh&of=G1")
    page.click("#crumbs button")
    assert sorted(page.value(units)) == ["S1", "S2"]
    assert page.complaints == []
    page.close()


def test_an_incident_shows_who_told_it_when(
    browser: Browser, edition: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    page = opened(browser, edition, "incidents")
    page.click("#incidents tbody tr:nth-child(2) button")
    told_of = page.value("[...document.querySelectorAll('#tellings tbody tr')].map((row) => row.cells[2].innerText)")
    [(listed,)] = warehouse.execute(
        "select list(stream_key order by first_event_at, case_id) from mart.fct_case "
        "inner join mart.bridge_incident_case using (case_id) where incident_id = (select incident_id "
        "from mart.fct_incident order by network_count desc, case_count desc, "
        "opened_at_local desc, incident_id limit 1 offset 1)"
    ).fetchall()
    assert told_of == listed
    assert page.value("document.querySelectorAll('#timeline svg path').length") >= len(listed)
    assert page.complaints == []
    page.close()


def test_a_dossier_is_of_what_the_address_names(browser: Browser, edition: Path) -> None:
    page = opened(browser, edition, "grids/S1", "#zh&of=G4")
    shown = "[...document.querySelectorAll('article')].filter((one) => !one.hidden).map((one) => one.dataset.value)"
    assert page.value(shown) == ["G4"]
    assert page.value("document.querySelectorAll('article:not([hidden]) [data-chart] svg').length") == 1
    page.close()


def test_a_ledger_is_filtered_by_unit(browser: Browser, edition: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    page = opened(browser, edition, "due")
    page.value("document.querySelector('[data-filter=due][data-key=org_code]').value = 'O2'")
    page.value("document.querySelector('[data-filter=due][data-key=org_code]').dispatchEvent(new Event('change'))")
    [(count,)] = warehouse.execute("select count(*) from mart.rpt_due_soon where org_code = 'O2'").fetchall()
    assert (
        page.value("[...document.querySelectorAll('#due tbody tr')].filter((row) => !row.hidden).length") == count > 0
    )
    assert page.text("output[data-of=due]") == str(count)
    page.close()


def test_a_score_tells_its_deductions_and_the_movement_since_the_month_before(browser: Browser, edition: Path) -> None:
    page = opened(browser, edition, "ranking")
    page.click("button[data-score='town|2026-10-01|O1']")
    assert "−0.500" in page.text("#told")
    assert "2.500" in page.text("#told")
    page.click("#told-close")
    page.value("document.getElementById('month').value = '2026-11'")
    page.value("document.getElementById('month').dispatchEvent(new Event('change'))")
    moved = page.value(
        "[...document.querySelectorAll('button[data-score*=\"2026-11-01\"]')].map((one) =>"
        " [one.dataset.score.slice(-2), one.closest('tr').cells[4].textContent.trim()])"
    )
    assert dict(moved) == {"O0": "▼ 1", "O1": "▼ 1", "O2": "▼ 1", "O3": "▲ 3", "O4": "—"}
    page.close()


def test_few_below_the_line_is_listed_and_not_ranked(browser: Browser, edition: Path) -> None:
    page = opened(browser, edition, "ranking")
    rows = page.value(
        "[...document.querySelectorAll('button[data-figure^=\"handled_on_time_rate|organisation\"]')].map((one) =>"
        " [one.closest('tr').cells[0].textContent, Number(one.closest('tr').cells[3].textContent.replace(',', ''))])"
    )
    assert rows
    assert all((rank == "—") == (below < 10) for rank, below in rows)
    page.close()


@pytest.mark.parametrize("name", ["index", "timeliness", "map", "due", "cases"])
def test_text_stands_out_from_its_ground_as_wcag_asks(browser: Browser, edition: Path, name: str) -> None:
    page = opened(browser, edition, name)
    poor = page.value(CONTRAST)
    page.close()
    assert poor == [], "4.5 : 1 for text, 3 : 1 for large text (WCAG 2.2, 1.4.3)"


def test_the_keyboard_gets_everywhere_and_what_has_the_focus_is_marked(browser: Browser, edition: Path) -> None:
    page = opened(browser, edition, "timeliness")
    reached = []
    for _ in range(40):
        page.press("Tab", 9)
        reached.append(
            page.value(
                "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
            )
        )
        assert page.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached[0].startswith("skip")
    assert "language" in reached
    assert "fig" in reached, "figures can be chosen without a mouse"
    page.press("Enter", 13)
    page.close()


def test_the_feed_of_a_wall_counts_what_is_owed_and_tells_no_small_count_about_persons(
    edition: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    told_of = json.loads((edition / "report" / "wall.json").read_text(encoding="utf-8"))
    [(clock, city)] = warehouse.execute("select clock_at_local, city_title from mart.publish_info").fetchall()
    assert (told_of["clock_local"], told_of["city"]) == (f"{clock:%Y-%m-%dT%H:%M:%S}", city)
    assert [network["zh"] for network in told_of["incomplete"]] == ["供水"]
    assert told_of["supervision"]["open"] == 10
    levels = told_of["supervision"]["by_level"]
    assert sum(level["open"] for level in levels) == 10
    assert all(sum(level["age_days"].values()) == level["open"] for level in levels)
    assert told_of["decisions"] | {"by_owner": []} == {"open": 10, "overdue": 10, "by_owner": []}
    assert sum(owner["overdue"] for owner in told_of["decisions"]["by_owner"]) == 10
    assert told_of["whistles"] == {"open": 15, "unsigned": 5, "overdue": 12}
    # two of three are open, thirteen of seventeen all overdue, sixteen of twenty none overdue
    assert {one["kind"]: (one["open"], one["overdue"]) for one in told_of["applications"]} == {
        HOSTILE: (None, None), "低保": (14, 14), "尊老金": (16, 0),
    }  # fmt: skip
    keys = {key for (key,) in warehouse.execute("select stream_key from mart.rpt_application").fetchall()}
    text = json.dumps(told_of, ensure_ascii=False)
    assert not any(key in text for key in keys), "no single thing stands on the wall"


@pytest.mark.parametrize(
    ("whole", "part", "shown"),
    [(0, 0, (0, 0)), (4, 0, (None, None)), (5, 5, (5, 5)), (9, 5, (9, None)), (12, 4, (12, None)), (12, 6, (12, 6))],
)
def test_a_count_that_another_gives_away_is_not_told(whole: int, part: int, shown: tuple[int | None, ...]) -> None:
    assert tuple(large_enough(whole, part).values()) == shown


def test_hostile_names_are_text_on_every_page(seen: Seen) -> None:
    met = set()
    for name in PAGES:
        if HOSTILE in seen(name)["text"]:
            met.add(name)
        assert seen(name)["title"].startswith("样例镇 <镇>")
        assert seen(name)["scripts"] <= 3
    assert {"timeliness", "ranking", "map", "grids/S1", "duties", "due", "quality"} <= met


def test_the_library_of_charts_is_the_one_that_was_vetted(edition: Path) -> None:
    kept = (ASSETS / LIBRARY).read_bytes()
    assert hashlib.sha256(kept).hexdigest() == LIBRARY_SHA256
    assert f'version="{LIBRARY_VERSION}"'.encode() in kept or LIBRARY_VERSION.encode() in kept
    assets = edition / "report" / "assets"
    assert sorted(path.name for path in assets.iterdir()) == ["echarts.LICENSE.txt", "echarts.NOTICE.txt", LIBRARY]
    assert (assets / LIBRARY).read_bytes() == kept
    assert b"Apache License" in (assets / "echarts.LICENSE.txt").read_bytes()


def test_the_policy_of_a_page_lets_nothing_in_but_its_own(edition: Path) -> None:
    for name in pages_of(edition):
        text = (edition / "report" / f"{name}.html").read_text(encoding="utf-8")
        [policy] = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
        assert policy.startswith("default-src 'none';")
        assert ("script-src 'self' 'sha256-" in policy) == (LIBRARY in text)
        assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text), name


def test_a_page_stays_small(edition: Path) -> None:
    sizes = {name: (edition / "report" / f"{name}.html").stat().st_size for name in pages_of(edition)}
    assert max(sizes.values()) < 3_000_000, sizes


def test_pages_without_their_marts_are_left_out_of_the_navigation(browser: Browser, tmp_path: Path) -> None:
    town = Town(tmp_path / "older")
    made = publish(town.build(), town.home).path
    page = browser.open(url(made, "index"))
    linked = page.value(
        "[...document.querySelectorAll('#menu a')].map((a) => a.href.split('#')[0].split('/report/')[1])"
    )
    page.close()
    written = {f"{name}.html" for name in pages_of(made)}
    assert set(linked) <= written
    assert {"index.html", "quality.html"} <= set(linked)
    assert not {"due.html", "ranking.html", "rates.html", "duties.html"} & written


def test_an_edition_that_is_cut_for_its_readers_has_a_report_of_what_is_left(
    browser: Browser, edition: Path, tmp_path: Path
) -> None:
    shutil.copyfile(edition / "onegrid.duckdb", tmp_path / "onegrid.duckdb")
    (tmp_path / "onegrid.duckdb").chmod(0o644)
    kept = {
        "publish_info",
        "data_dictionary",
        "dim_indicator",
        "dim_mechanism",
        "rpt_indicator",
        "rpt_indicator_item",
        "dim_organisation",
    }
    with duckdb.connect(str(tmp_path / "onegrid.duckdb")) as connection:
        for (mart,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'mart'"
        ).fetchall():
            if mart not in kept:
                connection.execute(f"drop table mart.{mart}")
    write_site(tmp_path / "report", tmp_path / "onegrid.duckdb", json.loads((edition / "manifest.json").read_bytes()))
    written = {path.name for path in (tmp_path / "report").rglob("*.html")}
    assert {"index.html", "rates.html", "ranking.html", "mechanism_visit.html"} <= written
    assert not {"map.html", "timeliness.html", "cases.html", "quality.html", "due.html"} & written
    page = browser.open((tmp_path / "report" / "index.html").as_uri())
    assert page.complaints == []
    page.close()


def test_rates_of_the_board_stand_beside_their_parts(browser: Browser, edition: Path) -> None:
    page = opened(browser, edition, "rates")
    for key, text in page.value(
        "[...document.querySelectorAll('td > button.fig')].map((one) => [one.dataset.figure,"
        " one.closest('td').textContent.trim()])"
    ):
        told_of = re.fullmatch(r"([\d.]+)%\s*([\d,]+) / ([\d,]+)", text)
        assert told_of, (key, text)
        above, below = (int(part.replace(",", "")) for part in told_of.groups()[1:])
        assert told_of.group(1) == percent(above, below)
    page.close()


def test_closings_are_listed_when_there_are_any(browser: Browser, edition: Path, tmp_path: Path) -> None:
    closed = {
        "month": "2026-10", "number": 1, "edition": 1, "log_version": "v1", "by": "考核办 <b>", "why": "",
        "document": "文〔2026〕7号", "again": "", "incomplete": "", "at": "2026-11-03T02:00:00+00:00",
        "incomplete_feeds": ["water_cases"], "rows": {},
    }  # fmt: skip
    manifest = json.loads((edition / "manifest.json").read_bytes())
    write_site(
        tmp_path / "report", edition / "onegrid.duckdb", manifest, [closed, {**closed, "number": 2, "again": "更正"}]
    )
    page: Page = browser.open((tmp_path / "report" / "closings.html").as_uri())
    assert page.value("[...document.querySelectorAll('[data-closing]')].map((row) => row.dataset.closing)") == [
        "2026-10/2",
        "2026-10/1",
    ]
    assert "已被后次取代" in page.text("[data-closing='2026-10/1']")
    assert "考核办 <b>" in page.text("main")
    assert page.complaints == []
    page.close()
