"""The truth against what was counted by hand, and the walls around it."""

from __future__ import annotations

import ast
import csv
import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

import simulator.truth
from simulator.faults import every, plant
from simulator.happenings.world import World
from simulator.ledger import joined
from simulator.plan import Plan
from simulator.told import CHANNELS, told
from simulator.truth.as_told import judge
from simulator.truth.clock import UNITS, Clock
from simulator.truth.conditions import AMOUNTS, CONDITIONS
from simulator.truth.indicators import INDICATORS
from simulator.truth.lists import events
from simulator.truth.readings import READINGS
from simulator.truth.write import write_truth

ROOT = Path(simulator.truth.__file__).parent
# 2026-10-10 is a Saturday that is worked, 2026-10-01 to 07 are days off
CLOCK = Clock(
    {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True},
    [(8 * 60, 12 * 60), (14 * 60, 18 * 60)],
)


def at(text: str) -> datetime:
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("since", "value", "unit", "pauses", "due"),
    [
        ("10-08 09:00", 2, "work_hour", [], "10-08 11:00"),
        ("10-08 11:00", 2, "work_hour", [], "10-08 15:00"),  # over noon
        ("10-08 10:00", 2, "work_hour", [], "10-08 12:00"),  # to the edge of a shift, not to the next one
        ("10-08 17:00", 1, "work_day", [], "10-09 17:00"),
        ("10-09 17:00", 1, "work_day", [], "10-10 17:00"),  # 调休: this Saturday counts
        ("10-10 17:00", 1, "work_day", [], "10-12 17:00"),  # Sunday does not
        ("09-30 17:00", 2, "work_hour", [], "10-08 09:00"),  # over the holiday
        ("10-03 12:00", 4, "work_hour", [], "10-08 12:00"),  # begun on a day off
        ("10-03 12:00", 4, "urgent_hour", [], "10-03 16:00"),
        ("10-08 20:00", 2, "natural_day", [], "10-10 20:00"),
        ("10-08 09:00", 4, "work_hour", [("10-08 10:00", "10-08 15:00")], "10-08 18:00"),  # 挂账 stands over noon
        ("10-09 16:00", 1, "work_day", [("10-10 08:00", "10-12 08:00")], "10-12 16:00"),  # and over a weekend
        ("10-08 09:00", 2, "work_hour", [("10-08 14:00", "10-08 16:00")], "10-08 11:00"),  # begun too late to count
        ("10-08 20:00", 4, "urgent_hour", [("10-08 21:00", "10-08 22:30")], "10-09 01:30"),
        ("10-08 09:00", 2, "work_hour", [("10-08 10:00", None)], None),  # it lasts
        ("10-08 09:00", 2, "work_hour", [("10-08 11:00", None)], "10-08 11:00"),  # used up when it began
    ],
)
def test_limits_run_by_the_clock_of_the_office(
    since: str, value: int, unit: str, pauses: list[tuple[str, str | None]], due: str | None
) -> None:
    seconds, in_hours = UNITS[unit]
    stood = [(at(first), at(last) if last else None) for first, last in pauses]
    assert CLOCK.due(at(since), value * seconds, in_hours, stood) == (at(due) if due else None)


@pytest.mark.parametrize(
    ("since", "days", "how", "pauses", "due"),
    [
        ("10-08 09:00", 1, {"on_workdays": True}, [], "10-09 18:00"),  # the day of the start is not counted
        ("10-08 23:59", 1, {"on_workdays": True}, [], "10-09 18:00"),
        ("10-09 09:00", 2, {"on_workdays": True}, [], "10-12 18:00"),  # 调休: Saturday counts, Sunday does not
        ("09-30 09:00", 1, {"on_workdays": True, "end_minute": 17 * 60}, [], "10-08 17:00"),
        ("09-30 09:00", 3, {"on_workdays": False}, [], "10-04 00:00"),
        ("09-30 09:00", 3, {"on_workdays": False, "rolls_over": True}, [], "10-09 00:00"),
        ("10-08 09:00", 1, {"on_workdays": True}, [("10-09 09:00", "10-10 09:00")], "10-10 18:00"),
        ("10-08 09:00", 1, {"on_workdays": True}, [("10-09 09:00", "10-09 17:00")], "10-09 18:00"),
        ("10-08 09:00", 1, {"on_workdays": True}, [("10-09 09:00", None)], None),  # it lasts
        ("10-08 09:00", 1, {"on_workdays": True}, [("10-09 18:00", None)], "10-09 18:00"),  # used up when it began
    ],
)
def test_days_are_counted_to_the_end_of_the_last(
    since: str, days: int, how: dict[str, Any], pauses: list[tuple[str, str | None]], due: str | None
) -> None:
    stood = [(at(first), at(last) if last else None) for first, last in pauses]
    assert CLOCK.due_on(at(since), days, pauses=stood, **how) == (at(due) if due else None)


