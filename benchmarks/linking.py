"""How well and how fast cases are linked to incidents, against the simulator's truth, beside other ways to do it.

    python -m benchmarks.linking                 # small and middle worlds, three noise levels, all methods
    python -m benchmarks.linking --sizes million --levels middle --methods ours
    python -m benchmarks.linking --daily         # what a day's batch costs beside linking all, and that both are equal
    python -m benchmarks.linking --fit           # fit the points of `link_weight` anew, on developing seeds

Weights are fitted, and thresholds of the others chosen, on developing seeds; every figure is of scoring seeds. `ours`
is the dbt models themselves, on cases made without the way through the log. `plain` is the same category, 50 m and 24
hours, connected; `splink` and `boosted` (gradient boosting on the truth of the developing world: the ceiling for this
evidence) need libraries that are not onegrid's: `make linking-tools`, or they are left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.linking_fit import fit, read_groups, write_weights
from benchmarks.linking_models import MODELS, PROJECT, ROOT, SCORED, Linked, make_world, run_models
from benchmarks.linking_rivals import RIVALS, TOOLS
from benchmarks.linking_score import Score, score
from benchmarks.linking_world import SIZES, plan_of

LEVELS = ("low", "middle", "high")
NEEDS = {"splink": "splink", "boosted": "sklearn"}
FITTED_ON = "middle"  # the size of the worlds that weights are fitted on
_LABELS = (
    "select case_id, incident_no as label from intermediate.int_link_settled "
    "inner join intermediate.int_link_case using (case_no)"
)
_LINKS = """
    with truths as (
        select cases.case_no, truth.incident from intermediate.int_link_case as cases inner join truth using (case_id)
    ),
    scored as (
        select
            pairs.score,
            one.incident = another.incident as is_same,
            of_one.incident_no = of_other.incident_no as is_linked
        from intermediate.int_link_pair as pairs
        inner join truths as one on pairs.earlier_no = one.case_no
        inner join truths as another on pairs.later_no = another.case_no
        inner join intermediate.int_link_settled as of_one on pairs.earlier_no = of_one.case_no
        inner join intermediate.int_link_settled as of_other on pairs.later_no = of_other.case_no
    )
    select
        count(*), count(*) filter (is_same),
        (select count(*) from intermediate.int_link_pair),
        (select count(*) from scored where score > review_from and score < automatic_from)
    from scored cross join intermediate.int_link_model
    where is_linked and score >= automatic_from
    group by review_from, automatic_from
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark or the fit; returns the exit code: 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="small,middle", help=f"of {', '.join(SIZES)}")
    parser.add_argument("--levels", default=",".join(LEVELS))
    parser.add_argument("--methods", default="ours,plain,splink,boosted")
    parser.add_argument(
        "--daily", action="store_true", help="link the last day on from the days before, and all at once"
    )
    parser.add_argument("--fit", action="store_true", help="write dbt_project/seeds/link_weight.csv anew")
    parser.add_argument("--tools", default=os.environ.get(TOOLS, str(ROOT / "var" / "linking-tools")))
    parser.add_argument("--folder", default="", help="keep the worlds here")
    parser.add_argument("--memory", default="3GB", help="what DuckDB may take")
    told = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(told.folder or made)
        if told.fit:
            refit(folder)
            return 0
        if told.daily:
            equal = [link_a_day(size, folder, told.memory) for size in told.sizes.split(",")]
            return 0 if all(equal) else 1
        methods = _usable(told.methods.split(","), told.tools)
        good = [compare(size, told.levels.split(","), methods, folder, told.memory) for size in told.sizes.split(",")]
    return 0 if all(good) else 1


def refit(folder: Path) -> None:
    """Fit the points on the developing worlds of all levels, and write the seed."""
    worlds = [make_world(plan_of(SIZES[FITTED_ON], level, "develop"), folder / f"fit-{level}") for level in LEVELS]
    groups = read_groups([one.warehouse for one in run_models(worlds, SCORED)])
    path = PROJECT / "seeds" / "link_weight.csv"
    write_weights(fit(groups), 1, path)
    print(f"fitted on {groups.pairs.sum():,.0f} pairs, {groups.same.sum():,.0f} of them one incident; wrote {path}")


def compare(size: str, levels: Sequence[str], methods: Sequence[str], folder: Path, memory: str = "3GB") -> bool:
    """Print a table of one size; returns whether the goals are met as far as they were measured."""
    learns = any(name in methods for name in NEEDS)
    worlds = [make_world(plan_of(SIZES[size], level, "score"), folder / f"{size}-{level}-score") for level in levels]
    before = [
        make_world(plan_of(SIZES[size], level, "develop"), folder / f"{size}-{level}-develop")
        for level in levels
        if learns
    ]
    linked = run_models(worlds, MODELS, memory)
    if learns:
        run_models(before, MODELS, memory)
    print(f"\n{size}: {linked[0].cases:,} cases\n{_HEAD}")
    good = True
    for at, level in enumerate(levels):
        ours = _ours(linked[at], level)
        good &= level != "middle" or ours.b3_f1 >= 0.90
        for name in methods:
            if name == "ours":
                continue
            developed = before[at][0] if learns else worlds[at][0]
            told = _rival(name, developed, worlds[at][0])
            other = Score(**told["score"])
            print(_line(level, name, other, told["seconds"], told["peak_mb"]), flush=True)
            good &= name != "boosted" or ours.b3_f1 >= other.b3_f1 - 0.02
    return good


