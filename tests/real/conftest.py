"""Real public feeds, landed once a session and city; the files lie outside the project and are never copied into it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from real_landing import Built, Landed, build_real_city, land_real_city


@pytest.fixture(scope="session")
def land_city(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Landed]]:
    """A function that lands a city's feeds from the shared data into a home of its own, at a frozen clock."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ONEGRID_SHARED_DATA", str(shared_data.resolve()))
        environment.setenv("ONEGRID_NOW", "2026-01-05T00:00:00+00:00")
        yield lambda name: land_real_city(name, tmp_path_factory.mktemp(name))


def _city_fixture(name: str) -> Any:
    def landed_city(land_city: Callable[[str], Landed]) -> Landed:
        return land_city(name)

    return pytest.fixture(scope="session", name=name)(landed_city)


san_francisco = _city_fixture("san_francisco")
bay_area = _city_fixture("bay_area")
pudong = _city_fixture("pudong")
citizen_messages = _city_fixture("citizen_messages")


@pytest.fixture(scope="session")
def san_francisco_marts(san_francisco: Landed) -> Iterator[Built]:
    """The warehouse that dbt builds of San Francisco."""
    with build_real_city(san_francisco) as built:
        yield built


@pytest.fixture(scope="session")
def bay_area_marts(bay_area: Landed) -> Iterator[Built]:
    """The warehouse that dbt builds of the Bay Area."""
    with build_real_city(bay_area) as built:
        yield built


@pytest.fixture(scope="session")
def raw(shared_data: Path) -> Callable[[str], str]:
    """The path of a real file, quoted as a SQL literal, for tests that compare the log with what was delivered."""
    return lambda name: "'" + str(shared_data / name).replace("'", "''") + "'"