HEAD = ["rec_id", "create_time", "dispatch_time", "postpone_time", "hang_time", "unhang_time", "dispose_time"]
HEAD += ["check_fail_time", "redispose_time", "archive_time", "cancel_time", "code_edition", "event_type_code"]
HEAD += ["deal_unit_id", "cell_id", "coordinate_x", "coordinate_y", "update_time"]
OTHERS = [name for name in READINGS["city_management_cases"].columns if name not in HEAD]


# where the cases are by their own words: by a point, by a code, by both; the grid 1a is split on Friday
PLACES: Mapping[str, dict[str, object]] = {
    "A": {
        "coordinate_x": "123.005",
        "coordinate_y": "30.405",
        "cell_id": "2a",
        "patrol_id": "W1",
    },  # the point goes before the code
    "B": {"cell_id": "1a"},
    "C": {"coordinate_x": "123.5", "coordinate_y": "30.405", "cell_id": "1a"},  # a point in no grid
    "D": {"coordinate_x": "123.006", "coordinate_y": "30.405"},
    "E": {"cell_id": "2a"},
    "F": {"cell_id": "no such grid"},
    "G": {"coordinate_x": "123.015", "coordinate_y": "30.4"},  # on the edge
}


def case(key: str, incident: int, updated: str, code: str = "0101", **steps: str) -> dict[str, object]:
    """A row of the table of cases as it was told."""
    row: dict[str, object] = dict.fromkeys([*HEAD, *OTHERS], "")
    row |= {name: f"2026-{moment}:00" for name, moment in steps.items()}
    row |= {"rec_id": key, "update_time": f"2026-{updated}:00", "code_edition": "2013", "event_type_code": code}
    row |= {"deal_unit_id": "CM11" if "dispatch_time" in steps else "", "_outcome": "recorded", "_gone": 0}
    return row | PLACES[key] | {"_position": 0, "_delivered": 0, "_incident": incident}


# limits: code 0101 a work day to handle, all others two work hours; three work days to close
CASES = [
    # A: an old version and a newer one that is told first; handled in time and closed
    case("A", 1, "10-08 16:00", create_time="10-08 09:00", dispatch_time="10-08 09:00"),
    case("A", 1, "10-09 11:00", create_time="10-08 09:00", dispatch_time="10-08 09:00", dispose_time="10-08 17:30",
         archive_time="10-09 11:00"),
    # B: the same incident; handled in time, sent back, handled again too late: rework is bundled
    case("B", 1, "10-10 16:00", create_time="10-08 09:00", dispatch_time="10-08 10:00", dispose_time="10-09 09:00",
         check_fail_time="10-09 10:30", redispose_time="10-10 15:00", archive_time="10-10 16:00"),
    # C: two hours, and an extension makes four: in time; not closed when its three days are over
    case("C", 2, "10-12 16:00", code="0202", create_time="10-08 09:00", dispatch_time="10-08 09:00",
         postpone_time="10-08 10:00", dispose_time="10-08 14:30"),
    # D: suspended over the weekend, in time for it
    case("D", 3, "10-12 11:30", code="0202", create_time="10-09 16:00", dispatch_time="10-09 16:30",
         hang_time="10-09 17:00", unhang_time="10-12 09:00", dispose_time="10-12 10:20", archive_time="10-12 11:30"),
    # E: late and never handled. F: called off, and so nobody's fault. G: not due yet
    case("E", 4, "10-08 09:10", code="0202", create_time="10-08 09:00", dispatch_time="10-08 09:10"),
    case("F", 4, "10-08 10:00", code="0202", create_time="10-08 09:00", dispatch_time="10-08 09:10",
         cancel_time="10-08 10:00"),
    case("G", 5, "10-16 17:30", create_time="10-16 17:00", dispatch_time="10-16 17:30"),
]  # fmt: skip


