"""Fit the points of `link_weight` by logistic regression on pairs whose truth is known.

Evidence is a few levels, so pairs fall into groups of equal levels: the fit needs their counts alone. A ridge holds
what few pairs speak for. Place and time are crossed from two parts each; the parts are fitted too, so that a level
which no pair had still gets what its parts say.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import log
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

EVIDENCES = ("place", "area", "time", "matter", "words", "person", "thing", "ended", "teller")
CROSSED = ("place", "time", "words", "ended")
NEUTRAL = {"area": "unknown", "person": "not known", "thing": "not known", "teller": "other feed"}  # tell nothing: 0
RIDGE, PART_RIDGE = 2.0, 0.2
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """Groups of pairs with equal levels: the levels, how many pairs there are, how many of them are one incident."""

    levels: list[tuple[str, ...]]
    pairs: Floats
    same: Floats


def read_groups(warehouses: Sequence[Path]) -> Groups:
    """The groups of all warehouses together, each with a table `truth` (case_id, incident)."""
    found: dict[tuple[str, ...], list[float]] = {}
    columns = ", ".join(f"{evidence}_level" for evidence in EVIDENCES)
    for warehouse in warehouses:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            rows = connection.execute(
                f"select {columns}, count(*), count(*) filter (one.incident = another.incident) "
                "from intermediate.int_link_pair as pairs "
                "inner join intermediate.int_link_case as earlier on pairs.earlier_no = earlier.case_no "
                "inner join intermediate.int_link_case as later on pairs.later_no = later.case_no "
                "inner join truth as one on earlier.case_id = one.case_id "
                "inner join truth as another on later.case_id = another.case_id group by all"
            ).fetchall()
        for *levels, pairs, same in rows:
            counts = found.setdefault(tuple(levels), [0.0, 0.0])
            counts[0] += pairs
            counts[1] += same
    levels = sorted(found)
    return Groups(levels, np.array([found[one][0] for one in levels]), np.array([found[one][1] for one in levels]))


def fit(groups: Groups) -> list[tuple[str, str, int]]:
    """(evidence, level, points) of every level, thousandths of a binary logarithm; first the prior of every pair."""
    names: dict[tuple[str, str], int] = {("prior", "every pair"): 0}
    rows: list[list[int]] = []
    for levels in groups.levels:
        used = [0]
        for evidence, level in zip(EVIDENCES, levels, strict=True):
            parts = [(evidence, level)]
            if evidence in CROSSED:
                parts += [(f"{evidence} part {n}", part) for n, part in enumerate(level.split("/"))]
            used += [names.setdefault(part, len(names)) for part in parts]
        rows.append(used)
    design = np.zeros((len(rows), len(names)))
    for row, used in enumerate(rows):
        design[row, used] = 1
    ridge = np.array([PART_RIDGE if " part " in evidence else RIDGE for evidence, _ in names])
    ridge[0] = 1e-6
    weight = _solve(design, groups, ridge)
    bits = {name: weight[at] / log(2) for name, at in names.items()}
    found = [("prior", "every pair", _points(bits["prior", "every pair"]))]
    for evidence in EVIDENCES:
        for level in _levels(evidence, names):
            halves = level.split("/") if evidence in CROSSED else []
            total = bits.get((evidence, level), 0.0)
            total += sum(bits.get((f"{evidence} part {n}", half), 0.0) for n, half in enumerate(halves))
            found.append((evidence, level, _points(total)))
    return centred(found)


def centred(weights: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """The same weights with the neutral level of each evidence at 0: what it had goes into the prior."""
    told = {(evidence, level): points for evidence, level, points in weights}
    shift = {evidence: told[evidence, level] for evidence, level in NEUTRAL.items() if (evidence, level) in told}
    shift["prior"] = -sum(shift.values())
    return [(evidence, level, points - shift.get(evidence, 0)) for evidence, level, points in weights]


def _levels(evidence: str, names: dict[tuple[str, str], int]) -> list[str]:
    if evidence not in CROSSED:
        return sorted(level for known, level in names if known == evidence)
    parts = [[level for known, level in names if known == f"{evidence} part {n}"] for n in range(2)]
    return sorted("/".join(pair) for pair in product(*parts))


def _points(bits: float) -> int:
    return round(bits * 1000)


def _solve(design: Floats, groups: Groups, ridge: Floats) -> Floats:
    """Newton's method; steps are held short, so that it cannot run away where a level decides alone."""
    weight = np.zeros(design.shape[1])
    for _ in range(60):
        chance = 1 / (1 + np.exp(-design @ weight))
        slope = design.T @ (groups.same - groups.pairs * chance) - ridge * weight
        bend = (design.T * (groups.pairs * chance * (1 - chance))) @ design + np.diag(ridge)
        step = np.clip(np.linalg.solve(bend, slope), -2, 2)
        weight += step
        if np.abs(step).max() < 1e-7:
            break
    return weight


def write_weights(weights: list[tuple[str, str, int]], version: int, path: Path) -> None:
    """Write the seed: the rows of other versions stay, those of this one are replaced."""
    kept: list[list[str]] = []
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as source:
            kept = [row for row in list(csv.reader(source))[1:] if row and row[0] != str(version)]
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["model_version", "evidence", "level", "points"])
        writer.writerows(kept)
        writer.writerows([str(version), *map(str, row)] for row in weights)
