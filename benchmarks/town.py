"""Made-up towns whose deliveries lie there as files: what the benchmarks land, gate and build."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import yaml

from ingest.city import City, open_city
from ingest.errors import OnegridError
from ingest.home import Home, open_home
from onegrid import workflow
from simulator.deliver import Draft, drafts
from simulator.feeds.channel import Drop
from simulator.happenings.world import World
from simulator.plan import Plan
from simulator.telling import EARLIEST, as_files
from simulator.told import CHANNELS, reference_ledgers, told

ROOT = Path(__file__).resolve().parent.parent
MORNING = 8 * 3600  # seconds after midnight at which the newest files have come
LOCAL = timezone(timedelta(hours=8))


@dataclass
class Town:
    """A world, its deliveries by feed, and the folder in which it is landed."""

    plan: Plan
    root: Path
    drafts: dict[str, list[Draft]] = field(default_factory=dict)

    @property
    def city(self) -> City:
        return open_city(self.root / "city")

    @property
    def home(self) -> Home:
        return open_home(self.root / "home")

    def set_clock(self, second: int) -> None:
        begin = datetime.combine(self.plan.begins, datetime.min.time(), LOCAL)
        os.environ["ONEGRID_NOW"] = (begin + timedelta(seconds=second)).isoformat()


def found_town(root: Path, plan: Plan, feeds: Collection[str], silent: Collection[str] = ()) -> Town:
    """A city with its reference data and these feeds, all as files, and the drafts of all their deliveries.

    `silent` feeds have a contract and deliver nothing.
    """
    town = Town(plan, root)
    world = World(plan)
    apart = shutil.ignore_patterns("feeds", "samples", "golden")
    shutil.copytree(ROOT / "cities" / "sandbox", root / "city", ignore=apart)
    (root / "city" / "feeds").mkdir()
    ledgers = told(world) if feeds else reference_ledgers(world)
    for feed in (*reference_ledgers(world), *feeds, *silent):
        contract = ROOT / "cities" / "sandbox" / "feeds" / f"{feed}.yml"
        drop = as_files(feed, CHANNELS[feed])
        _write_contract(contract, root / "city" / "feeds" / contract.name, drop, isinstance(CHANNELS[feed], Drop))
        if feed not in silent:
            town.drafts[feed] = list(drafts(plan, ledgers[feed], drop, plan.end + MORNING, EARLIEST))
    return town


def _write_contract(sample: Path, path: Path, drop: Drop, is_drop: bool) -> None:
    """The sandbox's own contract, but for where it comes from."""
    contract = yaml.safe_load(sample.read_text(encoding="utf-8"))
    contract["source"] = {
        "kind": "file", "path": f"drop/{contract['feed']}", "pattern": "*",
        "ready": {"rule": "stable", "settle_seconds": 0},
        "observed_at": {"from": "file_name", "regex": "(\\d{8}T\\d{4})", "format": "%Y%m%dT%H%M"},
    }  # fmt: skip
    contract.pop("receipt", None)
    if not is_drop:
        records = {"records": f"$.{drop.records}[*]"} if drop.kind == "json" else {}
        contract["formats"] = [{"kind": drop.kind, **records}]
    contract["cadence"] = f"PT{drop.cadence // 3600}H" if contract["mode"] != "reference" else contract["cadence"]
    path.write_text(yaml.safe_dump(contract, allow_unicode=True, sort_keys=False), encoding="utf-8")


def deliver(town: Town, feed: str, found: list[Draft]) -> None:
    folder = town.root / "city" / "drop" / feed
    folder.mkdir(parents=True, exist_ok=True)
    for draft in found:
        (folder / draft.name).write_bytes(draft.written())


def ingest(town: Town, feeds: Iterator[str] | list[str]) -> list[str]:
    """Pull, land and gate; returns errors as sentences."""
    errors = []
    for feed in feeds:
        try:
            workflow.pull(town.city, town.home, feed)
            workflow.land(town.city, town.home, feed)
            workflow.gate_landings(town.city, town.home, feed)
        except OnegridError as error:
            errors.append(f"{feed}: {error}")
    return errors
