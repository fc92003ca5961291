"""The made-up district 云汀区: its grids, streets, roads, beats and offices.

The district is laid over open water (lon 120.10-120.16, lat 31.20-31.24), where nobody lives. Codes follow the
usual lengths (6 district + 3 street + 3 community + 3 grid) under a division number that was never given out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

DISTRICT_CODE, DISTRICT_NAME = "329901", "云汀区"
COLUMNS, ROWS = 6, 5
WEST, EAST, SOUTH, NORTH = 120.10, 120.16, 31.20, 31.24
FOUNDED = "2026-01-01"
SPLIT_DAY = "2026-10-20"  # one unit grid is cut in two from this local day on
SPLIT_AT = 15 * 86_400  # the same moment in seconds of the world's clock (see world.START)
SPLIT_INDEX = 14

STREETS = ("柳塘街道", "望桥街道", "青湾镇")
_STREET_CODES = ("001", "002", "100")  # 100-199 are towns
# community -> (street, grid columns, grid rows counted from the north), its roads, its housing estate
_COMMUNITIES = (
    ("柳汀社区", 0, (0, 1), (0, 1), ("柳汀路", "浣纱巷"), "柳汀苑"),
    ("荷风社区", 0, (0, 1), (2, 3), ("荷风路", "藕塘街"), "荷风新村"),
    ("南埠社区", 0, (0, 1), (4, 4), ("南埠路",), "南埠小区"),
    ("望桥社区", 1, (2, 3), (0, 1), ("望桥大街", "石虹路"), "望桥公寓"),
    ("石虹社区", 1, (2, 3), (2, 3), ("石虹南路", "织锦巷"), "石虹里"),
    ("织锦社区", 1, (2, 3), (4, 4), ("织锦路",), "织锦花园"),
    ("青湾社区", 2, (4, 5), (0, 2), ("青湾大道", "㳇水路"), "青湾家园"),  # 㳇 needs four bytes in GB18030
    ("渔歌村", 2, (4, 5), (3, 4), ("渔歌路", "芦荡路"), "渔歌新居"),
)


@dataclass(frozen=True)
class Grid:
    """One unit grid for one span of days; `corners` run NW, NE, SE, SW in degrees CGCS2000."""

    code: str
    name: str
    community: int
    corners: np.ndarray
    valid_from: str = FOUNDED
    valid_to: str | None = None


def community_name(index: int) -> str:
    return _COMMUNITIES[index][0]


def community_code(index: int) -> str:
    """12 digits: district, street, community; villages count from 200."""
    name, street = _COMMUNITIES[index][:2]
    before = sum(1 for other in _COMMUNITIES[:index] if other[1] == street and other[0][-1] == name[-1])
    number = before + (200 if name.endswith("村") else 1)
    return f"{DISTRICT_CODE}{_STREET_CODES[street]}{number:03d}"


def street_of(index: int) -> int:
    return _COMMUNITIES[index][1]


def street_code(index: int) -> str:
    return DISTRICT_CODE + _STREET_CODES[index]


def roads(index: int) -> tuple[str, ...]:
    return _COMMUNITIES[index][4]


def estate(index: int) -> str:
    return _COMMUNITIES[index][5]


def geometry(corners: np.ndarray) -> dict[str, object]:
    """GeoJSON polygon, closed, anti-clockwise."""
    ring = corners[[0, 3, 2, 1, 0]].round(6).tolist()
    return {"type": "Polygon", "coordinates": [ring]}


class District:
    """Grids and beats, laid out once from a seed; borders are shared and slightly crooked."""

    def __init__(self, random: np.random.RandomState) -> None:
        self._nodes = _lattice(random, COLUMNS, ROWS, crooked=0.12)
        self._beat_nodes = _lattice(random, 3, 2, crooked=0.06)

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        """The 30 founding grids, numbered west to east and north to south inside their community."""
        found: list[Grid] = []
        for community, (_, _, columns, rows, _, _) in enumerate(_COMMUNITIES):
            number = 0
            for row in range(rows[0], rows[1] + 1):
                for column in range(columns[0], columns[1] + 1):
                    number += 1
                    found.append(self._grid(community, number, self._corners(row, column)))
        cut = found[SPLIT_INDEX]
        found[SPLIT_INDEX] = Grid(cut.code, cut.name, cut.community, cut.corners, FOUNDED, SPLIT_DAY)
        return tuple(found)

    @cached_property
    def split(self) -> tuple[Grid, Grid]:
        """West and east half of the grid that was cut."""
        old = self.grids[SPLIT_INDEX]
        last = sum(1 for grid in self.grids if grid.community == old.community)
        nw, ne, se, sw = old.corners
        north, south = ((nw + ne) / 2).round(6), ((sw + se) / 2).round(6)
        halves = (np.array([nw, north, south, sw]), np.array([north, ne, se, south]))
        west, east = (
            self._grid(old.community, last + 1 + side, corners, valid_from=SPLIT_DAY)
            for side, corners in enumerate(halves)
        )
        return west, east

    @cached_property
    def beats(self) -> tuple[tuple[str, str, np.ndarray], ...]:
        """Police beats (code, name, corners): six, whose borders do not follow the unit grids."""
        return tuple(
            (f"3299010{row + 1}{column + 1}", f"第{'一二三四五六'[row * 3 + column]}警务区", corners)
            for row in range(2)
            for column in range(3)
            for corners in [_quad(self._beat_nodes, row, column)]
        )

    def point(self, grid: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points inside founding grids: u runs west to east and v north to south, both in (0, 1)."""
        corners = np.stack([one.corners for one in self.grids])[grid]
        weight = np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], axis=1)
        place = (corners * weight[:, :, None]).sum(axis=1).round(6)
        return place[:, 0], place[:, 1]

    def code_at(self, grid: np.ndarray, u: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Grid code valid at second `at` of the world's clock."""
        codes = np.array([one.code for one in self.grids], dtype=object)[grid]
        halves = np.where(u < 0.5, self.split[0].code, self.split[1].code)
        return np.where((grid == SPLIT_INDEX) & (at >= SPLIT_AT), halves, codes).astype(object)

    def beat_at(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Beat code that a point lies in."""
        found = np.full(len(lon), "", dtype=object)
        for code, _, corners in self.beats:
            found = np.where((found == "") & _inside(corners, lon, lat), code, found)
        return found.astype(object)

    def _corners(self, row: int, column: int) -> np.ndarray:
        return _quad(self._nodes, row, column)

    def _grid(self, community: int, number: int, corners: np.ndarray, valid_from: str = FOUNDED) -> Grid:
        code = f"{community_code(community)}{number:03d}"
        return Grid(code, f"{community_name(community)}第{number}网格", community, corners, valid_from)


def _lattice(random: np.random.RandomState, columns: int, rows: int, crooked: float) -> np.ndarray:
    """Corner points [row, column, (lon, lat)], row 0 in the north; only inner points are moved."""
    step = np.array([(EAST - WEST) / columns, (NORTH - SOUTH) / rows])
    lon, lat = np.meshgrid(WEST + step[0] * np.arange(columns + 1), NORTH - step[1] * np.arange(rows + 1))
    nodes = np.stack([lon, lat], axis=2)
    shift = (random.random_sample(nodes.shape) - 0.5) * 2 * crooked * step
    nodes[1:-1, 1:-1] += shift[1:-1, 1:-1]
    return nodes.round(6)


def _quad(nodes: np.ndarray, row: int, column: int) -> np.ndarray:
    return np.array([nodes[row, column], nodes[row, column + 1], nodes[row + 1, column + 1], nodes[row + 1, column]])


def _inside(corners: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Whether points lie in a convex polygon whose corners run clockwise."""
    point = np.stack([lon, lat], axis=1)
    inside = np.ones(len(lon), dtype=bool)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        edge, away = end - start, point - start
        inside &= edge[0] * away[:, 1] - edge[1] * away[:, 0] <= 0
    return inside
