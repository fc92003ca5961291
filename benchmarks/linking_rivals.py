"""Other ways to link the same cases: a plain rule, Splink, and a gradient boosting that has seen the truth.

Each runs in a process of its own: python -m benchmarks.linking_rivals NAME DEVELOPED SCORED prints one line of JSON.
Thresholds are chosen on the developing world, as the truth of the scored one is nobody's to look at. Splink and
scikit-learn are no libraries of onegrid; they are looked for in the folder ONEGRID_LINKING_TOOLS, after all else.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from benchmarks.linking_attach import attach, read_bounds, read_cases
from benchmarks.linking_score import Score, score

TOOLS = "ONEGRID_LINKING_TOOLS"
TRAINED_ON = 400_000  # pairs, at most
_LEVELS = ("place", "area", "matter", "person", "thing", "ended", "teller", "words")
_SAME = (
    "select a.incident = b.incident from intermediate.int_link_pair as p "
    "inner join intermediate.int_link_case as x on p.earlier_no = x.case_no "
    "inner join intermediate.int_link_case as y on p.later_no = y.case_no "
    "inner join truth as a on x.case_id = a.case_id inner join truth as b on y.case_id = b.case_id "
    "order by p.earlier_no, p.later_no"
)
_PLAIN_PAIRS = """
    select earlier.case_no as one, later.case_no as another
    from intermediate.int_link_case as earlier
    inner join (
        select *, unnest([x_dm // 500 - 1, x_dm // 500, x_dm // 500 + 1]) as looked_x from intermediate.int_link_case
    ) as later
        on earlier.x_dm // 500 = later.looked_x
        and earlier.y_dm // 500 between later.y_dm // 500 - 1 and later.y_dm // 500 + 1
        and coalesce(earlier.canonical_name, earlier.category_key) = coalesce(later.canonical_name, later.category_key)
    where
        earlier.case_no < later.case_no and later.opened_s - earlier.opened_s <= 86400
        and (earlier.x_dm - later.x_dm) ** 2 + (earlier.y_dm - later.y_dm) ** 2 <= 250000
    union
    select earlier.case_no, later.case_no
    from intermediate.int_link_case as earlier
    inner join intermediate.int_link_case as later
        on earlier.place_key = later.place_key
        and coalesce(earlier.canonical_name, earlier.category_key) = coalesce(later.canonical_name, later.category_key)
    where
        earlier.case_no < later.case_no and later.opened_s - earlier.opened_s <= 86400
        and (earlier.x_dm is null or later.x_dm is null)
"""


def plain(_developed: Path, scored: Path) -> Score:
    """The same category, 50 m (or, without a point, the same address) and 24 hours; whatever hangs together is one."""
    with duckdb.connect(str(scored)) as connection:
        connection.execute("set memory_limit = '3GB'; set enable_progress_bar = false")
        pairs = connection.execute(_PLAIN_PAIRS).fetchnumpy()
        return _score_components(connection, pairs["one"], pairs["another"])


def splink(developed: Path, scored: Path) -> Score:
    """Splink on the same pairs: u from random pairs, m by EM within an address or token; threshold from `developed`."""
    best = max((_score_at(developed, cut).b3_f1, cut) for cut in (-2, 0, 2, 4, 6, 8))
    return _score_at(scored, best[1])


_weights: dict[Path, tuple[Any, Any, Any]] = {}


def _score_at(warehouse: Path, cut: float) -> Score:
    one, another, weight = _weights.get(warehouse) or _weights.setdefault(warehouse, _splink_weights(warehouse))
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        cases, bounds = read_cases(connection), read_bounds(connection)
        pairs = _points(one, another, weight)
        return _score_labels(connection, attach(cases, pairs, bounds, round(cut * 1000)))


def _splink_weights(warehouse: Path) -> tuple[Any, Any, Any]:
    from splink import DuckDBAPI, Linker

    with duckdb.connect(str(warehouse), read_only=True) as source:
        cases = source.execute(
            "select case_no as unique_id, opened_s, x_dm, y_dm, place_key, place_key as address, canonical_name, "
            "link_group, community_code, token from intermediate.int_link_case"
        ).to_arrow_table()
        blocked = source.execute(
            "select '0' as match_key, earlier_no as join_key_l, later_no as join_key_r "
            "from intermediate.int_link_candidate"
        ).to_arrow_table()
    connection = duckdb.connect()
    connection.execute("set memory_limit = '3GB'")
    api = DuckDBAPI(connection)
    square = "(x_dm_l - x_dm_r) * (x_dm_l - x_dm_r) + (y_dm_l - y_dm_r) * (y_dm_l - y_dm_r)"
    gap = "abs(opened_s_l - opened_s_r)"

    def levels(null: str, *conditions: str) -> list[dict[str, Any]]:
        return [
            {"sql_condition": null, "is_null_level": True},
            *({"sql_condition": one} for one in (*conditions, "ELSE")),
        ]

    compared = {
        "distance": levels(
            "x_dm_l is null or x_dm_r is null", *(f"{square} <= {far * far * 100}" for far in (30, 60, 100, 200))
        ),
        "address": levels("address_l is null or address_r is null", "address_l = address_r"),
        "gap": levels("opened_s_l is null", *(f"{gap} <= {hours * 3600}" for hours in (1, 6, 24, 48, 96))),
        "category": levels(
            "link_group_l is null or link_group_r is null",
            "canonical_name_l = canonical_name_r",
            "link_group_l = link_group_r",
        ),
        "area": levels("community_code_l is null or community_code_r is null", "community_code_l = community_code_r"),
    }  # fmt: skip
    settings = {
        "link_type": "dedupe_only",
        "comparisons": [{"output_column_name": name, "comparison_levels": found} for name, found in compared.items()],
        "blocking_rules_to_generate_predictions": ["l.place_key = r.place_key"],
        "retain_matching_columns": False,
    }
    linker = Linker(api.register(cases), settings, log_level=None)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=7)
    near = f"abs(l.opened_s - r.opened_s) <= {7 * 86400}"
    for rule in (f"l.place_key = r.place_key and {near}", f"l.token = r.token and {near}"):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=1e6)
    linker.table_management.register_blocked_pairs_for_predict(api.register(blocked))
    found = linker.inference.predict(warning_mode="never").as_duckdbpyrelation()
    found = found.select("unique_id_l, unique_id_r, match_weight").fetchnumpy()
    return found["unique_id_l"], found["unique_id_r"], found["match_weight"]


def boosted(developed: Path, scored: Path) -> Score:
    """Gradient boosting on the same evidence, trained on the truth of the developing world: the ceiling for it."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    codes: dict[tuple[str, str], int] = {}
    table, same, _, _ = _features(developed, codes)
    chosen = np.random.default_rng(7).permutation(len(same))[:TRAINED_ON]
    model = HistGradientBoostingClassifier(max_iter=200, learning_rate=0.1, max_leaf_nodes=63, random_state=7)
    model.fit(table[chosen], same[chosen])

    def scored_at(warehouse: Path, cuts: tuple[float, ...]) -> list[tuple[float, Score]]:
        told, _, one, another = _features(warehouse, codes)
        chance = np.clip(model.predict_proba(told)[:, 1], 1e-6, 1 - 1e-6)
        pairs = _points(one, another, np.log2(chance / (1 - chance)))
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            cases, bounds = read_cases(connection), read_bounds(connection)
            return [(cut, _score_labels(connection, attach(cases, pairs, bounds, round(cut * 1000)))) for cut in cuts]

    cut = max((one.b3_f1, at) for at, one in scored_at(developed, (-0.5, 0.0, 0.5, 1.0)))[1]
    return scored_at(scored, (cut,))[0][1]


def _features(warehouse: Path, codes: dict[tuple[str, str], int]) -> tuple[NDArray[Any], NDArray[Any], Any, Any]:
    """Evidence of the pairs as numbers (levels by a code that `codes` keeps), whether they are one, which they are."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        told = connection.execute(
            f"select earlier_no, later_no, gap_s, distance_dm, {', '.join(f'{name}_level' for name in _LEVELS)}, "
            "split_part(time_level, '/', 1) as kind from intermediate.int_link_pair order by earlier_no, later_no"
        ).fetchnumpy()
        same = np.array([row[0] for row in connection.execute(_SAME).fetchall()])
    columns = [
        np.ma.filled(told["gap_s"].astype(float), np.nan),
        np.ma.filled(told["distance_dm"].astype(float), np.nan),
    ]
    for name in (*(f"{level}_level" for level in _LEVELS), "kind"):
        words, place = np.unique(told[name].astype(str), return_inverse=True)
        columns.append(np.array([codes.setdefault((name, word), len(codes)) for word in words], dtype=float)[place])
    return np.column_stack(columns), same, told["earlier_no"], told["later_no"]


def _points(one: Any, another: Any, weight: Any) -> list[tuple[int, int, int, None]]:
    points = np.clip(np.round(np.asarray(weight, dtype=float) * 1000), -12_000, 12_000).astype(int)
    low, high = np.minimum(one, another).tolist(), np.maximum(one, another).tolist()
    return [(a, b, score, None) for a, b, score in zip(low, high, points.tolist(), strict=True)]


def _score_labels(connection: duckdb.DuckDBPyConnection, label: dict[int, int]) -> Score:
    told = {"case_no": np.array(list(label)), "label": np.array(list(label.values()))}
    connection.register("labelled", told)
    found = score(
        connection, "select case_id, label from labelled inner join intermediate.int_link_case using (case_no)"
    )
    connection.unregister("labelled")
    return found


def _score_components(connection: duckdb.DuckDBPyConnection, one: Any, another: Any) -> Score:
    """Whatever hangs together by pairs is one: union-find."""
    cases = [row[0] for row in connection.execute("select case_no from intermediate.int_link_case").fetchall()]
    parent = {case: case for case in cases}

    def root(case: int) -> int:
        while parent[case] != case:
            parent[case] = parent[parent[case]]
            case = parent[case]
        return case

    for low, high in zip(one.tolist(), another.tolist(), strict=True):
        first, second = root(low), root(high)
        parent[max(first, second)] = min(first, second)
    return _score_labels(connection, {case: root(case) for case in cases})


RIVALS: dict[str, Callable[[Path, Path], Score]] = {"plain": plain, "splink": splink, "boosted": boosted}


def main(name: str, developed: str, scored: str) -> None:
    """Run one of RIVALS and print its score, seconds and peak memory."""
    sys.path.append(os.environ.get(TOOLS, ""))
    began = time.monotonic()
    found = RIVALS[name](Path(developed), Path(scored))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    told = {"score": asdict(found), "seconds": round(time.monotonic() - began, 1), "peak_mb": peak}
    sys.stdout.write("\n" + json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
