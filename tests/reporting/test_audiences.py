"""Cuts for audiences: who reads every byte of a cut finds nothing that is not for them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from ingest.errors import ContractError, PublishError
from onegrid.cli import app
from reporting.audience import cut_audiences
from reporting.classification import MartClass, of_model, of_project
from reporting.edition import verify_edition
from reporting.retention import verify_published
from tests.reporting import cuts

POINTS = (
    "audience.after_staging", "audience.after_marts", "audience.before_rename", "audience.after_rename",
    "audience.before_swap", "audience.after_swap",
)  # fmt: skip
NAMES = ("leaders", "analysts", "units/CM01", "centres/water")
THINGS = {
    "fct_case", "fct_event", "fct_rating", "rpt_indicator_item", "rpt_item_basis", "fct_case_stage", "dim_staff",
}  # fmt: skip
DUTY = "legal_duty: {document: 文号1, approver: 负责人, expires: 2027-01-01}"

ITEMS = [
    *cuts.several(9, 6, "reported", "litter", "S1"), *cuts.several(30, 20, "handled_on_time_rate", "litter", "S2"),
    *cuts.several(3, 1, "reported", "dispute", "S1"), *cuts.several(8, 8, "reported", "police", "S2"),
    *cuts.several(6, 6, "reported", "burst", "S3"),
    *cuts.several(2, 1, "visit_rate", "visit", "S1"), *cuts.several(14, 11, "visit_rate", "visit", "S2"),
    *cuts.several(8, 0, "visit_rate", "visit", "S3"), *cuts.several(17, 9, "visit_rate", "visit", "S4"),
    *cuts.several(24, 13, "visits_planned", "visit", "S2"),
    *cuts.several(6, 3, "solved_rate", "rating", "S1"), *cuts.several(26, 19, "solved_rate", "rating", "S2"),
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an edition that is cut for each audience."""
    root = tmp_path_factory.mktemp("audiences")
    path = cuts.edition(root, ITEMS)
    cut_audiences(cuts.city(root), cuts.home(root), path)
    return root


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "copied", symlinks=True)
    return tmp_path / "copied"


@pytest.fixture(scope="module")
def _few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("few")
    path = cuts.edition(root, ITEMS, only=cuts.FEW)
    cut_audiences(cuts.city(root, "leaders: {title: 领导}\n"), cuts.home(root), path)
    return root


@pytest.fixture
def few(_few: Path, tmp_path: Path) -> Path:
    """A home with an edition of few marts that is cut for leaders."""
    return Path(shutil.copytree(_few, tmp_path / "few", symlinks=True))


def folder(root: Path, audience: str) -> Path:
    return (cuts.home(root).audiences / audience / "current").resolve()


def tables(path: Path) -> dict[str, list[dict[str, object]]]:
    """Every table of a cut's DuckDB file; the Parquet files must hold the same."""
    found = {}
    with duckdb.connect(str(path / "onegrid.duckdb"), read_only=True) as connection:
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            rows = connection.execute(f"from mart.{name} order by all").to_arrow_table().to_pylist()
            found[name] = rows
            if (path / "marts" / f"{name}.parquet").is_file():
                parquet = f"from '{path}/marts/{name}.parquet' order by all"
                assert connection.execute(parquet).to_arrow_table().to_pylist() == rows, name
    parquet_names = {file.stem for file in (path / "marts").iterdir()}
    assert set(found) - parquet_names == {"publish_info", "data_dictionary"}
    return found


def marks(path: Path) -> set[tuple[str, str, str]]:
    """Class, mart and row of every marked text that is anywhere in a cut: in its tables, or as bytes of its files."""
    texts = [str(value) for rows in tables(path).values() for row in rows for value in row.values()]
    texts += [file.read_bytes().decode("latin-1") for file in path.rglob("*") if file.is_file()]
    pattern = re.compile(r"(open|internal|restricted|personal_token|map)~(\w+)\.\w+~([a-z]+);")
    return {(kind, mart, row) for text in texts for kind, mart, row in pattern.findall(text)}


@pytest.fixture(scope="module")
def seen(made: Path) -> dict[str, set[tuple[str, str, str]]]:
    return {name: marks(folder(made, name)) for name in NAMES}


