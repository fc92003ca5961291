"""A centre's front-end database on a real server: a table of current rows, a log of actions, and a feed of each."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
import yaml

from ingest.land import land
from ingest.pull import PullReport, pull
from ingest.vault import Vault
from tests.town import Town

NOW = "2026-11-05T00:00:00+00:00"
CASES = """
feed: front_cases
version: 1
title: 前置库案件
network: city_management
owner: {office: 样例城管, contact: cases@example.invalid}
filled_by: office
mode: upsert
cadence: PT1H
lateness: P2D
source: {kind: database, connection: front, table: to_rec, cursor: {time: update_time, key: rec_id}, batch_rows: 3}
formats: [{kind: jsonl}]
time: {zone: Asia/Shanghai}
key: [case_no]
recorded_at: updated_at
gate: {rejected_share: {hold: 1}}
fields:
  case_no: {source: rec_id, required: true}
  kind: {source: event_type, one_of: ["A", "B"], required: true}
  story: {source: rec_desc, privacy: {rule: scrub}}
  removed: {source: is_deleted, type: boolean}
  updated_at: {source: update_time, type: timestamp, required: true}
stream: {type: case, key: case_no}
event: {category: {code_set: town, code: kind}, text: story}
events:
  - {type: reported, at: updated_at}
  - {type: retracted, at: updated_at, when: "removed"}
"""
ACTIONS = """
feed: front_actions
version: 1
title: 前置库操作流水
network: city_management
owner: {office: 样例城管, contact: cases@example.invalid}
filled_by: office
mode: append
cadence: PT1H
lateness: P2D
source: {kind: database, connection: front, table: to_act, cursor: {time: act_time, key: act_id}, batch_rows: 3}
formats: [{kind: jsonl}]
time: {zone: Asia/Shanghai}
key: [act_no]
fields:
  act_no: {source: act_id, required: true}
  case_no: {source: rec_id, required: true}
  acted_at: {source: act_time, type: timestamp, required: true}
stream: {type: case, key: case_no}
events: [{type: handed_on, at: acted_at, identity: each, discriminator: act_no}]
"""


def connection_json(url: sa.URL, **extra: str) -> str:
    """A connection as Airflow writes it, as a URI."""
    if url.drivername == "sqlite":
        return f"sqlite:///{quote(str(url.database), safe='')}"
    scheme = "postgresql" if url.drivername.startswith("postgresql") else "mysql"
    login, password = quote(str(url.username), safe=""), quote(str(url.password), safe="")
    more = "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in extra.items()) if extra else ""
    return f"{scheme}://{login}:{password}@{url.host}:{url.port}/{url.database}{more}"


class Front:
    """The town, its database, and what came of it. `server`: what can be killed and started, None for SQLite."""

    def __init__(self, town: Town, url: sa.URL, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.town, self.url, self.server, self._monkeypatch = town, url, server, monkeypatch
        self.engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        self.connect(connection_json(url))
        self.at(NOW)
        self.contract("front_cases")
        self.contract("front_actions")
        for table in ("to_rec", "to_act"):
            self.run(f"drop table if exists {table}")
        text, moment = "varchar(200)", "datetime" if url.drivername != "postgresql+psycopg2" else "timestamp"
        self.run(
            f"create table to_rec (rec_id varchar(40) primary key, event_type {text}, rec_desc {text}, "
            f"is_deleted smallint, update_time {moment} null, phone {text})"
        )
        self.run(f"create table to_act (act_id integer primary key, rec_id {text}, act_time {moment})")

    def at(self, moment: str) -> None:
        self._monkeypatch.setenv("ONEGRID_NOW", moment)

    def connect(self, uri: str) -> None:
        self._monkeypatch.setenv("AIRFLOW_CONN_FRONT", uri)

    def contract(self, feed: str, source: dict[str, Any] | None = None, **over: Any) -> None:
        """Write a contract with other keys in head, `source`, `cursor` and `fields`; one that is None is left out."""
        told = yaml.safe_load({"front_cases": CASES, "front_actions": ACTIONS}[feed])
        source = {**told["source"], **(source or {})}
        if source["cursor"] is not None:
            source["cursor"] = {**told["source"]["cursor"], **source["cursor"]}
        over = {**over, "fields": {**told["fields"], **over.get("fields", {})}, "source": _given(source)}
        text = yaml.safe_dump(_given({**told, **over}), allow_unicode=True)
        (self.town.root / "city" / "feeds" / f"{feed}.yml").write_text(text, encoding="utf-8")

    def run(self, statement: str, *rows: dict[str, Any]) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), list(rows) or None)

    def put(self, *rows: Sequence[Any]) -> None:
        """Put rows (key, time, kind, description, mark of deletion) in place of those of the same key."""
        for row in rows:
            key, time, kind, story, removed = [*row, *("A", "井盖缺失", 0)[len(row) - 2 :]]
            self.run("delete from to_rec where rec_id = :key", {"key": key})
            self.run(
                "insert into to_rec values (:key, :kind, :story, :removed, :time, '15400001234')",
                {"key": key, "time": time, "kind": kind, "story": story, "removed": removed},
            )

    def act(self, *rows: tuple[int, str, str]) -> None:
        told = [{"act": act, "rec": rec, "time": time} for act, rec, time in rows]
        self.run("insert into to_act values (:act, :rec, :time)", *told)

    def ingest(self, feed: str = "front_cases") -> PullReport:
        report = pull(self.town.city, self.town.home, feed)
        land(self.town.city, self.town.home, feed)
        return report

    def manifests(self, feed: str = "front_cases") -> list[dict[str, Any]]:
        return Vault(self.town.home).manifests.of(feed).records()

    def counted(self, feed: str = "front_cases") -> dict[str, int]:
        """Sums over all landings: rows fetched, recorded, repeated within a delivery, rejected."""
        names = ("fetched", "recorded", "duplicate", "rejected")
        return {name: sum(receipt[name] for receipt in self.town.log.receipts(feed)) for name in names}

    def told(self, columns: str = "stream_key, occurred_at", feed: str = "front_cases") -> list[tuple[Any, ...]]:
        """Rows of events in the log, all tellings of them, in order."""
        self.town.let_through(feed)
        facts = f"feed = '{feed}' and event_type <> 'record_without_event'"
        return self.town.visible(f"select {columns} from log.event where {facts} order by all")


def _given(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}


def utc(text: str) -> datetime:
    """A local time of Shanghai as the log has it: UTC, naive."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC).replace(tzinfo=None)
