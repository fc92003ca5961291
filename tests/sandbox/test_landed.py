"""What landing makes of the sample city equals its truth."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.gate import judge_landings
from ingest.city import City
from ingest.home import Home
from ingest.land import land
from ingest.log import Log, file_list
from ingest.pull import pull

ROOT = Path(__file__).parents[2] / "cities" / "sandbox"

pytestmark = pytest.mark.xdist_group("sandbox")  # the month is landed once, by one worker
PARTS = ("fetched", "recorded", "duplicate", "rejected", "filtered")
# the shapes of all planted personal values; looked for at every character, so that values may overlap
PERSONAL = re.compile(r"(?=(1540000\d{4}|990000\d{11}[\dX]|YH\d{8}|[拟样虚例仿]\w\w|云汀区\w{1,20}?\d+幢\d+单元\d+室))")
CODES = {
    "unparsable_time": "not_a_timestamp",
    "missing_key": "missing_required",
    "closed_before_created": "closed_before_created",
}


@pytest.fixture(scope="module")
def engine(landed: Home) -> duckdb.DuckDBPyConnection:
    log, con = Log(landed), duckdb.connect()
    for table in ("events", "rejections"):
        con.execute(f"create table {table} as from read_parquet({file_list(log.files(table))})")
    con.execute("create table truth as from read_csv(?, all_varchar = true)", [str(ROOT / "truth_records.csv")])
    return con


def test_every_receipt_says_what_was_planted(landed: Home, truth: dict[str, Any]) -> None:
    told: dict[str, dict[str, dict[str, int]]] = {}
    for receipt in Log(landed).receipts():
        counts = {part: receipt[part] for part in PARTS}
        told.setdefault(receipt["feed"], {})[receipt["batch_name"]] = counts
    assert told == truth["deliveries"]


def test_every_rejection_names_its_delivery_and_line(
    landed: Home, engine: duckdb.DuckDBPyConnection, truth: dict[str, Any]
) -> None:
    names = {receipt["landing_id"]: receipt["batch_name"] for receipt in Log(landed).receipts()}
    found = engine.execute("select feed, landing_id, line, code from rejections")
    told = {(feed, names[landing], line, code) for feed, landing, line, code in found.fetchall()}
    planted = {
        (defect["feed"], defect["file"], defect["position"], CODES[defect["defect"]])
        for defect in truth["defects"]
        if defect["defect"] in CODES
    }
    assert told == planted


def test_points_come_back_from_gcj02_and_bd09(engine: duckdb.DuckDBPyConnection) -> None:
    found = engine.execute("""
        select events.feed, max(abs(events.lon - truth.lon::double)), max(abs(events.lat - truth.lat::double))
        from events join truth on truth.feed = events.feed and truth.record_key = events.stream_key
        where events.lon is not null group by all order by 1
    """).fetchall()
    assert [feed for feed, _, _ in found] == [
        "city_management_cases",
        "police_incidents",
        "power_outages",
        "water_repairs",
    ]
    assert all(east < 2e-6 and north < 2e-6 for _, east, north in found)  # a fifth of a metre


def test_records_without_a_point_are_kept_without_one(engine: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    for defect in truth["defects"]:
        if defect["defect"] == "zero_coordinates":
            place = engine.execute(
                "select count(*), count(lon), count(lat) from events where feed = ? and record_key = ?",
                [defect["feed"], defect["key"]],
            ).fetchone()
            assert place is not None
            assert place[0] > 0
            assert place[1:] == (0, 0), defect


def test_as_many_cases_are_in_the_log_as_were_told(engine: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    found = engine.execute("""
        select feed, count(distinct stream_key) from events where stream_type in ('case', 'outage') group by all
    """).fetchall()
    told = {feed: counts["records"] for feed, counts in truth["feeds"].items() if "records" in counts}
    assert dict(found) == told


def test_every_recorded_record_is_a_known_one(engine: duckdb.DuckDBPyConnection) -> None:
    strangers = engine.execute("""
        select feed, stream_key from events anti join truth
        on truth.feed = events.feed and truth.record_key = events.stream_key
        where stream_type in ('case', 'outage')
    """).fetchall()
    assert strangers == []


def test_criminal_incidents_are_nowhere_behind_the_pull(
    engine: duckdb.DuckDBPyConnection, truth: dict[str, Any]
) -> None:
    keys = [defect["key"] for defect in truth["defects"] if defect["defect"] == "over_supply"]
    assert len(keys) == 9
    rows = json.dumps(engine.execute("from events where feed = 'police_incidents'").fetchall(), default=str)
    assert not [key for key in keys if key in rows]


def test_no_planted_personal_value_is_found_behind_the_vault(
    landed: Home, engine: duckdb.DuckDBPyConnection, truth: dict[str, Any]
) -> None:
    values = {value for kind in truth["personal_values"].values() for value in kind}
    assert len(values) > 4_000
    assert all(PERSONAL.match(value) for value in values)
    rows = "\n".join(str(row) for table in ("events", "rejections") for row in engine.sql(f"from {table}").fetchall())
    assert "[姓名]" in rows
    assert not values & set(PERSONAL.findall(rows))
    files = b"\n".join(path.read_bytes() for path in landed.root.rglob("*") if path.is_file())
    assert not values & set(PERSONAL.findall(files.decode("utf-8", errors="ignore")))


def test_the_search_for_personal_values_would_find_them(truth: dict[str, Any]) -> None:
    raw = b"".join(path.read_bytes() for path in (ROOT / "deliveries" / "police_incidents").iterdir())
    found = set(PERSONAL.findall(raw.decode()))
    assert all(found & set(truth["personal_values"][kind]) for kind in ("name", "phone", "id_number", "address"))


def test_the_gate_warns_of_the_planted_days_and_holds_none(city: City, landed: Home) -> None:
    receipts = Log(landed).receipts("police_incidents")
    names = {receipt["landing_id"]: receipt["batch_name"] for receipt in receipts}
    verdicts = judge_landings(city, landed, "police_incidents", receipts)
    assert {verdict.verdict for verdict in verdicts} == {"pass", "warn"}
    bad = {receipt["batch_name"] for receipt in receipts if receipt["rejected"]}
    warned = {names[verdict.landing_id] for verdict in verdicts if verdict.verdict == "warn"}
    assert warned == bad | {"police_20261016T0600.json"}  # closed before it was reported


def test_the_same_month_again_brings_nothing(city: City, landed: Home) -> None:
    before = len(Log(landed).receipts())
    feeds = ("city_management_cases", "power_outages", "ref_grid")
    assert [pull(city, landed, feed).batches for feed in feeds] == [0, 0, 0]
    assert [land(city, landed, feed).landings for feed in feeds] == [0, 0, 0]
    assert len(Log(landed).receipts()) == before


def test_some_incidents_are_told_by_several_centres() -> None:
    with (ROOT / "truth_records.csv").open(encoding="utf-8", newline="") as file:
        feeds: dict[str, set[str]] = {}
        for row in csv.DictReader(file):
            feeds.setdefault(row["incident"], set()).add(row["feed"])
    assert sum(len(told) >= 2 for told in feeds.values()) > 200
    assert max(len(told) for told in feeds.values()) == 4