GRIDS = [
    ("1a", "S1", 123.0, 123.01, "2026-01-01", "2026-10-09"),
    ("1a", "S1", 123.0, 123.005, "2026-10-09", ""),
    ("1b", "S1", 123.005, 123.01, "2026-10-09", ""),
    ("2a", "S2", 123.01, 123.02, "2026-01-01", ""),
]


def _grid(code: str, street: str, west: float, east: float, since: str, until: str) -> dict[str, object]:
    corners = [[west, 30.4], [east, 30.4], [east, 30.41], [west, 30.41], [west, 30.4]]
    return {
        "scheme": "unit", "grid_code": code, "community_code": street + "C", "street_code": street,
        "polygon": json.dumps({"type": "Polygon", "coordinates": [corners]}), "valid_from": since, "valid_to": until,
    }  # fmt: skip


@pytest.fixture
def town(tmp_path: Path) -> Path:
    def put(name: str, rows: Sequence[Mapping[str, object]]) -> None:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    seconds = 12 * 86_400  # up to Saturday, 2026-10-17
    (tmp_path / "plan.json").write_text(json.dumps({"begins": "2026-10-05", "until": seconds}), encoding="utf-8")
    put("told/city_management_cases.csv", CASES)
    put(
        "incidents.csv",
        [{"incident": n, "recurrence_of": 1 if n == 3 else "", "lon": 123.0, "lat": 30.4} for n in range(1, 6)],
    )
    put("reference/grid.csv", [_grid(*row) for row in GRIDS])
    put("grids.csv", [{"grid": grid, "community": "X", "street": grid[:1]} for grid in ("1a", "1b", "2a")])
    put(
        "places.csv",
        [{"incident": n, "from_day": 0, "grid": "1a" if n < 4 else "2a"} for n in range(1, 6)]
        + [{"incident": 3, "from_day": 4, "grid": "1b"}],  # the grid was split on Friday
    )
    put("reference/calendar.csv", [{"day": "2026-10-10", "is_workday": "true"}])
    hours = [("default", 480, 720), ("default", 840, 1080)]
    put(
        "reference/shift.csv",
        [{"schedule_code": name, "start_minute": first, "end_minute": last} for name, first, last in hours],
    )
    limits = [("0101", "handle", 1, "work_day"), ("*", "handle", 2, "work_hour"), ("*", "close", 3, "work_day")]
    put(
        "reference/limit.csv",
        [
            {
                "code_set": "gbt_30428_2_2013", "category_code": code, "stage": stage, "limit_value": value,
                "limit_unit": unit, "org_code": "*", "valid_from": "2026-01-01", "valid_to": "",
            }
            for code, stage, value, unit in limits
        ],
    )  # fmt: skip
    lists = [("gbt_30428_2_2013", "事件", "0101", "暴露垃圾"), ("gbt_30428_2_2013", "事件", "0202", ""),
             ("gbt_30428_2_2013", "部件", "0202", ""), ("gbt_47678_5_2026", "事项", "06001", "乱涂写")]  # fmt: skip
    put(
        "reference/category.csv",
        [
            {
                "code_set": code_set, "kind": kind, "category_code": code, "canonical_name": name,
                "valid_from": "2026-01-01" if code_set[-4:] == "2013" else "2026-11-01",
                "valid_to": "2026-11-01" if code_set[-4:] == "2013" else "",
            }
            for code_set, kind, code, name in lists
        ],
    )  # fmt: skip
    put(
        "reference/crosswalk.csv",
        [
            {
                "code_set": "gbt_30428_2_2013", "kind": "事件", "category_code": "0202", "mapping": "broader",
                "to_code_set": "gbt_47678_5_2026", "to_kind": "事项", "to_category_code": "06001",
            }
        ],
    )  # fmt: skip
    judge(tmp_path)
    return tmp_path


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_deadlines_are_those_counted_by_hand(town: Path) -> None:
    found = {
        row["key"]: (row["due"][5:16], row["met"], row["first_met"])
        for row in read(town, "deadlines.csv")
        if row["stage"] == "handle"
    }
    assert found == {
        "A": ("10-09T09:00", "true", "true"),
        "B": ("10-09T10:00", "false", "true"),  # in time before it was sent back
        "C": ("10-08T15:00", "true", "true"),
        "D": ("10-12T10:30", "true", "true"),
        "E": ("10-08T11:10", "false", ""),
        "F": ("10-08T11:10", "", ""),
        "G": ("10-19T17:30", "", ""),
    }


