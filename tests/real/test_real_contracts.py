"""The contracts of the real feeds are sound wherever the project lies, with or without the data."""

from pathlib import Path

import pytest
from real_landing import ROOT

from ingest.city import City
from ingest.contract import load_contract
from ingest.lint import lint

CITIES = ("san_francisco", "bay_area", "pudong", "citizen_messages")


@pytest.mark.parametrize("name", CITIES)
def test_contracts_are_sound(name: str) -> None:
    assert City(ROOT / "cities" / name).lint() == []


@pytest.mark.parametrize("name", CITIES)
def test_no_real_delivery_lies_in_the_project(name: str) -> None:
    folder = ROOT / "cities" / name
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    own = {"reference/ref_grid/grid_supervisor_districts.csv"}  # eleven numbers
    assert {Path(file).suffix for file in files - own} == {".yml"}
    for contract in City(folder).contracts.values():
        assert contract.mode == "reference" or contract.source.path.startswith("${ONEGRID_SHARED_DATA}/")


def test_police_rows_need_a_stated_approval() -> None:
    path: Path = ROOT / "cities" / "san_francisco" / "feeds" / "police_incidents.yml"
    contract = load_contract(path)
    assert contract.admit.approval
    silent = contract.model_copy(update={"admit": contract.admit.model_copy(update={"approval": None})})
    faults = lint(silent, path.name, {"public_security"})
    assert len(faults) == 1
    assert "admit.approval" in faults[0]
