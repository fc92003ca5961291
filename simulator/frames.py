"""Coordinate frames as the centres' own systems write them.

Only the forward way is here (CGCS2000 -> GCJ-02 -> BD-09); the product undoes it by its own code, so the two
check each other.
All angles are degrees; arrays in, arrays out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SEMI_MAJOR = 6378245.0  # Krasovsky 1940, the ellipsoid that the published GCJ-02 formula uses
_ECCENTRICITY_2 = 0.00669342162296594323
_BD_STEP = np.pi * 3000.0 / 180.0


def to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """CGCS2000 (taken as WGS-84) to GCJ-02, both in degrees."""
    x, y = lon - 105.0, lat - 35.0
    wave = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    root = np.sqrt(np.abs(x))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (
        wave
        + 20.0 * np.sin(x * np.pi)
        + 40.0 * np.sin(x / 3.0 * np.pi)
        + 150.0 * np.sin(x / 12.0 * np.pi)
        + 300.0 * np.sin(x / 30.0 * np.pi)
    ) * (2.0 / 3.0)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (
        wave
        + 20.0 * np.sin(y * np.pi)
        + 40.0 * np.sin(y / 3.0 * np.pi)
        + 160.0 * np.sin(y / 12.0 * np.pi)
        + 320.0 * np.sin(y * np.pi / 30.0)
    ) * (2.0 / 3.0)
    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    metres_north = _SEMI_MAJOR * (1.0 - _ECCENTRICITY_2) / (magic * np.sqrt(magic))
    metres_east = _SEMI_MAJOR / np.sqrt(magic) * np.cos(phi)
    return lon + np.degrees(east / metres_east), lat + np.degrees(north / metres_north)


def to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """CGCS2000 to BD-09 (through GCJ-02), both in degrees."""
    x, y = to_gcj02(lon, lat)
    radius = np.sqrt(x * x + y * y) + 0.00002 * np.sin(y * _BD_STEP)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_STEP)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
