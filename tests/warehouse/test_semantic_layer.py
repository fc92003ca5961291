"""The semantic layer gives the figures of the warehouse: MetricFlow, asked over the story, against `rpt_indicator`."""

import csv
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.errors import MartContractError
from reporting.semantic_layer import semantic_layer

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = ROOT / "dbt_project" / "seeds" / "indicator.csv"
TOOLS = ROOT / ".venv-metricflow"
RATIOS = ("handled_on_time_rate", "closed_on_time_rate", "rework_rate", "satisfaction_rate", "overdue_multiple")
COUNTS = ("reported", "dispatched")


def test_the_semantic_layer_is_that_of_the_registry() -> None:
    kept = (ROOT / "bi" / "semantics" / "models" / "indicators.yml").read_text(encoding="utf-8")
    assert kept == semantic_layer(REGISTRY), "run `make indicators`"


def test_an_amount_that_counts_at_two_moments_is_no_metric(tmp_path: Path) -> None:
    text = REGISTRY.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("overdue_multiple,"))
    changed = tmp_path / "indicator.csv"
    changed.write_text(text.replace(line, line.replace(",disposed,,", ",disposed,handle_fell_due,")), encoding="utf-8")
    with pytest.raises(MartContractError, match="overdue_multiple sums amounts and counts at two moments"):
        semantic_layer(changed)


@pytest.fixture(scope="module")
def project(built: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The semantic project over the story's warehouse, its views made."""
    if not (TOOLS / ".ready").is_file():
        pytest.skip("there is no MetricFlow in .venv-metricflow: `make bi` makes it")
    folder = tmp_path_factory.mktemp("semantics")
    shutil.copytree(ROOT / "bi" / "semantics", folder / "project")
    _run(folder / "project", built, "dbt", "run")
    return folder / "project"


def _run(project: Path, built: dict[str, Any], program: str, *arguments: str) -> None:
    environment = {
        **os.environ,
        "ONEGRID_EDITION": str(built["root"] / "story" / "onegrid.duckdb"),
        "ONEGRID_SEMANTICS": str(project.parent / "semantics.duckdb"),
        "DBT_PROFILES_DIR": str(project), "DO_NOT_TRACK": "1", "HOME": str(project.parent),
    }  # fmt: skip
    done = subprocess.run(
        [str(TOOLS / "bin" / program), *arguments], cwd=project, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def asked(project: Path, built: dict[str, Any], by: str) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """Group → what MetricFlow tells of each metric, its parts and the ratio."""
    metrics = [*(f"{one}{part}" for one in RATIOS for part in ("_above", "_below", "")), *COUNTS]
    out = project.parent / "out.csv"
    _run(project, built, "mf", "query", "--metrics", ",".join(metrics), "--group-by", by, "--csv", str(out))
    with out.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    groups = by.split(",")
    return {
        tuple(row[group] for group in groups): tuple(float(row[one]) if row[one] else None for one in metrics)
        for row in rows
    }


def figures(
    warehouse: duckdb.DuckDBPyConnection, kind: str, period: str, group: str
) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """The same of `rpt_indicator`."""
    told: dict[tuple[str, ...], dict[str, tuple[int, int | None]]] = {}
    rows = warehouse.execute(
        f"select strftime(period_start, '%Y-%m-%d %H:%M:%S'), {group} as subject, indicator, numerator, denominator "
        "from mart.rpt_indicator where subject_kind = ? and period_kind = ?",
        [kind, period],
    ).fetchall()
    for start, subject, indicator, numerator, denominator in rows:
        told.setdefault((start, subject) if subject else (start,), {})[indicator] = (numerator, denominator)
    found = {}
    for where, these in told.items():
        cells: list[Any] = []
        for one in RATIOS:
            above, below = these.get(one, (None, None))
            cells += [above, below, None if not below or above is None else above / below]
        cells += [these.get(one, (None, None))[0] for one in COUNTS]
        if any(cell is not None for cell in cells):
            found[where] = tuple(cells)
    return found


@pytest.mark.bi
@pytest.mark.dbt
@pytest.mark.parametrize(
    ("by", "kind", "period", "group"),
    [
        ("metric_time__month", "district", "month", "null"),
        ("metric_time__day,counted_thing__network", "network", "day", "subject_code"),
        ("metric_time__month,counted_thing__org_code", "organisation", "month", "subject_code"),
    ],
)
def test_metricflow_tells_what_the_warehouse_tells(
    project: Path,
    built: dict[str, Any],
    warehouse: duckdb.DuckDBPyConnection,
    by: str,
    kind: str,
    period: str,
    group: str,
) -> None:
    told = {
        where: tuple(None if cell in (None, 0) else cell for cell in cells)
        for where, cells in asked(project, built, by).items()
    }
    # nothing counted is zero to a distinct count and nothing to a sum
    wanted = {
        where: tuple(None if cell in (None, 0) else pytest.approx(cell, abs=1e-12) for cell in cells)
        for where, cells in figures(warehouse, kind, period, group).items()
    }
    assert len(wanted) > 1
    told = {where: cells for where, cells in told.items() if any(cell is not None for cell in cells)}
    wanted = {where: cells for where, cells in wanted.items() if any(cell is not None for cell in cells)}
    assert told == wanted
    assert any(cells[0] is not None for cells in wanted.values())
