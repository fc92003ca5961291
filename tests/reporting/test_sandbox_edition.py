"""The sample city as an edition: every mart that dbt makes can be published, and the page shows what it holds."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import Result
from typer.testing import CliRunner

from ingest.errors import OnegridError
from ingest.log import Log, Verdict
from ingest.vault import Vault
from onegrid import workflow
from onegrid.cli import app
from reporting.classification import of_edition
from reporting.dossier import lookups
from reporting.edition import publish, verify_edition
from reporting.explain import Period, explain_case, explain_figure
from reporting.incidents import explain_incident
from reporting.mount import find_mount, newest_mount, write_mounted
from tests.centres import district
from tests.conftest import REPOSITORY
from tests.reporting.browser import Browser, Page

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


def test_every_audience_of_the_sample_city_has_its_cut(edition: Path) -> None:
    city, home = workflow.open_city(REPOSITORY / "cities" / "sandbox"), workflow.open_home(edition.parent.parent)
    found = {report.audience: report.path for report in workflow.cut(city, home)}
    assert set(found) == {"leaders", "analysts", "units/CM01", "units/ST01", "centres/water"}, "no month is closed"
    assert [fault for path in found.values() for fault in verify_edition(path)] == []
    marts = of_edition(edition)
    for name, path in found.items():
        told = json.loads((path / "manifest.json").read_bytes())["marts"]
        kinds = {marts[mart["name"]].class_of(column) for mart in told for column, _ in mart["columns"]}
        assert ("personal_token" in kinds) == name.startswith(("units", "centres")), name
        assert ("restricted" in kinds) == (name != "leaders"), name
    with duckdb.connect(str(found["leaders"] / "onegrid.duckdb"), read_only=True) as connection:
        visits = connection.execute(
            "select numerator, denominator, item_count, is_suppressed from mart.rpt_indicator "
            "where indicator in (select indicator from mart.dim_indicator where stream_type in ('visit', 'callback'))"
        ).fetchall()
        assert {flag for *_, flag in visits} == {True, False}
        assert all(count is None or count == 0 or count > 4 for *counts, _ in visits for count in counts)
        names = connection.execute("select table_name from information_schema.tables").fetchall()
        assert not any(name.startswith("fct_") for (name,) in names)
    with duckdb.connect(str(found["units/CM01"] / "onegrid.duckdb"), read_only=True) as connection:
        offices = {code for (code,) in connection.execute("select distinct org_code from mart.fct_case").fetchall()}
        assert offices <= {"CM01", "CM11", "CM12", "CM13", "CM14"}
        assert len(offices) > 1
        streams = "select count(*) from mart.fct_event where case_id not in (select case_id from mart.fct_case)"
        assert connection.execute(streams).fetchall() == [(0,)]


DOSSIER_COUNTS = (
    "select count(*) filter (where opened_on > date '{since}'), count(*) filter (where is_open) "
    "from mart.fct_case where "
)


def _dossier(edition: Path, *arguments: str) -> Result:
    home = edition.parent.parent
    told = ["dossier", *arguments, "--home", str(home), "--city", str(REPOSITORY / "cities" / "sandbox")]
    return CliRunner().invoke(app, told)


def _counts(page: Page, edition: Path, where: str) -> tuple[list[int], list[int]]:
    """What a dossier's table of networks adds up to, and what the edition holds: opened in 90 days, and open."""
    cells = page.value(
        "JSON.stringify([...document.querySelectorAll('article tr[data-from*=network] td:nth-child(2), "
        "article tr[data-from*=network] td:nth-child(4)')].map(cell => cell.textContent))"
    )
    numbers = [int(cell.replace(",", "")) for cell in json.loads(cells)]
    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as connection:
        since = connection.execute("select cast(clock_at_local as date) - 90 from mart.publish_info").fetchall()[0][0]
        [held] = connection.execute(DOSSIER_COUNTS.format(since=since) + where).fetchall()
    return [sum(numbers[0::2]), sum(numbers[1::2])], list(held)


