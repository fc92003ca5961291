"""The shipped files are what the generator makes, and are shaped as the README says."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import fastexcel
import numpy as np
import pytest

from ingest.city import City

REPOSITORY = Path(__file__).parents[2]
ROOT = REPOSITORY / "cities" / "sandbox"

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def deliveries(feed: str) -> list[Path]:
    return sorted((ROOT / "deliveries" / feed).iterdir())


def csv_rows(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding))))


def reference(table: str) -> list[dict[str, str]]:
    return [row for path in sorted((ROOT / "reference" / f"ref_{table}").iterdir()) for row in csv_rows(path)]


def test_the_generator_makes_the_shipped_files_byte_for_byte(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulator.sample", "--out", str(tmp_path)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    made, shipped = _files(tmp_path), _files(ROOT)
    stale = sorted(name for name in made.keys() | shipped.keys() if made.get(name) != shipped.get(name))
    assert not stale, "run: python -m simulator.sample --out cities/sandbox"


def test_the_contracts_pass_the_folder_lint(city: City) -> None:
    assert city.lint() == []


def test_no_delivery_is_bad_enough_to_be_held(city: City, truth: dict[str, Any]) -> None:
    for feed, parts in truth["deliveries"].items():
        gate = city.contract(feed).gate
        assert gate.rejected_share.hold is not None
        for name, counts in parts.items():
            assert counts["fetched"] >= gate.min_records, name
            assert counts["rejected"] <= gate.rejected_share.hold * counts["fetched"], name


def test_every_kind_of_defect_is_planted(truth: dict[str, Any]) -> None:
    planted = {(defect["defect"], defect["outcome"]) for defect in truth["defects"]}
    assert planted == {
        ("unparsable_time", "rejected"),
        ("missing_key", "rejected"),
        ("closed_before_created", "rejected"),
        ("closed_before_created", "recorded"),
        ("repeated_row", "duplicate"),
        ("over_supply", "filtered"),
        ("zero_coordinates", "recorded"),
        ("unknown_code", "recorded"),
    }
    repeated = {defect["feed"] for defect in truth["defects"] if defect["defect"] == "repeated_row"}
    assert repeated == {feed for feed in truth["feeds"] if not feed.startswith("ref_")}
    for outcome in ("duplicate", "rejected", "filtered"):
        told = sum(counts[outcome] for counts in truth["feeds"].values())
        assert told == sum(defect["outcome"] == outcome for defect in truth["defects"]), outcome


def test_persons_are_shaped_like_persons_and_can_be_nobody(truth: dict[str, Any]) -> None:
    personal = truth["personal_values"]
    for number in personal["id_number"]:
        assert number.startswith("990000")
        remainder = sum(int(digit) * weight for digit, weight in zip(number[:17], ID_WEIGHTS, strict=True)) % 11
        assert number[17] == "10X98765432"[remainder]
    assert all(phone.startswith("1540000") and len(phone) == 11 for phone in personal["phone"])
    assert {name[0] for name in personal["name"]} <= set("拟样虚例仿")


def test_repeated_deliveries_tell_the_same_case_as_it_moves_on() -> None:
    states = defaultdict(list)
    for path in deliveries("city_management_cases"):
        for row in csv_rows(path):
            states[row["任务号"]].append(row["案件状态"])
    told = [len(seen) for key, seen in states.items() if key]
    assert max(told) > 3
    assert any(seen[-1] == "已结案" and len(set(seen)) > 1 for seen in states.values())
    assert {state for seen in states.values() for state in seen} >= {"作废", "挂账", "返工", "已结案"}


def test_water_needs_gb18030_and_half_of_it_has_no_point() -> None:
    data = b"".join(path.read_bytes() for path in deliveries("water_repairs"))
    text = data.decode("gb18030")
    assert "㳇" in text
    with pytest.raises(UnicodeDecodeError):
        data.decode("gbk")
    rows = [row for path in deliveries("water_repairs") for row in csv_rows(path, "gb18030")]
    without = sum(row["百度经度"] == "" for row in rows)
    assert 0.25 < without / len(rows) < 0.6


def test_outages_vanish_and_return_and_one_morning_is_empty() -> None:
    lists = [
        {item["outage_id"] for item in json.loads(path.read_bytes())["list"]} for path in deliveries("power_outages")
    ]
    back = [one for i, seen in enumerate(lists[2:], 2) for one in seen if one in lists[i - 2] - lists[i - 1]]
    assert len(back) == 3
    assert sum(not seen for seen in lists) >= 1


def test_hotline_writes_times_in_two_ways() -> None:
    rows = [
        json.loads(line)
        for path in deliveries("hotline_orders")
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]
    slashed = sum("/" in row["call_time"] for row in rows)
    assert 0 < slashed < len(rows) / 4


def test_workbooks_open_and_hold_dates_as_dates() -> None:
    for path in deliveries("governance_disputes"):
        sheet = fastexcel.read_excel(path.read_bytes()).load_sheet("台账", header_row=1).to_arrow()
        assert sheet.num_rows > 20
        assert str(sheet.schema.field("化解时限").type) in ("date32[day]", "timestamp[ms]")


def test_each_true_point_lies_in_its_grid_and_in_no_other() -> None:
    records = csv_rows(ROOT / "truth_records.csv")
    points = np.array([[float(row["lon"]), float(row["lat"])] for row in records])
    told = np.array([row["grid"] for row in records])
    newest = {row["grid_code"]: row for row in reference("grid") if row["scheme"] == "unit"}
    assert len(newest) == 32
    cut = [code for code, row in newest.items() if row["valid_to"]]
    halves = [code for code, row in newest.items() if row["valid_from"] != "2026-01-01"]
    assert (len(cut), len(halves)) == (1, 2)
    inside = {code: _inside(json.loads(row["polygon"])["coordinates"][0], points) for code, row in newest.items()}
    for code, within in inside.items():
        assert within[told == code].all(), code
    founding = np.sum([within for code, within in inside.items() if code not in halves], axis=0)
    assert (founding == 1).all()
    for half in halves:
        assert (told == half).sum() > 0
        assert inside[cut[0]][inside[half]].all()


def test_the_working_saturday_and_the_holiday_are_in_the_calendar() -> None:
    days = {row["day"]: row["is_workday"] for row in reference("calendar")}
    assert days["2026-10-10"] == "true"
    assert [days[f"2026-10-0{day}"] for day in range(1, 8)] == ["false"] * 7
    assert "2026-10-08" not in days


def test_categories_and_offices_that_records_name_are_in_the_reference(truth: dict[str, Any]) -> None:
    known = {(row["code_set"], row["category_code"]) for row in reference("category")}
    offices = {row["org_code"] for row in reference("organisation")}
    unknown = {row["小类代码"] for path in deliveries("city_management_cases") for row in csv_rows(path)}
    unknown -= {code for code_set, code in known if code_set == "gbt_30428_2_2013"}
    assert unknown == {"0999"}
    named = {row["处置部门"] for path in deliveries("city_management_cases") for row in csv_rows(path)}
    named |= {row["抢修班组"] for path in deliveries("water_repairs") for row in csv_rows(path, "gb18030")}
    assert named <= offices
    shared = defaultdict(set)
    for row in reference("category"):
        shared[row["canonical_name"]].add(row["code_set"])
    assert shared["供水管道破裂"] == {"gbt_30428_2_2013", "water_fault", "hotline_local"}


def _files(root: Path) -> dict[str, bytes]:
    """What the generator owns below a city folder: path -> bytes."""
    paths = [path for folder in ("deliveries", "reference") for path in (root / folder).rglob("*")]
    paths += [root / "truth.json", root / "truth_records.csv"]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def _inside(ring: list[list[float]], points: np.ndarray) -> np.ndarray:
    """Points in a polygon by the even-odd rule."""
    found = np.zeros(len(points), dtype=bool)
    for (x1, y1), (x2, y2) in itertools.pairwise(ring):
        crosses = (y1 > points[:, 1]) != (y2 > points[:, 1])
        if y1 != y2:
            found ^= crosses & (points[:, 0] < (x2 - x1) * (points[:, 1] - y1) / (y2 - y1) + x1)
    return found
