"""The shipped sample city, its truth, and one home into which all of it has been landed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.city import City, open_city
from ingest.home import Home, open_home
from ingest.land import land
from ingest.pull import pull

ROOT = Path(__file__).parents[2] / "cities" / "sandbox"


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "truth.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def city() -> City:
    return open_city(ROOT)


@pytest.fixture(scope="session")
def landed(city: City, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = open_home(tmp_path_factory.mktemp("sandbox"))
    for feed in city.contracts:
        pull(city, home, feed)
        land(city, home, feed)
    return home