def link_a_day(size: str, folder: Path, memory: str = "3GB") -> bool:
    """Print what linking the last day of a world costs, on from the days before; returns whether all is equal.

    The day before knows no case that came later and no end that did; both are told by the simulator.
    """
    plan = plan_of(SIZES[size], "middle", "score")
    (before, _), on, scratch = (make_world(plan, folder / f"{size}-{name}") for name in ("before", "on", "scratch"))
    with duckdb.connect(str(before)) as connection:
        connection.execute(_DAY_BEFORE)
        [(known,)] = connection.execute("select count(*) from intermediate.int_link_telling").fetchall()
    run_models([(before, known)], MODELS, memory)
    [gone_on] = run_models([on], MODELS, memory, before)
    [whole] = run_models([scratch], MODELS, memory)
    with duckdb.connect(str(gone_on.warehouse), read_only=True) as connection:
        connection.execute(f"attach '{whole.warehouse}' as whole (read_only)")
        [(renewed,)] = connection.execute("select count(*) from intermediate.int_link_renewed").fetchall()
        differing = {
            name: connection.execute(
                f"select count(*) from ((from intermediate.{name} except all from whole.intermediate.{name}) union all "
                f"(from whole.intermediate.{name} except all from intermediate.{name}))"
            ).fetchall()[0][0]
            for name in ("int_link_word", "int_link_pair", "int_link_settled")
        }
    one, another = sum(gone_on.seconds.values()), sum(whole.seconds.values())
    print(
        f"{size}: {on[1]:,} cases, {on[1] - known:,} of them of the last day; {renewed:,} renewed. On from the day "
        f"before {one:.1f} s ({gone_on.processor_seconds:.1f} s of processors, {gone_on.peak_mb:,} MB), from scratch "
        f"{another:.1f} s ({whole.processor_seconds:.1f} s, {whole.peak_mb:,} MB); rows that differ: "
        f"{sum(differing.values())}"
    )
    for name, seconds in gone_on.seconds.items():
        print(f"  {name:24}{seconds:8.2f}{whole.seconds[name]:8.2f}", flush=True)
    return not any(differing.values())


_DAY_BEFORE = """
    create or replace table intermediate.int_link_telling as
    with days as (select max(opened_at) - interval 1 day as seen_at from intermediate.int_link_telling)
    select tellings.* replace (case when closed_at <= seen_at then closed_at end as closed_at)
    from intermediate.int_link_telling as tellings cross join days
    where opened_at <= seen_at
"""
_HEAD = (
    f"{'noise':8}{'method':9}{'pair P':>8}{'pair R':>8}{'pair F1':>8}{'B3 P':>8}{'B3 R':>8}{'B3 F1':>8}"
    f"{'found':>9}{'true':>9}{'seconds':>9}{'MB':>7}"
)


def _line(level: str, name: str, found: Score, seconds: float, peak_mb: int) -> str:
    rates = (found.pair_precision, found.pair_recall, found.pair_f1, found.b3_precision, found.b3_recall, found.b3_f1)
    return (
        f"{level:8}{name:9}" + "".join(f"{rate:8.4f}" for rate in rates)
        + f"{found.found:9,}{found.true:9,}{seconds:9.1f}{peak_mb:7,}"
    )  # fmt: skip


def _ours(linked: Linked, level: str) -> Score:
    with duckdb.connect(str(linked.warehouse), read_only=True) as connection:
        found = score(connection, _LABELS)
        automatic, right, pairs, doubtful = connection.execute(_LINKS).fetchall()[0]
    print(_line(level, "ours", found, sum(linked.seconds.values()), linked.peak_mb))
    print(
        f"{'':8}{'':9}{pairs:,} pairs held against each other; of {automatic:,} linked in the automatic band "
        f"{right / max(automatic, 1):.4f} are right; {doubtful:,} doubtful; {linked.processor_seconds:.0f} s of "
        f"processors: " + ", ".join(f"{name[9:]} {seconds:.0f}" for name, seconds in linked.seconds.items()),
        flush=True,
    )
    return found


def _rival(name: str, developed: Path, scored: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.linking_rivals", name, str(developed), str(scored)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _usable(methods: Sequence[str], tools: str) -> list[str]:
    """The methods whose libraries are there; says of the others that they are left out."""
    os.environ[TOOLS] = tools
    sys.path.append(tools)
    usable = []
    for name in methods:
        if name not in ("ours", *RIVALS):
            raise SystemExit(f"there is no method {name!r}: ours, {', '.join(RIVALS)}")
        if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
            print(f"{name} is left out: {NEEDS[name]} is not there; `make linking-tools` puts it into {tools}")
        else:
            usable.append(name)
    return usable


if __name__ == "__main__":
    sys.exit(main())
