"""What the mart gate and the publication cost beside the build that they judge and publish.

    python -m benchmarks.editions --events 10000000

Makes a log of about so many events (the simulator's bulk), builds it through dbt, judges the marts, publishes them with
the report site, and copies the edition's bytes for comparison. Printed are wall seconds, processor seconds (user and
system, children included) and their ratios; targets: gate ≤ a fifth of the build, publication and site ≤ three copies.
"""

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bulk_log import bulk_town
from expectations.gate import judge_marts
from onegrid import workflow
from reporting.edition import Waiver, publish
from reporting.site import write_site
from simulator.plan import Plan

EVENTS_OF_AN_INCIDENT = 17  # about; the plan of so many events follows from it
GATE_TARGET, PUBLISH_TARGET = 0.2, 3.0


@dataclass(frozen=True)
class Cost:
    """Seconds of the clock on the wall, and of the processors."""

    wall: float
    processor: float

    def told(self, what: str) -> str:
        return f"{what}: {self.wall:.1f} s, {self.processor:.1f} processor seconds"


def cost_of(step: Callable[[], Any]) -> tuple[Any, Cost]:
    """What a step returns, and what it cost, its child processes included."""
    before, began = _processor(), time.monotonic()
    done = step()
    return done, Cost(time.monotonic() - began, _processor() - before)


def _processor() -> float:
    told = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--grids", type=int, default=1_000)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; by default thrown away")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onegrid-editions-") as throwaway:
        run(given.folder or Path(throwaway), given.events, given.days, given.grids)


def run(folder: Path, events: int, days: int, grids: int) -> None:
    """Everything, printed."""
    incidents = max(1, round(events / EVENTS_OF_AN_INCIDENT / days))
    town, bulk = bulk_town(folder / "town", Plan(seed=11, days=days, grids=grids, incidents_a_day=incidents))
    print(f"{bulk.events:,} events of {bulk.cases:,} cases, made in {bulk.seconds} s", flush=True)
    built, build = cost_of(lambda: workflow.build(town.city, town.home))
    print(build.told("build"), flush=True)
    for seconds, name in _slowest(built.path):
        print(f"  {seconds:7.1f} s  {name}")
    verdict, gate = cost_of(lambda: judge_marts(built.path))
    failed = [row["check"] for row in verdict.results if not row["success"] and row["severity"] == "critical"]
    failed += ["crashed"] if verdict.crashed else []
    print(gate.told(f"gate, {len(verdict.results)} checks, {'failed: ' + ', '.join(failed) if failed else 'passed'}"))
    _ratio("gate / build", gate, build, GATE_TARGET)
    waiver = Waiver(tuple(failed), "benchmark", "what it costs is measured all the same") if failed else None
    edition, whole = cost_of(lambda: publish(built.path, town.home.root, waiver))
    print(whole.told("publication with its site"), flush=True)
    manifest = json.loads((edition.path / "manifest.json").read_bytes())
    _, site = cost_of(lambda: write_site(folder / "site", edition.path / "onegrid.duckdb", manifest))
    print(site.told("of it the site"), flush=True)
    _, copy = cost_of(lambda: _copy(edition.path, folder / "copy"))
    size = sum(path.stat().st_size for path in edition.path.rglob("*") if path.is_file())
    print(copy.told(f"copying the same {size / 1e6:,.0f} MB"))
    _ratio("publication / copy", whole, copy, PUBLISH_TARGET)
    peaks = [resource.getrusage(whose).ru_maxrss / 1e6 for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"peak memory: {peaks[0]:.1f} GB in this process, {peaks[1]:.1f} GB in a child")


def _ratio(what: str, one: Cost, other: Cost, target: float) -> None:
    ratio = one.wall / other.wall
    print(f"{what} = {ratio:.3f} on the wall, {one.processor / max(other.processor, 0.001):.3f} of the processors "
          f"(target {target}: {'met' if ratio <= target else 'missed'})", flush=True)  # fmt: skip


def _copy(source: Path, target: Path) -> None:
    """Copy a folder and see it on the disk, as a publication does."""
    shutil.copytree(source, target)
    for path in target.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)


def _slowest(build: Path, count: int = 8) -> list[tuple[float, str]]:
    """The models and tests that took longest: seconds and name."""
    results = json.loads((build / "dbt" / "target" / "run_results.json").read_bytes())["results"]
    told = [(row["execution_time"], row["unique_id"]) for row in results]
    return sorted(told, reverse=True)[:count]


if __name__ == "__main__":
    main()
