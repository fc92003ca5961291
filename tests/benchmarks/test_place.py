"""The raster of the warehouse places points as a spatial library does."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest

from benchmarks.place import compare, net, place, scatter

pytestmark = pytest.mark.dbt


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A warehouse with eighty crooked polygons, a level-sided one with a hole beside them, and points all over."""
    dice = np.random.default_rng(11)
    polygons = net(80, dice)
    outline, hole = ([[w, s], [e, s], [e, n], [w, n], [w, s]] for w, s, e, n in (
        (121.05, 31.0, 121.06, 31.01), (121.0525, 31.0025, 121.0575, 31.0075)))  # fmt: skip
    polygons.append(json.dumps({"type": "Polygon", "coordinates": [outline, hole]}))
    lon, lat = scatter(polygons, 30_000, dice)
    on_sides = dice.uniform(121.049, 121.061, 500).round(7), dice.choice([31.0, 31.0025, 31.0075, 31.01], 500)
    root = tmp_path_factory.mktemp("place")
    place(polygons, np.concatenate([lon, on_sides[0]]), np.concatenate([lat, on_sides[1]]), root)
    return root, polygons


def test_no_point_is_placed_otherwise_than_the_library_says(placed: tuple[Path, list[str]]) -> None:
    found = compare(placed[1], placed[0])
    assert found is not None
    assert found[1] == 0


def test_no_point_has_two_polygons(placed: tuple[Path, list[str]]) -> None:
    with duckdb.connect(str(placed[0] / "onegrid.duckdb"), read_only=True) as connection:
        rows, points, borders, inner = connection.execute(
            "select count(*), count(distinct (lon, lat)), (select count(*) from intermediate.int_grid_cell "
            "where is_border), (select count(*) from intermediate.int_grid_cell where not is_border) "
            "from intermediate.int_point_grid"
        ).fetchall()[0]
    assert rows == points > 15_000
    assert inner > borders > 1000  # more squares decide by themselves than do not
