"""Coordinates between WGS-84 / CGCS2000 (taken as one frame), GCJ-02 and BD-09, both ways, over whole arrays.

GCJ-02 and BD-09 follow the published de-facto formulas. The inverse of GCJ-02 has no closed form; three fixed-point
iterations bring it below 0.2 mm, where the usual single step misplaces 1.6 % of events by a grid. The warehouse
reads told figures as those of another system by the same formula (dbt_project/macros/place.sql).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_AXIS = 6378245.0  # Krasovsky 1940 semi-major axis, metres
_ECCENTRICITY2 = 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0
ITERATIONS = 3


def _offsets(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = lat / 180.0 * np.pi
    magic = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    inside = (lon > 72.004) & (lon < 137.8347) & (lat > 0.8293) & (lat < 55.8271)  # no shift outside this box
    north = north * 180.0 / ((_AXIS * (1.0 - _ECCENTRICITY2)) / (magic * np.sqrt(magic)) * np.pi)
    east = east * 180.0 / (_AXIS / np.sqrt(magic) * np.cos(phi) * np.pi)
    return np.where(inside, east, 0.0), np.where(inside, north, 0.0)


def wgs84_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees in, degrees out."""
    east, north = _offsets(lon, lat)
    return lon + east, lat + north


def gcj02_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees in, degrees out; the point whose GCJ-02 image is the given one."""
    guess_lon, guess_lat = lon, lat
    for _ in range(ITERATIONS):
        east, north = _offsets(guess_lon, guess_lat)
        guess_lon, guess_lat = lon - east, lat - north
    return guess_lon, guess_lat


def gcj02_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees in, degrees out."""
    radius = np.sqrt(lon * lon + lat * lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees in, degrees out: the closed form, corrected by fixed-point iterations of the forward formula."""
    x, y = lon - 0.0065, lat - 0.006
    radius = np.sqrt(x * x + y * y) - 0.00002 * np.sin(y * _BD_TURN)
    angle = np.arctan2(y, x) - 0.000003 * np.cos(x * _BD_TURN)
    guess_lon, guess_lat = radius * np.cos(angle), radius * np.sin(angle)
    for _ in range(ITERATIONS):
        back_lon, back_lat = gcj02_to_bd09(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + (lon - back_lon), guess_lat + (lat - back_lat)
    return guess_lon, guess_lat


def convert(lon: Floats, lat: Floats, source: str, target: str) -> tuple[Floats, Floats]:
    """Degrees in one system to degrees in another, of wgs84, cgcs2000 (one frame with it), gcj02 and bd09.

    NaN stays NaN, and what lies outside the country's box is shifted by no step of GCJ-02. Raises ValueError for a
    system that is none of these.
    """
    for name in (source, target):
        if name not in SYSTEMS:
            raise ValueError(f"no coordinate system {name!r}")
    begin, end = _STEP[source], _STEP[target]
    for step in range(begin, end, -1):
        lon, lat = _UNDO[step](lon, lat)
    for step in range(begin + 1, end + 1):
        lon, lat = _APPLY[step](lon, lat)
    return lon, lat


def to_wgs84(crs: str, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees in the declared system to degrees WGS-84; NaN stays NaN."""
    return convert(lon, lat, crs, "wgs84")


# the systems as steps away from the common frame: each is made from the one below it
_STEP = {"wgs84": 0, "cgcs2000": 0, "gcj02": 1, "bd09": 2}
SYSTEMS = tuple(_STEP)
_APPLY = {1: wgs84_to_gcj02, 2: gcj02_to_bd09}
_UNDO = {1: gcj02_to_wgs84, 2: bd09_to_gcj02}
