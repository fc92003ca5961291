"""The reference files of the district: grids, organisations, codes, calendar, limits, hours; all dated."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from simulator import codes
from simulator.district import (
    DISTRICT_CODE,
    DISTRICT_NAME,
    FOUNDED,
    SPLIT_DAY,
    SPLIT_INDEX,
    STREETS,
    District,
    Grid,
    community_code,
    community_name,
    geometry,
    street_code,
    street_of,
)
from simulator.files import csv_bytes
from simulator.outbox import Outbox, Sheet

_FIRST = "20261004T1800"  # the evening before the month
_OFFICES = (
    ("GOV01", "云汀区社会治理中心", "centre", "", "district", "governance_centre"),
    ("ST01", "柳塘街道办事处", "street", "GOV01", "street", "governance_centre"),
    ("ST02", "望桥街道办事处", "street", "GOV01", "street", "governance_centre"),
    ("ST03", "青湾镇人民政府", "street", "GOV01", "street", "governance_centre"),
    ("CM01", "云汀区城市管理局", "department", "GOV01", "district", "city_management"),
    ("CM11", "云汀区环卫所", "unit", "CM01", "district", "city_management"),
    ("CM12", "云汀区市政养护所", "unit", "CM01", "district", "city_management"),
    ("CM13", "云汀区工地管理站", "unit", "CM01", "district", "city_management"),
    ("CM21", "柳塘执法中队", "unit", "CM01", "street", "city_management"),
    ("CM22", "望桥执法中队", "unit", "CM01", "street", "city_management"),
    ("CM23", "青湾执法中队", "unit", "CM01", "street", "city_management"),
    ("PS00", "云汀公安分局", "department", "GOV01", "district", "public_security"),
    ("PS01", "柳塘派出所", "unit", "PS00", "street", "public_security"),
    ("PS02", "望桥派出所", "unit", "PS00", "street", "public_security"),
    ("PS03", "青湾派出所", "unit", "PS00", "street", "public_security"),
    ("WT01", "云汀供水公司", "company", "GOV01", "district", "water"),
    ("WT11", "供水抢修一班", "unit", "WT01", "district", "water"),
    ("WT12", "供水抢修二班", "unit", "WT01", "district", "water"),
    ("WT13", "供水抢修三班", "unit", "WT01", "district", "water"),
    ("PW01", "云汀供电公司", "company", "GOV01", "district", "power"),
    ("HL01", "云汀区热线受理中心", "centre", "GOV01", "district", "hotline"),
)
_RENAMED, _NEW_NAME, _RENAMING_DAY = "CM21", "柳塘综合行政执法队", "2026-10-16"


def deliver(district: District, outbox: Outbox) -> None:
    """The state at the beginning, and a second file for what changes during the month."""
    units = [_grid(grid, "unit") for grid in district.grids]
    beats = [_beat(*beat) for beat in district.beats]
    as_founded = units[SPLIT_INDEX] | {"valid_to": ""}
    first = [*units[:SPLIT_INDEX], as_founded, *units[SPLIT_INDEX + 1 :], *beats]
    _send(outbox, "ref_grid", _FIRST, first)
    _send(
        outbox,
        "ref_grid",
        f"{SPLIT_DAY.replace('-', '')}T0000",
        [units[SPLIT_INDEX], *map(_half, district.split)],
    )
    offices = _rows("org_code, org_name, org_type, parent_org_code, level, network", _OFFICES)
    _send(outbox, "ref_organisation", _FIRST, offices)
    old = next(office for office in offices if office["org_code"] == _RENAMED)
    new = old | {"org_name": _NEW_NAME, "valid_from": _RENAMING_DAY}
    _send(outbox, "ref_organisation", "20261016T0000", [old | {"valid_to": _RENAMING_DAY}, new])
    names = "code_set, kind, category_code, major_code, major_name, minor_name, canonical_name"
    _send(outbox, "ref_category", _FIRST, _rows(names, codes.categories()))
    _send(outbox, "ref_calendar", _FIRST, _calendar())
    limits = [(*row, "*") for row in codes.limits()]
    names = "code_set, category_code, stage, limit_value, limit_unit, org_code"
    _send(outbox, "ref_limit", _FIRST, _rows(names, limits))
    halves = (("default", 480, 720), ("default", 840, 1080))  # 08:00-12:00 and 14:00-18:00 as minutes of the day
    _send(outbox, "ref_shift", _FIRST, _rows("schedule_code, start_minute, end_minute", halves))


def _send(outbox: Outbox, feed: str, moment: str, rows: list[dict[str, Any]]) -> None:
    sheet = Sheet(feed, f"{feed.removeprefix('ref_')}_{moment}.csv", key=next(iter(rows[0])))
    for row in rows:
        sheet.add(row)
    outbox.send(sheet, csv_bytes(sheet.rows), folder="reference")


def _rows(names: str, table: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Rows that hold from the founding of the district on."""
    return [_dated(dict(zip(names.split(", "), row, strict=True))) for row in table]


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"valid_from": FOUNDED, "valid_to": ""}


def _grid(grid: Grid, scheme: str) -> dict[str, Any]:
    street = street_of(grid.community)
    return {
        "scheme": scheme,
        "grid_code": grid.code,
        "grid_name": grid.name,
        "community_code": community_code(grid.community),
        "community_name": community_name(grid.community),
        "street_code": street_code(street),
        "street_name": STREETS[street],
        "polygon": json.dumps(geometry(grid.corners), separators=(",", ":")),
        "valid_from": grid.valid_from,
        "valid_to": grid.valid_to or "",
    }


def _half(grid: Grid) -> dict[str, Any]:
    return _grid(grid, "unit")


def _beat(code: str, name: str, corners: np.ndarray) -> dict[str, Any]:
    place = {
        "community_code": "",
        "community_name": "",
        "street_code": DISTRICT_CODE,
        "street_name": DISTRICT_NAME,
    }
    shape = {"polygon": json.dumps(geometry(corners), separators=(",", ":"))}
    return _dated({"scheme": "police_beat", "grid_code": code, "grid_name": name} | place | shape)


def _calendar() -> list[dict[str, Any]]:
    """Only the days that differ from Monday-to-Friday, and holidays that fall on a weekend."""
    rows = [
        {"day": str(day), "is_workday": "false", "day_name": name}
        for first, last, name in codes.HOLIDAYS
        for day in np.arange(np.datetime64(first), np.datetime64(last) + 1)
    ]
    rows += [{"day": day, "is_workday": "true", "day_name": "调休上班"} for day in codes.WORKED_WEEKENDS]
    return sorted(rows, key=lambda row: row["day"])
