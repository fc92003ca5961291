"""The less usual forms of deliveries: maps, old workbooks and tables, archives, and texts of an unsaid encoding."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from ingest.contract import FeedContract, FieldRule, Format
from ingest.decode import Decoded, Encoded, decode
from ingest.decode.reading import MAX_RECORD
from onegrid.cli import app
from tests.ingest.forms import dbf, tarred, xls, zipped
from tests.town import Town

CSV = "case_no,story\nC1,井盖缺失\nC2,路灯不亮\n"
EXPECTED = [(1, "C1", "井盖缺失"), (2, "C2", "路灯不亮")]


@pytest.fixture
def contract(town: Town) -> FeedContract:
    return town.city.contract("cases")


def _decoded(contract: FeedContract, name: str, data: bytes, *sources: str, **form: Any) -> Decoded:
    fields = contract.fields | {f"extra_{number}": FieldRule(source=source) for number, source in enumerate(sources)}
    reading = contract.model_copy(update={"formats": [Format(**form)], "fields": fields})
    return decode([Encoded(name, data)], reading)


def _good(decoded: Decoded, *columns: str) -> list[tuple[Any, ...]]:
    chosen = ("line", *(columns or ("case_no", "story")))
    return [tuple(row[name] for name in chosen) for row in decoded.table.to_pylist() if row["fault"] is None]


def _faults(decoded: Decoded) -> list[tuple[int, str]]:
    return [(row["line"], row["fault"]) for row in decoded.table.to_pylist() if row["fault"] is not None]


# ---- maps


def _feature(number: str, geometry: dict[str, Any] | None, **members: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"case_no": number}, "geometry": geometry, **members}


def _collection(*features: Any, **members: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **members}).encode()


POINT = {"type": "Point", "coordinates": [123.01, 30.41, 7.5]}
LINE = {"type": "LineString", "coordinates": [[123.01, 30.41], [123.02, 30.42]]}
PLACE = ("geometry.longitude", "geometry.latitude", "geometry.type", "geometry")


def test_a_point_gives_its_longitude_and_latitude_and_other_geometries_their_text(contract: FeedContract) -> None:
    data = _collection(_feature("C1", POINT), _feature("C2", LINE), _feature("C3", None))
    decoded = _decoded(contract, "a.geojson", data, *PLACE, kind="geojson")
    assert _good(decoded, "case_no", "geometry.longitude", "geometry.latitude", "geometry.type") == [
        (1, "C1", "123.01", "30.41", "Point"),
        (2, "C2", None, None, "LineString"),
        (3, "C3", None, None, None),
    ]
    assert json.loads(decoded.table["geometry"][1].as_py()) == LINE


def test_members_that_the_standard_does_not_know_can_be_named(contract: FeedContract) -> None:
    data = _collection(_feature("C1", POINT, id=7, source="car"), made="2026-11-01")
    decoded = _decoded(contract, "a.geojson", data, "feature.id", "collection.made", *PLACE, kind="geojson")
    assert _good(decoded, "case_no", "feature.id", "collection.made") == [(1, "C1", "7", "2026-11-01")]
    assert decoded.unknown == {0: ["feature.source"]}


def test_a_place_that_the_contract_does_not_ask_for_is_told_as_undeclared(contract: FeedContract) -> None:
    decoded = _decoded(contract, "a.geojson", _collection(_feature("C1", POINT)), kind="geojson")
    assert decoded.unknown[0] == ["geometry", "geometry.latitude", "geometry.longitude", "geometry.type"]


def test_one_feature_and_a_sequence_of_texts_are_collections_too(contract: FeedContract) -> None:
    one = json.dumps(_feature("C1", POINT)).encode()
    assert _good(_decoded(contract, "a.geojson", one, kind="geojson"), "case_no") == [(1, "C1")]
    sequence = b"\x1e" + one + b"\n\x1e" + json.dumps(_feature("C2", LINE)).encode() + b"\n"
    assert _good(_decoded(contract, "a.geojson", sequence, kind="geojson"), "case_no") == [(1, "C1"), (2, "C2")]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b'{"type": "FeatureCollection", "features": [', "unreadable_delivery"),
        (b"[" * 100_000, "unreadable_delivery"),
        (b'{"type": "Topology"}', "no_records_at_path"),
        (b"[1, 2]", "no_records_at_path"),
    ],
)
def test_a_map_that_is_none_is_one_fault(contract: FeedContract, data: bytes, fault: str) -> None:
    assert _faults(_decoded(contract, "a.geojson", data, kind="geojson")) == [(0, fault)]


def test_a_feature_that_is_none_rejects_itself_only(contract: FeedContract) -> None:
    decoded = _decoded(contract, "a.geojson", _collection(_feature("C1", POINT), None, {"a": 1}), kind="geojson")
    assert _good(decoded, "case_no") == [(1, "C1")]
    assert _faults(decoded) == [(2, "not_a_record"), (3, "not_a_record")]


# ---- old workbooks and tables


def test_an_old_workbook_reads_like_a_new_one(contract: FeedContract) -> None:
    data = xls([["case_no", "story"], ["C1", "井盖缺失"], [17.0, "路灯不亮"]])
    assert _good(_decoded(contract, "a.xls", data, kind="xls")) == [(1, "C1", "井盖缺失"), (2, "17", "路灯不亮")]


COLUMNS = [("case_no", "C", 6), ("story", "C", 20), ("DAY", "D", 8), ("FEE", "N", 9), ("DONE", "L", 1)]
ROWS = [
    [b"C1", "井盖缺失".encode("gb18030"), b"20261101", b"    12.50", b"T"],
    [b"C2", "路灯不亮".encode("gb18030"), b"        ", b"", b"?"],
    [b"C3", b"x", b"20261103", b"0", b"F"],
]


def test_a_dbase_table_keeps_its_own_words(contract: FeedContract) -> None:
    decoded = _decoded(contract, "a.dbf", dbf(COLUMNS, ROWS), "DAY", "FEE", "DONE", kind="dbf", encoding="gb18030")
    assert _good(decoded, "case_no", "story", "DAY", "FEE", "DONE") == [
        (1, "C1", "井盖缺失", "20261101", "12.50", "T"),
        (2, "C2", "路灯不亮", None, None, None),
        (3, "C3", "x", "20261103", "0", "F"),
    ]


def test_records_marked_as_deleted_are_left_out_and_counted(contract: FeedContract) -> None:
    decoded = _decoded(contract, "a.dbf", dbf(COLUMNS, ROWS, " * "), kind="dbf", encoding="gb18030")
    assert _good(decoded, "case_no") == [(1, "C1"), (3, "C3")]
    assert decoded.notes == {0: {"deleted_records": 1}}


def test_the_encoding_of_a_table_can_be_found(contract: FeedContract) -> None:
    decoded = _decoded(contract, "a.dbf", dbf(COLUMNS, ROWS), kind="dbf", encoding="detect")
    assert _good(decoded)[:2] == EXPECTED
    assert decoded.notes == {0: {"encoding": "gb18030"}}


def test_cells_of_another_encoding_reject_their_record_only(contract: FeedContract) -> None:
    decoded = _decoded(contract, "a.dbf", dbf(COLUMNS, ROWS), kind="dbf")
    assert [line for line, _ in _faults(decoded)] == [1, 2]
    assert _good(decoded, "case_no") == [(3, "C3")]


def test_a_table_with_binary_values(contract: FeedContract) -> None:
    columns = [("case_no", "C", 4), ("COUNT", "I", 4), ("FEE", "Y", 8), ("AT", "T", 8), ("NOTE", "M", 10)]
    moment = (2461346).to_bytes(4, "little") + (8 * 3600 * 1000).to_bytes(4, "little")
    row = [b"C1", (70_000).to_bytes(4, "little"), (125_000).to_bytes(8, "little"), moment, b""]
    decoded = _decoded(contract, "a.dbf", dbf(columns, [row]), "COUNT", "FEE", "AT", "NOTE", kind="dbf")
    assert _good(decoded, "COUNT", "FEE", "AT", "NOTE") == [(1, "70000", "12.5", "2026-11-01 08:00:00", None)]


def _cut(data: bytes) -> bytes:
    return data[:-30]


def _grown(data: bytes) -> bytes:
    return data[:-1] + data[-48:-1]


@pytest.mark.parametrize("breaking", [_cut, _grown, lambda data: data[:20], lambda _: b""])
def test_a_table_of_another_length_than_it_says_is_one_fault(
    contract: FeedContract, breaking: Callable[[bytes], bytes]
) -> None:
    data = breaking(dbf(COLUMNS, ROWS))
    assert _faults(_decoded(contract, "a.dbf", data, kind="dbf")) == [(0, "unreadable_delivery")]


# ---- archives


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.zip", zipped({"案件/十一月.csv": CSV.encode()})),
        ("a.tar", tarred({"a.csv": CSV.encode()}, "w")),
        ("a.tar.gz", tarred({"a.csv": CSV.encode()})),
        ("A.TGZ", tarred({"a.csv": CSV.encode()})),
        ("a.csv.gz", gzip.compress(CSV.encode())),
    ],
)
def test_one_file_in_an_archive_is_the_delivery(contract: FeedContract, name: str, data: bytes) -> None:
    assert _good(_decoded(contract, name, data, kind="csv")) == EXPECTED


def test_the_contract_chooses_the_members(contract: FeedContract) -> None:
    data = zipped({"notes.txt": b"x", "cases.csv": CSV.encode(), ".DS_Store": b"", "__MACOSX/cases.csv": b""})
    decoded = _decoded(contract, "a.zip", data, kind="csv", archive={"members": "*.csv"})
    assert _good(decoded) == EXPECTED
    assert decoded.notes == {0: {"members": ["cases.csv"]}}


def test_several_members_are_refused_unless_the_contract_appends_them(contract: FeedContract) -> None:
    data = zipped({"b.csv": b"story,case_no\nz,C3\n", "a.csv": CSV.encode()})
    assert _faults(_decoded(contract, "a.zip", data, kind="csv")) == [(0, "archive_with_several_members")]
    decoded = _decoded(contract, "a.zip", data, kind="csv", archive={"several": "append"})
    assert _good(decoded) == [*EXPECTED, (3, "C3", "z")]
    assert decoded.notes == {0: {"members": ["a.csv", "b.csv"], "records": {"a.csv": 2, "b.csv": 1}}}


def test_documents_and_lines_are_appended_too(contract: FeedContract) -> None:
    one, two = b'[{"case_no": "C1"}]', b'[{"case_no": "C2"}]'
    for kind, parts in {"json": (one, two), "jsonl": (one[1:-1], two[1:-1])}.items():
        data = tarred({"1": parts[0], "2": parts[1]})
        decoded = _decoded(contract, "a.tgz", data, kind=kind, archive={"several": "append"})
        assert _good(decoded, "case_no") == [(1, "C1"), (2, "C2")]


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        ("a.zip", zipped({"../a.csv": b"x"}), "archive_leads_outside"),
        ("a.zip", zipped({"C:\\a.csv": b"x"}), "archive_leads_outside"),
        ("a.tgz", tarred({"/etc/a.csv": b"x"}), "archive_leads_outside"),
        ("a.zip", zipped({"a.zip": b"x"}), "archive_in_archive"),
        ("a.zip", zipped({}), "archive_without_member"),
        ("a.zip", zipped({"a.csv": bytes(80_000_000)}), "unpacks_too_far"),
        ("a.tgz", tarred({"a.csv": bytes(80_000_000)}), "unpacks_too_far"),
        ("a.csv.gz", gzip.compress(bytes(80_000_000)), "unpacks_too_far"),
        ("a.zip", b"PK\x03\x04 nothing", "unreadable_delivery"),
        ("a.tgz", b"nothing", "unreadable_delivery"),
        ("a.tar", b"nothing" * 100, "unreadable_delivery"),
    ],
)
def test_an_archive_that_means_harm_is_refused_whole(
    contract: FeedContract, name: str, data: bytes, fault: str
) -> None:
    assert _faults(_decoded(contract, name, data, kind="csv")) == [(0, fault)]


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("a.csv", b"case_no,story\nC1," + b"x" * MAX_RECORD + b"\n", {"kind": "csv"}),
        ("a.csv", b'case_no,story\nC1,"' + b"x\n" * (MAX_RECORD // 2 + 1) + b'"\n', {"kind": "csv"}),
        ("a.json", b'[{"case_no": "' + b"x" * MAX_RECORD + b'"}]', {"kind": "json"}),
        ("a.jsonl", b'{"case_no": "C1"}\n{"case_no": "' + b"x" * MAX_RECORD + b'"}\n', {"kind": "jsonl"}),
    ],
)
def test_a_record_longer_than_any_record_is_refused(
    contract: FeedContract, name: str, data: bytes, form: dict[str, Any]
) -> None:
    assert _faults(_decoded(contract, name, data, **form)) == [(0, "record_too_large")]


def test_a_long_document_of_short_records_is_none_of_it(contract: FeedContract) -> None:
    data = b"[" + b",".join(b'{"case_no": "C%06d", "story": "%s"}' % (i, b"x" * 900) for i in range(20_000)) + b"]"
    assert len(data) > MAX_RECORD
    assert len(_good(_decoded(contract, "a.json", data, kind="json"), "case_no")) == 20_000


def test_one_record_of_many_short_texts_rejects_itself_only(contract: FeedContract) -> None:
    long = b'{"case_no": [' + b",".join([b'"%s"' % (b"x" * 1000)] * 17_000) + b"]}"
    decoded = _decoded(contract, "a.json", b'[{"case_no": "C1"},' + long + b"]", kind="json")
    assert (_good(decoded, "case_no"), _faults(decoded)) == ([(1, "C1")], [(2, "record_too_large")])


# ---- texts of an unsaid encoding


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (CSV.encode(), "utf-8"),
        (CSV.encode("utf-8-sig"), "utf-8-sig"),
        (CSV.encode("utf-16"), "utf-16"),
        (CSV.encode("gb18030"), "gb18030"),
        (b"case_no,story\nC1,x\n", "utf-8"),
    ],
)
def test_an_encoding_is_found_and_named(contract: FeedContract, data: bytes, found: str) -> None:
    decoded = _decoded(contract, "a.csv", data, kind="csv", encoding="detect")
    assert decoded.notes == {0: {"encoding": found}}
    assert _faults(decoded) == []


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"case_no,story\nC1," + b"\xcd\xa8\n", "encoding_ambiguous"),  # 通 in GB18030, one letter in UTF-8
        (CSV.encode("big5", errors="ignore"), "encoding_unknown"),
        ("case_no,story\nC1,Straße über Häuser\n".encode("latin-1"), "encoding_unknown"),
        (CSV.encode("gb18030")[:-2] + b"\xff\n", "encoding_unknown"),
        (b"\xff\xfe\x00", "encoding_unknown"),
    ],
)
def test_what_fits_two_readings_or_none_is_rejected(contract: FeedContract, data: bytes, fault: str) -> None:
    decoded = _decoded(contract, "a.csv", data, kind="csv", encoding="detect")
    assert _faults(decoded) == [(0, fault)]


def test_detection_is_asked_for_only_where_it_means_something() -> None:
    with pytest.raises(ValidationError, match="detect goes with csv"):
        Format(kind="json", encoding="detect")


def test_the_encoding_found_stands_in_the_receipt_and_in_a_trial(town: Town) -> None:
    path = town.root / "city" / "feeds" / "cases.yml"
    text = path.read_text(encoding="utf-8").replace("[{kind: csv}]", "[{kind: csv, encoding: detect}]")
    path.write_text(text, encoding="utf-8")
    dropped = town.drop("cases_1.csv", "C1,2026-11-01 08:00:00,,2026-11-01 08:00:00,A,,,路面积水")
    dropped.write_bytes(dropped.read_text(encoding="utf-8").encode("gb18030"))
    town.ingest()
    assert [receipt["reading"] for receipt in town.log.receipts("cases")] == [{"encoding": "gb18030"}]
    said = CliRunner().invoke(app, ["feed", "try", str(path), str(dropped)])
    assert "cases_1.csv: encoding gb18030" in said.output


def test_what_was_found_stays_known_where_only_the_admitted_records_are_kept(town: Town) -> None:
    path: Path = town.root / "city" / "feeds" / "cases.yml"
    text = path.read_text(encoding="utf-8").replace("[{kind: csv}]", "[{kind: csv, encoding: detect}]")
    path.write_text(text + "admit: {fields: listed, records: \"kind = 'A'\"}\n", encoding="utf-8")
    rows = [f"C{n},2026-11-01 08:00:00,,2026-11-01 08:00:00,{kind},,,积水" for n, kind in enumerate("AB")]
    dropped = town.drop("cases_1.csv", *rows)
    dropped.write_bytes(dropped.read_text(encoding="utf-8").encode("gb18030"))
    town.ingest()
    [receipt] = town.log.receipts("cases")
    assert (receipt["recorded"], receipt["filtered"], receipt["reading"]) == (1, 1, {"encoding": "gb18030"})
