"""Landings made row by row as the log keeps them, so that a test can break one promise of one of them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from ingest.contract import FeedContract
from ingest.log import EVENT_SCHEMA, REJECTION_SCHEMA

OBSERVED = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TOKEN = "1:" + "ab" * 16
Row = dict[str, Any]

_COMMON = """
version: 1
title: 样例
owner: {office: 样例单位, contact: sample@example.invalid, mends: 样例科室}
filled_by: office
cadence: PT24H
lateness: P1D
source: {kind: file, path: drop, pattern: "*.csv"}
formats: [{kind: csv}]
time: {zone: Asia/Shanghai}
"""
CASES = (
    _COMMON
    + """
feed: cases
network: city_management
mode: upsert
crs: wgs84
key: [case_no]
recorded_at: updated_at
gate: {rejected_share: {hold: 0.05, warn: 0.03}, unlocated_share: {hold: 0.5, warn: 0.3}, min_records: 3,
  uncategorised_share: {warn: 0.1}, empty_text_share: {warn: 0.1}}
fields:
  case_no: {required: true}
  kind: {required: true, one_of: [A, B], on_bad: reject, label: 类别}
  channel: {one_of: [phone, app]}
  size: {type: integer, required: true}
  reported_at: {type: timestamp, required: true}
  closed_at: {type: timestamp}
  seen_at: {type: timestamp}
  updated_at: {type: timestamp, required: true}
  lon: {type: number}
  lat: {type: number}
  grid: {}
  phone: {privacy: {rule: token, purpose: caller}}
  office: {}
  story: {privacy: {rule: scrub}}
stream: {type: case, key: case_no}
event:
  category: {code_set: sample, code: kind}
  channel: channel
  org_code: office
  lon: lon
  lat: lat
  grid: {scheme: unit, code: grid}
  actor_token: phone
  text: story
  attributes: [size]
events:
  - {type: reported, at: reported_at}
  - {type: closed, at: closed_at}
  - {type: seen_again, at: seen_at, when: "seen_at is not null"}
"""
)
OUTAGES = (
    _COMMON
    + """
feed: outages
network: power
mode: snapshot
key: [outage_no]
gate: {min_records: 3}
fields:
  outage_no: {required: true}
  started_at: {type: timestamp, required: true}
  place: {privacy: {rule: address}}
stream: {type: outage, key: outage_no}
event: {address: place}
item: {at: started_at}
"""
)
GRIDS = (
    _COMMON
    + """
feed: grids
network: reference
mode: reference
key: [scheme, grid_code, valid_from]
fields:
  scheme: {required: true}
  grid_code: {required: true}
  polygon: {}
  valid_from: {type: date, required: true}
  valid_to: {type: date}
reference: {table: grid, valid_from: valid_from, valid_to: valid_to}
"""
)
LIMITS = (
    _COMMON
    + """
feed: limits
network: reference
mode: reference
key: [code_set, category_code, stage, org_code, valid_from]
fields:
  code_set: {required: true}
  category_code: {required: true}
  stage: {required: true}
  limit_value: {type: integer, required: true}
  limit_unit: {required: true}
  org_code: {required: true}
  valid_from: {type: date, required: true}
  valid_to: {type: date}
reference: {table: limit, valid_from: valid_from, valid_to: valid_to}
"""
)
POLYGON = '{"type": "Polygon", "coordinates": [[[120, 31], [120.1, 31], [120.1, 31.1], [120, 31]]]}'


def contract_of(text: str) -> FeedContract:
    return FeedContract.model_validate(yaml.safe_load(text))


@dataclass
class Landing:
    """One landing: its receipt and its rows in the log, all of it open to a test's hand."""

    receipt: Row
    events: list[Row] = field(default_factory=list)
    rejections: list[Row] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.receipt["landing_id"])

    def of(self, event_type: str) -> list[Row]:
        return [row for row in self.events if row["event_type"] == event_type]

    def drop(self, unwanted: list[Row]) -> None:
        """Take rows out of the log and out of the receipt's count of them."""
        self.events = [row for row in self.events if not any(row is other for other in unwanted)]
        self.receipt["events"] = len(self.events)

    def reject(self, count: int) -> None:
        """Records that were sent, rejected, and say why."""
        for line in range(1000, 1000 + count):
            place = {name: self.receipt[name] for name in ("feed", "network", "batch_id", "landing_id", "attempt_id")}
            why = {"field": "kind", "code": "not_in_code_set", "severity": "reject", "owner": "样例科室"}
            self.rejections.append({**place, **why, "line": line, "message": "left out", "landed_at": OBSERVED})
        self.receipt["rejected"] += count
        self.receipt["fetched"] += count


