"""One dbt process for all tests of the warehouse: a story, a city without reference data, and an empty log."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.warehouse import (
    balance,
    categories,
    contradictions,
    core_mechanisms,
    deadlines,
    figures,
    judgements,
    mechanisms,
    mornings,
    places,
    scores,
    stages,
    story,
)
from tests.warehouse.arrivals import variants
from tests.warehouse.incidents import incident_log
from tests.warehouse.mounted import MountedLog

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"


def bare_log() -> MountedLog:
    """A city that has cases and nothing else: no grids, organisations, categories, limits, calendar or snapshots."""
    log = MountedLog(clock="2026-10-20 12:00", unified_scheme="ward")
    log.feed("calls", "hotline")
    delivery = log.deliver("calls", "2026-10-20 12:00")
    told: dict[str, Any] = {
        "org_code": "X",
        "category_code_set": "s",
        "category_code": "1",
        "grid_scheme_given": "ward",
    }
    log.tell(delivery, "c1", "reported", "2026-10-01 10:00", lon=120.0, lat=30.0, grid_code_given="7", **told)
    log.tell(delivery, "c1", "closed", "2026-10-02 10:00", **told)
    log.tell(delivery, "c2", "reported", "2026-10-05 10:00", line=2, **told)
    return log


def empty_log() -> MountedLog:
    """A city whose feeds have never delivered."""
    log = MountedLog(clock="1970-01-01 08:00")
    log.feed("calls", "hotline")
    return log


@pytest.fixture(scope="session")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Outcomes and folders of the dbt commands, by the name of their log; of other arrivals, those asked for."""
    root = tmp_path_factory.mktemp("warehouse")
    logs = {"story": MountedLog(clock=story.CLOCK), "bare": bare_log(), "empty": empty_log()}
    logs["incidents"] = incident_log()
    parts = (
        story, deadlines, places, stages, figures, scores, contradictions, categories, judgements, balance, mornings,
        core_mechanisms, mechanisms,
    )  # fmt: skip
    for part in parts:
        part.fill(logs["story"])
    calls = (getattr(item, "callspec", None) for item in request.session.items)
    asked_for = {call.params.get("arrival") for call in calls if call}
    logs |= {name: log for name, log in variants(logs["story"]).items() if name in asked_for}
    steps: list[dict[str, Any]] = []
    for name, log in logs.items():
        (root / name).mkdir()
        log.write(root / name / "onegrid.duckdb")
        # unit tests bring their own rows, so once is enough; of no rows at all there is nothing to test
        left_out = {"story": [], "bare": ["unit_test"]}.get(name, ["unit_test", "test"])
        command = ["build", *(word for kind in left_out for word in ("--exclude-resource-type", kind))]
        if name == "incidents":
            command += ["--select", *(f"+{mart}" for mart in ("rpt_link_review", "rpt_recurrence", "fct_incident"))]
        steps.append({"warehouse": str(root / name / "onegrid.duckdb"), "work": str(root / name), "command": command})
    steps.append({**steps[0], "work": str(root / "docs"), "command": ["docs", "generate"]})
    environment: dict[str, str] = {
        **os.environ,
        "DBT_PROFILES_DIR": str(PROJECT), "DBT_PROJECT_DIR": str(PROJECT), "DO_NOT_TRACK": "1",
        "ONEGRID_WAREHOUSE": steps[0]["warehouse"], "ONEGRID_DBT_TEMP": str(root / "temp"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.warehouse.dbt_once"],
        input=json.dumps(steps), text=True, capture_output=True, check=False, env=environment, cwd=PROJECT.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    outcomes = dict(zip([*logs, "docs"], json.loads(done.stdout.splitlines()[-1]), strict=True))
    return {"root": root, "outcomes": outcomes}


@pytest.fixture(scope="session")
def warehouse(built: dict[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The story's warehouse, read only; the build and every test in it must have passed."""
    assert built["outcomes"]["story"]["success"], built["outcomes"]["story"]
    with duckdb.connect(str(built["root"] / "story" / "onegrid.duckdb"), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


@pytest.fixture(scope="session")
def manifest(built: dict[str, Any]) -> dict[str, Any]:
    """What dbt knows of the project."""
    return json.loads((built["root"] / "story" / "target" / "manifest.json").read_bytes())
