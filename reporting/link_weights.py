"""Fit the points of `link_weight` anew from what people said of pairs of cases: one incident, or not.

Evidence is a few levels, so pairs fall into groups of equal levels and the fit needs their counts alone. It begins with
the points in force: a level moves as far as the judged pairs speak for it against a ridge, and one of which too few
were judged stays. People are asked about doubtful pairs, so their share says nothing of all pairs: the prior stays too.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ingest.errors import LinkError
from ingest.files import write_atomically
from reporting.incidents import EVIDENCES

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_JUDGED = 50
"""Judged pairs below which nothing is fitted: a local rule."""
LEAST_OF_A_LEVEL = 8
RIDGE = 2.0
SEEDS = ("link_weight", "link_kind", "link_category", "link_relation", "link_outage", "link_model")
_NATS = log(2) / 1000  # of a point


@dataclass(frozen=True)
class Judged:
    """Pairs of which people spoke: levels in the order of EVIDENCES, their score, how many, and how many are one."""

    version: int
    levels: list[tuple[str, ...]]
    scores: list[int]
    pairs: list[int]
    same: list[int]


@dataclass(frozen=True)
class Change:
    """A level whose points move, from so many judged pairs, of which so many are one incident."""

    evidence: str
    level: str
    before: int
    after: int
    pairs: int
    same: int


def judged_pairs(warehouse: Path) -> Judged:
    """What people said of the pairs of a build, and the version of the weights that it was linked by.

    A pair that was never held against each other has no evidence and is left out. Raises LinkError below LEAST_JUDGED.
    """
    levels = ", ".join(f"pairs.{evidence}_level" for evidence in EVIDENCES)
    points = " + ".join(f"pairs.{evidence}_points" for evidence in EVIDENCES)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        told = connection.execute(
            "select 1 from information_schema.tables "
            "where table_schema = 'intermediate' and table_name = 'int_link_rule'"
        )
        if not told.fetchall():
            raise LinkError(f"build {warehouse.parent.name} was made before cases were linked: build again")
        [(version, prior)] = connection.execute(
            "select model.model_version, weight.points from intermediate.int_link_model as model "
            "inner join intermediate.link_weight as weight "
            "on model.model_version = weight.model_version and weight.evidence = 'prior'"
        ).fetchall()
        rows = connection.execute(
            f"select {levels}, {points}, count(*), count(*) filter (rules.rule = 'must') "
            "from intermediate.int_link_rule as rules "
            "inner join intermediate.int_link_pair as pairs "
            "on rules.earlier_no = pairs.earlier_no and rules.later_no = pairs.later_no "
            "where rules.reason = 'human' group by all order by all"
        ).fetchall()
    size = len(EVIDENCES)
    found = Judged(
        int(version),
        [tuple(map(str, row[:size])) for row in rows],
        [int(row[size]) + int(prior) for row in rows],
        [int(row[size + 1]) for row in rows],
        [int(row[size + 2]) for row in rows],
    )
    if sum(found.pairs) < LEAST_JUDGED:
        raise LinkError(
            f"people spoke of {sum(found.pairs)} pairs of this build that were held against each other; nothing is "
            f"fitted below {LEAST_JUDGED}. `rpt_link_review` lists what to look at; say it with `onegrid link · unlink`"
        )
    return found


def refitted(judged: Judged, weights: dict[tuple[str, str], int]) -> list[Change]:
    """The levels of `weights` (evidence, level → points) that move; thousandths of a binary logarithm of odds."""
    import numpy as np

    counted: dict[tuple[str, str], list[int]] = {}
    for levels, pairs, same in zip(judged.levels, judged.pairs, judged.same, strict=True):
        for told in zip(EVIDENCES, levels, strict=True):
            counts = counted.setdefault(told, [0, 0])
            counts[0] += pairs
            counts[1] += same
    # what tells nothing has no points by design, and stays so
    fit = [
        told for told, (pairs, _) in sorted(counted.items()) if pairs >= LEAST_OF_A_LEVEL and weights.get(told, 0) != 0
    ]
    place = {told: at for at, told in enumerate(fit)}
    design = np.zeros((len(judged.levels), len(fit)))
    for row, levels in enumerate(judged.levels):
        used = [place[told] for told in zip(EVIDENCES, levels, strict=True) if told in place]
        design[row, used] = 1
    moved = _solve(design, np.array(judged.pairs), np.array(judged.same), np.array(judged.scores) * _NATS)
    changes = []
    for told, nats in zip(fit, moved, strict=True):
        points = round(float(nats) / _NATS)
        if points:
            pairs, same = counted[told]
            changes.append(Change(*told, weights[told], weights[told] + points, pairs, same))
    return changes


def _solve(design: "NDArray[Any]", pairs: "NDArray[Any]", same: "NDArray[Any]", known: "NDArray[Any]") -> Any:
    """Newton's method for a logistic regression with known log-odds and a ridge; steps are held short."""
    import numpy as np

    weight = np.zeros(design.shape[1])
    for _ in range(60):
        chance = 1 / (1 + np.exp(-np.clip(known + design @ weight, -30, 30)))
        slope = design.T @ (same - pairs * chance) - RIDGE * weight
        bend = (design.T * (pairs * chance * (1 - chance))) @ design + RIDGE * np.eye(len(weight))
        step = np.clip(np.linalg.solve(bend, slope), -2, 2)
        weight += step
        if not len(step) or np.abs(step).max() < 1e-7:
            break
    return weight


def weights_of(seeds: Path, version: int) -> dict[tuple[str, str], int]:
    """(evidence, level) → points of a version in the project's seeds."""
    _, rows = _read(seeds / "link_weight.csv")
    return {(row["evidence"], row["level"]): int(row["points"]) for row in rows if int(row["model_version"]) == version}


def write_version(seeds: Path, version: int, changes: Sequence[Change], valid_from: date, label: str) -> int:
    """Add the next version to every seed of linking: that of `version` with the changes; older ones stay.

    Returns its number. Raises LinkError where `valid_from` is not after the newest version's.
    """
    columns, models = _read(seeds / "link_model.csv")
    newest = max(models, key=lambda row: row["valid_from"])
    if valid_from.isoformat() <= newest["valid_from"]:
        raise LinkError(
            f"version {newest['model_version']} counts from {newest['valid_from']}; a newer one must begin later"
        )
    number = max(int(row["model_version"]) for row in models) + 1
    points = {(one.evidence, one.level): str(one.after) for one in changes}
    for name in SEEDS:
        columns, rows = _read(seeds / f"{name}.csv")
        fresh = [{**row, "model_version": str(number)} for row in rows if int(row["model_version"]) == version]
        for row in fresh:
            if name == "link_weight":
                row["points"] = points.get((row["evidence"], row["level"]), row["points"])
            elif name == "link_model":
                row |= {"valid_from": valid_from.isoformat(), "label_zh": f"第{number}版：{label}"}
                row["label_en"] = f"Version {number}: {label}"
        _write(seeds / f"{name}.csv", columns, [*rows, *fresh])
    return number


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as source:
        reader = csv.DictReader(source)
        rows = list(reader)
        return list(reader.fieldnames or []), rows


def _write(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, out.getvalue().encode())
