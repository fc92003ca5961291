"""The linking models of the dbt project, run alone on worlds whose cases were made without the way through the log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.linking_world import write_cases
from simulator.plan import Plan

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "dbt_project"
SEEDS = ("link_model", "link_kind", "link_category", "link_relation", "link_weight")
MODELS = (
    "int_link_model", "int_link_case", "int_link_news", "int_link_word_count", "int_link_word_weight",
    "int_link_home", "int_link_renewed", "int_link_word", "int_link_candidate", "int_link_pair", "int_link_settled",
)  # fmt: skip
SCORED = MODELS[:-1]  # as far as the scores of pairs
_TELLING = """
    create schema intermediate;
    create table intermediate.int_link_telling as
    select
        md5(feed || '/' || stream_key) as case_id, feed, stream_key, network, channel_kind,
        make_timestamp(opened * 1000000) as opened_at,
        case when closed >= 0 then make_timestamp(closed * 1000000) end as closed_at,
        nullif(canonical_name, '') as canonical_name, category_key,
        lon, lat, address, text, community as community_code,
        case when channel_kind = 'public' then token end as token,
        nullif(component, '') as component_code
    from told_case;
    create table intermediate.stg_mount as
    select max(opened_at) as clock_at, 'Asia/Shanghai' as time_zone from intermediate.int_link_telling;
    create table intermediate.int_link_rule (earlier_no bigint, later_no bigint, rule varchar, reason varchar);
    create table truth as select md5(feed || '/' || stream_key) as case_id, incident from told_case;
    drop table told_case;
"""


@dataclass(frozen=True)
class Linked:
    """One world whose models have run: its warehouse, cases, seconds by model, peak memory of the whole run.

    `processor_seconds` are those of all cores together: they tell what a run costs where others use the machine too.
    """

    warehouse: Path
    cases: int
    seconds: dict[str, float]
    processor_seconds: float
    peak_mb: int


def make_world(plan: Plan, folder: Path) -> tuple[Path, int]:
    """A warehouse that holds what the linking models read, and the truth in `truth`; its path and number of cases."""
    folder.mkdir(parents=True, exist_ok=True)
    warehouse = folder / "onegrid.duckdb"
    warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set memory_limit = '2GB'; set enable_progress_bar = false; set timezone = 'UTC'")
        cases = write_cases(plan, connection)
        connection.execute(_TELLING)
    return warehouse, cases


def run_models(
    worlds: Sequence[tuple[Path, int]], models: Sequence[str] = MODELS, memory: str = "3GB", before: Path | None = None
) -> list[Linked]:
    """Run the models on each warehouse, one after another in one child process. Raises SystemExit where one fails.

    `before` is a warehouse whose models have run, to go on from; without it all is linked from scratch.
    """
    environment = {
        **os.environ, "DBT_PROFILES_DIR": str(PROJECT), "DBT_PROJECT_DIR": str(PROJECT), "DO_NOT_TRACK": "1",
        "ONEGRID_WAREHOUSE": str(worlds[0][0]), "ONEGRID_DBT_TEMP": str(worlds[0][0].parent / "temp"),
        "ONEGRID_DBT_THREADS": "1", "ONEGRID_MEMORY_LIMIT": memory, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.linking_models"], env=environment, cwd=ROOT, text=True, check=False,
        input=json.dumps({
            "worlds": [str(path) for path, _ in worlds], "models": list(models), "before": str(before or ""),
        }),
        capture_output=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stdout[-4000:] + done.stderr[-4000:])
    told = json.loads(done.stdout.splitlines()[-1])
    return [
        Linked(path, cases, one["seconds"], one["processor_seconds"], one["peak_mb"])
        for (path, cases), one in zip(worlds, told, strict=True)
    ]


def _child() -> None:
    """Reads the warehouses and models on standard input, prints seconds and peak memory as its last line."""
    from resource import RUSAGE_SELF, getrusage

    from dbt.cli.main import dbtRunner

    asked = json.load(sys.stdin)
    manifest: Any = None
    told = []
    for warehouse in asked["worlds"]:
        work = Path(warehouse).parent
        os.environ["ONEGRID_WAREHOUSE"], os.environ["ONEGRID_DBT_TEMP"] = warehouse, str(work / "temp")
        paths = ["--target-path", str(work / "target"), "--log-path", str(work / "logs")]
        paths += ["--vars", json.dumps({"links_before": asked["before"]})]
        if manifest is None:
            manifest = dbtRunner().invoke(["--quiet", "parse", *paths]).result
        seconds: dict[str, float] = {}
        spent = 0.0
        for command, names in (("seed", SEEDS), ("run", asked["models"])):
            began = time.process_time()
            done = dbtRunner(manifest=manifest).invoke(["--quiet", command, "--select", *names, *paths])
            if not done.success:
                raise SystemExit(str([node.message for node in getattr(done.result, "results", [])] or done.exception))
            if command == "run":
                seconds = {node.node.name: round(node.execution_time, 2) for node in done.result.results}
                spent = round(time.process_time() - began, 1)
        told.append(
            {"seconds": seconds, "processor_seconds": spent, "peak_mb": getrusage(RUSAGE_SELF).ru_maxrss // 1024}
        )
    sys.stdout.write("\n" + json.dumps(told))


if __name__ == "__main__":
    _child()
