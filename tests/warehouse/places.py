"""Points and told codes, each with the grid that it must come to.

Two unit squares side by side, a ring-shaped grid with a grid in its hole, and a grid of two islands; on 10 October the
first square is cut in two. The frame is degrees from 10 to 14 east, 20 to 22 north.
"""

import json
from typing import Any

from tests.warehouse.mounted import MountedLog

Ring = list[list[float]]


def box(west: float, south: float, east: float, north: float) -> Ring:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*rings: Ring) -> str:
    return json.dumps({"type": "Polygon", "coordinates": rings})


GRIDS: list[tuple[str, str, str, str | None]] = [  # code, polygon, valid from, valid to
    ("S1", polygon(box(10, 20, 11, 21)), "2026-01-01", "2026-10-10"),
    ("S1a", polygon(box(10, 20, 10.5, 21)), "2026-10-10", None),
    ("S1b", polygon(box(10.5, 20, 11, 21)), "2026-10-10", None),
    ("S2", polygon(box(11, 20, 12, 21)), "2026-01-01", None),
    # an open ring, and a hole that another grid fills
    ("R", polygon(box(12, 20, 14, 22)[:-1], box(12.5, 20.5, 13.5, 21.5)), "2026-01-01", None),
    ("H", polygon(box(12.5, 20.5, 13.5, 21.5)), "2026-01-01", None),
    ("I", json.dumps({"type": "MultiPolygon", "coordinates": [[box(10, 21, 10.25, 21.25)], [box(11, 21.5, 11.5, 22)]]}),
     "2026-01-01", None),
    # lies over S2: the lowest code wins
    ("Z", polygon(box(11.5, 20.25, 11.75, 20.75)), "2026-01-01", None),
]  # fmt: skip
BEFORE, AFTER = "2026-10-05 10:00", "2026-10-15 10:00"
UNIT: dict[str, Any] = {"grid_scheme_given": "unit"}

# what is told, when, and what must come of it: grid, method, reason, agreement
PLACES: list[tuple[dict[str, Any], str, tuple[str, str, str | None, str]]] = [
    ({"lon": 10.25, "lat": 20.5}, BEFORE, ("S1", "point", None, "not_comparable")),
    ({"lon": 10.25, "lat": 20.5}, AFTER, ("S1a", "point", None, "not_comparable")),
    ({"lon": 10.5, "lat": 20.5}, AFTER, ("S1b", "point", None, "not_comparable")),
    # on the common border, and on corners: one grid, never none and never two
    ({"lon": 11.0, "lat": 20.5}, BEFORE, ("S2", "point", None, "not_comparable")),
    ({"lon": 11.0, "lat": 20.0}, BEFORE, ("S2", "point", None, "not_comparable")),
    ({"lon": 10.0, "lat": 20.0}, BEFORE, ("S1", "point", None, "not_comparable")),
    ({"lon": 10.0, "lat": 21.0}, BEFORE, ("I", "point", None, "not_comparable")),
    ({"lon": 12.0, "lat": 20.25}, BEFORE, ("R", "point", None, "not_comparable")),
    ({"lon": 12.0, "lat": 21.0}, BEFORE, ("R", "point", None, "not_comparable")),
    # the hole, its rim on either side, and the ring beyond it
    ({"lon": 13.0, "lat": 21.0}, BEFORE, ("H", "point", None, "not_comparable")),
    ({"lon": 12.5, "lat": 21.0}, BEFORE, ("H", "point", None, "not_comparable")),
    ({"lon": 13.5, "lat": 21.0}, BEFORE, ("R", "point", None, "not_comparable")),
    ({"lon": 13.75, "lat": 21.0}, BEFORE, ("R", "point", None, "not_comparable")),
    ({"lon": 14.0, "lat": 21.0}, BEFORE, ("unlocated", "unlocated", "point_outside_grids", "not_comparable")),
    ({"lon": 11.25, "lat": 21.75}, BEFORE, ("I", "point", None, "not_comparable")),
    ({"lon": 10.75, "lat": 21.5}, BEFORE, ("unlocated", "unlocated", "point_outside_grids", "not_comparable")),
    ({"lon": 11.625, "lat": 20.5}, BEFORE, ("S2", "point", None, "not_comparable")),
    # told and computed
    ({"lon": 11.25, "lat": 20.5, "grid_code_given": "S2", **UNIT}, BEFORE, ("S2", "point", None, "agree")),
    ({"lon": 11.25, "lat": 20.5, "grid_code_given": "S1", **UNIT}, BEFORE, ("S2", "point", None, "differ")),
    ({"lon": 10.75, "lat": 21.5, "grid_code_given": "S1", **UNIT}, BEFORE, ("S1", "given", None, "not_comparable")),
    ({"grid_code_given": "S1", **UNIT}, AFTER, ("unlocated", "unlocated", "given_code_not_valid", "not_comparable")),
    ({"grid_code_given": "S2", "grid_scheme_given": "beat"}, BEFORE,
     ("unlocated", "unlocated", "given_in_other_scheme", "not_comparable")),
    # a code that is not valid gives way to the community, and that to the street
    ({"grid_code_given": "S1", **UNIT, "division_code": "C1"}, AFTER, ("C1", "division", None, "not_comparable")),
    ({"division_code": "T1"}, BEFORE, ("T1", "division", None, "not_comparable")),
    ({"division_code": "C9"}, BEFORE, ("unlocated", "unlocated", "division_unknown", "not_comparable")),
    ({"address": "somewhere"}, BEFORE, ("unlocated", "unlocated", "address_only", "not_comparable")),
    ({}, BEFORE, ("unlocated", "unlocated", "no_place_told", "not_comparable")),
]  # fmt: skip


def fill(log: MountedLog) -> None:
    """Add the grids and a case for each of the places."""
    log.feed("grids", "reference", mode="reference")
    delivery = log.deliver("grids", "2026-09-01 00:00")
    for code, shape, valid_from, valid_to in GRIDS:
        log.state(
            delivery, "grid", code, valid_from, scheme="unit", grid_code=code, grid_name=f"grid {code}", polygon=shape,
            community_code="C1", community_name="community", street_code="T1", street_name="street", valid_to=valid_to,
        )  # fmt: skip
    # another scheme's grid of the same code must not place anything
    log.state(delivery, "grid", "beat", "2026-01-01", scheme="beat", grid_code="S2", grid_name="beat S2",
              polygon=polygon(box(10, 20, 14, 22)))  # fmt: skip
    log.feed("placed", "gas")
    delivery = log.deliver("placed", "2026-10-20 00:00")
    for number, (told, at, _) in enumerate(PLACES):
        log.tell(delivery, f"place-{number}", "reported", at, line=number + 1, **told)
