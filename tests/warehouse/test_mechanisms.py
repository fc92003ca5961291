"""The one fold of all mechanisms: figures cut by what their streams tell, and the burden that feeds put on the base."""

from datetime import date
from typing import Any

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.dbt

Cut = dict[tuple[str, str], tuple[int, int | None]]


def cut(warehouse: Any, facet: str, network: str, kind: str = "organisation") -> Cut:
    """(indicator, value) → numerator and denominator in October, of the streams of these tests alone."""
    rows = warehouse.execute(
        "select items.indicator, facets.facet_value, sum(items.numerator), sum(items.denominator) "
        "from mart.rpt_indicator_item as items join intermediate.int_work_facet as facets using (item_id) "
        "where facets.facet = ? and items.network = ? group by all",
        [facet, network],
    ).fetchall()
    return {(indicator, value): (int(n), None if d is None else int(d)) for indicator, value, n, d in rows}


def test_whistles_are_counted_by_kind(warehouse: Any) -> None:
    found = cut(warehouse, "kind", "mechanism_centre")
    assert found["whistles", "日常哨"] == (2, None)
    assert found["whistle_signed_rate", "日常哨"] == (2, 2)
    assert found["whistle_signed_rate", "应急哨"] == (1, 2)
    # half an hour before and half an hour after its hour; the second of the deadline is on time
    assert found["whistle_signed_on_time_rate", "日常哨"] == (1, 2)
    assert found["whistle_signed_on_time_rate", "应急哨"] == (1, 2)
    # what is not due yet owes nothing
    assert found["whistle_closed_on_time_rate", "日常哨"] == (1, 2)
    assert found["whistle_closed_on_time_rate", "应急哨"] == (0, 1)


def test_a_day_that_is_owed_ends_at_local_midnight_and_what_tells_no_class_is_in_no_cut(warehouse: Any) -> None:
    found = cut(warehouse, "class", "mechanism_centre")
    assert found["visit_on_time_rate", "1"] == (1, 2)
    assert found["visit_rate", "1"] == (2, 2)
    # owed by today, which is not over
    assert found["visit_rate", "2"] == (0, 1)
    assert sum(numerator for (indicator, _), (numerator, _) in found.items() if indicator == "visits_planned") == 4


def test_the_cuts_of_a_month_stand_in_the_mart_and_stay_within_the_figure(warehouse: Any) -> None:
    rows = warehouse.execute(
        "select facet_value, numerator, item_count, month_on, is_assessable from mart.rpt_mechanism "
        "where indicator = 'whistles' and facet = 'kind' and subject_kind = 'district' order by facet_value"
    ).fetchall()
    assert {value: (numerator, items) for value, numerator, items, _, _ in rows} == {"应急哨": (2, 2), "日常哨": (2, 2)}
    assert {month for _, _, _, month, _ in rows} == {date(2026, 10, 1)}
    above = warehouse.execute(
        "with cut as (select indicator, facet, subject_kind, subject_code, month_on, sum(item_count) as things "
        "from mart.rpt_mechanism group by all) select count(*), count(*) filter (where c.things > w.item_count) "
        "from cut as c join mart.rpt_indicator as w on c.indicator = w.indicator and c.subject_kind = w.subject_kind "
        "and c.subject_code = w.subject_code and w.period_kind = 'month' and c.month_on = w.period_start::date"
    ).fetchone()
    assert above[0] > 10
    assert above[1] == 0


def test_the_burden_ledger_counts_our_own_feeds_and_says_which_admission_has_run_out(warehouse: Any) -> None:
    rows = warehouse.execute(
        "select feed, filled_by, records, cells, is_typed_at_the_base, admission_number, is_admission_expired "
        "from mart.dq_burden where network = 'mechanism_centre' order by feed"
    ).fetchall()
    assert rows == [
        # its last day is today
        ("ledger_of_visits", "community", 5, 20, True, "准入〔2026〕8号", False),
        ("ledger_of_whistles", "grid_worker", 4, 16, True, "准入〔2026〕9号", True),
        ("never_delivered", "community", 0, 0, True, None, False),
    ]
    [(feeds, listed)] = warehouse.execute(
        "select (select count(*) from log.feed), (select count(distinct feed) from mart.dq_burden)"
    ).fetchall()
    assert feeds == listed


def test_a_mechanism_that_is_a_contract_and_rows_of_the_registry_has_its_figures(warehouse: Any) -> None:
    rows = warehouse.execute(
        "select indicator, period_start::date, numerator, denominator from mart.rpt_indicator "
        "where indicator like 'reception%' and subject_kind = 'network' and subject_code = 'reception_centre' "
        "and period_kind = 'month' order by all"
    ).fetchall()
    september, october = date(2026, 9, 1), date(2026, 10, 1)
    assert rows == [
        # two by the day, the second to the last second; the one whose day has no answer owed is in neither
        ("reception_answered_on_time_rate", september, 2, 3),
        # of one it is not told how many came
        ("reception_callers", september, 9, None),
        # one received two days late, one never; the day of a sixth is today and not over
        ("reception_held_rate", september, 3, 5),
        ("reception_settling_seconds", october, 24 * 86400 + 1800, 1),
        ("receptions", september, 5, None),
        ("receptions", october, 1, None),
    ]
    assert cut(warehouse, "rank", "reception_centre") == {
        ("receptions", "区"): (2, None), ("receptions", "部门"): (2, None), ("receptions", "街道"): (2, None),
        ("reception_held_rate", "区"): (2, 2), ("reception_held_rate", "部门"): (0, 2),
        ("reception_held_rate", "街道"): (1, 1), ("reception_callers", "区"): (7, None),
        ("reception_callers", "部门"): (2, None), ("reception_callers", "街道"): (0, None),
        ("reception_answered_on_time_rate", "区"): (1, 2), ("reception_answered_on_time_rate", "部门"): (1, 1),
        ("reception_settling_seconds", "区"): (24 * 86400 + 1800, 1),
    }  # fmt: skip


def test_nothing_else_names_that_mechanism() -> None:
    for package in (
        "ingest",
        "onegrid",
        "dags",
        "reporting",
        "expectations",
        "watch",
        "simulator",
        "dbt_project/models",
        "dbt_project/macros",
    ):
        for path in (REPOSITORY / package).rglob("*"):
            if path.suffix in (".py", ".sql", ".yml", ".j2"):
                assert "reception" not in path.read_text(encoding="utf-8"), path