class Landings:
    """Some landings of one feed, and the files that the log would hold of them."""

    def __init__(self, contract: FeedContract) -> None:
        self.contract = contract
        self.made: list[Landing] = []

    def add(self, name: str, records: int = 40) -> Landing:
        """A landing that keeps every promise."""
        landing = Landing(self._receipt(name, records))
        self.made.append(landing)
        for line in range(1, records + 1):
            landing.events.extend(self._rows(landing, line))
        if self.contract.mode == "snapshot":
            told = {
                "stream_type": "snapshot",
                "stream_key": self.contract.feed,
                "record_key": None,
                "record_hash": None,
            }
            landing.events.append(self._row(landing, 0, "snapshot_taken", told))
        landing.receipt["events"] = len(landing.events)
        return landing

    @property
    def receipts(self) -> list[Row]:
        return [landing.receipt for landing in self.made]

    def write(self, folder: Path) -> tuple[list[str], list[str]]:
        """Write the rows as the log's tables lie on disk; the files of events and of rejections."""
        events = [row for landing in self.made for row in landing.events]
        if self.contract.mode == "upsert":
            events += list(self._code_list())
        rejections = [row for landing in self.made for row in landing.rejections]
        return (
            self._write(folder / "events", pa.Table.from_pylist(events, EVENT_SCHEMA)),
            self._write(folder / "rejections", pa.Table.from_pylist(rejections, REJECTION_SCHEMA)),
        )

    @staticmethod
    def _write(folder: Path, rows: pa.Table) -> list[str]:
        if not rows.num_rows:
            return []
        pq.write_to_dataset(rows, str(folder), partition_cols=["network"])
        return sorted(str(path) for path in folder.rglob("*.parquet"))

    def _receipt(self, name: str, records: int) -> Row:
        return {
            "feed": self.contract.feed, "network": self.contract.network, "seq": len(self.made) + 1,
            "batch_id": f"b-{name}", "landing_id": f"l-{name}", "attempt_id": f"a-{name}",
            "fetched": records + 2, "recorded": records, "duplicate": 1, "rejected": 0, "filtered": 1,
            "events": 0, "new_columns": 0, "columns_emptied": 0, "volume_unusual": 0, "contract_version": 1,
            "contract_hash": self.contract.content_hash,
        }  # fmt: skip

    def _row(self, landing: Landing, line: int, event_type: str, told: Row) -> Row:
        key = f"{landing.id}-{line}"
        receipt = landing.receipt
        return {
            "event_id": f"{key}-{event_type}", "content_hash": f"{key}-{event_type}", "identity": "once",
            "stream_type": "case", "stream_key": key, "event_type": event_type, "event_version": 1,
            "occurred_at": OBSERVED - timedelta(hours=5), "recorded_at": OBSERVED - timedelta(hours=1),
            "observed_at": OBSERVED, "landed_at": OBSERVED, "line": line, "source_ref": f"{receipt['batch_id']}:{line}",
            "record_key": key, "record_hash": f"h-{key}",
            **{name: receipt[name] for name in ("feed", "network", "batch_id", "landing_id", "attempt_id")},
            **told,
        }  # fmt: skip

    def _rows(self, landing: Landing, line: int) -> Iterator[Row]:
        if self.contract.mode == "snapshot":
            yield self._row(landing, line, "item_observed", {"stream_type": "outage", "identity": "each"})
        elif self.contract.mode == "reference":
            yield self._row(landing, line, "reference_stated", self._stated(line))
        else:
            told = {
                "category_code_set": "sample", "category_code": "A", "channel": "phone", "actor_token": TOKEN,
                "text": f"路灯不亮，{line} 号杆", "lon": 120.12345, "lat": 31.23456, "org_code": "D1", "crs": "wgs84",
                "grid_scheme_given": "unit", "grid_code_given": "U1", "attributes": json.dumps({"size": 3}),
            }  # fmt: skip
            yield self._row(landing, line, "reported", told)
            yield self._row(landing, line, "closed", {**told, "occurred_at": OBSERVED - timedelta(hours=2)})

    def _code_list(self) -> Iterator[Row]:
        """The city's lists of codes, offices and grids, as reference feeds told them."""
        bureau = Landing({**self._receipt("codes", 2), "feed": "ref_codes", "network": "reference"})
        stated = (
            ("category", {"code_set": "sample", "category_code": "A"}),
            ("category", {"code_set": "sample", "category_code": "B"}),
            ("organisation", {"org_code": "D1"}),
            ("grid", {"scheme": "unit", "grid_code": "U1"}),
        )
        for line, (table, row) in enumerate(stated, start=1):
            told = {"stream_type": f"reference:{table}", "attributes": json.dumps(row)}
            yield self._row(bureau, line, "reference_stated", told)

    def _stated(self, line: int) -> Row:
        if self.contract.feed == "grids":
            told: Row = {"scheme": "unit", "grid_code": f"U{line}", "polygon": POLYGON}
        else:
            told = {
                "code_set": "sample", "category_code": str(line), "stage": "handle", "limit_value": 2,
                "limit_unit": "work_day", "org_code": "*",
            }  # fmt: skip
        stated = {**told, "valid_from": "2026-01-01", "valid_to": None}
        start = datetime(2025, 12, 31, 16, tzinfo=UTC)  # the local midnight of 2026-01-01
        return {"attributes": json.dumps(stated), "occurred_at": start, "stream_type": "reference:sample"}


def restate(row: Row, **changed: Any) -> None:
    """Change what a reference row says."""
    row["attributes"] = json.dumps({**json.loads(row["attributes"]), **changed})
