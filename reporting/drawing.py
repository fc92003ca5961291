"""Shapes for the report page: grid polygons as SVG paths, values as classes of colour. Pure functions."""

import json
import math
from dataclasses import dataclass

WIDTH = 1000.0
CLASSES = 5

Ring = list[list[float]]


@dataclass(frozen=True)
class Drawing:
    """A map on a canvas `width` × `height`: one SVG path per polygon given, in order (empty where it had none)."""

    width: int
    height: int
    paths: list[str]


def draw_map(polygons: list[str | None]) -> Drawing:
    """Draw GeoJSON geometries (Polygon or MultiPolygon as text, degrees) to scale, north up.

    Plate carrée with the longitudes shortened at the middle latitude: true enough for one district. Holes stay open
    under the even-odd rule.
    """
    shapes = [_rings(text) for text in polygons]
    points = [point for rings in shapes for ring in rings for point in ring]
    if not points:
        return Drawing(int(WIDTH), 0, ["" for _ in polygons])
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    shorten = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / max((east - west) * shorten, north - south, 1e-9)

    def place(point: list[float]) -> str:
        return f"{(point[0] - west) * shorten * scale:.1f} {(north - point[1]) * scale:.1f}"

    paths = ["".join(f"M{'L'.join(_without_repeats([place(p) for p in ring]))}Z" for ring in rings) for rings in shapes]
    return Drawing(math.ceil((east - west) * shorten * scale), math.ceil((north - south) * scale), paths)


def _rings(geometry: str | None) -> list[Ring]:
    if not geometry:
        return []
    shape = json.loads(geometry)
    if shape["type"] == "Polygon":
        return list(shape["coordinates"])
    if shape["type"] == "MultiPolygon":
        return [ring for polygon in shape["coordinates"] for ring in polygon]
    return []


def _without_repeats(places: list[str]) -> list[str]:
    """Leave out points that fall on the one before, and the closing one."""
    kept = [place for before, place in zip(["", *places], places, strict=False) if place != before]
    return kept[:-1] if len(kept) > 1 and kept[0] == kept[-1] else kept


def class_bounds(values: list[int]) -> list[int]:
    """Upper bounds of at most five classes of about equal size over the positive values, ascending."""
    positive = sorted(value for value in values if value > 0)
    if not positive:
        return []
    distinct = sorted(set(positive))
    if len(distinct) <= CLASSES:
        return distinct
    cuts = {positive[math.ceil(len(positive) * part / CLASSES) - 1] for part in range(1, CLASSES + 1)}
    return sorted(cuts)


def class_of(value: int, bounds: list[int]) -> int:
    """0 for nothing, else the number (from 1) of the class that the value falls into."""
    if value <= 0:
        return 0
    return next(index for index, bound in enumerate(bounds, start=1) if value <= bound)


def class_labels(bounds: list[int]) -> list[str]:
    """What each class holds, in figures: `3` or `4–9`."""
    lows = [bound + 1 for bound in (0, *bounds)]
    return [str(high) if low == high else f"{low}–{high}" for low, high in zip(lows, bounds, strict=False)]