def test_every_mart_and_column_is_classified_and_whose_a_row_is_is_told_by_a_column_that_it_has() -> None:
    marts, known = of_project(), cuts.models()
    assert set(marts) == set(known)
    for name, mart in marts.items():
        columns = {column["name"] for column in known[name]["columns"]}
        assert set(mart.columns) <= columns
        for scope in (mart.unit, mart.network):
            assert scope is None or {scope.column, *scope.where} <= columns, name
            assert scope is None or scope.of is None or scope.of in marts, name
        if mart.cells:
            needed = {mart.cells.code, mart.cells.month, *mart.cells.echoes}
            assert needed | ({mart.cells.kind_column} if mart.cells.kind_column else set()) <= columns, name
        if mart.rows == "thing":
            assert {"feed", "stream_type", "network"} & columns or mart.about not in ("case", "event"), name


@pytest.mark.parametrize("broken", [{}, {"about": "case"}, {"about": "case", "class": "secret", "rows": "thing"}])
def test_a_mart_without_a_classification_is_refused_by_name(broken: dict[str, str]) -> None:
    model = {"name": "rpt_new", "config": {"meta": {"label_zh": "新", **broken}}, "columns": []}
    with pytest.raises(PublishError, match="rpt_new"):
        of_model(model)


def test_tokens_restricted_columns_and_positions_are_classified_as_such() -> None:
    marts: dict[str, MartClass] = of_project()
    told = {(name, column): kind for name, mart in marts.items() for column, kind in mart.columns.items()}
    assert {key for key, kind in told.items() if kind == "personal_token"} == {
        ("rpt_indicator_item", "collector_code"), ("dim_staff", "staff_id"), ("dim_staff", "staff_token"),
        ("rpt_missed_discovery", "staff_id"), ("rpt_duty_post", "post_staff_id"),
    }  # fmt: skip
    positions = {(mart, column) for mart in ("fct_case", "dim_component") for column in ("lon", "lat")}
    assert {key for key, kind in told.items() if kind == "restricted"} >= positions
    assert told["dim_grid", "polygon"] == "map"
    for name, model in cuts.models().items():
        for column in (column["name"] for column in model["columns"]):
            if re.search(r"token|collector", column):
                assert told.get((name, column)) == "personal_token", f"{name}.{column}"


def test_leaders_see_no_restricted_column_no_token_and_without_the_duty_no_single_thing(
    made: Path, seen: dict[str, set[tuple[str, str, str]]]
) -> None:
    assert {kind for kind, _, _ in seen["leaders"]} <= {"open", "internal", "map"}
    assert not THINGS & set(tables(folder(made, "leaders")))
    found = set(tables(folder(made, "leaders")))
    assert {"rpt_indicator", "rpt_timeliness", "dim_grid"} <= found
    assert not any(name.startswith("dq_") for name in found), "they count things of each feed"


def test_analysts_without_the_duty_have_things_that_are_not_about_persons_and_no_figures(
    made: Path, seen: dict[str, set[tuple[str, str, str]]]
) -> None:
    assert {kind for kind, _, _ in seen["analysts"]} <= {"open", "internal", "map", "restricted"}
    things = {row for _, mart, row in seen["analysts"] if not mart.startswith("dim_")}
    assert things == {"burst", "litter", "police"}
    found = tables(folder(made, "analysts"))
    assert not {"rpt_indicator", "rpt_timeliness", "rpt_scorecard", "rpt_grid_ledger", "fct_rating"} & set(found)
    assert ("restricted", "rpt_item_basis", "burst") in seen["analysts"]
    assert found["fct_case"][0]["lon"] == 30.123456789


def test_a_unit_sees_its_own_and_subordinate_things_in_full_and_of_others_the_ranking(
    made: Path, seen: dict[str, set[tuple[str, str, str]]]
) -> None:
    found = tables(folder(made, "units/CM01"))
    own = {row for _, mart, row in seen["units/CM01"] if mart.startswith(("fct_", "rpt_item", "rpt_indicator"))}
    assert own == {"litter", "rating"}, "cases of CM11, which is below CM01"
    assert {row["org_code"] for row in found["fct_case"]} == {"CM11"}
    assert {row["case_id"] for row in found["fct_event"]} == {"litter", "rating"}
    assert found["fct_case"][0]["lon"] == 30.123456789
    figures = {(row["subject_kind"], row["subject_code"]) for row in found["rpt_indicator"]}
    assert figures == {("organisation", "CM11")}
    assert len(found["rpt_timeliness"]) == len(cuts.ROWS)
    assert "dq_feed" not in found
    assert "rpt_grid_ledger" not in found


