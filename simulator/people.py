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


def person_of(tokens: np.ndarray) -> People:
    """The persons of these tokens (int64, not below 0): the same token is the same person in every feed."""
    if not len(tokens):
        return People(*(np.zeros(0, dtype=object) for _ in range(3)))
    with np.errstate(over="ignore"):  # splitmix64, modulo 2^64
        mixed = np.asarray(tokens).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(31)
    family, first, second = (pool.astype(object) for pool in (_FAMILY, _FIRST, _SECOND))
    names = family[mixed % len(family)] + first[(mixed >> 8) % len(first)] + second[(mixed >> 16) % len(second)]
    phones = np.char.add("1540000", np.char.zfill((mixed % 9_973).astype(str), 4)).astype(object)
    birth = np.datetime64("1945-01-01") + (mixed >> 16 & 0xFFFF).astype(np.int64) % (60 * 365)
    return People(names=names, ids=_numbered(birth, (mixed >> 32).astype(np.int64) % 999 + 1), phones=phones)


def _numbered(birth: np.ndarray, order: np.ndarray) -> np.ndarray:
    """ID numbers of these days of birth and order numbers (1 to 999)."""
    bodies = np.char.add("990000", np.char.replace(birth.astype(str), "-", ""))
    bodies = np.char.add(bodies, np.char.zfill(order.astype(str), 3)).astype("U17")
    digits = bodies.view(np.uint32).reshape(len(bodies), 17).astype(np.int64) - ord("0")
    return np.char.add(bodies, _ID_CHECKS[(digits @ _ID_WEIGHTS) % 11]).astype(object)
