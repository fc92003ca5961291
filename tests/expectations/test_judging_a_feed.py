"""The landing gate from a delivery on: pulled, landed, judged by the contract that it was landed by."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from expectations import gate
from ingest.city import City, open_city
from ingest.contract import FeedContract
from ingest.home import Home, open_home
from ingest.land import land
from ingest.log import Log
from ingest.pull import pull

CITY = """
city: town
title: 样例镇
time_zone: Asia/Shanghai
networks: {city_management: {title: 城管}}
bounds: {lon: [120.1, 120.2], lat: [31.2, 31.3]}
"""
CONTRACT = """
feed: cases
version: %(version)d
title: 城管案件
network: city_management
owner: {office: 样例城管, contact: cases@example.invalid, mends: 样例科室}
filled_by: office
mode: append
cadence: PT24H
lateness: P2D
source: {kind: file, path: drop, pattern: "*.csv", ready: {rule: stable, settle_seconds: 0}}
formats: [{kind: csv}]
time: {zone: Asia/Shanghai}
key: [case_no]
gate: {rejected_share: {hold: %(hold)s}}
fields:
  case_no: {required: true}
  reported_at: {type: timestamp, required: true}
  phone: {privacy: {rule: token, purpose: reporter}}
  story: {privacy: {rule: scrub}}
stream: {type: case, key: case_no}
event: {actor_token: phone, text: story}
events: [{type: reported, at: reported_at}]
"""
PHONE = "13800138000"  # invented


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "var")


@pytest.fixture
def town(tmp_path: Path) -> Callable[..., City]:
    """The town with its contract in some version."""

    def made(version: int = 1, hold: str = "0.05") -> City:
        root = tmp_path / "town"
        (root / "feeds").mkdir(parents=True, exist_ok=True)
        (root / "drop").mkdir(exist_ok=True)
        (root / "city.yml").write_text(CITY, encoding="utf-8")
        (root / "feeds" / "cases.yml").write_text(CONTRACT % {"version": version, "hold": hold}, encoding="utf-8")
        return open_city(root)

    return made


def deliver(
    city: City, home: Home, name: str, times: list[str], columns: str = "case_no,reported_at,phone,story"
) -> None:
    spare = "," * (columns.count(",") - 3)
    lines = [f"{name}-{i},{at},{PHONE},路灯不亮{spare}" for i, at in enumerate(times)]
    (city.root / "drop" / f"{name}.csv").write_text("\n".join([columns, *lines]) + "\n", encoding="utf-8")
    pull(city, home, "cases")
    land(city, home, "cases")


GOOD, BAD = "2026-03-01 08:00:00", "yesterday"


def test_verdicts_come_in_receipt_order_and_are_written_for_people(town: Callable[..., City], home: Home) -> None:
    city = town()
    deliver(city, home, "a", [GOOD] * 4)
    deliver(city, home, "b", [GOOD, BAD])
    deliver(city, home, "c", [GOOD] * 3)
    pending = Log(home).receipts("cases")
    verdicts = gate.judge_landings(city, home, "cases", pending)
    assert [verdict.landing_id for verdict in verdicts] == [receipt["landing_id"] for receipt in pending]
    assert [verdict.verdict for verdict in verdicts] == ["pass", "held", "pass"]
    (reason,) = verdicts[1].reasons
    assert (reason["check"], reason["owner"], reason["observed"]) == ("rejected_share:hold", "样例科室", 0.5)
    folder = home.gate / "landings" / "cases" / "000001-000003"
    assert json.loads((folder / "results.json").read_bytes())["verdicts"][1]["verdict"] == "held"
    assert pending[1]["landing_id"] in (folder / "index.html").read_text(encoding="utf-8")


def test_verdicts_are_recorded_as_they_were_given(town: Callable[..., City], home: Home) -> None:
    city = town()
    deliver(city, home, "a", [GOOD, BAD])
    log = Log(home)
    log.record_verdicts("cases", gate.judge_landings(city, home, "cases", log.receipts("cases")))
    (verdict,) = log.verdicts("cases")
    assert verdict["verdict"] == "held"
    assert verdict["reasons"][0]["check"] == "rejected_share:hold"
    assert PHONE not in json.dumps(verdict, ensure_ascii=False)


def test_a_landing_is_judged_by_the_contract_that_landed_it(town: Callable[..., City], home: Home) -> None:
    city = town(version=1, hold="0.6")
    deliver(city, home, "a", [GOOD, BAD])
    strict = town(version=2, hold="0.05")
    land(strict, home, "cases")
    verdicts = gate.judge_landings(strict, home, "cases", Log(home).receipts("cases"))
    assert [verdict.verdict for verdict in verdicts] == ["pass", "held"]


def test_a_contract_that_is_lost_holds_what_it_landed(town: Callable[..., City], home: Home) -> None:
    city = town()
    deliver(city, home, "a", [GOOD])
    (home.vault / "contracts" / Log(home).receipts("cases")[0]["contract_hash"]).unlink()
    (verdict,) = gate.judge_landings(town(version=2), home, "cases", Log(home).receipts("cases"))
    assert verdict.verdict == "held"
    assert verdict.reasons[0]["check"] == "gate_crashed"


def test_a_column_that_nobody_knows_is_told_once(town: Callable[..., City], home: Home) -> None:
    city = town()
    header = "case_no,reported_at,phone,story"
    deliver(city, home, "0", [], header)  # nothing came yet, so nothing is known
    deliver(city, home, "a", [GOOD], f"{header},spare")
    deliver(city, home, "b", [GOOD, GOOD], f"{header},spare")
    deliver(city, home, "c", [GOOD], f"{header},spare,{PHONE}")
    verdicts = gate.judge_landings(city, home, "cases", Log(home).receipts("cases"))
    assert [[reason["check"] for reason in verdict.reasons] for verdict in verdicts] == [[], [], [], ["new_columns"]]
    for path in (home.gate / "landings").rglob("*.*"):
        assert PHONE not in path.read_text(encoding="utf-8")


def test_the_contract_of_the_vault_reads_back_as_itself(town: Callable[..., City], home: Home) -> None:
    city = town()
    deliver(city, home, "a", [GOOD])
    contract = city.contract("cases")
    kept = gate.contract_of(town(version=2), home, "cases", contract.content_hash)
    assert isinstance(kept, FeedContract)
    assert kept.content_hash == contract.content_hash


def test_the_vocabulary_is_that_of_the_warehouse() -> None:
    assert {"reported", "closed", "vanished"} <= set(gate.event_vocabulary())
