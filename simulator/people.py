"""Invented persons. Every value is shaped like the real thing and cannot belong to anyone.

Family names are characters that are no family names; ID numbers carry a right check digit under a division
prefix (99....) that no province has; mobile numbers stand in 154-0000, a range that no operator was given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_FAMILY = np.array(list("拟样虚例仿"))
_FIRST = np.array(list("青禾知远云舒亦安景和若初南乔书言"))
_SECOND = np.array(list("澜屿棠岚朔笙榆筠汀砚遥野澈篱霁"))
_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_ID_CHECKS = np.array(list("10X98765432"))  # GB 11643: the weighted sum modulo 11 picks one of these


@dataclass(frozen=True)
class People:
    """Column-wise persons: one entry an index in each array."""

    names: np.ndarray
    ids: np.ndarray
    phones: np.ndarray


def invent(random: np.random.RandomState, count: int) -> People:
    """Make `count` persons; some may share a name, as people do."""
    names = _pick(random, _FAMILY, count) + _pick(random, _FIRST, count) + _pick(random, _SECOND, count)
    phones = np.char.add("1540000", np.char.zfill(random.randint(0, 10_000, count).astype(str), 4))
    return People(names=names.astype(object), ids=_ids(random, count), phones=phones.astype(object))


def _pick(random: np.random.RandomState, pool: np.ndarray, count: int) -> np.ndarray:
    return pool[random.randint(0, len(pool), count)].astype(object)


def _ids(random: np.random.RandomState, count: int) -> np.ndarray:
    birth = np.datetime64("1945-01-01") + random.randint(0, 60 * 365, count)
    bodies = np.char.add("990000", np.char.replace(birth.astype(str), "-", ""))
    bodies = np.char.add(bodies, np.char.zfill(random.randint(1, 1000, count).astype(str), 3))
    digits = np.array([list(body) for body in bodies], dtype=np.int64)
    return np.char.add(bodies, _ID_CHECKS[(digits @ _ID_WEIGHTS) % 11]).astype(object)
