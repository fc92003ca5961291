"""A made-up edition with what the daily report reads: figures of two days, and the lists of the morning."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from reporting.build import WAREHOUSE
from reporting.edition import publish
from tests.reporting.cuts import models
from tests.reporting.town import HOSTILE, NETWORKS, Town, _insert

FORMULA = '=HYPERLINK("http://192.0.2.1/"&A1,"点我")'
CLOCK = datetime(2026, 11, 4, 18, 0)  # local
DAY = datetime(2026, 11, 3)
CASES = 40
"""So many of each list that none of them fits on paper."""
DDL = """
alter table mart.dim_organisation add column org_name varchar;
create table mart.dim_indicator (indicator varchar, title_zh varchar, title_en varchar);
create table mart.rpt_indicator (
    indicator varchar, subject_kind varchar, subject_code varchar, period_kind varchar, period_start timestamp,
    numerator bigint, denominator bigint, is_assessable boolean, rule_version varchar
);
create table mart.rpt_due_soon (
    case_id varchar, stage varchar, feed varchar, network varchar, stream_key varchar, org_code varchar,
    held_by varchar, grid_code varchar, due_at timestamp, due_at_local timestamp, minutes_left bigint, band varchar
);
create table mart.rpt_suspension (
    event_id varchar, case_id varchar, stream_key varchar, org_code varchar, kind varchar, began_at_local timestamp,
    until_at_local timestamp, age_days bigint, is_lasting boolean, is_expired_not_resumed boolean
);
create table mart.rpt_shuttle (
    case_id varchar, stream_key varchar, is_open boolean, shuttle_count bigint, org_route varchar,
    last_org_code varchar, last_held_since_at timestamp, last_held_since_local timestamp
);
create table mart.rpt_handover (
    handover_id varchar, reference_key varchar, from_network varchar, to_network varchar, is_contradictory boolean,
    contradiction varchar, contradictory_since_at timestamp, contradictory_since_local timestamp
);
"""
RATES = {
    "handled_on_time_rate": ("按期处置率", 26, 27, True),
    "closed_on_time_rate": ("按期结案率", 9, 10, False),
    "rework_rate": ("返工率", 0, 0, True),
}


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables of the morning; every office has a name that a spreadsheet would like to run."""
    connection.execute(DDL)
    connection.execute("update mart.dim_organisation set org_name = org_code || '所'")
    connection.execute(f"update mart.dim_organisation set org_name = '{FORMULA}' where org_code = 'O1'")
    titles = [[code, zh, code] for code, (zh, *_) in RATES.items()] + [["reported", "上报数", "Reported"]]
    _insert(connection, "mart.dim_indicator", titles)
    figures: list[list[Any]] = []
    for number, (network, before) in enumerate(zip(NETWORKS, (7, 8, 9), strict=True)):
        for name, count in (("reported", 20 + number), ("handled", 10 + number), ("closed", 5 + number)):
            known = (network, name) != ("water", "handled")
            figures.append([name, "network", network, "day", DAY, count, None, known, "1"])
        figures.append(["reported", "network", network, "day", DAY - timedelta(days=1), before, None, True, "1"])
    figures.append(["reported", "district", "district", "day", DAY, 63, None, True, "1"])
    for code, (_, above, below, known) in RATES.items():
        figures.append([code, "district", "district", "day", DAY, above, below, known, "1"])
    _insert(connection, "mart.rpt_indicator", figures)
    _insert(connection, "mart.rpt_due_soon", [_due(number) for number in range(CASES)])
    _insert(connection, "mart.rpt_suspension", [_suspended(number) for number in range(CASES)])
    _insert(connection, "mart.rpt_shuttle", [_tossed(number) for number in range(CASES)])
    _insert(connection, "mart.rpt_handover", [_handed(number) for number in range(CASES)])
    known = models()
    for mart in ("rpt_due_soon", "rpt_suspension", "rpt_shuttle", "rpt_handover"):  # with all that the site reads
        for column in known[mart]["columns"]:
            kind = column["data_type"]
            connection.execute(f"alter table mart.{mart} add column if not exists {column['name']} {kind}")
    for mart in ("rpt_suspension", "rpt_shuttle"):
        connection.execute(f"update mart.{mart} set feed = 'water_cases', network = 'water', grid_code = 'G1'")


def _due(number: int) -> list[Any]:
    left = (number - 5) * 10
    due = CLOCK + timedelta(minutes=left)
    band = "overdue_today" if left <= 0 else "two_hours" if left <= 120 else "today"
    place = ["water_cases", "water", f"W{number}", f"O{number % 15}", "unit", "G1"]
    return [f"c{number}", "handle", *place, due - timedelta(hours=8), due, left, band]


def _suspended(number: int) -> list[Any]:
    kind = "suspension" if number % 2 else "extension"
    began = CLOCK - timedelta(days=number)
    return [f"e{number}", f"c{number}", f"W{number}", "O1", kind, began, began + timedelta(days=9), number,
            number % 4 != 3, number > 9 and number % 4 != 3]  # fmt: skip


def _tossed(number: int) -> list[Any]:
    since = CLOCK - timedelta(hours=number)
    return [f"c{number}", f"W{number}", number % 5 != 4, 3 + number % 2, "O0 > O1 > O0", "O0", since, since]


def _handed(number: int) -> list[Any]:
    wrong = number % 4 != 3
    since = CLOCK - timedelta(hours=number) if wrong else None
    return [f"h{number}", f"-{number}", "hotline", "water", wrong, "closed_by_giver_only" if wrong else None, since,
            since]  # fmt: skip


def publish_morning(root: Path, held: int = 2) -> Town:
    """A town with edition 1; `held` landings of the water feed wait."""
    town = Town(root)
    build = town.build(held=held)
    with duckdb.connect(str(build / WAREHOUSE)) as connection:
        fill(connection)
    publish(build, town.home)
    return town


__all__ = ["CASES", "CLOCK", "FORMULA", "HOSTILE", "RATES", "publish_morning"]
