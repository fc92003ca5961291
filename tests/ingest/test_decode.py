"""Deliveries of every form to columns: the file's own words, the right line, and a fault where one stands."""

import gzip
import io
import zipfile
from typing import Any

import pyarrow as pa
import pytest

from ingest.contract import FeedContract, Format
from ingest.decode import Encoded, decode
from tests.town import Town

ROWS = [("C1", "井盖缺失"), ("C2", "路灯, 不亮")]


@pytest.fixture
def contract(town: Town) -> FeedContract:
    return town.city.contract("cases")


def _read(contract: FeedContract, name: str, data: bytes, **form: Any) -> list[dict[str, Any]]:
    reading = contract.model_copy(update={"formats": [Format(**form)]})
    table: pa.Table = decode([Encoded(name, data)], reading).table
    return table.select(["line", "fault", "case_no", "story"]).to_pylist()


def _good(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["line"], row["case_no"], row["story"]) for row in rows if row["fault"] is None]


CSV = 'case_no,story\r\nC1,井盖缺失\r\nC2,"路灯, 不亮"\r\n'
EXPECTED = [(1, "C1", "井盖缺失"), (2, "C2", "路灯, 不亮")]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (CSV.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + CSV.encode(), "utf-8"),
        (CSV.encode("utf-16"), "utf-16"),
        (CSV.encode("gb18030"), "gb18030"),
    ],
)
def test_csv_in_every_declared_encoding(contract: FeedContract, data: bytes, encoding: str) -> None:
    assert _good(_read(contract, "a.csv", data, kind="csv", encoding=encoding)) == EXPECTED


def test_tsv_and_gzip(contract: FeedContract) -> None:
    data = "case_no\tstory\nC1\t井盖缺失\nC2\t路灯, 不亮\n".encode()
    assert _good(_read(contract, "a.tsv.gz", gzip.compress(data), kind="tsv")) == EXPECTED


def test_json_and_json_lines(contract: FeedContract) -> None:
    items = '{"case_no": "C1", "story": "井盖缺失"}', '{"case_no": "C2", "story": "路灯, 不亮", "new": {"a": 1}}'
    whole = f'{{"code": 0, "data": {{"rows": [{",".join(items)}]}}}}'.encode()
    assert _good(_read(contract, "a.json", whole, kind="json", records="$.data.rows[*]")) == EXPECTED
    assert _good(_read(contract, "a.jsonl", "\n".join(items).encode(), kind="jsonl")) == EXPECTED


def test_a_broken_line_of_json_lines_is_named_and_the_rest_stays(contract: FeedContract) -> None:
    rows = _read(contract, "a.jsonl", b'{"case_no": "C1"}\n{"case_no": \n[1]\n{"case_no": "C4"}\n', kind="jsonl")
    assert [(row["line"], row["fault"]) for row in rows] == [
        (1, None), (2, "not_json"), (3, "not_a_record"), (4, None),
    ]  # fmt: skip


def test_rows_with_too_many_or_few_cells_are_named_by_their_line(contract: FeedContract) -> None:
    rows = _read(contract, "a.csv", b"case_no,story\nC1,a\nC2\nC3,b,c\nC4,d\n", kind="csv")
    found = sorted((row["line"], row["fault"], row["case_no"]) for row in rows)
    assert found == [
        (1, None, "C1"), (2, "wrong_number_of_cells", None), (3, "wrong_number_of_cells", None), (4, None, "C4"),
    ]  # fmt: skip


def test_quoted_line_breaks_and_missing_columns(contract: FeedContract) -> None:
    rows = _read(contract, "a.csv", b'case_no,other\n"C1",x\n"C\n2",y\n', kind="csv")
    assert [(row["case_no"], row["story"]) for row in rows] == [("C1", None), ("C\n2", None)]


def test_bytes_of_another_encoding_reject_their_rows_only(contract: FeedContract) -> None:
    data = "case_no,story\nC1,井盖缺失\n".encode() + b"C2,\xc2\xb7\xc5\xc6\xff\nC3,ok\n"
    rows = _read(contract, "a.csv", data, kind="csv")
    assert [(row["line"], row["fault"]) for row in rows] == [(1, None), (2, "undecodable_bytes"), (3, None)]


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("a.json", b'{"data": [', {"kind": "json", "records": "$.data[*]"}),
        ("a.json", b"", {"kind": "json"}),
        ("a.csv.gz", b"\x1f\x8b broken", {"kind": "csv"}),
        ("a.xlsx", b"PK no workbook", {"kind": "xlsx"}),
        ("a.csv", b"", {"kind": "csv"}),
        ("a.json", b"\x00\x01\x02", {"kind": "json"}),
    ],
)
def test_what_cannot_be_read_at_all_is_one_fault(
    contract: FeedContract, name: str, data: bytes, form: dict[str, Any]
) -> None:
    rows = _read(contract, name, data, **form)
    assert [row["line"] for row in rows] == [0]
    assert rows[0]["fault"] in ("unreadable_delivery", "empty_delivery", "no_records_at_path")


def test_xlsx_with_text_number_and_date_cells(contract: FeedContract) -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>case_no</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>story</t></is></c></row>'
        '<row r="2"><c r="A2"><v>17</v></c><c r="B2" s="1"><v>46327.5</v></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><t>C2</t></is></c></row></sheetData></worksheet>'
    )
    rows = _read(contract, "a.xlsx", _workbook(sheet), kind="xlsx")
    assert _good(rows) == [(1, "17", "2026-11-01 12:00:00"), (2, "C2", None)]


def _workbook(sheet: str) -> bytes:
    """The smallest workbook with one sheet and one date style."""
    main = "http://schemas.openxmlformats.org"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{main}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kinds}.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{main}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{main}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}/spreadsheetml/2006/main" '
        f'xmlns:r="{main}/officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{main}/package/2006/relationships"><Relationship '
        f'Id="r1" Type="{main}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{main}/officeDocument/2006/relationships/styles" Target="styles.xml"/>'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{main}/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return buffer.getvalue()


def test_a_name_that_no_format_fits_does_not_keep_the_others_from_landing(town: Town) -> None:
    path = town.root / "city" / "feeds" / "cases.yml"
    text = path.read_text(encoding="utf-8").replace(
        "formats: [{kind: csv}]", 'formats: [{files: "cases_*", kind: csv}]'
    )
    path.write_text(text, encoding="utf-8")
    row = "C1,2026-11-01 08:00:00,,2026-11-01 08:00:00,A,,,x"
    town.drop("cases_1.csv", row)
    town.drop("strange.csv", row.replace("C1", "C2"))
    town.ingest()
    town.let_through()
    assert [(r["batch_name"], r["recorded"], r["rejected"]) for r in town.log.receipts("cases")] == [
        ("cases_1.csv", 1, 0),
        ("strange.csv", 0, 1),
    ]
    assert town.visible("select line, code from log.rejection") == [(0, "no_format_for_name")]