@pytest.mark.parametrize("kind", ["grid", "community"])
def test_the_dossier_of_a_place_is_a_page_to_print_with_all_that_the_edition_holds(
    edition: Path, browser: Browser, tmp_path: Path, kind: str
) -> None:
    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as connection:
        [(code, name)] = connection.execute(
            f"select grids.{kind}_code, max(grids.{kind}_name) from mart.fct_case as cases "
            "inner join mart.dim_grid as grids "
            "on cases.grid_code = grids.grid_code and grids.is_current and grids.is_unified "
            f"and grids.member_kind = 'grid' group by 1 order by count(*) desc limit 1"
        ).fetchall()
    done = _dossier(edition, f"--{kind}", name, "--out", str(tmp_path / "page"))
    assert done.exit_code == 0, done.exception
    page = browser.open(Path(done.output.strip()).as_uri())
    scope = (
        f"{kind}_code = '{code}'"
        if kind == "grid"
        else (
            f"grid_code in (select grid_code from mart.dim_grid where community_code = '{code}' union select '{code}')"
        )
    )
    shown, held = _counts(page, edition, scope)
    assert shown == held
    assert held[0] > 0
    assert name in page.text("article h2")
    assert page.value("document.querySelectorAll('article').length") == 1
    assert page.complaints == []
    assert "near are" in str(_dossier(edition, f"--{kind}", code[:-1]).exception)


def test_a_house_is_told_to_an_audience_on_duty_alone_and_each_look_up_is_recorded(
    edition: Path, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = workflow.open_home(edition.parent.parent)
    workflow.cut(workflow.open_city(REPOSITORY / "cities" / "sandbox"), home)
    build = home.builds / json.loads((edition / "manifest.json").read_bytes())["build_id"] / "onegrid.duckdb"
    with duckdb.connect(str(build), read_only=True) as connection:
        addresses = connection.execute(
            "select address, count(distinct stream_key) as told from intermediate.evt_grid_event "
            "where stream_type = 'case' and regexp_matches(address, '[0-9]{2,}号$') group by 1 order by 2 desc, 1"
        ).fetchall()
        address = addresses[0][0]
        told = connection.execute(
            "select distinct feed, stream_key from intermediate.evt_grid_event "
            "where stream_type = 'case' and contains(address, ?)",
            [address],
        ).fetchall()
    person = ("--for", "analysts", "--by", "甲", "--why", "核实重复投诉")
    done = _dossier(edition, "--address", address, *person, "--out", str(tmp_path / "house"))
    assert done.exit_code == 0, done.exception
    page = browser.open(Path(done.output.strip()).as_uri())
    keys = ", ".join(f"('{feed}', '{key}')" for feed, key in told)
    shown, held = _counts(page, edition, f"(feed, stream_key) in ({keys})")
    assert shown == held
    assert sum(held) > 0
    assert address in page.text("#addresses")
    assert page.complaints == []
    text = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "house").rglob("*.html"))
    assert [other for other, _ in addresses if other in text] == [address]
    assert (tmp_path / "house").stat().st_mode & 0o077 == 0
    # the record: who and why, and not which house
    [record] = lookups(home)
    assert (record["audience"], record["by"], record["why"]) == ("analysts", "甲", "核实重复投诉")
    assert address not in json.dumps(record, ensure_ascii=False)
    assert (lookups(home, address), lookups(home, "云汀路1号")) == ([record], [])
    assert workflow.verify(home) == []
    # a number is not cut short, and a place without a number is no house
    assert "nothing that this audience may see" in str(_dossier(edition, "--address", address[:-2], *person).exception)
    assert "no address of a house" in str(_dossier(edition, "--address", "荷埠新村", *person).exception)
    # nobody without the duty, nobody without a name and a reason
    for asked, word in (
        (("--for", "leaders", *person[2:]), "one that reads restricted columns"),
        ((), "one that reads restricted columns"),
        (("--for", "units/ST01", *person[2:]), "units/ST01 has no legal duty in force"),
        (person[:4], "who looks a house up"),
    ):
        assert word in str(_dossier(edition, "--address", address, *asked).exception)
    monkeypatch.setenv("ONEGRID_NOW", "2028-01-01T00:30:00+08:00")  # the day after the duty's last
    assert "has no legal duty in force" in str(_dossier(edition, "--address", address, *person).exception)
    assert len(lookups(home)) == 2, "the one that found nothing was made all the same"


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


