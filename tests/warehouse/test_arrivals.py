"""However the tellings arrive, the marts that speak of the world are the same (promise 11, in small)."""

from typing import Any

import duckdb
import pytest

from reporting.checksums import checksum

pytestmark = pytest.mark.dbt

# what these say is how it arrived
OF_DELIVERIES = {
    "dq_burden", "dq_control_total", "dq_feed", "dq_gate_check", "dq_gate_check_day", "dq_landing",
    "dq_rejected_record", "dq_rejection", "dq_verdict", "dq_watch",
}  # fmt: skip
# and this: whether all had come when a period was over, how often a fact was told, what was dated after its delivery
RELATIONS = {
    "rpt_indicator": "(select * exclude (is_assessable, is_before_comparable, is_year_before_comparable) "
    "from mart.rpt_indicator)",
    "rpt_mechanism": "(select * exclude (is_assessable) from mart.rpt_mechanism)",
    "fct_event": "(select * exclude (told_count) from mart.fct_event)",
    "dq_case_contradiction": ("(from mart.dq_case_contradiction where contradiction <> 'dated_after_delivery')"),
}


def marts(built: dict[str, Any], name: str) -> dict[str, tuple[int, str]]:
    assert built["outcomes"][name]["success"], built["outcomes"][name]
    with duckdb.connect(str(built["root"] / name / "onegrid.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'mart' order by 1"
        ).fetchall()
        return {
            table: checksum(connection, RELATIONS.get(table, f"mart.{table}"))
            for (table,) in tables
            if table not in OF_DELIVERIES
        }


@pytest.mark.parametrize("arrival", [
    "late", "repeated", pytest.param("shuffled", marks=pytest.mark.laws), pytest.param("split", marks=pytest.mark.laws)
])  # fmt: skip
def test_other_arrivals_end_in_the_same_marts(built: dict[str, Any], arrival: str) -> None:
    as_told = marts(built, "story")
    assert len(as_told) > 8
    assert sum(rows for rows, _ in as_told.values()) > 1_000
    assert marts(built, arrival) == as_told
