"""Receipts go back (回执): the centre learns what was taken, what was not, and who must mend it; nobody's values."""

import json
from pathlib import Path

import pytest

from ingest.acknowledge import acknowledge
from ingest.errors import SourceError
from onegrid import workflow
from tests.town import Town

GOOD = "C1,2026-11-01 08:00:00,,2026-11-01 08:00:00,A,拟青澜,15400001234,拟青澜报称井盖缺失"
BAD = "C2,昨天,,2026-11-01 10:00:00,B,拟青屿,15400005678,拟青屿报称路灯不亮"


@pytest.fixture
def folder(town: Town) -> Path:
    """The folder that the gateway's ferry empties, and a contract that sends receipts there."""
    found = town.root / "city" / "receipts"
    found.mkdir()
    path = town.root / "city" / "feeds" / "cases.yml"
    path.write_text(path.read_text(encoding="utf-8") + "receipt: {kind: file, path: receipts}\n", encoding="utf-8")
    return found


def _receipts(folder: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.iterdir())]


def test_a_receipt_says_what_was_taken_and_what_must_be_mended(town: Town, folder: Path) -> None:
    town.drop("cases_1.csv", GOOD, GOOD, BAD)
    town.ingest()
    assert acknowledge(town.city, town.home, "cases").sent == 0, "a landing without verdict has no receipt yet"
    workflow.gate_landings(town.city, town.home, "cases")
    assert acknowledge(town.city, town.home, "cases").sent == 1
    told = _receipts(folder)[0]
    assert told["delivery"] == "cases_1.csv"
    assert told["counts"] == {"fetched": 3, "recorded": 1, "duplicate": 1, "rejected": 1, "filtered": 0}
    assert told["verdict"] == "held"
    assert told["records_to_mend"] == [
        {"line": 3, "field": "reported_at", "reason": "not_a_timestamp", "severity": "reject", "mends": "样例城管"}
    ]
    text = json.dumps(told, ensure_ascii=False)
    assert not [value for value in ("拟青", "1540000", "昨天") if value in text]


def test_a_receipt_goes_back_once_and_a_mended_landing_has_its_own(
    town: Town, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEGRID_NOW", "2026-11-01T12:00:00+08:00")  # three hours after its newest record
    town.drop("cases_1.csv", GOOD, BAD.replace(",B,", ",乙,").replace("昨天", "2026-11-01 09:00:00"))
    town.ingest()
    workflow.gate_landings(town.city, town.home, "cases")
    assert [acknowledge(town.city, town.home, "cases").sent for _ in range(2)] == [1, 0]
    town.contract(version=2, kind_map='{"乙": "B"}')
    path = town.root / "city" / "feeds" / "cases.yml"
    path.write_text(path.read_text(encoding="utf-8") + "receipt: {kind: file, path: receipts}\n", encoding="utf-8")
    workflow.redrive(town.city, town.home, "cases")
    assert acknowledge(town.city, town.home, "cases").sent == 1
    verdicts = {told["contract_version"]: told["verdict"] for told in _receipts(folder)}
    assert verdicts == {1: "held", 2: "pass"}
    assert len({told["delivery"] for told in _receipts(folder)}) == 1


def test_a_receipt_that_can_not_be_sent_stays_owed(town: Town, folder: Path) -> None:
    town.drop("cases_1.csv", GOOD)
    town.ingest()
    workflow.gate_landings(town.city, town.home, "cases")
    folder.rmdir()
    with pytest.raises(SourceError, match="1 receipts could not be sent back and are still owed"):
        acknowledge(town.city, town.home, "cases")
    folder.mkdir()
    assert acknowledge(town.city, town.home, "cases").sent == 1
