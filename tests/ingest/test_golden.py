"""What each contract makes of its sample is kept beside it; `make golden` writes it again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.city import open_city
from ingest.trial import golden, try_contract
from tests.conftest import REPOSITORY

SAMPLES = sorted(path for path in REPOSITORY.glob("cities/*/samples/*") if path.is_dir())


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_the_golden_file_is_what_the_contract_makes_of_its_sample(folder: Path) -> None:
    city = open_city(folder.parent.parent)
    trial = try_contract(city.contract(folder.name), sorted(folder.iterdir()), datetime(2026, 1, 1, tzinfo=UTC))
    kept = city.root / "golden" / f"{folder.name}.jsonl"
    assert golden(trial) == kept.read_bytes(), "run `make golden` and read what changed"


def test_the_ninth_and_tenth_network_are_a_contract_a_sample_and_a_golden_file() -> None:
    """Nothing else names them but the city's list of networks and the lists of codes and offices."""
    names = ("market_complaints", "safety_hazards")
    assert {folder.name for folder in SAMPLES} >= set(names)
    for package in (
        "ingest",
        "onegrid",
        "dags",
        "reporting",
        "expectations",
        "dbt_project/models",
        "dbt_project/macros",
    ):
        for path in (REPOSITORY / package).rglob("*"):
            if path.suffix in (".py", ".sql", ".yml"):
                text = path.read_text(encoding="utf-8")
                assert not any(word in text for word in (*names, "market_supervision", "safety_supervision")), path