def test_indicators_are_those_counted_by_hand(town: Path) -> None:
    found = {
        row["indicator"]: (row["numerator"], row["denominator"])
        for row in read(town, "indicators.csv")
        if (row["by"], row["member"], row["month"]) == ("network", "city_management", "")
    }
    expected = {
        "reported": ("7", ""),
        "dispatched": ("7", ""),
        "handled": ("4", ""),  # A B C D
        "closed": ("3", ""),  # A B D
        "cancelled": ("1", ""),  # F
        "effective_report_rate": ("6", "7"),
        "disposal_rate": ("4", "6"),
        "handled_on_time_rate": ("3", "5"),  # A C D of A B C D E
        "overdue_multiple": ("1375", "1"),  # B: eleven working hours over eight
        "overdue_open": ("1", ""),  # E stays below the line
        "closing_rate": ("3", "5"),
        "closed_on_time_rate": ("2", "5"),  # A D: B was handled late, C is not closed
        "closed_within_limit_rate": ("3", "5"),
        "unclosed_rate": ("3", "7"),  # C E G
        "rework_rate": ("1", "4"),
        "extension_rate": ("1", "7"),
        "recurrence_rate": ("0", "7"),
        "dispatched_handled_on_time": ("3", ""),  # A C D
        "dispatched_handled_late": ("1", ""),  # B
        "dispatched_overdue_open": ("1", ""),  # E
        "dispatched_open_not_due": ("1", ""),  # G
        "dispatched_cancelled": ("1", ""),  # F
    }
    assert {name: found[name] for name in expected} == expected


def test_figures_stand_where_the_record_says_it_was_on_that_day(town: Path) -> None:
    found = {
        (row["by"], row["member"]): row["numerator"]
        for row in read(town, "indicators.csv")
        if row["indicator"] == "reported" and row["month"] == ""
    }
    assert found == {
        ("district", "district"): "7",
        ("network", "city_management"): "7",
        ("street", "S1"): "4",
        ("street", "S2"): "2",
        ("street", "unknown"): "1",
        ("community", "S1C"): "4",
        ("community", "S2C"): "2",
        ("community", "unknown"): "1",
        ("grid", "1a"): "3",  # A B C
        ("grid", "1b"): "1",  # D lay in 1a until Thursday
        ("grid", "2a"): "2",  # E G
        ("grid", "unlocated"): "1",
        ("management_unit", "none"): "7",
        ("grid_kind", "basic"): "6",
        ("grid_kind", "unknown"): "1",
        ("organisation", "CM11"): "7",
        ("category", "暴露垃圾"): "3",  # A B G
        ("category", "乱涂写"): "4",  # C D E F, by the code that followed theirs
        ("collector", "city_management/W1"): "1",  # A
    }


