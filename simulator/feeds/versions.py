"""From the steps of many cases to the versions of their rows: a new one at every step, with what is known by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Versions:
    """Versions of rows, by case and time; steps that a case took in one second make one version.

    case: position of the case that the version is of. at: second of the step that made it. steps: seconds of each
    case's steps by name, -1 for a step not taken.
    """

    case: np.ndarray
    at: np.ndarray
    steps: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.at)

    def known(self, step: str) -> np.ndarray:
        """Second of the step where the version knows of it, else -1."""
        moment = self.steps[step][self.case]
        return np.where(moment <= self.at, moment, -1)

    def knows(self, step: str) -> np.ndarray:
        """Whether the step was taken by then."""
        return self.known(step) >= 0

    def latest(self, *names: str) -> np.ndarray:
        """Second of the last of these steps that the version knows of, else -1."""
        return np.maximum.reduce([self.known(name) for name in names])

    def state(self, words: Mapping[str, str]) -> np.ndarray:
        """The word of the newest step known by then; of steps in one second the one named last."""
        moments = np.stack([self.known(name) for name in words])
        newest = len(moments) - 1 - np.argmax(moments[::-1], axis=0)
        return np.array(list(words.values()), dtype=object)[newest]


def versions(steps: Mapping[str, np.ndarray]) -> Versions:
    """One version a case and different second among its steps, ordered by case and second."""
    moments = np.stack(list(steps.values()), axis=1)
    case = np.repeat(np.arange(len(moments)), moments.shape[1])
    at = moments.ravel()
    case, at = case[at >= 0], at[at >= 0]
    order = np.lexsort((at, case))
    case, at = case[order], at[order]
    new = np.ones(len(at), dtype=bool)
    new[1:] = (case[1:] != case[:-1]) | (at[1:] != at[:-1])
    return Versions(case[new], at[new], steps)