def test_a_centre_sees_its_network(made: Path, seen: dict[str, set[tuple[str, str, str]]]) -> None:
    found = tables(folder(made, "centres/water"))
    ranking = ("rpt_timeliness", "rpt_scorecard")
    own = {row for _, mart, row in seen["centres/water"] if not mart.startswith(("dim_", *ranking))}
    assert own == {"burst"}
    assert {row["network"] for row in found["dq_feed"]} == {"water"}
    assert {(row["subject_kind"], row["subject_code"]) for row in found["rpt_indicator"]} == {("network", "water")}
    assert {"rpt_timeliness", "fct_outage_grid"} <= set(found)


def test_figures_of_collectors_are_in_no_cut_but_their_unit_s(made: Path) -> None:
    for name in ("leaders", "centres/water", "units/CM01"):
        kinds = {row["subject_kind"] for row in tables(folder(made, name))["rpt_indicator"]}
        assert "collector" not in kinds, name


def test_small_figures_about_persons_are_blank_for_leaders_and_nothing_else_is(made: Path) -> None:
    rows = tables(folder(made, "leaders"))["rpt_indicator"]
    assert {row["period_kind"] for row in rows} == {"month"}
    assert "numerator_before" not in rows[0]
    blank = {(row["indicator"], row["subject_kind"], row["subject_code"]) for row in rows if row["is_suppressed"]}
    assert ("visit_rate", "street", "S1") in blank, "two visits"
    assert ("visit_rate", "street", "S2") in blank, "three of fourteen were not made"
    assert ("solved_rate", "street", "S1") in blank, "three of six"
    assert ("reported", "organisation", "ST01") in blank, "an office of disputes alone, three of them"
    assert ("reported", "street", "S3") not in blank, "six bursts are no figure about persons"
    for row in rows:
        figures = [row["numerator"], row["denominator"], row["item_count"], row["is_assessable"]]
        assert not row["is_suppressed"] or figures == [None] * 4
    manifest = json.loads((folder(made, "leaders") / "manifest.json").read_bytes())
    told = next(mart for mart in manifest["marts"] if mart["name"] == "rpt_indicator")
    assert told["suppressed_rows"] == len(blank)


