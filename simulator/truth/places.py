"""Where a record lies by its own words, as the grids were then: its point, else the grid told, else the division told.

Coordinates are degrees. A told frame is undone by approaching the point whose image it is; rays decide which polygon
holds a point, and of several the one of the lowest code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from simulator.truth.cases import Record
from simulator.truth.tables import Row

Ring = Sequence[tuple[float, float]]
Point = tuple[float, float]
UNLOCATED, UNKNOWN, NONE = "unlocated", "unknown", "none"
_RADIUS, _FLATNESS = 6378245.0, 0.00669342162296594323  # Krasovsky 1940
_BD_TURN = math.pi * 3000.0 / 180.0
_LON, _LAT = (70.0, 140.0), (0.0, 60.0)  # what a contract takes for a coordinate of this country


@dataclass(frozen=True)
class Place:
    """The member that a figure counts a record under: a unit grid, a division, or 'unlocated'.

    unit: of the basic management unit, NONE outside of one. kind: of grid, UNKNOWN where it is no grid.
    """

    grid: str
    community: str
    street: str
    unit: str = NONE
    kind: str = UNKNOWN

    @property
    def is_known(self) -> bool:
        """Whether anything told says where it is."""
        return self.grid != UNLOCATED


@dataclass(frozen=True)
class Version:
    """A unit grid, [since, until) in local days."""

    place: Place
    since: date
    until: date
    rings: Sequence[Ring]

    def holds_on(self, moment: datetime) -> bool:
        """Whether this is the grid at a local moment."""
        return self.since <= moment.date() < self.until


class Grids:
    """The unit grids as they were told to be: rows of the reference table, later rows of a version over earlier."""

    def __init__(self, rows: Iterable[Row]) -> None:
        newest = {(row["grid_code"], row["valid_from"]): row for row in rows if row["scheme"] == "unit"}
        told: dict[str, list[Row]] = {}
        for (code, _), row in sorted(newest.items()):
            told.setdefault(code, []).append(row)
        self.versions = [version for versions in told.values() for version in _versions(versions)]
        self.divisions: dict[str, Place] = {}
        for version in self.versions:
            place = version.place
            self.divisions[place.community] = Place(place.community, place.community, place.street)
            self.divisions[place.street] = Place(place.street, UNKNOWN, place.street)

    def place(self, record: Record) -> Place:
        """Where a record lies; at the earliest of its moments at which its best evidence says so."""
        moments = sorted(record.at.values())
        point = undone(record.told_point, record.frame)
        for moment in moments if point else ():
            held = [one.place for one in self.versions if one.holds_on(moment) and _is_inside(point, one.rings)]
            if held:
                return min(held, key=lambda place: place.grid)
        for moment in moments if record.told_grid else ():
            for one in self.versions:
                if one.place.grid == record.told_grid and one.holds_on(moment):
                    return one.place
        return self.divisions.get(record.told_division, Place(UNLOCATED, UNKNOWN, UNKNOWN))


def _versions(rows: Sequence[Row]) -> Iterator[Version]:
    for number, row in enumerate(rows):
        since = date.fromisoformat(row["valid_from"])
        until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
        if number + 1 < len(rows):
            until = min(until, date.fromisoformat(rows[number + 1]["valid_from"]))
        # lists from before there were such units tell none
        unit, kind = row.get("management_unit_code") or NONE, row.get("grid_kind")
        kind = "special" if kind == "专属网格" else "basic"
        place = Place(row["grid_code"], row["community_code"], row["street_code"], unit, kind)
        yield Version(place, since, until, tuple(_rings(json.loads(row["polygon"]))))


def _rings(polygon: Mapping[str, list[list[list[float]]]]) -> Iterator[Ring]:
    """The rings of a GeoJSON polygon; of one with several parts, those of all."""
    parts: Iterable[list[list[list[float]]]]
    parts = polygon["coordinates"] if polygon["type"] == "MultiPolygon" else [polygon["coordinates"]]  # type: ignore[assignment, list-item]
    for part in parts:
        for ring in part:
            yield [(corner[0], corner[1]) for corner in ring]


def _is_inside(point: Point | None, rings: Sequence[Ring]) -> bool:
    """Whether a ray to the east crosses the borders an odd number of times."""
    assert point is not None
    lon, lat = point
    inside = False
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 <= lat) != (y2 <= lat) and lon < x1 + (lat - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
    return inside


def undone(point: tuple[str, str], frame: str) -> Point | None:
    """A told point in CGCS2000; None where none was told or it is no coordinate of this country."""
    try:
        lon, lat = float(point[0]), float(point[1])
    except ValueError:
        return None
    if not (_LON[0] <= lon <= _LON[1] and _LAT[0] <= lat <= _LAT[1]):
        return None
    forward: Callable[[float, float], Point] | None = {"gcj02": _gcj02, "bd09": _bd09}.get(frame)
    if forward is None:
        return lon, lat
    x, y = lon, lat
    for _ in range(20):
        told_x, told_y = forward(x, y)
        x, y = x + lon - told_x, y + lat - told_y
    return x, y


def _gcj02(lon: float, lat: float) -> Point:
    x, y = lon - 105.0, lat - 35.0
    sin, pi, root = math.sin, math.pi, math.sqrt(abs(x))
    wave = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    east = wave + 20 * sin(x * pi) + 40 * sin(x / 3 * pi) + 150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)
    north = wave + 20 * sin(y * pi) + 40 * sin(y / 3 * pi) + 160 * sin(y / 12 * pi) + 320 * sin(y / 30 * pi)
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + east * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + north * 2 / 3
    phi = math.radians(lat)
    magic = 1 - _FLATNESS * sin(phi) ** 2
    along = _RADIUS * (1 - _FLATNESS) / (magic * math.sqrt(magic))
    across = _RADIUS / math.sqrt(magic) * math.cos(phi)
    return lon + math.degrees(east / across), lat + math.degrees(north / along)


def _bd09(lon: float, lat: float) -> Point:
    x, y = _gcj02(lon, lat)
    radius = math.hypot(x, y) + 0.00002 * math.sin(y * _BD_TURN)
    angle = math.atan2(y, x) + 0.000003 * math.cos(x * _BD_TURN)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006
