"""Points and told codes, each with the grid that it must come to.

Two unit squares side by side, a ring-shaped grid with a grid in its hole, and a grid of two islands; on 10 October the
first square is cut in two. The frame is degrees from 10 to 14 east, 20 to 22 north.

East of 20 degrees lies a row of unit squares to which everything happens on 10 October: a border moves, two become one,
one gets another name, one ends and one begins. Over them lies a net of another scheme that does not nest. All sides run
along meridians and two parallels, so shares of area are shares of longitude.
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
    # a border moves
    ("U1", polygon(box(20, 20, 21, 21)), "2026-01-01", "2026-10-10"),
    ("U2", polygon(box(21, 20, 22, 21)), "2026-01-01", "2026-10-10"),
    ("U1", polygon(box(20, 20, 21.25, 21)), "2026-10-10", None),
    ("U2", polygon(box(21.25, 20, 22, 21)), "2026-10-10", None),
    # two become one
    ("M1", polygon(box(22, 20, 23, 21)), "2026-01-01", "2026-10-10"),
    ("M2", polygon(box(23, 20, 24, 21)), "2026-01-01", "2026-10-10"),
    ("M", polygon(box(22, 20, 24, 21)), "2026-10-10", None),
    # another code for the same ground (its ring turned, too); one ends, one begins; one is stated again
    ("P1", polygon(box(24, 20, 25, 21)), "2026-01-01", "2026-10-10"),
    ("P2", polygon(box(24, 20, 25, 21)[::-1]), "2026-10-10", None),
    ("E", polygon(box(25, 20, 26, 21)), "2026-01-01", "2026-10-10"),
    ("A", polygon(box(26, 20, 27, 21)), "2026-10-10", None),
    ("C", polygon(box(27, 20, 28, 21)), "2026-01-01", "2026-10-10"),
    ("C", polygon(box(27, 20, 28, 21)), "2026-10-10", None),
    # a small grid where GCJ-02 is shifted: a published pair lies with its true point in it, and with its image outside
    ("G", polygon(box(121.525, 31.17, 121.53, 31.18)), "2026-01-01", None),
]  # fmt: skip
NET: list[tuple[str, str | None, str, str | None]] = [  # the other scheme: code, polygon, valid from, valid to
    ("W1", polygon(box(20.5, 20, 21.5, 21)), "2026-01-01", None),
    ("W2", polygon(box(20, 20, 20.96, 21)), "2026-01-01", None),
    ("W3", polygon(box(21.02, 20, 22.02, 21)), "2026-01-01", None),
    ("W4", polygon(box(27.5, 20, 28.5, 21)), "2026-01-01", None),
    ("W5", None, "2026-01-01", None),
    ("W6", polygon(box(24, 20, 25, 21)), "2026-01-01", "2026-10-10"),
    ("W7", polygon(box(22, 20, 25, 21)), "2026-01-01", None),
    ("W8", polygon(box(24.25, 20.25, 24.75, 20.75), box(24.4, 20.4, 24.6, 20.6)), "2026-01-01", None),
]
BEFORE, AFTER = "2026-10-05 10:00", "2026-10-15 10:00"
UNIT: dict[str, Any] = {"grid_scheme_given": "unit"}
NET_OF: dict[str, Any] = {"grid_scheme_given": "net"}

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
    ({"grid_code_given": "S1", **UNIT}, AFTER, ("unlocated", "unlocated", "given_code_not_valid", "told_not_valid")),
    ({"grid_code_given": "S2", "grid_scheme_given": "beat"}, BEFORE,
     ("unlocated", "unlocated", "given_code_ambiguous", "not_comparable")),
    ({"grid_code_given": "S9", **UNIT}, BEFORE, ("unlocated", "unlocated", "given_code_unknown", "told_unknown")),
    # a code that is not valid gives way to the community, and that to the street
    ({"grid_code_given": "S1", **UNIT, "division_code": "C1"}, AFTER, ("C1", "division", None, "told_not_valid")),
    ({"division_code": "T1"}, BEFORE, ("T1", "division", None, "not_comparable")),
    ({"division_code": "C9"}, BEFORE, ("unlocated", "unlocated", "division_unknown", "not_comparable")),
    ({"address": "somewhere"}, BEFORE, ("unlocated", "unlocated", "address_only", "not_comparable")),
    ({}, BEFORE, ("unlocated", "unlocated", "no_place_told", "not_comparable")),
    # codes of the other scheme: one unified grid holds all of it, or 98 % of it; then the border moves
    (NET_OF | {"grid_code_given": "W2"}, BEFORE, ("U1", "bridged", None, "not_comparable")),
    (NET_OF | {"grid_code_given": "W3"}, BEFORE, ("U2", "bridged", None, "not_comparable")),
    (NET_OF | {"grid_code_given": "W3"}, AFTER, ("unlocated", "unlocated", "given_code_ambiguous", "not_comparable")),
    (NET_OF | {"grid_code_given": "W1"}, BEFORE, ("unlocated", "unlocated", "given_code_ambiguous", "not_comparable")),
    (NET_OF | {"grid_code_given": "W1", "division_code": "C1"}, BEFORE, ("C1", "division", None, "not_comparable")),
    # half of it is nobody's ground, has no polygon, has ended, stands in no list, is of a scheme that nobody stated
    (NET_OF | {"grid_code_given": "W4"}, BEFORE, ("unlocated", "unlocated", "given_code_ambiguous", "not_comparable")),
    (NET_OF | {"grid_code_given": "W5"}, BEFORE, ("unlocated", "unlocated", "given_without_polygon", "not_comparable")),
    (NET_OF | {"grid_code_given": "W6"}, AFTER, ("unlocated", "unlocated", "given_code_not_valid", "told_not_valid")),
    (NET_OF | {"grid_code_given": "W9"}, BEFORE, ("unlocated", "unlocated", "given_code_unknown", "told_unknown")),
    ({"grid_code_given": "W2", "grid_scheme_given": "lost"}, BEFORE,
     ("unlocated", "unlocated", "given_scheme_unknown", "not_comparable")),
    # a point decides, and the code of the other scheme is held against that scheme's own polygon, borders half-open
    (NET_OF | {"lon": 20.75, "lat": 20.5, "grid_code_given": "W1"}, BEFORE, ("U1", "point", None, "agree")),
    (NET_OF | {"lon": 20.25, "lat": 20.5, "grid_code_given": "W1"}, BEFORE, ("U1", "point", None, "differ")),
    (NET_OF | {"lon": 20.5, "lat": 20.5, "grid_code_given": "W1"}, BEFORE, ("U1", "point", None, "agree")),
    (NET_OF | {"lon": 21.5, "lat": 20.5, "grid_code_given": "W1"}, BEFORE, ("U2", "point", None, "differ")),
    (NET_OF | {"lon": 24.5, "lat": 20.5, "grid_code_given": "W8"}, BEFORE, ("P1", "point", None, "differ")),
    (NET_OF | {"lon": 24.3, "lat": 20.5, "grid_code_given": "W8"}, BEFORE, ("P1", "point", None, "agree")),
    (NET_OF | {"lon": 24.3, "lat": 20.5, "grid_code_given": "W5"}, BEFORE, ("P1", "point", None, "not_comparable")),
    # a level border, its corner, and the strip that changes hands
    ({"lon": 20.5, "lat": 20.0}, BEFORE, ("U1", "point", None, "not_comparable")),
    ({"lon": 20.5, "lat": 21.0}, BEFORE, ("unlocated", "unlocated", "point_outside_grids", "not_comparable")),
    ({"lon": 21.1, "lat": 20.5}, BEFORE, ("U2", "point", None, "not_comparable")),
    ({"lon": 21.1, "lat": 20.5}, AFTER, ("U1", "point", None, "not_comparable")),
    ({"lon": 21.25, "lat": 20.5}, AFTER, ("U2", "point", None, "not_comparable")),
]  # fmt: skip
# where the grids of 20 October put what was told before: told, when, then (grid now, method, reason)
NOW: list[tuple[dict[str, Any], str, tuple[str, str, str | None]]] = [
    ({"lon": 10.25, "lat": 20.5}, BEFORE, ("S1a", "point", None)),
    ({"lon": 21.1, "lat": 20.5}, BEFORE, ("U1", "point", None)),
    ({"lon": 25.5, "lat": 20.5}, BEFORE, ("unlocated", "unlocated", "point_outside_grids")),
    ({"lon": 26.5, "lat": 20.5}, BEFORE, ("A", "point", None)),
    ({"grid_code_given": "S2", **UNIT}, BEFORE, ("S2", "same", None)),
    # both halves hold as much: nobody can say
    ({"grid_code_given": "S1", **UNIT}, BEFORE, ("unlocated", "unlocated", "no_single_successor")),
    ({"grid_code_given": "U1", **UNIT}, BEFORE, ("U1", "successor", None)),
    ({"grid_code_given": "U2", **UNIT}, BEFORE, ("U2", "successor", None)),
    ({"grid_code_given": "M2", **UNIT}, BEFORE, ("M", "successor", None)),
    ({"grid_code_given": "P1", **UNIT}, BEFORE, ("P2", "successor", None)),
    ({"grid_code_given": "C", **UNIT}, BEFORE, ("C", "successor", None)),
    ({"grid_code_given": "E", **UNIT}, BEFORE, ("unlocated", "unlocated", "no_successor")),
    (NET_OF | {"grid_code_given": "W3"}, BEFORE, ("U2", "successor", None)),
    ({"division_code": "C1"}, BEFORE, ("C1", "division", None)),
    ({}, BEFORE, ("unlocated", "unlocated", "no_place_told")),
]  # fmt: skip
# figures as told, and the system that the contract declares; the point that landing makes of it, and the suspicion.
# 121.5272106, 31.1774276 lies in G; 121.531541859215, 31.17530398364597 is its published image in GCJ-02
DATUMS: list[tuple[str, str, str, tuple[float, float] | None, str | None]] = [
    ("wgs84", "121.5272106", "31.1774276", (121.5272106, 31.1774276), None),
    ("gcj02", "121.531541859215", "31.17530398364597", (121.5272106, 31.1774276), None),
    ("wgs84", "121.531541859215", "31.17530398364597", (121.531541859215, 31.17530398364597), "gcj02"),
    ("cgcs2000", "121.53804706", "31.18131606", (121.53804706, 31.18131606), "bd09"),
    ("gcj02", "121.5272106", "31.1774276", (121.52286586, 31.17955164), "wgs84"),
    # landing takes a latitude of 121 degrees away; the figures stay
    ("wgs84", "31.1774276", "121.5272106", None, "swapped"),
    # no reading brings the point into a grid
    ("wgs84", "122.5", "31.2", (122.5, 31.2), None),
    ("wgs84", "0", "0", None, None),
    ("wgs84", "nowhere", "31.2", None, None),
]
# token, grid, from, to: one who goes over to half of his grid when it is cut, one who stays
STAFF: list[tuple[str, str, str, str | None]] = [
    ("token-a", "S1", "2026-01-01", "2026-10-10"),
    ("token-a", "S1a", "2026-10-10", None),
    ("token-b", "S1b", "2026-10-10", None),
    ("token-c", "S2", "2026-01-01", None),
]


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
    for code, outline, valid_from, valid_to in NET:
        log.state(delivery, "grid", f"net {code}", valid_from, scheme="net", grid_code=code, grid_name=f"net {code}",
                  polygon=outline, valid_to=valid_to)  # fmt: skip
    for token, code, valid_from, valid_to in STAFF:
        log.state(delivery, "staff", token, valid_from, staff_no=token, grid_code=code, role="grid worker",
                  valid_to=valid_to)  # fmt: skip
    log.feed("placed", "gas")
    delivery = log.deliver("placed", "2026-10-20 00:00")
    for number, (told, at, _) in enumerate(PLACES):
        log.tell(delivery, f"place-{number}", "reported", at, line=number + 1, **told)
    log.feed("before", "gas")
    delivery = log.deliver("before", "2026-10-20 00:00")
    for number, (told, at, _) in enumerate(NOW):
        log.tell(delivery, f"now-{number}", "reported", at, line=number + 1, **told)
    log.feed("frames", "gas")
    delivery = log.deliver("frames", "2026-10-20 00:00")
    for number, (crs, lon_raw, lat_raw, point, _) in enumerate(DATUMS):
        lon, lat = point or (None, None)
        log.tell(delivery, f"frame-{number}", "reported", AFTER, line=number + 1, crs=crs, lon_raw=lon_raw,
                 lat_raw=lat_raw, lon=lon, lat=lat)  # fmt: skip