def test_with_the_duty_nothing_is_blank_and_after_its_last_day_it_is_again(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = cuts.city(copied, cuts.AUDIENCES_YML.replace("{title: 领导}", f"{{title: 领导, {DUTY}}}"))
    home = cuts.home(copied)
    monkeypatch.setenv("ONEGRID_NOW", cuts.NOW)
    reports = {report.audience: report for report in cut_audiences(city, home, home.editions / "1")}
    assert (reports["leaders"].number, reports["leaders"].changed) == (2, True)
    assert not reports["analysts"].changed, "the rules of the others are what they were"
    found = tables(reports["leaders"].path)
    assert {row["period_kind"] for row in found["rpt_indicator"]} == {"month", "week"}
    assert {"dispute", "visit", "rating"} < {str(row["case_id"]) for row in found["fct_case"]}
    assert not {kind for kind, _, _ in marks(reports["leaders"].path)} & {"restricted", "personal_token"}
    monkeypatch.setenv("ONEGRID_NOW", "2027-01-02T09:00:00+08:00")
    again = {report.audience: report for report in cut_audiences(city, home, home.editions / "1")}
    assert again["leaders"].number == 3
    assert (
        tables(again["leaders"].path)["rpt_indicator"]
        == tables(folder(copied, "leaders").parent / "1")["rpt_indicator"]
    )


def test_a_cut_is_sealed_names_its_edition_and_is_made_once(made: Path) -> None:
    home = cuts.home(made)
    assert verify_edition(folder(made, "units/CM01")) == []
    source = home.editions / "1" / "manifest.json"
    for name in NAMES:
        path = folder(made, name)
        manifest = json.loads((path / "manifest.json").read_bytes())
        assert manifest["cut_from"]["edition"] == 1
        assert manifest["cut_from"]["manifest_sha256"] == cuts.file_hash(source)
        assert {file.stat().st_mode & 0o777 for file in path.rglob("*") if file.is_file()} == {0o444}
        assert sorted(entry.name for entry in path.parent.iterdir()) == ["1", "current"]
    assert [report.changed for report in cut_audiences(cuts.city(made), home, home.editions / "1")] == [False] * 4
    assert folder(made, "leaders").name == "1"
    assert sorted(entry.name for entry in home.audiences.iterdir()) == [
        ".lock", "analysts", "centres", "leaders", "units",
    ]  # fmt: skip


def test_verify_sees_a_cut_that_was_changed_and_an_edition_that_is_another(few: Path) -> None:
    home = cuts.home(few)
    file = folder(few, "leaders") / "marts" / "dim_grid.parquet"
    file.chmod(0o644)
    file.write_bytes(b"PAR1")
    source = home.editions / "1" / "manifest.json"
    source.write_bytes(source.read_bytes().replace(b"town", b"turn"))
    found = verify_published(home)
    assert any("leaders/1: marts/dim_grid.parquet was changed" in fault for fault in found)
    assert "cut leaders/1: edition 1 is not the one that it was cut from" in found


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_anywhere_leaves_the_old_cut_or_the_new_one_whole(few: Path, point: str) -> None:
    home = cuts.home(few)
    only = cuts.city(few, "leaders: {title: 换了}\n")
    code = (
        "import sys, pathlib as p; from ingest.city import open_city; from ingest.home import open_home; "
        "import reporting.audience as a; r = p.Path(sys.argv[1]); "
        "a.cut_audiences(open_city(r / 'city'), open_home(r / 'home'), r / 'home/editions/1')"
    )
    child = subprocess.run(
        [sys.executable, "-c", code, str(few)], env={**os.environ, "ONEGRID_FAULT": point}, check=False
    )
    assert child.returncode == -signal.SIGKILL
    before = folder(few, "leaders")
    assert before.name == ("2" if point == "audience.after_swap" else "1")
    (report,) = cut_audiences(only, home, home.editions / "1")
    assert (report.number, folder(few, "leaders").name) == (2, "2")
    assert verify_published(home) == []
    assert not (home.audiences / ".staging").exists()
    assert [entry.name for entry in (home.audiences / "leaders").iterdir() if entry.name.startswith(".")] == []


def test_who_is_not_in_the_file_any_more_has_no_current(copied: Path) -> None:
    home = cuts.home(copied)
    assert cut_audiences(cuts.city(copied, ""), home, home.editions / "1") == []
    assert not any((home.audiences / name / "current").exists() for name in NAMES)


def test_without_the_file_nothing_is_made(tmp_path: Path) -> None:
    path = cuts.edition(tmp_path, ITEMS[:1], only=cuts.FEW)
    assert cut_audiences(cuts.city(tmp_path, ""), cuts.home(tmp_path), path) == []
    assert not cuts.home(tmp_path).audiences.exists()


def test_an_edition_without_classification_gives_a_cut_of_nothing(few: Path) -> None:
    home = cuts.home(few)
    (home.editions / "1" / "project.tar").write_bytes(b"\0" * 10240)
    (report,) = cut_audiences(cuts.city(few, "leaders: {title: 换了}\n"), home, home.editions / "1")
    assert set(tables(report.path)) == {"publish_info", "data_dictionary"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("leaders: {titel: 领导}", "unknown key"),
        ("subjects: {dispute: {feeds: [nothing]}}", "'nothing' is no feed"),
        ("centres: {steam: {}}", "centres.steam"),
        ("units: {'../out': {}}", "units"),
        ("leaders: [", "not valid YAML"),
        (f"leaders: {{{DUTY.replace('approver: 负责人, ', '')}}}", "approver"),
    ],
)
def test_a_faulty_file_is_named_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    city = cuts.city(tmp_path, text)
    assert any(fault in told and "audiences.yml" in told for told in city.lint()), city.lint()


def test_a_faulty_file_stops_the_cut(few: Path) -> None:
    home = cuts.home(few)
    with pytest.raises(ContractError, match=r"audiences\.yml"):
        cut_audiences(cuts.city(few, "leaders: 3"), home, home.editions / "1")


