"""What the keeper of a feed has at hand: a draft from a sample, a trial, a comparison, and landing again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from ingest.contract import load_contract
from ingest.difference import difference
from ingest.draft import draft
from ingest.errors import ContractError, SourceError
from ingest.trial import golden, try_contract
from onegrid import workflow
from onegrid.cli import app
from tests.hostile.makers import corners as far_corners
from tests.hostile.makers import workbook
from tests.ingest.forms import dbf, zipped
from tests.town import HEADER, Town

AT = datetime(2026, 11, 2, tzinfo=UTC)


def _with_check_digit(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """Thirty tickets of a gas company, GB18030, as an office would write them."""
    rows = ["工单编号,报修时间,派单时间,修复时间,用户证件,联系电话,联系人,地址,百度经度,百度纬度,故障类型,更新时间"]
    for n in range(30):
        body = f"99000019{50 + n}0101{100 + n}"
        done = f"2026-10-{n + 1:02d} 11:20:00" if n % 3 else ""
        rows.append(
            f"RQ{n:05d},2026-10-{n + 1:02d} 08:00:00,2026-10-{n + 1:02d} 08:10:00,{done},{_with_check_digit(body)},"
            f"1540000{n:04d},拟青{'澜屿'[n % 2]},柳汀路{n}号,{123.01 + n / 1000:.6f},{30.41 + n / 900:.6f},"
            f"{'漏气停气'[n % 2 * 2 : n % 2 * 2 + 2]},2026-10-{n + 1:02d} 12:00:00"
        )
    path = tmp_path / "ranqi_20261031.csv"
    path.write_bytes(("\r\n".join(rows) + "\r\n").encode("gb18030"))
    return path


def test_a_draft_knows_what_a_sample_can_tell(register: Path) -> None:
    told = yaml.safe_load(draft(register, "gas_repairs"))
    assert told["formats"] == [{"kind": "csv", "encoding": "gb18030"}]
    assert (told["key"], told["recorded_at"], told["mode"]) == (["order_no"], "updated_at", "upsert")
    fields = {rule.get("source"): rule for rule in told["fields"].values()}
    assert fields["用户证件"]["privacy"] == {"rule": "token", "purpose": "person"}
    assert fields["联系电话"]["privacy"] == {"rule": "token", "purpose": "caller"}
    assert fields["联系人"]["privacy"]["rule"] == "name"
    assert fields["地址"]["privacy"]["rule"] == "address"
    assert (fields["百度经度"]["min"], fields["百度纬度"]["max"]) == (73, 54)
    assert fields["故障类型"]["one_of"] == ["停气", "漏气"]
    assert fields["工单编号"]["required"] is True
    assert [event["at"] for event in told["events"]] == ["reported_at", "dispatched_at", "repaired_at"]


def test_a_draft_is_refused_until_its_questions_are_answered_and_lands_after(register: Path, tmp_path: Path) -> None:
    path = tmp_path / "gas_repairs.yml"
    text = draft(register, "gas_repairs")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=r"TODO|cadence"):
        load_contract(path)
    answers = {
        "title: TODO": "title: 燃气报修", "network: TODO": "network: gas", "office: TODO": "office: 燃气公司",
        "contact: TODO": "contact: gas@example.invalid", "filled_by: TODO": "filled_by: system",
        "cadence: TODO": "cadence: PT24H", "lateness: TODO": "lateness: PT6H", "path: TODO": "path: drop",
        "zone: TODO": "zone: Asia/Shanghai", "crs: TODO": "crs: bd09",
    }  # fmt: skip
    for question, answer in answers.items():
        assert question in text
        text = text.replace(question, answer)
    text = text.replace("type: TODO, at: dispatched_at", "type: dispatched, at: dispatched_at")
    path.write_text(text.replace("type: TODO, at: repaired_at", "type: handled, at: repaired_at"), encoding="utf-8")
    trial = try_contract(load_contract(path), [register], AT)
    assert trial.counts == {"fetched": 30, "recorded": 30, "duplicate": 0, "rejected": 0, "filtered": 0}
    told = str(trial.events.to_pylist())
    assert trial.events.num_rows == 30 + 30 + 20
    assert "1540000" not in told
    assert "990000" not in told
    assert "拟青" not in told


def test_a_draft_names_what_it_can_not_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no sample"):
        draft(tmp_path / "absent.csv", "x")
    picture = tmp_path / "scan.pdf"
    picture.write_bytes(b"%PDF")
    with pytest.raises(SourceError, match="names no format"):
        draft(picture, "x")
    corners = tmp_path / "corners.xlsx"
    corners.write_bytes(workbook(far_corners()))
    with pytest.raises(SourceError, match="no workbook that can be read"):
        draft(corners, "x")
    document = tmp_path / "broken.json"
    document.write_text('{"data": [', encoding="utf-8")
    with pytest.raises(SourceError, match="no JSON document"):
        draft(document, "x")


def test_json_with_an_envelope_and_workbooks_with_a_title_are_found(tmp_path: Path) -> None:
    envelope = tmp_path / "answer.json"
    envelope.write_text(
        '{"code": 0, "page": {"tags": ["a"], "rows": [{"id": "A1", "t": "2026-10-01 08:00:00"}, {"id": "A2"}]}}',
        encoding="utf-8",
    )
    assert yaml.safe_load(draft(envelope, "x"))["formats"] == [{"kind": "json", "records": "$.page.rows[*]"}]


def test_what_is_packed_is_drafted_by_what_lies_in_it(register: Path, tmp_path: Path) -> None:
    packed = tmp_path / "ranqi_20261031.zip"
    packed.write_bytes(zipped({"台账.csv": register.read_bytes(), "readme.md": b"x"}))
    assert yaml.safe_load(draft(packed, "x"))["formats"] == [
        {"kind": "csv", "archive": {"members": "*.csv"}, "encoding": "gb18030"}
    ]
    table = tmp_path / "month.dbf"
    table.write_bytes(dbf([("BH", "C", 4), ("NR", "C", 20)], [[b"C1", "积水".encode("gb18030")]]))
    assert yaml.safe_load(draft(table, "x"))["formats"] == [{"kind": "dbf", "encoding": "detect"}]
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK")
    with pytest.raises(SourceError, match="can't be unpacked: unreadable_delivery"):
        draft(broken, "x")


def test_a_trial_writes_nothing_and_is_the_same_everywhere(town: Town) -> None:
    sample = town.root / "cases.csv"
    sample.write_text(
        HEADER
        + "1,2026-10-01 08:00:00,,2026-10-01 08:00:00,A,拟青澜,15400001234,拟青澜报称积水\n"
        + "2,昨天,,2026-10-01 08:00:00,A,,,x\n",
        encoding="utf-8",
    )
    before = sorted(path for path in town.root.rglob("*"))
    contract = town.city.contract("cases")
    first, second = (golden(try_contract(contract, [sample], AT)) for _ in range(2))
    assert first == second
    assert sorted(path for path in town.root.rglob("*")) == before
    assert b'"rejected": 1' in first
    assert b"not_a_timestamp" in first
    assert "拟青澜" not in first.decode()
    said = CliRunner().invoke(app, ["feed", "try", str(town.root / "city/feeds/cases.yml"), str(sample)])
    assert said.exit_code == 0, said.output
    assert "recorded 1" in said.output
    assert "line 2" in said.output


def test_a_comparison_says_what_a_changed_contract_would_do(town: Town) -> None:
    town.drop(
        "a.csv", "1,2026-10-01 08:00:00,,2026-10-01 09:00:00,A,,,x", "2,2026-10-01 08:00:00,,2026-10-02 08:00:00,甲,,,y"
    )
    town.ingest()
    same = difference(town.city.contract("cases"), town.home)
    assert not same.changes
    town.contract(version=2, kind_map='{"甲": "A"}')
    cured = difference(town.city.contract("cases"), town.home)
    assert cured.events == {"reported": [1, 0, 0, 1]}
    assert cured.rejections == {"not_in_code_set": [1, 0, 0]}, cured.rejections
    assert len(town.log.receipts("cases")) == 1, "a comparison lands nothing"
    contract = str(town.root / "city/feeds/cases.yml")
    said = CliRunner().invoke(app, ["feed", "diff", contract, "--home", str(town.home.root)])
    assert said.exit_code == 1
    assert "reported: 1 added" in said.output


def test_landing_again_after_a_fix_brings_the_rejected_records_in(town: Town) -> None:
    town.drop(
        "a.csv", "1,2026-10-01 08:00:00,,2026-10-01 09:00:00,A,,,x", "2,2026-10-01 08:00:00,,2026-10-02 08:00:00,甲,,,y"
    )
    town.ingest()
    workflow.gate_landings(town.city, town.home, "cases")
    held = workflow.redrive(town.city, town.home, "cases")
    assert (held.landings, held.rejected_after, held.held_after) == (0, 1, 1), "half a delivery rejected is held"
    town.contract(version=2, kind_map='{"甲": "A"}')
    mended = workflow.redrive(town.city, town.home, "cases")
    assert (mended.rejected_before, mended.rejected_after) == (1, 0)
    assert (mended.held_before, mended.held_after) == (1, 0)
    assert [row[0] for row in town.visible("select distinct stream_key from log.event order by 1")] == ["1", "2"]