def test_every_kind_of_figure_is_the_sum_of_the_cases_that_explain_it(edition: Path) -> None:
    home = workflow.open_home(edition.parent.parent)
    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as connection:
        told = connection.execute(
            "select indicator, subject_kind, subject_code, period_kind, period_start, numerator, denominator from "
            "(select *, row_number() over (partition by subject_kind, period_kind order by item_count desc, indicator,"
            " subject_code, period_start) as place from mart.rpt_indicator) where place in (1, 9) order by all"
        ).fetchall()
    kinds = {(subject, period) for _, subject, _, period, *_ in told}
    assert len(kinds) >= 30, "ten subjects, three to six periods each"
    for indicator, subject, code, period, start, above, below in told:
        name = Period(period, start, start).name
        found = explain_figure(home, indicator, (subject, code), name)  # raises where the items do not add up
        assert (found["period"]["kind"], found["period"]["start"]) == (period, start)
        assert (found["figure"]["numerator"], found["figure"]["denominator"]) == (above, below)
        assert found["rule"]["words"], f"{indicator} is made of words that are told"


def test_a_case_is_told_from_its_figures_down_to_the_line_that_the_centre_sent(edition: Path) -> None:
    home = workflow.open_home(edition.parent.parent)
    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as connection:
        chosen = connection.execute(
            "select distinct on (feed) feed, stream_key, case_id, stream_type from mart.fct_case "
            "order by feed, event_count desc"
        ).fetchall()
    assert len(chosen) > 10
    for feed, key, case_id, stream_type in chosen:
        told = explain_case(home, key, feed)
        assert told["case"]["case_id"] == case_id
        # an outage is a case in its life, and no report in the figures
        assert ("reported" in {row["indicator"] for row in told["figures"]}) is (stream_type == "case")
        for event in told["events"]:
            elected = [one for one in event["tellings"] if one["is_elected"]]  # by several deliveries, word for word
            assert bool(elected) is not event["is_derived"], f"{feed} {key} {event['event_type']}"
    feed, key, *_ = next(one for one in chosen if one[0] == "city_management_cases")  # sealed as lines of JSON
    [telling, *_] = explain_case(home, key, feed)["events"][0]["tellings"]
    manifest = next(m for m in Vault(home).manifests.of(feed).records() if m["batch_id"] == telling["batch_id"])
    assert manifest["name"] == telling["delivery"]
    assert key in Vault(home).read(manifest).decode().splitlines()[telling["line"] - 1]


def test_what_is_asked_is_found_by_its_name_and_what_is_not_there_is_said(edition: Path) -> None:
    home = str(edition.parent.parent)

    def ask(*words: str) -> str:
        return CliRunner().invoke(app, ["explain", *words, "--home", home], catch_exceptions=False).output

    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as connection:
        [(code, name, above, below)] = connection.execute(
            "select org_code, max(org_name), max(numerator), max(denominator) from mart.rpt_indicator "
            "inner join mart.dim_organisation on subject_code = org_code where indicator = 'handled_on_time_rate' and "
            "subject_kind = 'organisation' and period_kind = 'month' and period_start = '2026-10-01' group by org_code "
            "order by max(denominator) desc limit 1"
        ).fetchall()
    said = ask("indicator", "按期处置率", "--unit", name, "--month", "2026-10", "--rows", "2")
    assert f"organisation {code} {name}, month 2026-10" in said
    assert f"{above:,} / {below:,} =" in said
    assert f"{below - 2} more" in said
    assert json.loads(ask("indicator", "按期处置率", "--unit", code, "--month", "2026-10", "--json"))["items"]
    for words, sentence in (
        (["indicator", "按期处置"], "near it: handled_on_time_rate 按期处置率"),
        (["indicator", "reported", "--unit", "无此单位"], "the edition knows no organisation '无此单位'"),
        (["indicator", "reported", "--month", "2026-13"], "'2026-13' is no period"),
        (["indicator", "reported", "--unit", code, "--network", "water"], "a figure has one subject"),
        (["indicator", "reported", "--edition", "99"], "there is no edition '99'"),
        (["case", "无此案件"], "the edition knows no case '无此案件'"),
    ):
        with pytest.raises(OnegridError, match=re.escape(sentence)):
            ask(*words)
    empty = ask("indicator", "reported", "--month", "2020-01")
    assert "nothing of this subject was counted in this period" in empty


