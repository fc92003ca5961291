"""A net of crooked quadrilaterals over a box: neighbours share their borders, nothing overlaps, nothing is left out."""

from __future__ import annotations

import numpy as np

CROOKED = 0.12  # inner corners move by this share of a cell at most, so every cell stays convex


class Lattice:
    """Cells numbered west to east, then north to south; degrees throughout.

    A point of a cell is told by (u, v) in [0, 1]: u runs west to east, v north to south, bilinear between the corners.
    A line of one u is straight, so a cell can be cut along it exactly.
    """

    def __init__(
        self, random: np.random.RandomState, box: tuple[float, float, float, float], columns: int, rows: int
    ) -> None:
        self.box, self.columns, self.rows = box, columns, rows
        west, east, south, north = box
        self.step = np.array([(east - west) / columns, (north - south) / rows])
        lon, lat = np.meshgrid(west + self.step[0] * np.arange(columns + 1), north - self.step[1] * np.arange(rows + 1))
        nodes = np.stack([lon, lat], axis=2)
        shift = (random.random_sample(nodes.shape) - 0.5) * 2 * CROOKED * self.step
        nodes[1:-1, 1:-1] += shift[1:-1, 1:-1]
        self.nodes = nodes.round(7)

    def __len__(self) -> int:
        return self.columns * self.rows

    def corners(self, cell: np.ndarray) -> np.ndarray:
        """Corners of cells as [n, (NW, NE, SE, SW), (lon, lat)]."""
        row, column = np.asarray(cell) // self.columns, np.asarray(cell) % self.columns
        nodes = self.nodes
        return np.stack(
            [nodes[row, column], nodes[row, column + 1], nodes[row + 1, column + 1], nodes[row + 1, column]], axis=1
        )

    def at(self, cell: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Longitude and latitude of points of cells."""
        corners = self.corners(cell)
        weight = np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], axis=1)
        place = (corners * weight[:, :, None]).sum(axis=1)
        return place[:, 0], place[:, 1]

    def locate(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """The cell that each point lies in; -1 outside the box, the lowest number on a border."""
        lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
        west, east, south, north = self.box
        found = np.full(len(lon), -1, dtype=np.int64)
        within = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        column = np.clip(((lon - west) / self.step[0]).astype(np.int64), 0, self.columns - 1)
        row = np.clip(((north - lat) / self.step[1]).astype(np.int64), 0, self.rows - 1)
        open_ = np.flatnonzero(within)
        for down, right in sorted(
            ((d, r) for d in (-1, 0, 1) for r in (-1, 0, 1)), key=lambda o: abs(o[0]) + abs(o[1])
        ):
            if not len(open_):
                break
            r, c = row[open_] + down, column[open_] + right
            inside = (r >= 0) & (r < self.rows) & (c >= 0) & (c < self.columns)
            tried = open_[inside]
            cell = (r * self.columns + c)[inside]
            hit = _inside(self.corners(cell), lon[tried], lat[tried])
            found[tried[hit]] = cell[hit]
            open_ = np.setdiff1d(open_, tried[hit], assume_unique=True)
        return found

    def within(self, cell: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(u, v) of points that lie in these cells: Newton's method, five steps from the middle."""
        corners = self.corners(cell)
        nw, ne, se, sw = (corners[:, i] for i in range(4))
        point = np.stack([lon, lat], axis=1)
        u, v = np.full(len(point), 0.5), np.full(len(point), 0.5)
        for _ in range(5):
            east, south = ne - nw, sw - nw
            twist = nw - ne - sw + se
            error = nw + u[:, None] * east + v[:, None] * south + (u * v)[:, None] * twist - point
            du, dv = east + v[:, None] * twist, south + u[:, None] * twist
            det = du[:, 0] * dv[:, 1] - du[:, 1] * dv[:, 0]
            u = u - (error[:, 0] * dv[:, 1] - error[:, 1] * dv[:, 0]) / det
            v = v - (du[:, 0] * error[:, 1] - du[:, 1] * error[:, 0]) / det
        return np.clip(u, 0, 1), np.clip(v, 0, 1)


def _inside(corners: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Whether point i lies in convex quadrilateral i, whose corners run clockwise; borders belong to it."""
    inside = np.ones(len(lon), dtype=bool)
    for start in range(4):
        a, b = corners[:, start], corners[:, (start + 1) % 4]
        cross = (b[:, 0] - a[:, 0]) * (lat - a[:, 1]) - (b[:, 1] - a[:, 1]) * (lon - a[:, 0])
        inside &= cross <= 0
    return inside
