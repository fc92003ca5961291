"""The house keeps its floors: each package imports only those below it, and the log knows no Airflow, dbt or gate."""

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
FLOORS = ["ingest", "watch", "expectations", "reporting", "onegrid", "dags"]
HEAVY = {
    "ingest": {"airflow", "dbt", "great_expectations", "pandas"},
    "watch": {"airflow", "dbt", "great_expectations", "pandas"},
    "expectations": {"airflow", "dbt"},
    "reporting": {"airflow", "great_expectations"},
    "onegrid": {"great_expectations", "dbt"},
    "dags": {"great_expectations", "dbt", "duckdb", "deltalake", "pandas"},
}


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("floor", FLOORS)
def test_a_package_imports_only_what_lies_below_it(floor: str) -> None:
    above = set(FLOORS[FLOORS.index(floor) + 1 :]) | {"simulator", "tests"}
    files = sorted((REPOSITORY / floor).rglob("*.py"))
    assert files
    for path in files:
        found = _imports(path)
        assert not found & above, f"{path.relative_to(REPOSITORY)} imports {sorted(found & above)}"
        assert not found & HEAVY[floor], f"{path.relative_to(REPOSITORY)} imports {sorted(found & HEAVY[floor])}"


def test_the_simulator_knows_nothing_of_the_product() -> None:
    for path in (REPOSITORY / "simulator").rglob("*.py"):
        assert not _imports(path) & set(FLOORS), path.relative_to(REPOSITORY)