def test_an_incident_is_told_by_any_of_its_cases_with_the_evidence_of_each_link(edition: Path) -> None:
    home = str(edition.parent.parent)
    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as connection:
        [(incident, cases, networks)] = connection.execute(
            "select incident_id, case_count, network_count from mart.fct_incident where network_count > 2 "
            "order by case_count desc, incident_id limit 1"
        ).fetchall()
        members = connection.execute(
            "select case_id, feed, stream_key from mart.fct_case inner join mart.bridge_incident_case using (case_id) "
            "where incident_id = ? order by opened_at desc",
            [incident],
        ).fetchall()
    assert len(members) == cases >= networks
    case_id, feed, key = members[0]
    told = explain_incident(workflow.open_home(edition.parent.parent), case_id)
    assert (told["incident"]["incident_id"], told["moved"], len(told["cases"])) == (incident, True, cases)
    assert [case["role"] for case in told["cases"]].count("first_finder") == 1
    said = CliRunner().invoke(app, ["explain", "incident", key, "--feed", feed, "--home", home]).output
    assert f"incident {incident}" in said
    assert f"{cases} times by {networks} networks" in said
    assert all(key in said for _, _, key in members)
    with pytest.raises(OnegridError, match="names no incident"):
        explain_incident(workflow.open_home(edition.parent.parent), "无此事件")


def test_what_a_person_says_of_two_cases_is_in_the_next_log_version_and_not_in_the_published_one(edition: Path) -> None:
    root = edition.parent.parent
    home = workflow.open_home(root)
    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as connection:
        one, another = connection.execute(
            "select cases.feed || ':' || cases.stream_key, cases.case_id from mart.fct_case as cases "
            "inner join mart.fct_incident as incidents on cases.case_id = incidents.incident_id "
            "order by cases.opened_at, cases.case_id limit 2"
        ).fetchall()
    before = newest_mount(home)

    def say(*words: str) -> str:
        return CliRunner().invoke(app, [*words, "--home", str(root)], catch_exceptions=False).output

    assert "linked (number 1); the next build follows" in say(
        "link", one[0], another[1], "--by", "desk", "--why", "one"
    )
    assert "unlinked (number 2)" in say("unlink", another[1], one[0], "--by", "desk", "--why", "two")
    assert "withdrawn (number 3)" in say("link", one[0], another[1], "--withdraw", "--by", "desk", "--why", "so be it")
    after = newest_mount(home)
    assert (before.links, after.links) == ({}, {"cases": 3})
    assert after.version != before.version == find_mount(home, "1").version
    write_mounted(workflow.open_city(REPOSITORY / "cities" / "sandbox"), home, after, root / "mounted.duckdb")
    with duckdb.connect(str(root / "mounted.duckdb"), read_only=True) as connection:
        acts = connection.execute("select act, given_by from log.link_act order by act_no").fetchall()
    assert acts == [("linked", "desk"), ("unlinked", "desk"), ("withdrawn", "desk")]
    assert [act["act"] for act in explain_incident(home, one[1])["acts"]] == ["linked", "unlinked", "withdrawn"]
    for words, sentence in (
        (("link", one[0], another[1], "--by", "desk"), "both are kept"),
        (("link", one[0], one[1], "--by", "desk", "--why", "x"), "are the same case"),
        (("unlink", one[0], "nobody", "--by", "desk", "--why", "x"), "is no case of the current edition"),
    ):
        with pytest.raises(OnegridError, match=sentence):
            say(*words)
