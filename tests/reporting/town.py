"""A finished build of a made-up town: the marts with the columns that the page reads, and what lies beside them."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from reporting.build import SNAPSHOT, WAREHOUSE
from reporting.mart_contract import CONTRACT
from tests.conftest import REPOSITORY

CITY_YML = """
city: town
title: 样例镇 <镇>
time_zone: Asia/Shanghai
unified_scheme: unit
networks:
  city_management: {title: 城管}
  water: {title: 供水}
  hotline: {title: 12345 热线}
  reference: {title: 基础数据}
closing: {objection_days: 0}
"""
NETWORKS = ("city_management", "water", "hotline")
CONTRACT_YML = """
version: 1.2.0
marts:
  rpt_grid_ledger: {key: [grid_code, local_day, network], columns: {}}
  fct_case: {key: [case_id], sorted_by: [opened_on], columns: {}}
"""
LAST_DAY = date(2026, 11, 4)
FIRST_DAY = date(2026, 10, 6)
LOCK = "duckdb==1.5.6\n"
HOSTILE = "<script>document.title='taken'</script>"

DDL = """
create schema log;
create schema mart;
create table log.mount (log_version varchar, clock_at timestamp, city varchar, time_zone varchar);
create table log.feed (
    feed varchar, network varchar, title varchar, mode varchar, owner_office varchar, cadence_seconds bigint,
    data_through timestamp, held_landings bigint
);
create table log.landing (feed varchar, verdict varchar);
create table mart.dim_grid (
    grid_id varchar, scheme varchar, grid_code varchar, grid_name varchar, member_kind varchar, street_name varchar,
    polygon varchar, is_current boolean
);
create table mart.dim_organisation (organisation_id varchar, org_code varchar, network varchar, is_current boolean);
create table mart.fct_case (
    case_id varchar, network varchar, grid_code varchar, status varchar, is_open boolean, is_overdue boolean,
    opened_on date
);
create table mart.rpt_grid_ledger (
    grid_code varchar, local_day date, network varchar, grid_name varchar, opened bigint, closed bigint,
    open_at_end bigint, overdue_at_end bigint
);
create table mart.rpt_timeliness (
    org_code varchar, month date, org_name varchar, handle_due bigint, handle_due_on_time bigint,
    close_due bigint, close_due_on_time bigint
);
create table mart.dq_feed (
    feed varchar, network varchar, title varchar, mode varchar, owner_office varchar, data_through_at timestamp,
    is_behind boolean, visible_landings bigint, passed bigint, warned bigint, held bigint, released bigint,
    refused bigint, unjudged bigint, fetched bigint, recorded bigint, duplicate bigint, rejected bigint, filtered bigint
);
create table mart.dq_rejection (
    feed varchar, field varchar, code varchar, severity varchar, owner varchar, rejections bigint
);
create table mart.dq_landing (
    landing_id varchar, feed varchar, network varchar, batch_name varchar, observed_at timestamp, landed_at timestamp,
    fetched bigint, recorded bigint, duplicate bigint, rejected bigint, filtered bigint, contract_version integer,
    verdict varchar, is_visible boolean
);
create table mart.dq_watch (
    feed varchar, network varchar, code varchar, subject varchar, severity varchar, sentence varchar,
    sentence_zh varchar, detail varchar, detail_zh varchar, todo varchar, todo_zh varchar, since_at timestamp,
    told_at timestamp, over_at timestamp, is_open boolean
);
create table mart.dq_gate_check (
    feed varchar, check_code varchar, severity varchar, owner varchar, sentence varchar, sentence_zh varchar,
    broken_landings bigint, waiting_landings bigint, first_seen_at timestamp, last_seen_at timestamp,
    last_batch_name varchar, is_open boolean
);
create table mart.dq_rejected_record (
    landing_id varchar, feed varchar, network varchar, batch_name varchar, observed_at timestamp, line bigint,
    field varchar, code varchar, severity varchar, owner varchar
);
create table mart.odd_types (
    id bigint, flag boolean, share decimal(9, 4), ratio double, seen_at timestamp, on_day date, text varchar
);
"""


@dataclass(frozen=True)
class Town:
    """Where the town's home lies, with the verbs that a test of publishing needs."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def editions(self) -> Path:
        return self.home / "editions"

    def build(self, build_id: str = "v1-p1", held: int = 0, passed: bool = True, crashed: bool = False) -> Path:
        """A finished and gated build; `held` landings of the water feed wait for a person."""
        path = self.home / "builds" / build_id
        for folder in ("project/city/feeds", "project/dbt_project/contract", "gate", "dbt/target"):
            (path / folder).mkdir(parents=True)
        (path / "project" / "city" / "city.yml").write_text(CITY_YML, encoding="utf-8")
        (path / "project" / "dbt_project" / CONTRACT).write_text(CONTRACT_YML, encoding="utf-8")
        (path / SNAPSHOT).write_bytes(_snapshot(build_id))
        checks = [_check("ledger_balances", "critical", passed), _check("few_places", "warning", False)]
        _dump(path / "gate" / "results.json", {"passed": passed, "crashed": crashed, "results": checks})
        _dump(path / "mount.json", {"version": "v1", "heads": {"receipts/water_cases": "ab" * 32}})
        _dump(path / "dbt" / "target" / "manifest.json", {"nodes": {"model.onegrid.rpt_grid_ledger": _node()}})
        with duckdb.connect(str(path / WAREHOUSE)) as connection:
            connection.execute(DDL)
            _fill(connection, held)
        _finish(path, build_id)
        return path

    def another(self, build: Path, build_id: str, extra: int) -> Path:
        """A copy of a build in which `extra` more cases were opened: made faster than by `build`."""
        path = build.parent / build_id
        shutil.copytree(build, path)
        with duckdb.connect(str(path / WAREHOUSE)) as connection:
            connection.execute(
                "update mart.rpt_grid_ledger set opened = opened + ?, open_at_end = open_at_end + ? "
                "where grid_code = 'G1' and network = 'water' and local_day = ?",
                [extra, extra, LAST_DAY],
            )
        _finish(path, build_id)
        return path

    def publish_in_child(self, build: Path, fault: str = "") -> subprocess.CompletedProcess[str]:
        """Publish in a process of its own, which kills itself at a fault point where one is named."""
        code = "import sys, pathlib, reporting.edition as e; e.publish(*map(pathlib.Path, sys.argv[1:]))"
        command = [sys.executable, "-c", code, str(build), str(self.home)]
        environment = {**os.environ, "ONEGRID_FAULT": fault}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _check(name: str, severity: str, success: bool) -> dict[str, Any]:
    sentences = {"sentence": f"{name} in English", "sentence_zh": f"{name} 的中文"}
    return {"check": name, "severity": severity, "owner": "样例局", "success": success, **sentences}


