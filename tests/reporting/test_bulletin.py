"""The bulletin of a closed month: its figures are those of the closing, after what was upheld, and it draws itself."""

import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest
from typer.testing import CliRunner

from ingest.city import ClosingRules
from ingest.errors import ClosingError, ReportError
from onegrid import workflow
from onegrid.cli import app
from reporting.bulletin import _quotient
from reporting.closing import parse_month
from reporting.documents import Share
from reporting.objections import adjudicate, draft, object_to
from reporting.reports import write_monthly
from tests.reporting.files import links, raw_sheets, sheets, word_tables, word_text
from tests.reporting.months import MonthTown, case
from tests.reporting.town import Town

MONTH = parse_month("2026-10")
RULES = ClosingRules(objection_days=3, adjudicator="考核科")
FORMULA = "=cmd|' /C calc'!A0"
CASES = [
    *(case(f"a{number}", 1 + number, handled_after_days=3 if number == 0 else 1) for number in range(12)),
    *(case(f"b{number}", 1 + number, grid="G2", org="O2", handled_after_days=3 if number < 3 else 1)
      for number in range(11)),
    *(case(f"c{number}", 1 + number, grid="G3", org="O3") for number in range(4)),
]  # fmt: skip
WHO = {"by": "考核科", "document": "样例府办〔2026〕7号"}
ASSESSABLE = "alter table mart.rpt_indicator add column is_assessable boolean default true"
RATE = "handled_on_time_rate"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> MonthTown:
    """October closed with edition 2, after one of the late cases of O2 was taken out."""
    months = MonthTown(Town(tmp_path_factory.mktemp("bulletin") / "town"))
    months.publish(CASES)
    months.change(
        "v1-p1",
        "v2-p1",
        f"{ASSESSABLE}; update mart.rpt_indicator set is_assessable = false where subject_code = 'O3'; "
        "alter table mart.dim_organisation add column org_name varchar; "
        f"update mart.dim_organisation set org_name = '{FORMULA.replace(chr(39), chr(39) * 2)}' where org_code = 'O2'; "
        "alter table mart.dim_grid add column street_code varchar; "
        "create table mart.dim_indicator as select 'handled_on_time_rate' as indicator, 'share' as unit",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEGRID_NOW", "2026-11-05T09:00:00+08:00")
        draft(months.home, MONTH, RULES, **WHO)
        object_to(months.home, MONTH, "b0", "O2", "封路", "证明")
        adjudicate(months.home, MONTH, RULES, 1, True, "考核科", "乙", "证据属实", "样例裁1号")
        patch.setenv("ONEGRID_NOW", "2026-11-12T09:00:00+08:00")
        workflow.close(months.home, "2026-10", rules=RULES, **WHO)
    return months


@pytest.fixture(scope="module")
def files(closed: MonthTown) -> list[Path]:
    return write_monthly(closed.home, "2026-10")


def frozen(closed: MonthTown, sql: str) -> list[tuple[Any, ...]]:
    folder = closed.home.closings / "2026-10" / "1"
    with duckdb.connect() as connection:
        return connection.execute(sql.format(figures=f"'{folder}/closing_figure.parquet'")).fetchall()


def test_the_ranking_is_that_of_the_figures_after_what_was_upheld(closed: MonthTown, files: list[Path]) -> None:
    assert [path.name for path in files] == ["monthly-2026-10-closing-1.docx", "monthly-2026-10-closing-1.xlsx"]
    [units] = [table for table in word_tables(files[0]) if table[0][0] == "名次" and table[1][1] == "O1"]
    told = {row[1]: row for row in units[1:]}
    assert list(told) == ["O1", FORMULA, "O3"], "the ranked first, in their order"
    # of O2 eleven were due and eight in time; one of the late ones was taken out
    assert told["O1"] == ["1", "O1", "12", "11", "12", "91.6%"]
    assert told[FORMULA] == ["2", FORMULA, "11", "8", "10", "80.0%"]
    # not assessable: listed, not ranked, and no number
    assert told["O3"] == ["—", "O3", "4", "4", "4", "不可评估"]
    figures = frozen(
        closed,
        f"select subject_code, numerator, denominator from {{figures}} where indicator = '{RATE}' "
        "and subject_kind = 'organisation' order by all",
    )
    assert [(code, int(told[name][3]), int(told[name][4])) for code, name in
            (("O1", "O1"), ("O2", FORMULA), ("O3", "O3"))] == figures  # fmt: skip


def test_what_was_taken_out_is_told_with_the_rate_before_and_after(files: list[Path]) -> None:
    text = word_text(files[0])
    assert "收到申诉 1 件，成立 1 件，未裁定 0 件" in text
    assert "1. b0: 证据属实 (考核科 样例裁1号)" in text
    [table] = [told for told in word_tables(files[0]) if told[0][2] == "剔除前"]
    assert [row[1:] for row in table[1:]] == [
        ["全区", "85.1%", "88.4%", "1"],
        [FORMULA, "72.7%", "80.0%", "1"],
    ]


def test_each_file_says_which_closing_edition_and_log_version_it_is_of(files: list[Path]) -> None:
    footer = word_text(files[0]).splitlines()[-1]
    assert footer.startswith("月结 2026-10/1 · 版次 2 · 日志版本 v2 · 数据截至 2026-11-04")
    assert all("日志版本 v2" in str(rows) for rows in list(sheets(files[1]).values())[:-1])
    assert "第 1 次月结 · 考核科 · 样例府办〔2026〕7号" in word_text(files[0])


def test_the_word_file_draws_its_charts_from_numbers_that_it_holds(closed: MonthTown, files: list[Path]) -> None:
    space = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}
    with zipfile.ZipFile(files[0]) as archive:
        names = archive.namelist()
        charts = [name for name in names if name.startswith("word/charts/chart")]
        books = [name for name in names if name.startswith("word/embeddings/")]
        assert len(charts) == len(books) == 3  # networks, streets, units
        types = archive.read("[Content_Types].xml").decode()
        assert all(f'PartName="/{name}"' in types for name in charts)
        drawn = [ElementTree.fromstring(archive.read(name)) for name in charts]
        told = ElementTree.fromstring(archive.read("word/document.xml"))
        for chart in drawn:
            assert chart.find(".//c:externalData", space) is not None
            assert chart.find(".//c:printSettings", space) is None
        inner = archive.read(books[-1])
    units = drawn[-1]
    categories = [point.text for point in units.findall(".//c:cat//c:v", space)]
    values = [float(point.text or "") for point in units.findall(".//c:val//c:v", space)]
    assert dict(zip(categories, values, strict=True)) == {"O1": 91.6, FORMULA: 80.0}
    assert len(told.findall(".//{http://schemas.openxmlformats.org/drawingml/2006/chart}chart")) == 3
    book = files[0].with_suffix(".inner.xlsx")
    book.write_bytes(inner)
    assert [row[0] for row in sheets(book)["data"]][1:] == ["O1", FORMULA]
    assert all("<f>" not in xml for xml in raw_sheets(book))
    book.unlink()