def test_a_case_came_back_where_one_of_its_kind_was_closed_in_its_grid_not_long_before(town: Path) -> None:
    told = [*CASES, case("B", 9, "10-12 16:00", create_time="10-12 09:00") | {"rec_id": "H"}]
    with (town / "told" / "city_management_cases.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(told[0]))
        writer.writeheader()
        writer.writerows(told)
    judge(town)
    rates = [row for row in read(town, "indicators.csv") if row["indicator"] == "recurrence_rate" and not row["month"]]
    found = {(row["by"], row["member"]): row["numerator"] for row in rates}
    # A and B, of the same code, were closed in 1a when H was told there
    assert (found["network", "city_management"], found["grid", "1a"]) == ("1", "1")


def test_the_newest_version_counts_whatever_came_last(town: Path) -> None:
    lives = {row["key"]: row for row in read(town, "lives.csv")}
    assert lives["A"]["status"] == "closed"
    assert [lives[key]["status"] for key in "CEFG"] == ["open", "open", "cancelled", "open"]
    assert len(read(town, "records.csv")) == 7


def test_items_of_lists_appear_vanish_and_return() -> None:
    def of(*items: tuple[str, str]) -> list[dict[str, str]]:
        return [{"key": key, "incident": "7", "began": began} for key, began in items] or [dict.fromkeys(("key",), "")]

    lists = [
        ("d1", of(("A", "c9"))),  # began before the first list
        ("d2", of(("A", "c9"), ("B", "d9"))),  # a start that is announced
        ("d3", of(("B", "d9"))),
        ("d4", of()),
        ("d5", of(("A", "c9"))),
    ]
    assert list(events("power_outages", lists)) == [
        ("power_outages", "A", "7", "appeared", "c9"),
        ("power_outages", "B", "7", "appeared", "d2"),
        ("power_outages", "A", "7", "vanished", "d3"),
        ("power_outages", "B", "7", "vanished", "d4"),
        ("power_outages", "A", "7", "returned", "d5"),
    ]


def test_indicators_are_data_whose_words_are_all_known() -> None:
    assert len({indicator.name for indicator in INDICATORS}) == len(INDICATORS)
    words = {word for one in INDICATORS for word in (one.numerator, one.denominator, *one.exclusions) if word}
    assert words <= CONDITIONS.keys()
    assert AMOUNTS.keys() <= words


STANDARD = {
    "__future__",
    "collections",
    "csv",
    "dataclasses",
    "datetime",
    "fractions",
    "itertools",
    "json",
    "math",
    "pathlib",
    "sys",
    "typing",
}
JUDGES = sorted(path for path in ROOT.glob("*.py") if path.stem != "write")


@pytest.mark.parametrize("path", JUDGES, ids=lambda path: path.stem)
def test_the_judge_imports_nothing_but_the_standard_library_and_itself(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    judges = {f"simulator.truth.{one.stem}" for one in JUDGES}
    strangers = [name for name in named if name.split(".")[0] not in STANDARD and name not in judges]
    assert strangers == []


def test_the_judge_runs_where_numpy_and_the_product_are_not_loaded() -> None:
    ask = "import sys, simulator.truth.as_told, simulator.truth.world; print(' '.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, cwd=ROOT.parents[1])
    loaded = {name.split(".")[0] for name in run.stdout.split()}
    assert not loaded & {"numpy", "pandas", "duckdb", "pyarrow", "ingest", "reporting", "onegrid", "expectations"}


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    def truth(seed: int, name: str) -> str:
        world = World(Plan(seed=seed, days=6, faults=every()))
        write_truth(world, told(world), CHANNELS, tmp_path / name)
        return digest(tmp_path / name)

    assert truth(7, "a") == truth(7, "b") != truth(8, "c")


def test_what_was_told_and_what_happened_speak_of_the_same_incidents(tmp_path: Path) -> None:
    world = World(Plan(days=12))
    write_truth(world, told(world), CHANNELS, tmp_path)
    happened = {row["incident"] for row in read(tmp_path, "happened.csv")}
    assert {row["incident"] for row in read(tmp_path, "records.csv")} - {""} <= happened
    grids = {row["grid"] for row in read(tmp_path, "grids.csv")}
    placed = [row["grid"] for row in read(tmp_path, "records.csv") if row["incident"]]
    assert placed
    assert set(placed) <= grids
    balance = read(tmp_path, "expected.csv")
    assert all(
        int(row["fetched"]) == sum(int(row[part]) for part in ("recorded", "duplicate", "rejected", "filtered"))
        for row in balance
    )
    assert {row["rejected"] for row in balance} == {"0"}  # no fault is switched on
    assert read(tmp_path, "rejections.csv") == read(tmp_path, "faults.csv") == []


def test_every_report_that_reached_the_district_is_one_record(tmp_path: Path) -> None:
    """With no fault planted and all asked at the end, the cases told are the reports that happened by then."""
    plan = Plan(days=8)
    world = World(plan)
    write_truth(world, told(world), CHANNELS, tmp_path, asked=(plan.end,))
    last = datetime.fromisoformat("2026-10-13T00:00:00")
    orders = [row for row in read(tmp_path, "records.csv") if row["feed"] == "hotline_orders"]
    calls = [
        row
        for row in read(tmp_path, "happened.csv")
        if row["network"] == "hotline" and datetime.fromisoformat(row["reported"]) < last
    ]
    assert sorted(row["incident"] for row in orders) == sorted(row["incident"] for row in calls)
    assert len(orders) > 30


def test_planting_block_by_block_marks_rows_of_each() -> None:
    world = World(Plan(days=6, faults={"late_row": 0.5}))
    ledgers = told(world)
    assert {str(name) for name in ledgers["gas_repairs"].fault} == {"", "late_row"}
    again = plant(world.plan, joined([ledgers["gas_repairs"]]), CHANNELS["gas_repairs"], 1)
    assert (again.fault == "late_row").sum() > (ledgers["gas_repairs"].fault == "late_row").sum()
