"""A month is closed; then a late delivery, a correction, new borders and a new limit come: what would change, and why.

A small town by the real command line: October is closed with edition 1; edition 2 knows more. Each case is there for
one reason, and the figures can be counted by hand.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from reporting.checksums import checksum

pytestmark = pytest.mark.dbt

CITY = """
city: town
title: 样例镇
time_zone: Asia/Shanghai
unified_scheme: unit
networks:
  city_management: {title: 城管}
  reference: {title: 基础数据}
closing: {objection_days: 0}
"""
HEAD = """
feed: {feed}
version: 1
title: {feed}
network: {network}
owner: {{office: 样例局, contact: data@example.invalid}}
filled_by: office
mode: {mode}
cadence: PT24H
lateness: P2D
source:
  kind: file
  path: {feed}
  pattern: "*.csv"
  ready: {{rule: stable, settle_seconds: 0}}
  observed_at: {{from: file_name, regex: "(\\\\d{{8}}T\\\\d{{4}})", format: "%Y%m%dT%H%M"}}
formats: [{{kind: csv}}]
time: {{zone: Asia/Shanghai}}
crs: cgcs2000
"""
CASES = """key: [case_no]
recorded_at: updated_at
fields:
  case_no: {required: true, privacy: {rule: clear}}
  kind: {required: true, privacy: {rule: clear}}
  office: {privacy: {rule: clear}}
  lon: {type: number}
  lat: {type: number}
  reported_at: {type: timestamp, required: true}
  handled_at: {type: timestamp}
  closed_at: {type: timestamp}
  updated_at: {type: timestamp, required: true}
stream: {type: case, key: case_no}
event: {category: {code_set: town, code: kind}, org_code: office, lon: lon, lat: lat}
events:
  - {type: reported, at: reported_at}
  - {type: handled, at: handled_at, when: "handled_at is not null"}
  - {type: closed, at: closed_at, when: "closed_at is not null"}
