"""What the mart gate costs beside the build that it judges.

    python -m benchmarks.gates --events 10000000

Makes a log of about so many events (the simulator's bulk), builds it through dbt, judges the marts, and prints both
times and their ratio; the target is a fifth. Peak memory is that of the process and its children.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.bulk_log import bulk_town
from expectations.gate import judge_marts
from onegrid import workflow
from simulator.plan import Plan

EVENTS_OF_AN_INCIDENT = 9  # about; the plan of so many events follows from it
TARGET = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--grids", type=int, default=500)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; by default thrown away")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onegrid-gates-") as throwaway:
        folder = given.folder or Path(throwaway)
        incidents = max(1, round(given.events / EVENTS_OF_AN_INCIDENT / given.days))
        plan = Plan(seed=11, days=given.days, grids=given.grids, incidents_a_day=incidents)
        town, bulk = bulk_town(folder / "town", plan)
        print(f"{bulk.events:,} events of {bulk.cases:,} cases, made in {bulk.seconds} s", flush=True)
        began = time.monotonic()
        built = workflow.build(town.city, town.home)
        build_seconds = time.monotonic() - began
        print(f"built in {build_seconds:.0f} s", flush=True)
        began = time.monotonic()
        verdict = judge_marts(built.path)
        gate_seconds = time.monotonic() - began
        failed = [row["check"] for row in verdict.results if not row["success"]]
        print(f"judged by {len(verdict.results)} checks in {gate_seconds:.0f} s; passed: {verdict.passed}; "
              f"{'nothing failed' if not failed else ', '.join(failed)}")  # fmt: skip
        ratio = gate_seconds / build_seconds
        print(f"gate / build = {ratio:.3f} (target {TARGET}: {'met' if ratio <= TARGET else 'missed'})")
        if ratio > TARGET:
            _profile(built.path)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
        print(f"peak memory: {own:.1f} GB in this process, {child:.1f} GB in a child")


def _profile(build: Path) -> None:
    """The models that took longest, so that the ratio can be read."""
    results = json.loads((build / "dbt" / "target" / "run_results.json").read_bytes())["results"]
    for row in sorted(results, key=lambda one: -one["execution_time"])[:10]:
        print(f"  {row['execution_time']:7.1f} s  {row['unique_id']}")


if __name__ == "__main__":
    main()