def _finish(path: Path, build_id: str) -> None:
    record = {"build_id": build_id, "log_version": build_id.partition("-")[0], "warehouse": WAREHOUSE}
    _dump(path / "build.json", record)


def _dump(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def _snapshot(build_id: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        kept = {"city/city.yml": CITY_YML, "requirements.lock": LOCK, "id": build_id}
        for seed in ("mechanism", "work_facet", "facet_value"):
            name = f"dbt_project/seeds/{seed}.csv"
            kept[name] = (REPOSITORY / name).read_text(encoding="utf-8")
        for name, text in {**kept, f"dbt_project/{CONTRACT}": CONTRACT_YML}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def _node() -> dict[str, Any]:
    columns = {
        "grid_code": {"description": "Code of the grid's own scheme", "config": {"meta": {"label_zh": "网格编码"}}},
        "opened": {"description": "", "meta": {"label_zh": "受理数"}},
    }
    return {
        "resource_type": "model",
        "schema": "mart",
        "alias": "rpt_grid_ledger",
        "description": "网格台账：grid × day × network",
        "columns": columns,
    }


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[list[Any]]) -> None:
    given = pa.table({f"column_{place}": list(values) for place, values in enumerate(zip(*rows, strict=True))})
    connection.register("given", given)
    connection.execute(f"insert into {table} select * from given")
    connection.unregister("given")


def _fill(connection: duckdb.DuckDBPyConnection, held: int) -> None:
    clock = datetime(2026, 11, 4, 10, 0)
    _insert(connection, "log.mount", [["v1", clock, "town", "Asia/Shanghai"]])
    for number, network in enumerate(NETWORKS):
        through = clock - timedelta(hours=number)
        waiting = held if network == "water" else 0
        feed, title = f"{network}_cases", f"{network} 案件 {HOSTILE}"
        _insert(connection, "log.feed", [[feed, network, title, "upsert", "样例局", 86400, through, waiting]])
        verdicts = ["pass"] * 5 + ["warn"] + ["held"] * waiting
        _insert(connection, "log.landing", [[feed, verdict] for verdict in verdicts])
        landings = []
        for place, verdict in enumerate(verdicts):
            seen = [f"{feed}_{place}.csv", through - timedelta(days=place), clock]
            landings.append([f"{feed}-{place}", feed, network, *seen, 20, 17, 1, 2, 0, 1, verdict, verdict != "held"])
        _insert(connection, "mart.dq_landing", landings)
        counts = [6, 5, 1, waiting, 0, 0, 0, 120 + number, 110, 4, 3 + number, 3]
        _insert(connection, "mart.dq_feed", [[feed, network, title, "upsert", "样例局", through, False, *counts]])
    rejection = ["water_cases", "closed_at", "closed_before_created", "reject", "样例局", 3]
    _insert(connection, "mart.dq_rejection", [rejection])
    for check, waiting, is_open in (("rejected_share:hold", held, True), ("new_columns", 0, False)):
        words = ["hold" if waiting else "warn", "样例局", f"{check} was broken.", f"{check} 未达标。"]
        seen = [clock - timedelta(days=6), clock - timedelta(days=1), "water_cases_6.csv"]
        _insert(connection, "mart.dq_gate_check", [["water_cases", check, *words, 2, waiting, *seen, is_open]])
    words = ["alert", "a column came empty", "字段缺失", "closed_at: no value", "closed_at：无值", "ask", "请核实"]
    seen = [clock - timedelta(days=1), clock - timedelta(hours=20), None, True]
    _insert(connection, "mart.dq_watch", [["water_cases", "water", "column_gone", "closed_at", *words, *seen]])
    place = ["water_cases-1", "water_cases", "water", "water_cases_1.csv", clock - timedelta(days=2)]
    lines = [[*place, line, *rejection[1:-1]] for line in (4, 9, 11)]
    _insert(connection, "mart.dq_rejected_record", lines)
    _insert(connection, "mart.dim_grid", _grids())
    ledger = _ledger()
    _insert(connection, "mart.rpt_grid_ledger", ledger)
    _insert(connection, "mart.fct_case", _cases(ledger))
    organisations, months = _organisations()
    _insert(connection, "mart.dim_organisation", organisations)
    _insert(connection, "mart.rpt_timeliness", months)
    connection.execute(
        "insert into mart.odd_types values "
        "(1, true, 0.1, 0.1, '2026-11-04 00:30:00.000001', '2026-11-04', 'a|b'), "
        "(2, null, -1.5, 1e300, null, null, ''), (3, false, null, 'nan', '1970-01-01', '1970-01-01', null)"
    )


def _grids() -> list[list[Any]]:
    """Twelve rectangles, four a row; a thirteenth member is no grid."""
    rows: list[list[Any]] = []
    for index in range(12):
        west, south = 120.10 + 0.01 * (index % 4), 31.20 + 0.008 * (index // 4)
        ring = [[west, south], [west + 0.01, south], [west + 0.01, south + 0.008], [west, south + 0.008], [west, south]]
        polygon = json.dumps({"type": "Polygon", "coordinates": [ring]})
        rows.append([f"unit/G{index}", "unit", f"G{index}", f"第{index}网格", "grid", "样例街道", polygon, True])
    return [*rows, ["unlocated", "unit", "unlocated", "未定位", "unlocated", None, None, True]]


def _ledger() -> list[list[Any]]:
    """Each grid and network opens some cases a day and closes some of the days before; a third of the rest is late."""
    rows: list[list[Any]] = []
    for index in range(13):
        grid = f"G{index}" if index < 12 else "unlocated"
        for number, network in enumerate(NETWORKS):
            standing = 0
            for day in range((LAST_DAY - FIRST_DAY).days + 1):
                moment = FIRST_DAY + timedelta(days=day)
                opened = (index * 7 + day * (number + 2) + number) % (4 + number)
                closed = min(standing, (index + day) % 4)
                standing += opened - closed
                rows.append([grid, moment, network, f"第{index}网格", opened, closed, standing, standing // 3])
    return rows


def _cases(ledger: list[list[Any]]) -> list[list[Any]]:
    """The cases that the ledger counts: of each grid and network the first ones are closed, the last ones open."""
    rows: list[list[Any]] = []
    for grid, network in dict.fromkeys((row[0], row[2]) for row in ledger):
        own = [row for row in ledger if (row[0], row[2]) == (grid, network)]
        opened_on = [row[1] for row in own for _ in range(row[4])]
        _, _, _, _, _, _, standing, late = own[-1]
        ends = ["closed"] * (len(opened_on) - standing) + ["overdue"] * late + ["open"] * (standing - late)
        for number, (moment, end) in enumerate(zip(opened_on, ends, strict=True)):
            status = "closed" if end == "closed" else "open"
            is_overdue = None if (network, end) == ("hotline", "open") else end == "overdue"  # those have no limit
            rows.append([f"{network}/{grid}/{number}", network, grid, status, end != "closed", is_overdue, moment])
    return rows


def _organisations() -> tuple[list[list[Any]], list[list[Any]]]:
    """Five organisations; the third has a hostile name, the last too few cases to be ranked."""
    organisations: list[list[Any]] = []
    months: list[list[Any]] = []
    for number, name in enumerate(("甲所", "乙所", HOSTILE, "丁公司", "戊站")):
        organisations.append([f"O{number}@", f"O{number}", NETWORKS[number % 3], True])
        for month, due in ((date(2026, 10, 1), 40 - 8 * number), (date(2026, 11, 1), 3)):
            on_time = due * 3 // 4 if number % 2 == 0 else due
            months.append([f"O{number}", month, name, due, on_time, due, on_time])
    return organisations, months
