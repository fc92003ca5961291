"""The made-up district: its nets cover it without gap or overlap on every day, and do not nest in each other."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from simulator.places.components import components
from simulator.places.district import District
from simulator.places.places import Places
from simulator.plan import DAY, Plan


@pytest.fixture(scope="module")
def district() -> District:
    return District(Plan(seed=3, days=60, grids=120))


def _inside(ring: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Even-odd rule: which points lie in a closed ring."""
    odd = np.zeros(len(lon), dtype=bool)
    for (x1, y1), (x2, y2) in pairwise(ring):
        crosses = (y1 > lat) != (y2 > lat)
        with np.errstate(divide="ignore", invalid="ignore"):
            odd ^= crosses & (lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1)
    return odd


def _owners(grids: pd.DataFrame, places: Places) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in range(len(places))]
    for code, polygon in zip(grids["grid_code"], grids["polygon"], strict=True):
        ring = np.array(json.loads(polygon)["coordinates"][0])
        for position in np.flatnonzero(_inside(ring, places.lon, places.lat)):
            found[position].append(code)
    return found


@pytest.mark.parametrize("day", [0, 25, 45, 59])
def test_on_every_day_a_place_lies_in_exactly_one_unit_grid(district: District, day: int) -> None:
    places = district.scatter(np.random.RandomState(day), 400)
    grids = district.grid_versions
    valid = grids[(grids["scheme"] == "unit") & (grids["from_day"] <= day) & (day < grids["to_day"])]
    told = district.unit_at(places, np.full(400, day * DAY + 5)).tolist()
    assert _owners(valid, places) == [[code] for code in told]


def test_other_nets_cover_the_district_and_do_not_nest(district: District) -> None:
    places = district.scatter(np.random.RandomState(1), 400, hot=False)
    unit = district.unit_at(places, np.zeros(400)).to_numpy()
    for scheme in ("responsibility", "governance", "police_beat", "supply_zone"):
        own = district.grid_at(scheme, places.lon, places.lat)
        grids = district.grid_versions[district.grid_versions["scheme"] == scheme]
        assert _owners(grids, places) == [[code] for code in own]
        shared = pd.DataFrame({"unit": unit, "own": own}).drop_duplicates().groupby("unit").size()
        assert (shared > 1).any(), f"every unit grid lies in one grid of {scheme}"


def test_grids_are_founded_as_planned_and_some_are_split_merged_and_moved(district: District) -> None:
    grids = district.grid_versions[district.grid_versions["scheme"] == "unit"]
    assert (grids["from_day"] < 0).sum() == 120
    kinds = [change.kind for change in district.changes]
    assert (kinds.count("split"), kinds.count("merge"), kinds.count("move")) == (1, 1, 1)
    assert all(0 < change.day < 60 for change in district.changes)
    assert (grids["from_day"] >= 0).sum() == 2 + 1 + 2


def test_the_hierarchy_is_written_in_the_codes(district: District) -> None:
    grids = district.grid_versions[district.grid_versions["scheme"] == "unit"]
    assert set(grids["community_code"].str.len()) == {12}
    assert set(grids["street_code"].str.len()) == {9}
    assert (grids["grid_code"].str[:12] == grids["community_code"]).all()
    assert (grids["community_code"].str[:9] == grids["street_code"]).all()
    assert district.streets["code9"].is_unique
    assert district.communities["code12"].is_unique
    assert district.communities["is_village"].any()


@pytest.mark.parametrize("grids", [30, 777, 5000])
def test_any_number_of_grids_can_be_asked_for(grids: int) -> None:
    made = District(Plan(grids=grids)).grid_versions
    assert ((made["scheme"] == "unit") & (made["from_day"] < 0)).sum() == grids


def test_components_have_codes_of_their_own_and_owners(district: District) -> None:
    register = components(district)
    assert register["component_code"].is_unique
    assert set(register["component_code"].str.len()) == {17}
    assert set(register["owner_org_code"]) == {"", "WT01", "CM11", "CM12"}, "some belong to nobody"
    assert set(register["state"]) == {"完好", "破损", "丢失"}
