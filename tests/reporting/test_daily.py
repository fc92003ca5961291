"""The daily report: its figures are the edition's, it fits on two pages, and no cell of it is a formula."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from ingest.errors import ReportError
from ingest.home import open_home
from onegrid.cli import app
from reporting.reports import write_daily
from tests.reporting.files import links, page_heights, raw_sheets, sheets, word_tables, word_text
from tests.reporting.mornings import CASES, FORMULA, publish_morning
from tests.reporting.town import Town

PAGE_CM = 29.7 - 2 * 1.8


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return publish_morning(tmp_path_factory.mktemp("morning"))


@pytest.fixture(scope="module")
def files(town: Town) -> list[Path]:
    return write_daily(open_home(town.home))


def edition(town: Town, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(town.editions / "1" / "onegrid.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_the_files_are_named_by_day_and_edition(town: Town, files: list[Path]) -> None:
    assert [path.name for path in files] == ["daily-2026-11-03-edition-1.docx", "daily-2026-11-03-edition-1.xlsx"]
    assert {path.parent for path in files} == {town.home / "reports"}
    assert sorted(path.name for path in (town.home / "reports").iterdir()) == sorted(path.name for path in files)


def test_yesterdays_counts_are_the_editions(town: Town, files: list[Path]) -> None:
    told = edition(
        town,
        "select subject_code, max(numerator) filter (where period_start = '2026-11-03' and indicator = 'reported'), "
        "max(numerator) filter (where period_start = '2026-11-02' and indicator = 'reported'), "
        "max(numerator) filter (where period_start = '2026-11-03' and indicator = 'closed'), "
        "(select count(*) from mart.fct_case as c where c.network = f.subject_code and is_open), "
        "(select count(*) from mart.fct_case as c where c.network = f.subject_code and is_open and is_overdue) "
        "from mart.rpt_indicator as f where subject_kind = 'network' group by subject_code",
    )
    titles = {"城管": "city_management", "供水": "water", "12345 热线": "hotline"}
    rows = {row[0]: row for row in word_tables(files[0])[0][1:]}
    assert {network for network, *_ in told} == set(titles.values())
    for title, name in titles.items():
        [(_, reported, before, closed, standing, overdue)] = [row for row in told if row[0] == name]
        now = [rows[title][place] for place in (1, 2, 4, 5, 6)]
        assert now == [f"{count:,}" for count in (reported, before, closed, standing, overdue)]
    assert rows["全区"][1] == "63"


def test_what_may_not_be_assessed_is_said_to_be_so_and_is_no_number(files: list[Path]) -> None:
    counts, rates = word_tables(files[0])[:2]
    assert [row[3] for row in counts if row[0] == "供水"] == ["不可评估"]
    # no figure of the whole district is told either, and the water feed has held landings
    assert [row[3] for row in counts if row[0] == "全区"] == ["不可评估"]
    assert rates[1:] == [
        ["按期处置率", "26", "27", "96.2%", "—"],
        ["按期结案率", "9", "10", "不可评估", "—"],
        ["返工率", "0", "0", "—", "—"],
    ]
    rows = sheets(files[1])["主要指标"]
    [(share,), (unknown,)] = [[row[3] for row in rows if row[0] == name] for name in ("按期处置率", "按期结案率")]
    assert float(share) == pytest.approx(0.962)
    assert unknown == "不可评估"


def test_the_word_file_fits_on_two_pages_however_long_the_lists_are(files: list[Path]) -> None:
    pages = page_heights(files[0])
    assert len(pages) == 2
    assert all(height <= PAGE_CM for height in pages), pages
    assert pages[1] > 20, "the second page is full"
    tables = word_tables(files[0])
    assert [len(table) - 1 for table in tables[-4:]] == [9, 6, 6, 6]
    assert "另有" in word_text(files[0])


def test_the_workbook_holds_the_whole_lists(town: Town, files: list[Path]) -> None:
    book = sheets(files[1])
    assert list(book) == [
        "总体情况",
        "主要指标",
        "数据情况",
        "临期",
        "挂账延期",
        "扯皮件",
        "两边不一致",
        "临期清单",
        "版本与口径",
    ]
    keys = {row[4] for row in book["临期清单"]}
    assert {f"W{number}" for number in range(CASES)} <= keys
    [(lasting,)] = edition(town, "select count(*) from mart.rpt_suspension where is_lasting")
    assert sum(str(row[1]).startswith("W") for row in book["挂账延期"]) == lasting == 30
    units = [row for row in book["临期"] if str(row[0]).startswith("O") or row[0] == FORMULA]
    assert sum(int(float(row[4])) for row in units) == CASES


def test_no_cell_is_a_formula_or_a_link(files: list[Path]) -> None:
    book = files[1]
    for xml in raw_sheets(book):
        assert "<f>" not in xml
        assert "<hyperlink" not in xml
    assert links(book) == links(files[0]) == ""
    cells = [str(cell) for rows in sheets(book).values() for row in rows for cell in row]
    assert any(cell == FORMULA for cell in cells), "the text is kept as it is"
    assert any(cell == "-0" for cell in cells)


def test_a_text_that_begins_like_a_formula_is_marked_as_quoted(files: list[Path]) -> None:
    import zipfile

    with zipfile.ZipFile(files[1]) as archive:
        styles = archive.read("xl/styles.xml").decode()
        shared = archive.read("xl/sharedStrings.xml").decode()
    assert 'quotePrefix="1"' in styles
    assert "=HYPERLINK" in shared


def test_each_file_tells_edition_log_version_and_how_far_the_data_reach(files: list[Path]) -> None:
    for text in (word_text(files[0]), *(str(rows) for rows in sheets(files[1]).values())):
        for word in ("版次", "日志版本", "数据截至"):
            assert word in text
    footer = word_text(files[0]).splitlines()[-1]
    assert "版次 1 · 日志版本 v1 · 构建时点 2026-11-04 18:00 · 数据截至 2026-11-04 16:00" in footer
    assert "water_cases" in footer


def test_it_is_told_in_english_too(town: Town, tmp_path: Path) -> None:
    where = ["--home", str(town.home), "--city", str(town.home / "builds" / "v1-p1" / "project" / "city")]
    said = CliRunner().invoke(app, ["report", "daily", "--language", "en", "--out", str(tmp_path), *where])
    assert said.exit_code == 0, said.output
    word, book = map(Path, said.output.splitlines())
    assert "not assessable" in str(word_tables(word))
    assert [row[0] for row in word_tables(word)[0]][1] == "district"
    assert "overview" in sheets(book)


def test_an_edition_that_lacks_the_lists_is_refused(tmp_path: Path) -> None:
    from reporting.edition import publish

    town = Town(tmp_path)
    publish(town.build(), town.home)
    with pytest.raises(ReportError, match=r"edition 1 has no rpt_due_soon.*build its log version again"):
        write_daily(open_home(town.home))
    assert not (town.home / "reports").exists()
