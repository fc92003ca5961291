"""Where something is, truly: a cell, a point in it, a community, and the parts of an address."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Places:
    """Column-wise places. cell, u, v: a point of the unit lattice. lon, lat: the same in degrees CGCS2000.

    community: row of District.communities. road, estate: which of the community's. house, block, unit, room: numbers.
    """

    cell: np.ndarray
    u: np.ndarray
    v: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    community: np.ndarray
    road: np.ndarray
    house: np.ndarray
    estate: np.ndarray
    block: np.ndarray
    unit: np.ndarray
    room: np.ndarray

    def __len__(self) -> int:
        return len(self.cell)

    def take(self, chosen: np.ndarray) -> Places:
        """The places at these positions (or under a mask), in this order."""
        return Places(**{part.name: getattr(self, part.name)[chosen] for part in fields(self)})

    @staticmethod
    def joined(parts: list[Places]) -> Places:
        """Several tables of places as one, in order."""
        return Places(
            **{part.name: np.concatenate([getattr(one, part.name) for one in parts]) for part in fields(Places)}
        )
