"""Scores after upheld objections are what the marts' own SQL gives over the items that are left."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reporting.closing import marts_of, month_rows, parse_month
from reporting.exclusions import EXCLUSION
from reporting.rescoring import LINES, RESCORED, RESCORED_LINES, SCORE_ITEMS, SCORES, can_rescore, make_scores

pytestmark = pytest.mark.dbt

OCTOBER = parse_month("2026-10")
MODELS = Path("target/compiled/onegrid/models/marts/assessment")
# Which (indicator, item) is taken out.
TAKEN = {
    "nothing": "false",
    "one that counts against a street": "ratee_code = 'S60' and is_missed and stream_key = 'S60-6'",
    "all that counts against a street, supervised ones too": "ratee_code = 'S60' and is_missed",
    "all of a street": "ratee_code = 'S70'",
    "so many that too few are left": "ratee_code = 'SDB' and stream_key > 'SDB-3'",
    "about every third": "hash(item_id) % 3 = 0",
    "whatever is not missed": "not is_missed",
    "everything": "true",
}


@pytest.fixture
def copy(built: dict[str, Any], warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> Iterator[Any]:
    """The story's warehouse, to be changed."""
    file = tmp_path / "onegrid.duckdb"
    shutil.copyfile(built["root"] / "story" / "onegrid.duckdb", file)
    with duckdb.connect(str(file)) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def rescored(connection: duckdb.DuckDBPyConnection, taken: str) -> None:
    marts = marts_of(connection, "onegrid")
    assert can_rescore(marts)
    rows = {name: month_rows("onegrid", name, OCTOBER, marts[name]) for name in (SCORES, LINES, SCORE_ITEMS)}
    rows["rpt_indicator"] = month_rows("onegrid", "rpt_indicator", OCTOBER, marts["rpt_indicator"])
    connection.execute(
        f"create or replace temp table {EXCLUSION} as select distinct indicator, item_id from {rows[SCORE_ITEMS]} "
        f"where {taken}"
    )
    make_scores(connection, rows)


def built_again(connection: duckdb.DuckDBPyConnection, built: dict[str, Any]) -> None:
    """The marts' own SQL, as dbt compiled it, over the items of October that are left."""
    connection.execute(
        f"delete from mart.{SCORE_ITEMS} where month = date '2026-10-01' "
        f"and (indicator, item_id) in (select (indicator, item_id) from {EXCLUSION})"
    )
    for name in (LINES, SCORES):
        sql = (built["root"] / "story" / MODELS / f"{name}.sql").read_text(encoding="utf-8")
        connection.execute(f"create or replace table mart.{name} as {sql}")


@pytest.mark.parametrize("taken", TAKEN)
def test_points_scores_and_ranks_are_those_of_the_marts_over_what_is_left(
    copy: duckdb.DuckDBPyConnection, built: dict[str, Any], taken: str
) -> None:
    rescored(copy, TAKEN[taken])
    found = copy.execute(
        "select scorecard, ratee_code, score, maximum, score_share, denominator, why_not_ranked, ranking "
        f"from {RESCORED} where score is not null order by all"
    ).fetchall()
    lines = copy.execute(
        "select scorecard, ratee_code, line_no, numerator, denominator, maximum, points "
        f"from {RESCORED_LINES} where points is not null order by all"
    ).fetchall()
    every = copy.execute(f"select count(*) from {RESCORED}").fetchall()
    before = copy.execute(f"select count(*) from mart.{SCORES} where month = date '2026-10-01'").fetchall()
    assert every == before, "what is gone is told as gone"
    built_again(copy, built)
    assert (
        found
        == copy.execute(
            "select scorecard, ratee_code, score, maximum, score_share, denominator, why_not_ranked, ranking "
            f"from mart.{SCORES} where month = date '2026-10-01' order by all"
        ).fetchall()
    )
    assert (
        lines
        == copy.execute(
            "select scorecard, ratee_code, line_no, numerator, denominator, maximum, points "
            f"from mart.{LINES} where month = date '2026-10-01' order by all"
        ).fetchall()
    )
    assert bool(found) is (taken != "everything")


def test_an_upheld_objection_gives_points_and_moves_others_in_rank(copy: duckdb.DuckDBPyConnection) -> None:
    rescored(copy, TAKEN["all that counts against a street, supervised ones too"])
    told = copy.execute(
        f"select ratee_code, score_before, ranking_before, score, ranking, excluded_items from {RESCORED} "
        "where scorecard = 'desk' and ratee_code in ('S60', 'S70') order by 1"
    ).fetchall()
    assert told[0][1:3] == (48_500, 4)
    assert told[0][3] > 48_500
    assert told[0][5] > 0
    assert told[1][1:] == (70_000, 1, 70_000, 1, 0)


def test_who_has_nothing_left_is_not_ranked(copy: duckdb.DuckDBPyConnection) -> None:
    rescored(copy, TAKEN["all of a street"])
    told = copy.execute(
        f"select score_before, ranking_before, score, ranking, why_not_ranked from {RESCORED} "
        "where scorecard = 'desk' and ratee_code = 'S70'"
    ).fetchall()
    assert told == [(70_000, 1, None, None, "nothing_left")]
    rescored(copy, TAKEN["so many that too few are left"])
    why = f"select why_not_ranked, ranking from {RESCORED} where scorecard = 'desk' and ratee_code = 'SDB'"
    assert copy.execute(why).fetchall() == [("below_minimum", None)]
