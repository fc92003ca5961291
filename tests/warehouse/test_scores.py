"""Scorecards against a hand: thresholds, double counting, ties, and who may not be ranked."""

from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.dbt


def scores(warehouse: duckdb.DuckDBPyConnection, card: str) -> dict[str, tuple[Any, ...]]:
    rows = warehouse.execute(
        "select ratee_code, score, maximum, ranking, why_not_ranked from mart.rpt_scorecard "
        "where scorecard = ? and month = date '2026-10-01'",
        [card],
    ).fetchall()
    return {row[0]: row[1:] for row in rows}


def test_thresholds_double_counting_and_deductions(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert scores(warehouse, "desk") == {
        "S70": (60_000 + 10_000, 70_000, 1, None),
        "STI": (70_000, 70_000, 1, None),  # ties share a rank
        "SDB": (70_000, 70_000, 1, None),  # 10 of 14 is 71.4 %; 6 of 10 would be 60 %
        "S60": (40_000 + 8_500, 70_000, 4, None),  # ten points at two each, three reworks at half a point
        "SFE": (70_000, 70_000, None, "below_minimum"),
        "SIN": (60_000, 60_000, None, "not_assessable"),  # its feed cannot tell a rework: that line asks for nothing
    }


def test_a_department_over_a_street_and_a_rule_without_a_document_rank_nobody(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert {row[3] for row in scores(warehouse, "from_below").values()} == {"operational_only"}
    assert {row[3] for row in scores(warehouse, "unwritten").values()} == {"no_authority"}


def test_every_point_is_traced_to_its_cases(warehouse: duckdb.DuckDBPyConnection) -> None:
    lost = warehouse.execute(
        "select line_no, list(stream_key order by stream_key) filter (where is_missed), sum(costs) "
        "from mart.rpt_scorecard_item where scorecard = 'desk' and ratee_code = 'S60' group by line_no order by 1"
    ).fetchall()
    assert lost[0][:2] == (1, ["S60-6", "S60-7", "S60-8", "S60-9"])
    assert lost[1] == (2, [f"S60-{number}" for number in range(3, 10)], 1_500)
    [(doubled,)] = warehouse.execute(
        "select count(*) from mart.rpt_scorecard_item where scorecard = 'desk' and weight = 2"
    ).fetchall()
    assert doubled == 4


def test_the_lines_add_up_to_the_score(warehouse: duckdb.DuckDBPyConnection) -> None:
    differing = warehouse.execute(
        "select * from mart.rpt_scorecard as s inner join (select scorecard, month, ratee_code, sum(points) as points, "
        "sum(maximum) as maximum from mart.rpt_scorecard_line group by all) as l using (scorecard, month, ratee_code) "
        "where s.score <> l.points or s.maximum <> l.maximum"
    ).fetchall()
    assert differing == []


def test_the_rule_of_the_month_is_the_one_in_force_on_its_last_day(warehouse: duckdb.DuckDBPyConnection) -> None:
    used = warehouse.execute(
        "select distinct month, threshold from mart.rpt_scorecard_line where scorecard = 'desk' and line_no = 1"
    ).fetchall()
    assert [(str(month), threshold) for month, threshold in used] == [("2026-10-01", 700)]