def test_the_workbook_has_the_charts_and_no_formulas(files: list[Path]) -> None:
    with zipfile.ZipFile(files[1]) as archive:
        assert sum(name.startswith("xl/charts/chart") for name in archive.namelist()) == 3
    assert all("<f>" not in xml for xml in raw_sheets(files[1]))
    assert links(files[0]) == links(files[1]) == ""


def test_a_month_closed_at_once_has_its_bulletin_too_and_english_is_spoken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEGRID_NOW", "2026-11-05T09:00:00+08:00")
    months = MonthTown(Town(tmp_path))
    months.publish(CASES)
    with pytest.raises(ReportError, match="2026-10 is not closed"):
        write_monthly(months.home, "2026-10")
    workflow.close(months.home, "2026-10", **WHO)
    where = ["--home", str(tmp_path / "home"), "--city", str(tmp_path / "home/builds/v1-p1/project/city")]
    said = CliRunner().invoke(app, ["report", "monthly", "2026-10", "--language", "en", *where])
    word = Path(said.output.splitlines()[0])
    assert "bulletin of 2026-10" in word_text(word)
    assert "Objections" not in word_text(word)
    with pytest.raises(ReportError, match="has no closing 2"):
        write_monthly(months.home, "2026-10", 2)


def test_nothing_is_told_of_frozen_rows_that_were_changed(closed: MonthTown, tmp_path: Path) -> None:
    months = closed.copy(tmp_path / "town")
    figures = months.home.closings / "2026-10" / "1" / "closing_figure.parquet"
    figures.chmod(0o644)
    with duckdb.connect() as connection:
        connection.execute(f"create table told as from '{figures}'")
        connection.execute(f"update told set numerator = denominator; copy told to '{figures}' (format parquet)")
    with pytest.raises(ClosingError, match="no bulletin is made of it"):
        write_monthly(months.home, "2026-10")


def test_what_is_no_share_is_told_by_its_parts() -> None:
    assert _quotient(86400, 12, True, "seconds") == "86,400 / 12"
    assert _quotient(1, 3, True, "share") == Share(1, 3)
    assert _quotient(86400, 12, False, "seconds") == Share(86400, 12, False)
