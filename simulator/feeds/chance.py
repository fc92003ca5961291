"""Chances that hang on what they are about, not on what was drawn before.

A centre's own whims (a rating, a delay, a meter number) are a function of the record's id: the rows of a block are the
same whether the world is made block by block or whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from simulator.plan import Plan


class Chance:
    """Numbers for ids (int64) under a label; another label gives other numbers for the same ids."""

    def __init__(self, plan: Plan, *names: str) -> None:
        self._names = "/".join(map(str, (plan.seed, plan.purpose, *names)))

    def roll(self, ids: np.ndarray, label: str) -> np.ndarray:
        """Numbers in [0, 1)."""
        return (self._mixed(ids, label) >> np.uint64(11)).astype(np.float64) / float(1 << 53)

    def whole(self, ids: np.ndarray, label: str, low: int, high: int) -> np.ndarray:
        """Whole numbers in [low, high)."""
        return low + (self._mixed(ids, label) % np.uint64(high - low)).astype(np.int64)

    def pick(self, ids: np.ndarray, label: str, pool: Sequence[object] | np.ndarray) -> np.ndarray:
        """Members of the pool, each as likely as the next."""
        return np.asarray(pool, dtype=object)[self.whole(ids, label, 0, len(pool))]

    def _mixed(self, ids: np.ndarray, label: str) -> np.ndarray:
        salt = np.frombuffer(hashlib.sha256(f"{self._names}/{label}".encode()).digest()[:8], dtype="<u8")[0]
        with np.errstate(over="ignore"):  # splitmix64, modulo 2^64
            x = np.asarray(ids).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + salt
            x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            return x ^ (x >> np.uint64(31))
