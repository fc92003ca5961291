"""Bytes that were damaged on the way: whatever is left of a delivery, reading it ends with rows or with a reason."""

import gzip
import json
import random
from typing import Any

import pytest

from ingest.contract import FeedContract, Format
from ingest.decode import Encoded, decode
from tests.ingest.forms import dbf, tarred, xls, zipped
from tests.ingest.test_decode import _workbook
from tests.town import Town

CSV = ("case_no,story\n" + "C1,井盖缺失\n" * 40).encode()
FEATURE = {"type": "Feature", "properties": {"case_no": "C1"}, "geometry": {"type": "Point", "coordinates": [123, 30]}}
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    '<c r="A1" t="inlineStr"><is><t>case_no</t></is></c></row><row r="2"><c r="A2"><v>17</v></c></row>'
    "</sheetData></worksheet>"
)
FORMS: dict[str, tuple[str, bytes, dict[str, Any]]] = {
    "delimited": ("a.csv", CSV, {"kind": "csv"}),
    "unsaid": ("a.csv", CSV.decode().encode("gb18030"), {"kind": "csv", "encoding": "detect"}),
    "packed": ("a.csv.gz", gzip.compress(CSV), {"kind": "csv"}),
    "zip": ("a.zip", zipped({"a.csv": CSV, "b.csv": CSV}), {"kind": "csv", "archive": {"several": "append"}}),
    "tar": ("a.tar", tarred({"a.csv": CSV, "b.csv": CSV}, "w"), {"kind": "csv", "archive": {"several": "append"}}),
    "tgz": ("a.tgz", tarred({"a.csv": CSV}), {"kind": "csv"}),
    "workbook": ("a.xlsx", _workbook(SHEET), {"kind": "xlsx"}),
    "old workbook": ("a.xls", xls([["case_no", "story"], ["C1", 2.5]]), {"kind": "xls"}),
    "table": ("a.dbf", dbf([("case_no", "C", 6), ("FEE", "I", 4)], [[b"C1", b"1234"]] * 9), {"kind": "dbf"}),
    "map": ("a.geojson", json.dumps(FEATURE).encode(), {"kind": "geojson"}),
    "lines": ("a.jsonl", b'{"case_no": "C1"}\n' * 9, {"kind": "jsonl"}),
    "document": ("a.json", b'[{"case_no": "C1"}, {"case_no": "C2"}]', {"kind": "json"}),
    "xml": ("a.xml", b"<rows><row><case_no>C1</case_no></row></rows>", {"kind": "xml", "records": "/rows/row"}),
}
TIMES = 300


@pytest.fixture
def contract(town: Town) -> FeedContract:
    return town.city.contract("cases")


def _damaged(data: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, some taken out, some put in, or the rest lost."""
    left = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(left) or 1)
        match chance.randrange(4):
            case 0:
                left[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del left[at : at + chance.randint(1, 40)]
            case 2:
                left[at:at] = chance.randbytes(chance.randint(1, 40))
            case _ if chance.random() < 0.2:
                del left[at:]
    return bytes(left)


@pytest.mark.parametrize("form", FORMS)
def test_a_damaged_delivery_gives_rows_or_a_reason(contract: FeedContract, form: str) -> None:
    name, data, told = FORMS[form]
    reading = contract.model_copy(update={"formats": [Format(**told)]})
    chance = random.Random(form)
    damaged = [Encoded(name, _damaged(data, chance)) for _ in range(TIMES)]
    decoded = decode([Encoded(name, data), *damaged], reading)
    assert decoded.table.filter(decoded.table["batch"].to_numpy() == 0)["fault"].null_count > 0, "whole, it is read"
    faults = {fault for fault in decoded.table["fault"].to_pylist() if fault}
    assert all(fault.replace("_", "").isalpha() for fault in faults)