"""
REFERENCE = {
    "ref_grid": (
        "scheme grid_code grid_name community_code community_name street_code street_name polygon",
        "key: [scheme, grid_code, valid_from]",
        "grid",
    ),
    "ref_limit": (
        "code_set category_code stage limit_unit org_code",
        "key: [code_set, category_code, stage, org_code, valid_from]",
        "limit",
    ),
    "ref_organisation": ("org_code org_name network", "key: [org_code, valid_from]", "organisation"),
}
CASE_COLUMNS = ("case_no", "kind", "office", "lon", "lat", "reported_at", "handled_at", "closed_at", "updated_at")


def contract(feed: str, network: str, mode: str) -> str:
    head = HEAD.format(feed=feed, network=network, mode=mode)
    if mode == "upsert":
        return head + CASES
    texts, key, table = REFERENCE[feed]
    lines = [f"  {name}: {{privacy: {{rule: clear}}}}" for name in texts.split()]
    lines += ["  limit_value: {type: integer}"] if table == "limit" else []
    lines += ["  valid_from: {type: date, required: true}", "  valid_to: {type: date}"]
    told = f"reference: {{table: {table}, valid_from: valid_from, valid_to: valid_to}}"
    return "\n".join([head + key, "fields:", *lines, told, ""])


def case(
    number: str, kind: str, lon: float, reported: str, handled: str = "", updated: str = "2026-11-01"
) -> dict[str, str]:
    """A case of October; its days at nine in the morning. A handled case is closed on the same day."""
    values = [number, kind, "O1", str(lon), "31.05", *(f"{day} 09:00:00" if day else "" for day in (reported, handled))]
    closed = f"{handled} 10:00:00" if handled else ""
    return dict(zip(CASE_COLUMNS, [*values, closed, f"{updated} 12:00:00"], strict=True))


def limit(kind: str, days: int) -> dict[str, str]:
    told = {"code_set": "town", "category_code": kind, "stage": "handle", "limit_unit": "natural_day", "org_code": "*"}
    return {**told, "limit_value": str(days), "valid_from": "2026-01-01", "valid_to": ""}


def grid(code: str, west: float, east: float) -> dict[str, str]:
    ring = [[west, 31.0], [east, 31.0], [east, 31.1], [west, 31.1], [west, 31.0]]
    return {
        "scheme": "unit", "grid_code": code, "grid_name": f"第{code}网格", "community_code": f"C{code}",
        "community_name": f"社区{code}", "street_code": f"S{code}", "street_name": f"街道{code}",
        "polygon": json.dumps({"type": "Polygon", "coordinates": [ring]}), "valid_from": "2026-01-01", "valid_to": "",
    }  # fmt: skip


CALM = [case(f"calm-{day}", "A", 121.02, f"2026-10-{day:02}", f"2026-10-{day + 1:02}") for day in (5, 6, 7)]
FIRST = {
    "cases": [
        *CALM,
        case("wrong", "A", 121.02, "2026-10-10", "2026-10-14"),
        case("border", "A", 121.09, "2026-10-12", "2026-10-13"),
        case("limit", "B", 121.02, "2026-10-15", "2026-10-18"),
        case("open", "A", 121.02, "2026-10-20"),
    ],
    "ref_grid": [grid("G1", 121.0, 121.1), grid("G2", 121.1, 121.2)],
    "ref_limit": [limit("A", 2), limit("B", 2)],
    "ref_organisation": [
        {
            "org_code": "O1",
            "org_name": "样例所",
            "network": "city_management",
            "valid_from": "2026-01-01",
            "valid_to": "",
        }
    ],
}
SECOND = {
    "cases": [
        case("late", "A", 121.02, "2026-10-25", "2026-10-26", updated="2026-11-09"),
        case("wrong", "A", 121.02, "2026-10-10", "2026-10-11", updated="2026-11-09"),
        case("open", "A", 121.02, "2026-10-20", "2026-11-05", updated="2026-11-09"),
    ],
    "ref_grid": [grid("G1", 121.0, 121.08), grid("G2", 121.08, 121.2)],
    "ref_limit": [limit("B", 5)],
}


class Place:
    """The town's city folder and home."""

    def __init__(self, root: Path) -> None:
        self.city, self.home = root / "city", root / "home"
        (self.city / "feeds").mkdir(parents=True)
        (self.city / "city.yml").write_text(CITY, encoding="utf-8")
        modes = {"cases": ("city_management", "upsert"), **dict.fromkeys(REFERENCE, ("reference", "reference"))}
        for feed, (network, mode) in modes.items():
            (self.city / feed).mkdir()
            (self.city / "feeds" / f"{feed}.yml").write_text(contract(feed, network, mode), encoding="utf-8")

    def drop(self, stamp: str, deliveries: dict[str, list[dict[str, str]]]) -> None:
        for feed, rows in deliveries.items():
            with (self.city / feed / f"{feed}_{stamp}.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)

    def run(self, now: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        places = ["--city", str(self.city), "--home", str(self.home)]
        call = [sys.executable, "-m", "onegrid.cli", *arguments, *places]
        environment = {**os.environ, "ONEGRID_NOW": now}
        return subprocess.run(call, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("closing"))
    place.drop("20261102T0600", FIRST)
    first = place.run("2026-11-02T07:00:00+08:00", "run")
    assert first.returncode == 0, first.stdout + first.stderr
    closed = place.run(
        "2026-11-03T09:00:00+08:00",
        "close",
        "2026-10",
        "--edition",
        "1",
        "--by",
        "考核办",
        "--document",
        "样例〔2026〕1号",
    )
    assert closed.returncode == 0, closed.stderr
    place.drop("20261110T0600", SECOND)
    second = place.run("2026-11-10T07:00:00+08:00", "run")
    assert second.returncode == 0, second.stdout + second.stderr
    assert (place.home / "editions" / "2").is_dir()
    return place


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_closing_keeps_the_figures_and_the_rules_of_their_day(place: Place) -> None:
    told = json.loads(place.run("2026-11-10T08:00:00+08:00", "closings", "--json").stdout)
    assert (told["month"], told["edition"], told["by"], told["document"]) == ("2026-10", 1, "考核办", "样例〔2026〕1号")
    [record] = (place.home / "log" / "chain" / "closings" / "months").glob("*.json")
    rules = json.loads(record.read_bytes())["rules"]
    assert rules["handled_on_time_rate"] == "2026-11"
    assert len(rules) > 30, "the whole registry, though most of it counts nothing here"
    frozen = place.home / "closings" / "2026-10" / "1" / "rpt_indicator.parquet"
    with duckdb.connect() as connection:
        district = connection.execute(
            f"select numerator, denominator from read_parquet('{frozen}') "
            "where indicator = 'handled_on_time_rate' and subject_kind = 'district'"
        ).fetchall()
    assert district == [(4, 7)], "calm and border; late were wrong, limit and open"


def test_the_restatement_names_the_cause_of_every_item_and_its_sums_are_exact(place: Place) -> None:
    done = place.run("2026-11-10T08:00:00+08:00", "restate", "2026-10")
    assert done.returncode == 1, done.stderr
    folder = place.home / "closings" / "2026-10" / "1" / "restatement-2"
    assert folder.is_dir(), done.stdout + done.stderr
    items = rows(folder / "items.csv")
    causes = {(row["stream_key"], row["cause"]) for row in items}
    assert causes == {
        ("late", "late"),
        ("wrong", "corrected"),
        ("border", "regridded"),
        ("limit", "reruled"),
        ("open", "continued"),
    }
    [limits] = [row for row in items if (row["stream_key"], row["indicator"]) == ("limit", "handled_on_time_rate")]
    assert "handle_limit_value: 2 → 5" in limits["differences"]
    [border] = [row for row in items if (row["stream_key"], row["indicator"]) == ("border", "reported")]
    assert (border["grid_code_closed"], border["grid_code_now"]) == ("G1", "G2")
    figures = {
        (row["indicator"], row["subject_kind"], row["subject_code"]): row for row in rows(folder / "figures.csv")
    }
    district = figures[("handled_on_time_rate", "district", "district")]
    # late is on time, wrong was, limit is by the new limit; open is still late
    assert (district["share_closed"], district["share_now"], district["share_change"]) == ("4/7", "7/8", "17/56")
    by_figure: dict[tuple[str, str, str], list[int]] = {}
    for row in rows(folder / "contributions.csv"):
        sums = by_figure.setdefault((row["indicator"], row["subject_kind"], row["subject_code"]), [0, 0])
        sums[0] += int(row["numerator_change"])
        sums[1] += int(row["denominator_change"])
    told = {key: [int(row["numerator_change"]), int(row["denominator_change"] or 0)] for key, row in figures.items()}
    assert {key: sums for key, sums in by_figure.items() if any(sums)} == told
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "按期处置率" in page
    assert "17/56" in page


def test_the_second_build_links_on_from_the_first_and_its_marts_are_those_from_scratch(
    place: Place, tmp_path: Path
) -> None:
    first, second = (json.loads((place.home / "editions" / one / "manifest.json").read_bytes()) for one in ("1", "2"))
    records = [
        json.loads((place.home / "builds" / one["build_id"] / "links.json").read_bytes()) for one in (first, second)
    ]
    assert [record["build_id"] for record in records] == [None, first["build_id"]]
    assert records[0]["renewed"] == records[0]["cases"] == 7
    # late is new, wrong and open have ended since, and border is told anew: the others keep what they had
    assert (records[1]["renewed"], records[1]["cases"]) == (4, 8)
    shutil.copytree(place.home, tmp_path / "home", ignore=shutil.ignore_patterns("builds"))
    there = Place.__new__(Place)
    there.city, there.home = place.city, tmp_path / "home"
    done = there.run("2026-11-10T07:00:00+08:00", "build", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["build_id"] == second["build_id"]
    again = json.loads((Path(made["path"]) / "links.json").read_bytes())
    assert (again["build_id"], again["renewed"]) == (None, again["cases"])
    with duckdb.connect(f"{made['path']}/onegrid.duckdb", read_only=True) as warehouse:
        rebuilt = {mart["name"]: checksum(warehouse, f"mart.{mart['name']}")[1] for mart in second["marts"]}
    assert rebuilt == {mart["name"]: mart["checksum"] for mart in second["marts"]}


def test_any_mart_of_the_closed_log_version_is_restated_by_the_project_in_force(place: Place) -> None:
    """An edition as it was is `--as-of 1`, and tested with the sample city; this is its log under today's contracts."""
    manifest = json.loads((place.home / "editions" / "1" / "manifest.json").read_bytes())
    told = place.city / "feeds" / "cases.yml"
    told.write_text(told.read_text(encoding="utf-8").replace("title: cases", "title: 改名后的案件"), encoding="utf-8")
    done = place.run("2026-11-10T08:00:00+08:00", "build", "--as-of", manifest["log_version"], "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["log_version"], made["changed"]) == (manifest["log_version"], True)
    assert made["build_id"] != manifest["build_id"]
    kept = {mart["name"]: mart["checksum"] for mart in manifest["marts"]}
    with duckdb.connect(f"{made['path']}/onegrid.duckdb", read_only=True) as warehouse:
        restated = {name: checksum(warehouse, f"mart.{name}")[1] for name in kept}
    assert {name for name in kept if restated[name] != kept[name]} == {"dq_feed"}, "where the feed's title stands"
    assert {"rpt_indicator", "rpt_indicator_item", "rpt_item_basis"} <= set(kept)


def test_everything_verifies_until_a_frozen_row_is_changed(place: Place) -> None:
    assert place.run("2026-11-10T08:00:00+08:00", "verify").returncode == 0
    file = place.home / "closings" / "2026-10" / "1" / "rpt_indicator.parquet"
    file.chmod(0o644)
    with duckdb.connect() as connection:
        connection.execute(f"create table told as from read_parquet('{file}')")
        connection.execute("update told set numerator = numerator + 1 where subject_code = 'O1'")
        connection.execute(f"copy told to '{file}' (format parquet)")
    done = place.run("2026-11-10T08:00:00+08:00", "verify")
    assert done.returncode == 1
    assert "closing 2026-10/1: rpt_indicator.parquet was changed since the month was closed" in done.stderr
