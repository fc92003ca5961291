"""A month with every fault switched on, pulled and landed by contracts: the receipts say what the simulator planted.

Interfaces and tables come as the files that tell them; the contracts are as short as a contract can be.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ingest.city import open_city
from ingest.home import open_home
from ingest.land import land
from ingest.log import Log, file_list
from ingest.pull import pull
from simulator.deliver import deliveries
from simulator.faults import every, spoil
from simulator.feeds.channel import Drop
from simulator.happenings.world import World
from simulator.ledger import OUTCOMES, RECORDED, Ledger
from simulator.plan import Plan
from simulator.telling import EARLIEST, as_files
from simulator.told import CHANNELS, told
from simulator.truth.readings import EPOCH_MS, READINGS
from simulator.truth.write import Delivery, delivered, repeats

RATES = every() | dict.fromkeys(("added_column", "renamed_column", "wrong_encoding", "half_written"), 0.08)
PLAN = Plan(days=40, faults=RATES | dict.fromkeys(("unparsable_time", "missing_key", "impossible_order"), 0.02))
FEEDS = (
    "water_repairs",  # csv, GB18030
    "police_incidents",  # json behind the gateway
    "gas_repairs",  # xlsx
    "power_outages",  # a list of what is open
    "city_management_cases",  # a table of current rows
    "city_management_actions",  # a log
    "hotline_orders",  # an interface
)


def contract(feed: str, drop: Drop) -> dict[str, Any]:
    """The shortest contract that knows the key, the times and the order of them."""
    how = READINGS[feed]
    form: dict[str, Any] = (
        {"type": "epoch_ms"} if how.times == EPOCH_MS else {"type": "timestamp", "formats": [how.times]}
    )
    first = next(iter(how.steps))
    fields: dict[str, Any] = {"key": {"source": how.key, "required": True, "privacy": {"rule": "clear"}}}
    fields |= {step: {"source": column, **form, "required": step == first} for step, column in how.steps.items()}
    fields |= {"org": {"source": how.org}} if how.org else {}
    fields |= {"place": {"source": how.lon, "type": "number", "min": 70, "max": 140}} if how.lon else {}
    formats: dict[str, Any] = {"kind": drop.kind}
    formats |= {"encoding": drop.encoding} if drop.kind == "csv" else {}
    formats |= {"records": f"$.{drop.records}[*]"} if drop.kind == "json" else {}
    formats |= {"header_row": 2, "sheet": drop.sheet} if drop.kind == "xlsx" else {}
    head: dict[str, Any] = {
        "feed": feed, "version": 1, "title": feed, "network": "city_management", "filled_by": "system",
        "owner": {"office": "样例", "contact": "a@example.invalid"}, "mode": drop.mode,
        "cadence": "P1D", "lateness": "P1D",
        "source": {
            "kind": "file", "path": f"drop/{feed}", "pattern": f"*.{drop.kind}",
            "ready": {"rule": "stable", "settle_seconds": 0},
            "observed_at": {"from": "file_name", "regex": "(\\d{8}T\\d{4})", "format": "%Y%m%dT%H%M"},
        },
        "formats": [formats], "time": {"zone": "Asia/Shanghai"}, "key": ["key"], "admit": {"fields": "listed"},
        "stream": {"type": how.stream, "key": "key"}, "fields": fields,
    }  # fmt: skip
    if how.updated:
        fields["updated"] = {"source": how.updated, **form, "required": True}
        head["recorded_at"] = "updated"
    elif drop.mode == "upsert":
        head["recorded_at"] = first
    if "closed" in how.steps:
        head["checks"] = [
            {"code": "closed_before_created", "when_not": "closed is null or closed >= reported", "severity": "reject"}
        ]
    if feed == "police_incidents":
        fields["class"] = {"source": how.code, "required": True}
        head["admit"] |= {"records": "\"class\" like '5%' or \"class\" like '6%'", "approval": "样例审批单"}
    if drop.mode == "snapshot":
        return head | {"item": {"at": first}}
    return head | {"events": [{"type": first, "at": first}]}


@dataclass(frozen=True)
class Month:
    """What was told and delivered of each feed, and the log into which it was landed."""

    ledgers: dict[str, Ledger]
    held: dict[str, list[Delivery]]
    log: Log
    counts: dict[str, Counter[str]]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    root = tmp_path_factory.mktemp("month")
    (root / "city" / "feeds").mkdir(parents=True)
    (root / "city" / "city.yml").write_text(
        "city: month\ntitle: 样例\ntime_zone: Asia/Shanghai\nnetworks: {city_management: {title: 城管}}\n",
        encoding="utf-8",
    )
    ledgers = told(World(PLAN))
    held, counts = {}, {}
    for feed in FEEDS:
        drop = as_files(feed, CHANNELS[feed])
        text = yaml.safe_dump(contract(feed, drop), allow_unicode=True)
        (root / "city" / "feeds" / f"{feed}.yml").write_text(text, encoding="utf-8")
        _drop(root / "city" / "drop" / feed, ledgers[feed], drop)
        held[feed], counts[feed] = delivered(PLAN, ledgers[feed], CHANNELS[feed], PLAN.end)
    city, home = open_city(root / "city"), open_home(root / "home")
    for feed in FEEDS:
        pull(city, home, feed)
        land(city, home, feed)
    return Month(ledgers, held, Log(home), counts)


def _drop(folder: Path, ledger: Ledger, drop: Drop) -> None:
    folder.mkdir(parents=True)
    for file in deliveries(PLAN, ledger, drop, PLAN.end, EARLIEST, spoil(PLAN, ledger.feed, drop)):
        (folder / file.name).write_bytes(file.data)


@pytest.mark.parametrize("feed", FEEDS)
def test_every_receipt_counts_what_was_planted(month: Month, feed: str) -> None:
    told_by_receipts = {
        receipt["batch_name"]: {part: receipt[part] for part in ("fetched", *OUTCOMES)}
        for receipt in month.log.receipts(feed)
    }
    expected = {}
    for one in month.held[feed]:
        found = Counter(one.outcomes.tolist())
        expected[one.name] = {"fetched": len(one.outcomes), **{part: found[part] for part in OUTCOMES}}
    missing = expected.keys() - told_by_receipts.keys()
    assert told_by_receipts == {name: counts for name, counts in expected.items() if name not in missing}
    assert missing <= repeats(month.held[feed]).keys()  # the same rows again are no batch of their own


@pytest.mark.parametrize("feed", FEEDS)
def test_each_bad_row_is_rejected_for_its_own_reason_and_nothing_else_is(month: Month, feed: str) -> None:
    names = {receipt["landing_id"]: receipt["batch_name"] for receipt in month.log.receipts(feed)}
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select landing_id, line, code from read_parquet({file_list(month.log.files('rejections'))}) "
            "where feed = ? and severity = 'reject'",
            [feed],
        ).fetchall()
    whole = {"unreadable_delivery"}  # of the delivery, told by line 0
    rejected = {(names[landing], 1 if code in whole else line, code) for landing, line, code in found}
    planted = {
        (one.name, line, code)
        for one in month.held[feed]
        for line, (outcome, code) in enumerate(zip(one.outcomes, one.codes, strict=True), start=1)
        if outcome == "rejected"
    }
    assert rejected == planted


@pytest.mark.parametrize("feed", [feed for feed in FEEDS if feed != "power_outages"])
def test_every_record_that_was_delivered_sound_is_in_the_log_exactly_once(month: Month, feed: str) -> None:
    ledger, keys = month.ledgers[feed], month.ledgers[feed].rows[month.ledgers[feed].key]
    sound = {
        str(keys.iloc[row])
        for one in month.held[feed]
        for row, outcome in zip(one.rows, one.outcomes, strict=True)
        if outcome == RECORDED
    }
    with duckdb.connect() as connection:
        found = connection.execute(
            "select stream_key, count(distinct event_id) "
            f"from read_parquet({file_list(month.log.files('events'))}) where feed = ? group by all",
            [feed],
        ).fetchall()
    assert dict(found) == dict.fromkeys(sound, 1)
    assert len(ledger) > len(sound) > 20


def test_the_month_holds_every_fault_of_rows_and_files(month: Month) -> None:
    planted = {name for ledger in month.ledgers.values() for name in ledger.fault.tolist() if name}
    planted |= {name for counts in month.counts.values() for name in counts}
    assert planted >= {
        "repeated_row", "late_row", "out_of_order", "correction", "deletion", "equal_timestamps", "clock_skew",
        "false_utc", "wrong_crs", "swapped_lonlat", "zero_coordinates", "other_edition_code", "enum_drift",
        "contradictory_flags", "impossible_order", "missing_key", "unparsable_time", "over_supply", "renamed_column",
        "added_column", "wrong_encoding", "half_written", "quiet_feed", "volume_collapse", "vanished_item",
    }  # fmt: skip
