"""Weights of linking follow what people judged, and only as far as they judged it."""

import csv
import random
import shutil
from datetime import date
from math import log
from pathlib import Path

import duckdb
import pytest

from ingest.errors import LinkError
from reporting.build import ROOT
from reporting.incidents import EVIDENCES
from reporting.link_weights import SEEDS, Judged, judged_pairs, refitted, weights_of, write_version

PROJECT_SEEDS = ROOT / "dbt_project" / "seeds"
PLACES = {"near": 3000, "far": -3000}
WEIGHTS = {("prior", "every pair"): -1000, **{("place", level): points for level, points in PLACES.items()}}


def warehouse(folder: Path, truly: dict[str, float], each: int, by: str = "human") -> Path:
    """A build in which people judged so many pairs of each place; `truly`: the share of them that is one incident."""
    chance = random.Random(7)
    path = folder / "onegrid.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create schema intermediate; create table intermediate.int_link_model as select 1 as model_version; "
            "create table intermediate.link_weight as select 1 as model_version, 'prior' as evidence, -1000 as points; "
            "create table intermediate.int_link_rule (earlier_no int, later_no int, rule varchar, reason varchar)"
        )
        columns = ", ".join(f"{name}_level varchar, {name}_points bigint" for name in EVIDENCES)
        connection.execute(f"create table intermediate.int_link_pair (earlier_no int, later_no int, {columns})")
        number = 0
        for level, share in truly.items():
            for _ in range(each):
                number += 1
                told = [(level, PLACES[level]) if name == "place" else ("none", 0) for name in EVIDENCES]
                values = ", ".join(f"'{name}', {points}" for name, points in told)
                connection.execute(
                    f"insert into intermediate.int_link_pair values ({number}, {number + 10000}, {values})"
                )
                rule = "must" if chance.random() < share else "cannot"
                connection.execute(
                    f"insert into intermediate.int_link_rule values ({number}, {number + 10000}, '{rule}', '{by}')"
                )
    return path


def test_a_level_goes_where_people_judged_otherwise_and_the_others_stay(tmp_path: Path) -> None:
    # at 3000 - 1000 points four of five are one incident; people say so of one in ten that are near
    judged = judged_pairs(warehouse(tmp_path, {"near": 0.1, "far": 1 / 17}, each=300))
    changes = {(one.evidence, one.level): one for one in refitted(judged, WEIGHTS)}
    near = changes["place", "near"]
    share = near.same / near.pairs
    wanted = log(share / (1 - share), 2) * 1000 + 1000  # what the counts alone would say, the prior left where it is
    assert near.before == 3000
    assert wanted < near.after < wanted + 400, "nearly, but held back by the ridge"
    far = changes.get(("place", "far"))
    assert far is None or abs(far.after - far.before) < 600, "people judged as its points already said"
    assert {evidence for evidence, _ in changes} == {"place"}, "what tells nothing has no points, and the prior stays"


def test_a_few_pairs_move_little_and_very_few_nothing(tmp_path: Path) -> None:
    many = Judged(1, [("near", *["none"] * 8)], [2000], [400], [40])
    few = Judged(1, [("near", *["none"] * 8)], [2000], [10], [1])
    one = Judged(1, [("near", *["none"] * 8)], [2000], [5], [0])
    [of_many], [of_few] = refitted(many, WEIGHTS), refitted(few, WEIGHTS)
    assert of_many.after < of_few.after < 3000
    assert refitted(one, WEIGHTS) == []
    with pytest.raises(LinkError, match="spoke of 20 pairs"):
        judged_pairs(warehouse(tmp_path, {"near": 0.5}, each=20))


def test_numbers_that_records_name_are_nobodys_judgement(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="spoke of 0 pairs"):
        judged_pairs(warehouse(tmp_path, {"near": 0.5}, each=60, by="duplicate"))


def test_the_next_version_stands_beside_the_old_one_in_every_seed(tmp_path: Path) -> None:
    for name in SEEDS:
        shutil.copy(PROJECT_SEEDS / f"{name}.csv", tmp_path)
    before = {name: (tmp_path / f"{name}.csv").read_text(encoding="utf-8") for name in SEEDS}
    weights = weights_of(tmp_path, 1)
    told = max(weights, key=lambda one: weights[one])
    judged = Judged(1, [tuple(told[1] if name == told[0] else "none" for name in EVIDENCES)], [2000], [400], [40])
    changes = refitted(judged, weights)
    assert [(one.evidence, one.level) for one in changes] == [told]
    assert write_version(tmp_path, 1, changes, date(2027, 1, 1), "sample") == 2
    assert all((tmp_path / f"{name}.csv").read_text(encoding="utf-8").startswith(before[name]) for name in SEEDS)
    assert weights_of(tmp_path, 1) == weights
    assert weights_of(tmp_path, 2) == {**weights, told: changes[0].after}
    with (tmp_path / "link_model.csv").open(encoding="utf-8") as source:
        assert [row["valid_from"] for row in csv.DictReader(source)] == ["2026-01-01", "2027-01-01"]
    with pytest.raises(LinkError, match="must begin later"):
        write_version(tmp_path, 1, changes, date(2026, 12, 31), "sample")
