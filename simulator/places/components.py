"""The register of components (部件): manhole covers, lamps and the like, each with a code, a place and an owner."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulator.places.district import CODE, District
from simulator.places.places import Places

# name used in kinds, major and minor of GB/T 47678.5-2026, name there, owner, how many in a cell
_KINDS = (
    ("井盖", "01", "001", "供水井盖", "WT01", 4),
    ("井盖", "01", "002", "污水井盖", "CM12", 4),
    ("路灯", "01", "032", "路灯", "CM12", 7),
    ("护栏", "02", "009", "交通护栏", "CM12", 3),
    ("垃圾箱", "03", "004", "垃圾箱", "CM11", 2),
)
EACH = sum(kind[-1] for kind in _KINDS)
CLASSES = tuple(kind[1:4] for kind in _KINDS)  # major, minor and name of each class of components
_MAINTAINED_BY = {"WT01": "WT11"}  # who looks after what an owner has, where it is not the owner
_SUPERVISED_BY = {"WT01": "ZJ01", "CM11": "CM01", "CM12": "CM01"}
_OWNERLESS = 0.02
_OF_NUMBER = [kind for kind in _KINDS for _ in range(kind[-1])]


def components(district: District) -> pd.DataFrame:
    """component_code (17 digits), component_name, code_set, category_code, owner_org_code (权属), supervise_org_code
    (主管), maintain_org_code (养护), state, lon, lat, grid_code.

    Twenty a cell, anywhere in it; states are 完好, 破损 or 丢失; the grid is the founding one. Two in a hundred belong
    to nobody (无主设施) and are maintained by nobody; their class has a supervising office all the same.
    """
    random = district.plan.stream("places", "components")
    count = len(district.lattice) * EACH
    cell, number = np.arange(count) // EACH, np.arange(count) % EACH
    u, v = random.random_sample(count) * 0.96 + 0.02, random.random_sample(count) * 0.96 + 0.02
    lon, lat = district.lattice.at(cell, u, v)
    zero = np.zeros(count, dtype=np.int64)
    places = Places(cell, u, v, lon, lat, zero, zero, zero, zero, zero, zero, zero)
    kinds = np.array([kind[:5] for kind in _OF_NUMBER], dtype=object)[number]
    state = np.array(["完好", "破损", "丢失"], dtype=object)[np.searchsorted([0.94, 0.99], random.random_sample(count))]
    owner = np.where(random.random_sample(count) < _OWNERLESS, "", kinds[:, 4]).astype(object)
    return pd.DataFrame(
        {
            "component_code": _codes(cell, number),
            "component_name": kinds[:, 3],
            "code_set": "gbt_47678_5_2026",
            "category_code": kinds[:, 1] + kinds[:, 2],
            "owner_org_code": owner,
            "supervise_org_code": np.array([_SUPERVISED_BY[usual] for usual in kinds[:, 4]], dtype=object),
            "maintain_org_code": np.array([_MAINTAINED_BY.get(known, known) for known in owner], dtype=object),
            "state": state,
            "lon": lon.round(7),
            "lat": lat.round(7),
            "grid_code": district.unit_at(places, np.full(count, -1)),
        }
    )


def component_of(places: Places, names: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """Code of a component of that name ('井盖', '路灯', '护栏' or '') in each place's cell; '' for ''."""
    found = np.full(len(places), "", dtype=object)
    for name in ("井盖", "路灯", "护栏"):
        own = np.flatnonzero(names == name)
        numbers = np.array([number for number, kind in enumerate(_OF_NUMBER) if kind[0] == name])
        if len(own):
            found[own] = _codes(places.cell[own], numbers[random.randint(0, len(numbers), len(own))])
    return found


def _codes(cell: np.ndarray, number: np.ndarray) -> np.ndarray:
    """6 division + 2 major + 3 minor + 6 sequence; the sequence runs through all components of the district."""
    heads = np.array([CODE + kind[1] + kind[2] for kind in _OF_NUMBER], dtype=object)[number]
    return (heads + np.char.zfill((cell * EACH + number + 1).astype(str), 6).astype(object)).astype(object)