def test_the_commands_name_the_folders_cut_and_bar(few: Path) -> None:
    home = cuts.home(few)
    entry = "mart: fct_rating, number: 一号, approver: 局, expires: 2027-01-01"
    cuts.city(
        few, f"leaders: {{title: 领导}}\nunits:\n  CM01: {{title: 城管}}\npublic:\n  admitted:\n    - {{{entry}}}\n"
    )
    places = ["--city", str(few / "city"), "--home", str(home.root)]
    runner = CliRunner()
    told = runner.invoke(app, ["audience", "cut", *places]).output
    assert f"leaders: stands already: {home.audiences}/leaders/1 (edition 1)" in told
    assert f"units/CM01: cut: {home.audiences}/units/CM01/1 (edition 1)" in told
    lines = runner.invoke(app, ["audience", "list", *places]).output.splitlines()
    assert lines[0].startswith("leaders (领导): cut 1 of edition 1; ")
    assert lines[-1] == "public: fct_rating: 一号, 局, through 2027-01-01"
    linted = runner.invoke(app, ["feed", "lint", *places])
    assert linted.exit_code == 1
    assert "fct_rating: only reference data and figures" in linted.output
    assert "stands already" in runner.invoke(app, ["audience", "cut", "--edition", "1", *places]).output
    missing = runner.invoke(app, ["audience", "cut", "--edition", "7", *places])
    assert "there is no edition '7'" in str(missing.exception)


@pytest.mark.parametrize("name", NAMES)
def test_each_audience_has_a_site_that_is_made_of_its_cut_alone(made: Path, name: str) -> None:
    path = folder(made, name)
    pages = sorted((path / "report").rglob("*.html"))
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    title = {"leaders": "领导", "analysts": "分析", "units/CM01": "城管局", "centres/water": "供水"}[name]
    assert f"供 {title} 阅" in (path / "report" / "index.html").read_text(encoding="utf-8")
    rows = {str(value) for rows in tables(path).values() for row in rows for value in row.values()}
    marked = set(re.findall(r"\w+~\w+\.\w+~[a-z]+;", text))
    assert marked <= {mark for value in rows for mark in re.findall(r"\w+~\w+\.\w+~[a-z]+;", value)}
    assert marked
    if name == "leaders":  # without the duty they see the ranking and no single thing
        assert {mark.split("~")[1].split(".")[0] for mark in marked} <= {"rpt_timeliness", "rpt_scorecard"}
    # what the cut lacks has no page, and no page leads to one
    has = set(tables(path))
    for page, mart in (("due", "rpt_due_soon"), ("quality", "dq_feed"), ("cases", "fct_case"), ("map", "dim_grid")):
        assert mart in has or not (path / "report" / f"{page}.html").exists()
    links = [
        (page, link.partition("#")[0]) for page in pages for link in re.findall(r'href="([^"#]+)', page.read_text())
    ]
    assert links
    assert [(page.name, link) for page, link in links if not (page.parent / link).is_file()] == []


def test_the_headline_of_a_centres_site_is_of_its_network_and_leaders_read_hidden_counts_as_hidden(made: Path) -> None:
    water = (folder(made, "centres/water") / "report" / "index.html").read_text(encoding="utf-8")
    figures = set(re.findall(r'data-figure="([a-z_]+\|[^"]+)"', water))
    assert "reported|network|water|month|2026-10-01 00:00:00" in figures
    assert {figure.split("|")[1:3] == ["network", "water"] for figure in figures} == {True}
    visits = (folder(made, "leaders") / "report" / "mechanism_visit.html").read_text(encoding="utf-8")
    assert "小数隐藏" in visits
    told = folder(made, "leaders") / "onegrid.duckdb"
    with duckdb.connect(str(told), read_only=True) as connection:
        shown = connection.execute(
            "select subject_code from mart.rpt_indicator where indicator = 'visit_rate' and not is_suppressed"
        ).fetchall()
        hidden = connection.execute(
            "select subject_code from mart.rpt_indicator where indicator = 'visit_rate' and is_suppressed "
            "and subject_kind = 'street'"
        ).fetchall()
    pages = "".join(page.read_text() for page in (folder(made, "leaders") / "report").glob("*.html"))
    assert hidden
    assert not [code for (code,) in hidden if f'data-figure="visit_rate|street|{code}|' in pages]
    assert [code for (code,) in shown if f"visit_rate|district|{code}|" in pages or f"|street|{code}|" in pages]


def test_a_page_of_a_cut_that_was_changed_is_found(copied: Path) -> None:
    page = folder(copied, "units/CM01") / "report" / "index.html"
    page.chmod(0o644)
    page.write_text(page.read_text(encoding="utf-8").replace("供 城管局 阅", "供 公众 阅"), encoding="utf-8")
    assert any("report/index.html was changed" in fault for fault in verify_edition(page.parent.parent))
