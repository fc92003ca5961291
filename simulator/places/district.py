"""The made-up district 云汀区: streets, communities, unit grids that change, and the nets of other networks.

It lies in the open sea, where nobody lives. Codes follow the usual lengths (6 district + 3 street + 3 community + 3
grid) under a division number that was never given out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from simulator.places import names
from simulator.places.lattice import Lattice
from simulator.places.places import Places
from simulator.plan import DAY, Plan

CODE, NAME = "329901", "云汀区"
WEST, SOUTH = 123.00, 30.40
CELL = (0.0042, 0.0036)  # degrees: a unit grid measures about 400 m each way
METRES_A_DEGREE = 111_320.0
BEFORE, FOREVER = -100_000, 1_000_000
SPLIT_AT, MOVED_AT = 0.5, 0.8  # the u along which a grid is cut in two, and from which it is given to its neighbour
TOWN_FROM, TOWN_TO = 100, 200  # last three digits of a street's code that make it a town (镇)
SPECIAL = 4  # every so many of a community's grids is one of its own kind (专属网格: a market, a campus, a hospital)
OTHER_SCHEMES = {  # scheme: (grids of it for one unit grid, the least, what its grids are called, code prefix)
    "responsibility": (0.45, 8, "责任网格", "R"),
    "governance": (0.8, 12, "综治网格", "G"),
    "police_beat": (0.2, 6, "警务区", "J"),
    "supply_zone": (0.15, 4, "供水分区", "S"),
}


@dataclass(frozen=True)
class _Change:
    """From local day `day` on, cells `cells` (one, or two neighbours) are other grids than before."""

    kind: str  # split, merge, move
    cells: tuple[int, ...]
    day: int


class District:
    """Everything about place that a plan decides; made once, read often."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        columns = int(np.sqrt(plan.grids * 1.1))
        rows = plan.grids // columns
        self.box = (WEST, WEST + columns * CELL[0], SOUTH, SOUTH + rows * CELL[1])
        self.lattice = Lattice(plan.stream("places", "unit"), self.box, columns, rows)
        self._in_two = np.zeros(len(self.lattice), dtype=bool)  # cells that were two grids from the beginning
        order = plan.stream("places", "in two").permutation(len(self.lattice))
        self._in_two[order[: plan.grids - len(self.lattice)]] = True

    @cached_property
    def _layout(self) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """Street of each cell, community of each cell, street of each community."""
        columns, rows = self.lattice.columns, self.lattice.rows
        column, row = np.arange(columns * rows) % columns, np.arange(columns * rows) // columns
        wide = max(1, round(columns / max(3.0, min(8.0, columns / 2))))
        high = max(1, round(rows / max(3.0, min(8.0, rows / 2))))
        street = row * high // rows * wide + column * wide // columns
        community = np.zeros(len(street), dtype=np.int64)
        streets: list[int] = []
        for number in range(wide * high):
            own = np.flatnonzero(street == number)
            c, r = column[own] - column[own].min(), row[own] - row[own].min()
            across, down = max(1, round((c.max() + 1) / 3)), max(1, round((r.max() + 1) / 2))
            community[own] = len(streets) + r * down // (r.max() + 1) * across + c * across // (c.max() + 1)
            streets += [number] * (across * down)
        return street, community, streets

    @cached_property
    def streets(self) -> pd.DataFrame:
        """code9, name."""
        count = int(self._layout[0].max()) + 1
        titles = [names.street(number) for number in range(count)]
        towns = np.cumsum([title.endswith("镇") for title in titles])
        codes = [
            CODE + (f"{99 + towns[number]:03d}" if title.endswith("镇") else f"{number + 1 - towns[number]:03d}")
            for number, title in enumerate(titles)
        ]
        return pd.DataFrame({"code9": codes, "name": titles})

    @cached_property
    def communities(self) -> pd.DataFrame:
        """code12, name, street (row of `streets`), is_village."""
        streets = self._layout[2]
        titles = self.streets["name"].tolist()
        seen: dict[tuple[int, bool], int] = {}
        rows = []
        for number, street in enumerate(streets):
            village = titles[street].endswith("镇") and number % 2 == 1
            order = seen[street, village] = seen.get((street, village), 0) + 1
            code = self.streets["code9"][street] + f"{order + (199 if village else 0):03d}"
            rows.append((code, names.community(number, village), street, village))
        return pd.DataFrame(rows, columns=["code12", "name", "street", "is_village"])

    @cached_property
    def changes(self) -> list[_Change]:
        """Splits (about one grid in a hundred), a merge and a moved border, on days inside the plan."""
        random, lattice = self.plan.stream("places", "changes"), self.lattice
        community = self._layout[1]
        used = self._in_two.copy()
        found: list[_Change] = []

        def day(share: float) -> int:
            return max(1, int(self.plan.days * share)) if self.plan.days > 1 else 0

        pairs = [k for k in range(len(lattice) - 1) if (k + 1) % lattice.columns and community[k] == community[k + 1]]
        for kind, share in (("merge", 0.4), ("move", 0.7)):
            free = [k for k in pairs if not used[k] and not used[k + 1]]
            if free:
                left = free[random.randint(len(free))]
                used[left : left + 2] = True
                found.append(_Change(kind, (left, left + 1), day(share)))
        whole = np.flatnonzero(~used)
        for cell in random.permutation(whole)[: max(1, round(self.plan.grids / 100))].tolist():
            found.append(_Change("split", (cell,), day(0.3 + 0.5 * random.random_sample())))
        return found

    @cached_property
    def _founding(self) -> tuple[np.ndarray, np.ndarray]:
        """Codes of each cell's west and east half at the founding (the same where it is one grid)."""
        community = self._layout[1]
        codes = self.communities["code12"].to_numpy(dtype=object)
        number = np.zeros(len(codes), dtype=np.int64)
        west, east = np.empty(len(community), dtype=object), np.empty(len(community), dtype=object)
        for cell, own in enumerate(community.tolist()):
            number[own] += 1
            west[cell] = east[cell] = f"{codes[own]}{number[own]:03d}"
            if self._in_two[cell]:
                number[own] += 1
                east[cell] = f"{codes[own]}{number[own]:03d}"
        self._numbers = number
        return west, east

    @cached_property
    def _changed(self) -> list[tuple[_Change, list[str]]]:
        """Each change with the codes of its new grids."""
        west, _ = self._founding
        codes, community = self.communities["code12"], self._layout[1]
        number = self._numbers.copy()
        found = []
        for change in self.changes:
            own = int(community[change.cells[0]])
            made = {"split": 2, "merge": 1, "move": 0}[change.kind]
            fresh = [f"{codes[own]}{number[own] + 1 + order:03d}" for order in range(made)]
            number[own] += made
            found.append((change, fresh or [west[cell] for cell in change.cells]))
        return found

    @cached_property
    def grid_versions(self) -> pd.DataFrame:
        """Every grid of every scheme in every span of days: polygon (GeoJSON text), valid_from, valid_to ('' open).

        from_day and to_day are the same as days of the world's clock, half-open.
        """
        rows = [*self._unit_versions(), *(row for scheme in OTHER_SCHEMES for row in self._other_versions(scheme))]
        return pd.DataFrame(rows).sort_values(["scheme", "grid_code", "from_day"], kind="stable", ignore_index=True)

    def _unit_versions(self) -> Iterator[dict[str, object]]:
        west, east = self._founding
        ends = {cell: change.day for change in self.changes for cell in change.cells}
        for cell in range(len(self.lattice)):
            until = ends.get(cell)
            if self._in_two[cell]:
                yield self._unit(west[cell], cell, self._part(cell, 0, SPLIT_AT), until=until)
                yield self._unit(east[cell], cell, self._part(cell, SPLIT_AT, 1), until=until)
            else:
                yield self._unit(west[cell], cell, self._part(cell, 0, 1), until=until)
        for change, codes in self._changed:
            rings = {
                "split": lambda c: [self._part(c[0], 0, SPLIT_AT), self._part(c[0], SPLIT_AT, 1)],
                "merge": lambda c: [self._joined(c[0], c[1], 0)],
                "move": lambda c: [self._part(c[0], 0, MOVED_AT), self._joined(c[0], c[1], MOVED_AT)],
            }[change.kind](change.cells)
            for code, ring in zip(codes, rings, strict=True):
                yield self._unit(code, change.cells[0], ring, since=change.day)

    def _unit(
        self, code: str, cell: int, ring: np.ndarray, since: int | None = None, until: int | None = None
    ) -> dict[str, object]:
        own = self.communities.iloc[self._layout[1][cell]]
        street = self.streets.iloc[own["street"]]
        return {
            "scheme": "unit",
            "grid_code": code,
            "grid_name": f"{own['name']}第{int(code[-3:])}网格",
            "community_code": own["code12"],
            "community_name": own["name"],
            "street_code": street["code9"],
            "street_name": street["name"],
            **self._unit_of(own, street),
            "grid_kind": "专属网格" if int(code[-3:]) % SPECIAL == 0 else "基础网格",
            "polygon": _geojson(ring),
            **self._dates(since, until),
        }

    def _unit_of(self, community: pd.Series, street: pd.Series) -> dict[str, object]:
        """The basic management unit that a community of a town is in; none in a street (街道)."""
        if not TOWN_FROM <= int(street["code9"][6:]) < TOWN_TO:
            return {"management_unit_code": "", "management_unit_name": ""}
        number = 1 + int(community["code12"][9:]) % 2
        return {
            "management_unit_code": f"{street['code9']}U{number}",
            "management_unit_name": f"{street['name']}第{number}基本管理单元",
        }

    def _other_versions(self, scheme: str) -> Iterator[dict[str, object]]:
        _, _, title, prefix = OTHER_SCHEMES[scheme]
        lattice = self.schemes[scheme]
        for cell, corners in enumerate(lattice.corners(np.arange(len(lattice)))):
            yield {
                "scheme": scheme,
                "grid_code": f"{prefix}{CODE}{cell + 1:04d}",
                "grid_name": f"第{cell + 1}{title}",
                "community_code": "",
                "community_name": "",
                "street_code": CODE,
                "street_name": NAME,
                "management_unit_code": "",
                "management_unit_name": "",
                "grid_kind": "",
                "polygon": _geojson(corners),
                **self._dates(None, None),
            }

    def _dates(self, since: int | None, until: int | None) -> dict[str, object]:
        return {
            "valid_from": self.plan.founded if since is None else str(self.plan.day_of(since * DAY)),
            "valid_to": "" if until is None else str(self.plan.day_of(until * DAY)),
            "from_day": BEFORE if since is None else since,
            "to_day": FOREVER if until is None else until,
        }

    def _part(self, cell: int, low: float, high: float) -> np.ndarray:
        """Ring of the part of a cell between two u, clockwise from the north-west."""
        u, v = np.array([low, high, high, low]), np.array([0.0, 0, 1, 1])
        return np.stack(self.lattice.at(np.full(4, cell), u, v), axis=1)

    def _joined(self, left: int, right: int, low: float) -> np.ndarray:
        """Ring of a cell from `low` on together with its eastern neighbour."""
        a, b = self._part(left, low, 1), self._part(right, 0, 1)
        return np.array([a[0], a[1], b[1], b[2], a[2], a[3]])

    @cached_property
    def schemes(self) -> dict[str, Lattice]:
        """The nets of other networks, each a lattice of its own over the same box."""
        found = {}
        for scheme, (share, least, _, _) in OTHER_SCHEMES.items():
            count = max(least, round(self.plan.grids * share))
            columns = max(2, round(np.sqrt(count)))
            found[scheme] = Lattice(self.plan.stream("places", scheme), self.box, columns, max(2, count // columns))
        return found

    def unit_at(self, places: Places, at: np.ndarray) -> pd.Series:
        """Code of the unit grid in which each place lies at second `at`; exact."""
        west, east = self._founding
        codes = np.where(places.u < SPLIT_AT, west[places.cell], east[places.cell])
        touched = np.isin(places.cell, [cell for change in self.changes for cell in change.cells])
        spots = np.flatnonzero(touched)
        cell, u, moment = places.cell[spots], places.u[spots], np.broadcast_to(at, len(places))[spots]
        told = codes[spots]
        for change, fresh in self._changed:
            after = moment >= change.day * DAY
            if change.kind == "split":
                own = after & (cell == change.cells[0])
                told = np.where(own, np.where(u < SPLIT_AT, fresh[0], fresh[1]), told)
            elif change.kind == "merge":
                told = np.where(after & np.isin(cell, change.cells), fresh[0], told)
            else:
                told = np.where(after & (cell == change.cells[0]) & (u >= MOVED_AT), fresh[1], told)
        codes[spots] = told
        return pd.Series(codes, dtype="str")

    def grid_at(self, scheme: str, lon: np.ndarray, lat: np.ndarray) -> pd.Series:
        """Code of the grid of another scheme in which each point lies; '' outside the district."""
        cell = self.schemes[scheme].locate(lon, lat)
        prefix = OTHER_SCHEMES[scheme][3]
        codes = np.array([*(f"{prefix}{CODE}{n + 1:04d}" for n in range(len(self.schemes[scheme]))), ""], dtype=object)
        return pd.Series(codes[cell], dtype="str")

    @cached_property
    def _ladder(self) -> np.ndarray:
        """Cumulated weights of the cells: some are hot spots."""
        weight = np.exp(self.plan.stream("places", "hot").standard_normal(len(self.lattice)) * 0.8)
        return np.cumsum(weight) / weight.sum()

    def scatter(self, random: np.random.RandomState, count: int, hot: bool = True) -> Places:
        """Places in the district; more of them in hot spots where `hot`."""
        if hot:
            cell = np.minimum(np.searchsorted(self._ladder, random.random_sample(count)), len(self.lattice) - 1)
        else:
            cell = random.randint(0, len(self.lattice), count)
        u, v = (0.01 + 0.98 * random.random_sample(count) for _ in range(2))
        return self._places(random, cell, u, v)

    def near(self, places: Places, random: np.random.RandomState, low_m: float, high_m: float) -> Places:
        """Places at a distance of `low_m` to `high_m` metres from these; the place itself where that is outside."""
        turn = random.random_sample(len(places)) * 2 * np.pi
        far = low_m + (high_m - low_m) * random.random_sample(len(places))
        lon, lat = self.nudge(places, far * np.cos(turn), far * np.sin(turn))
        cell = self.lattice.locate(lon, lat)
        back = cell < 0
        lon, lat = np.where(back, places.lon, lon), np.where(back, places.lat, lat)
        cell = np.where(back, places.cell, cell)
        u, v = self.lattice.within(cell, lon, lat)
        return self._places(random, cell, u, v)

    def nudge(self, places: Places, east_m: np.ndarray, north_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Longitude and latitude of points so many metres away from the places."""
        metres = METRES_A_DEGREE * np.cos(np.radians(places.lat))
        return places.lon + east_m / metres, places.lat + north_m / METRES_A_DEGREE

    def _places(self, random: np.random.RandomState, cell: np.ndarray, u: np.ndarray, v: np.ndarray) -> Places:
        count = len(cell)
        lon, lat = self.lattice.at(cell, u, v)
        return Places(
            cell=cell,
            u=u,
            v=v,
            lon=lon,
            lat=lat,
            community=self._layout[1][cell],
            road=random.randint(0, names.ROADS_EACH, count),
            house=random.randint(1, 400, count),
            estate=random.randint(0, names.ESTATES_EACH, count),
            block=random.randint(1, 29, count),
            unit=random.randint(1, 5, count),
            room=random.randint(1, 19, count) * 100 + random.randint(1, 5, count),
        )

    @cached_property
    def _heads(self) -> np.ndarray:
        """区街道社区 of each community."""
        streets = self.streets["name"].to_numpy(dtype=object)[self.communities["street"]]
        return (NAME + streets + self.communities["name"].to_numpy(dtype=object)).astype(object)

    @cached_property
    def _roads(self) -> np.ndarray:
        return np.array([names.roads(number) for number in range(len(self.communities))], dtype=object)

    @cached_property
    def _estates(self) -> np.ndarray:
        return np.array([names.estates(number) for number in range(len(self.communities))], dtype=object)

    def road_address(self, places: Places) -> pd.Series:
        """区街道社区路号."""
        return (
            self._head(places)
            + pd.Series(self._roads[places.community, places.road], dtype="str")
            + (pd.Series(places.house.astype(str), dtype="str") + "号")
        )

    def room_address(self, places: Places) -> pd.Series:
        """区街道社区小区N幢N单元NNN室."""
        numbers = [pd.Series(part.astype(str), dtype="str") for part in (places.block, places.unit, places.room)]
        estate = pd.Series(self._estates[places.community, places.estate], dtype="str")
        return self._head(places) + estate + numbers[0] + "幢" + numbers[1] + "单元" + numbers[2] + "室"

    def _head(self, places: Places) -> pd.Series:
        return pd.Series(self._heads[places.community], dtype="str")


def _geojson(ring: np.ndarray) -> str:
    """A clockwise ring as a GeoJSON polygon, closed and anti-clockwise (RFC 7946)."""
    closed = np.concatenate([ring[:1], ring[:0:-1], ring[:1]]).round(7)
    return json.dumps({"type": "Polygon", "coordinates": [closed.tolist()]}, separators=(",", ":"))
