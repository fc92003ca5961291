"""Points to grids: how many a second the models place, and whether a spatial library places each the same.

    python -m benchmarks.place --points 2000000 --polygons 3000

Makes a net of irregular polygons that fill a box and share their borders, and points in and around it, some of them on
corners. The dbt models place the points; shapely, where it is installed, places them again. The rule for a point on a
border is the models' own (a point belongs to what lies east of it, and north), so on borders only `is held by one of
the polygons that it touches` is asked of the library; elsewhere the two must agree.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "dbt_project"
PREPARING = ("int_grid_shape", "int_grid_edge", "int_grid_cell_size", "int_grid_cell_edge", "int_grid_cell")
PLACING = ("int_point", "int_point_grid")
WEST, SOUTH, CELL = 121.0, 31.0, (0.0042, 0.0036)  # a grid of about 400 m
DETAIL = 11  # corners of a side between two crossings

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """Seconds of the models by name, points placed, and how many the library places otherwise (None: not asked)."""

    seconds: dict[str, float]
    points: int
    placed: int
    library_seconds: float | None
    mismatches: int | None

    @property
    def rate(self) -> float:
        """Points a second of the model that places them; the squares are made once for a set of grids."""
        return self.points / self.seconds[PLACING[-1]]

    @property
    def whole_rate(self) -> float:
        """Points a second of all models, those that prepare included."""
        return self.points / sum(self.seconds.values())


def net(polygons: int, dice: np.random.Generator) -> list[str]:
    """GeoJSON of polygons that fill a box: crooked cells, whose sides are crooked lines that neighbours share."""
    columns = max(1, round(polygons**0.5))
    rows = max(1, polygons // columns)
    step = np.array(CELL)
    nodes = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1)), axis=2).astype(float)
    nodes = np.array([WEST, SOUTH]) + step * (nodes + dice.uniform(-0.2, 0.2, nodes.shape))

    def side(start: Floats, end: Floats) -> Floats:
        share = np.linspace(0, 1, DETAIL + 2)[1:-1, None]
        # less crooked towards its ends, so that two sides of a cell never cross
        return start + (end - start) * share + dice.uniform(-0.02, 0.02, (DETAIL, 2)) * step * np.sin(np.pi * share)

    across = [
        [side(nodes[row, column], nodes[row, column + 1]) for column in range(columns)] for row in range(rows + 1)
    ]
    up = [[side(nodes[row, column], nodes[row + 1, column]) for column in range(columns + 1)] for row in range(rows)]
    found = []
    for row in range(rows):
        for column in range(columns):
            ring = np.concatenate([
                nodes[row, column][None], across[row][column],
                nodes[row, column + 1][None], up[row][column + 1],
                nodes[row + 1, column + 1][None], across[row + 1][column][::-1],
                nodes[row + 1, column][None], up[row][column][::-1],
                nodes[row, column][None],
            ]).round(7)  # fmt: skip
            found.append(json.dumps({"type": "Polygon", "coordinates": [ring.tolist()]}))
    return found


def scatter(polygons: list[str], count: int, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """Points in the box of the net and a little around it; one in a thousand is a corner of a polygon."""
    corners = np.concatenate([np.array(json.loads(one)["coordinates"][0]) for one in polygons])
    low, high = corners.min(axis=0) - 0.002, corners.max(axis=0) + 0.002
    points = dice.uniform(low, high, (count, 2)).round(7)
    points[: count // 1000] = corners[dice.integers(0, len(corners), count // 1000)]
    return points[:, 0], points[:, 1]


def place(polygons: list[str], lon: Floats, lat: Floats, root: Path) -> dict[str, float]:
    """Seconds of each model; the warehouse stands in the folder then."""
    warehouse = root / "onegrid.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.register("told", {"lon": lon, "lat": lat})
        connection.execute("create schema intermediate; create table intermediate.evt_grid_event as select * from told")
        connection.execute(
            "create table intermediate.int_grid_version as select 'unit/' || position || '@2026-01-01' as grid_id, "
            "polygon, true as is_unified from (select unnest(?) as polygon, generate_subscripts(?, 1) as position)",
            [polygons, polygons],
        )
    environment = {
        **os.environ,
        "DBT_PROFILES_DIR": str(PROJECT), "DBT_PROJECT_DIR": str(PROJECT), "DO_NOT_TRACK": "1",
        "ONEGRID_WAREHOUSE": str(warehouse), "ONEGRID_DBT_TEMP": str(root / "temp"),
    }  # fmt: skip
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", "run", "--threads", "1"]
    command += ["--select", *PREPARING, *PLACING, "--target-path", str(root / "target"), "--log-path", str(root)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    results: list[dict[str, Any]] = json.loads((root / "target" / "run_results.json").read_bytes())["results"]
    return {result["unique_id"].split(".")[-1]: result["execution_time"] for result in results}


def compare(polygons: list[str], root: Path) -> tuple[float, int] | None:
    """Seconds that the library takes, and the points that it places otherwise; None where it is not installed."""
    try:
        import shapely
    except ImportError:
        return None
    shapes = shapely.from_geojson(polygons)
    with duckdb.connect(str(root / "onegrid.duckdb"), read_only=True) as connection:
        numbers = dict(
            connection.execute("select v.polygon, s.shape_no from intermediate.int_grid_shape as s "
                               "join intermediate.int_grid_version as v using (grid_id)").fetchall()
        )  # fmt: skip
        placed = connection.execute(
            "select lon, lat, coalesce(shape_no, 0) as shape_no from intermediate.int_point "
            "left join intermediate.int_point_grid using (lon, lat)"
        ).fetchnumpy()
    began = time.perf_counter()
    tree = shapely.STRtree(shapes)
    points = shapely.points(placed["lon"], placed["lat"])
    which, polygon = tree.query(points, predicate="intersects")
    seconds = time.perf_counter() - began
    told = np.array([numbers[one] for one in polygons])[polygon]
    # right is who is held by a polygon that the point lies in or touches; wrong, too, is who is held by none of them
    right = np.zeros(len(points), dtype=bool)
    right[which[told == placed["shape_no"][which]]] = True
    alone = np.bincount(which, minlength=len(points)) == 0
    right |= alone & (placed["shape_no"] == 0)
    # on the outer border of the net the rule gives a point away to nobody
    outside = np.flatnonzero(~right & (placed["shape_no"] == 0))
    sides = Counter(frozenset(side) for polygon in polygons for ring in _rings(polygon) for side in pairwise(ring))
    rim = shapely.multilinestrings([sorted(side) for side, count in sides.items() if count == 1])
    right[outside[shapely.dwithin(points[outside], rim, 0.0)]] = True
    return seconds, int((~right).sum())


def _rings(polygon: str) -> list[list[tuple[float, float]]]:
    return [[(lon, lat) for lon, lat in ring] for ring in json.loads(polygon)["coordinates"]]


def measure(count: int, polygons: int, seed: int = 7) -> Figures:
    """Make, place and compare; deterministic but for the seconds."""
    dice = np.random.default_rng(seed)
    shapes = net(polygons, dice)
    lon, lat = scatter(shapes, count, dice)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        seconds = place(shapes, lon, lat, root)
        with duckdb.connect(str(root / "onegrid.duckdb"), read_only=True) as connection:
            points, placed, rows = connection.execute(
                "select (select count(*) from intermediate.int_point), count(distinct (lon, lat)), count(*) "
                "from intermediate.int_point_grid"
            ).fetchall()[0]
        found = compare(shapes, root)
    twice = rows - placed
    return Figures(seconds, points, placed, found[0] if found else None, found[1] + twice if found else None)


def main() -> None:
    """Print the figures; ends with 1 where a point has another polygon than the library says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=2_000_000)
    parser.add_argument("--polygons", type=int, default=3000)
    given = parser.parse_args()
    figures = measure(given.points, given.polygons)
    for name, seconds in figures.seconds.items():
        print(f"{seconds:8.2f} s  {name}")
    print(f"{figures.points:,} different points, {figures.placed:,} in a polygon")
    print(f"{figures.rate:,.0f} points/s ({PLACING[-1]}); {figures.whole_rate:,.0f} points/s with all that prepares it")
    if figures.library_seconds is None or figures.mismatches is None:
        print("shapely is not installed: not compared")
        return
    library = figures.points / figures.library_seconds
    print(f"shapely: {library:,.0f} points/s; ratio {figures.rate / library:.2f}; mismatches: {figures.mismatches}")
    sys.exit(1 if figures.mismatches else 0)


if __name__ == "__main__":
    main()
