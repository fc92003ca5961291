"""A made-up town of one or two feeds, small enough to say in a test what must come out of it."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.city import City, open_city
from ingest.home import Home, open_home
from ingest.land import land
from ingest.log import Log, Verdict
from ingest.pull import pull
from reporting.mount import Mount, newest_mount, write_mounted

CITY = """
city: town
title: 样例镇
time_zone: Asia/Shanghai
networks:
  city_management: {title: 城管}
  power: {title: 供电}
"""
CASES = """
feed: cases
version: {version}
title: 城管案件
network: city_management
owner: {{office: 样例城管, contact: cases@example.invalid}}
filled_by: office
mode: upsert
cadence: PT24H
lateness: P2D
source: {{kind: file, path: drop, pattern: "*.csv", ready: {{rule: stable, settle_seconds: 0}}}}
formats: [{{kind: csv}}]
time: {{zone: Asia/Shanghai}}
key: [case_no]
recorded_at: updated_at
fields:
  case_no: {{required: true}}
  reported_at: {{type: timestamp, required: true}}
  closed_at: {{type: timestamp}}
  updated_at: {{type: timestamp, required: true}}
  kind: {{one_of: ["A", "B"], required: true{kind_map}}}
  reporter: {{privacy: {{rule: name}}}}
  phone: {{privacy: {{rule: token, purpose: reporter}}}}
  story: {{privacy: {{rule: scrub}}}}
stream: {{type: case, key: case_no}}
event:
  category: {{code_set: town, code: kind}}
  actor_token: phone
  text: story
events:
  - {{type: reported, at: reported_at}}
  - {{type: closed, at: closed_at}}
"""
OUTAGES = """
feed: outages
version: 1
title: 停电快照
network: power
owner: {office: 样例供电, contact: power@example.invalid}
filled_by: system
mode: snapshot
cadence: PT1H
lateness: PT1H
source:
  kind: file
  path: outages
  pattern: "*.json"
  ready: {rule: stable, settle_seconds: 0}
  observed_at: {from: file_name, regex: "(\\\\d{8}T\\\\d{4})", format: "%Y%m%dT%H%M"}
formats: [{kind: json}]
time: {zone: Asia/Shanghai}
key: [outage_no]
fields:
  outage_no: {required: true}
  began_at: {type: timestamp, required: true}
  cause: {}
stream: {type: outage, key: outage_no}
item: {at: began_at}
"""
HEADER = "case_no,reported_at,closed_at,updated_at,kind,reporter,phone,story\n"


@dataclass
class Town:
    """A city folder and a home, with the few verbs that a law needs."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def city(self) -> City:
        return open_city(self.root / "city")

    @property
    def home(self) -> Home:
        return open_home(self.root / "home")

    @property
    def log(self) -> Log:
        return Log(self.home)

    def contract(self, version: int = 1, kind_map: str = "") -> None:
        text = CASES.format(version=version, kind_map=f", map: {kind_map}" if kind_map else "")
        (self.root / "city" / "feeds" / "cases.yml").write_text(text, encoding="utf-8")

    def drop(self, name: str, *rows: str) -> Path:
        path = self.root / "city" / "drop" / name
        path.write_text(HEADER + "".join(row + "\n" for row in rows), encoding="utf-8")
        return path

    def ingest(self, feed: str = "cases") -> None:
        pull(self.city, self.home, feed)
        land(self.city, self.home, feed)

    def let_through(self, feed: str = "cases") -> None:
        judged = {verdict["landing_id"] for verdict in self.log.verdicts(feed)}
        pending = [r["landing_id"] for r in self.log.receipts(feed) if r["landing_id"] not in judged]
        self.log.record_verdicts(feed, [Verdict(landing_id, "pass", []) for landing_id in pending])

    def decide(self, landing_id: str, verdict: str, feed: str = "cases") -> None:
        self.log.record_verdicts(feed, [Verdict(landing_id, verdict, [], by="测试员", why="a law is tried")])

    def visible(self, sql: str, mount: Mount | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query over the mounted log (schema `log`), newest version by default."""
        file = self.root / "mounted.duckdb"
        file.unlink(missing_ok=True)
        write_mounted(self.city, self.home, mount or newest_mount(self.home), file)
        with duckdb.connect(str(file), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def command(self, *arguments: str, fault: str = "") -> subprocess.CompletedProcess[str]:
        """Run the real command line in a process of its own, to be killed at a fault point where one is named."""
        call = [sys.executable, "-m", "onegrid.cli", *arguments]
        places = ["--city", str(self.root / "city"), "--home", str(self.root / "home")]
        environment = {**os.environ, "ONEGRID_FAULT": fault}
        return subprocess.run([*call, *places], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def make_town(tmp_path: Path) -> Callable[[str], Town]:
    def make(name: str) -> Town:
        root = tmp_path / name
        for folder in ("city/feeds", "city/drop", "city/outages"):
            (root / folder).mkdir(parents=True)
        (root / "city" / "city.yml").write_text(CITY, encoding="utf-8")
        (root / "city" / "feeds" / "outages.yml").write_text(OUTAGES, encoding="utf-8")
        town = Town(root)
        town.contract()
        return town

    return make


@pytest.fixture
def town(make_town: Callable[[str], Town]) -> Town:
    return make_town("town")
