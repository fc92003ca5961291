"""A code is read by its list, its kind and its day; what outlives the lists is said, with the days that break it."""

from collections import Counter
from datetime import date

import duckdb
import pytest

from tests.warehouse.categories import CHAIN, MID, NEW, READINGS, SWITCHES

pytestmark = pytest.mark.dbt


def test_every_case_has_the_category_of_its_list_kind_and_day(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select category_id, category_status, canonical_code, canonical_mapping from mart.fct_case "
        "where feed = 'coded' order by stream_key"
    ).fetchall()
    assert found == [read for _, read in READINGS]


def test_what_could_not_be_read_is_counted_and_listed(warehouse: duckdb.DuckDBPyConnection) -> None:
    listed = warehouse.execute(
        "select coalesce(code_set_told, ''), kind_told, category_code_told, status, cases, events "
        "from mart.dq_category where feed = 'coded'"
    ).fetchall()
    expected = Counter((told[0] or "", told[1] or "", told[2] or "", read[1]) for told, read in READINGS)
    assert {row[:4]: row[4:] for row in listed} == {key: (count, 2 * count) for key, count in expected.items()}
    assert sum(row[4] for row in listed) == len(READINGS), "nothing is lost"


def test_codes_of_the_city_are_marked_and_belong_to_it(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select category_code, is_extension, city from mart.dim_category "
        "where category_code in ('0192', '10998', '06010', 'H1') order by category_code"
    ).fetchall()
    assert found == [("0192", True, "story"), ("06010", False, None), ("10998", True, "story"), ("H1", False, "story")]


def test_lists_say_whose_they_are(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select code_set, standard, is_local, is_declared from mart.dim_code_set "
        "where code_set in ('callers', 'town', 'gbt_47678_5_2026', 'gbt_31000') order by code_set"
    ).fetchall()
    assert found == [
        ("callers", None, True, True),
        ("gbt_31000", "GB/T 31000-2015", False, True),
        ("gbt_47678_5_2026", "GB/T 47678.5-2026", False, True),
        ("town", None, True, False),  # met in codes, and nobody says what it is
    ]


def test_a_canonical_category_outlives_the_lists(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select canonical_name, code_count, exact_code_count, code_set_count, valid_to_on "
        "from mart.dim_canonical_category where canonical_code in ('暴露垃圾', ?, ?) order by code_count desc",
        [f"{NEW}/事项/06028", f"{MID}/事件/0505"],
    ).fetchall()
    # 暴露垃圾: three editions and the callers' list; of the story's own town there is one more
    assert found == [("暴露垃圾", 5, 5, 5, None), ("噪声扰民", 3, 1, 3, None), ("路面塌陷", 2, 2, 2, date(2026, 7, 1))]


def test_the_days_on_which_codes_gave_way_say_whether_figures_compare(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select canonical_code, strftime(switched_on, '%Y-%m-%d'), is_exact, reason from mart.dim_category_switch"
    ).fetchall()
    assert set(found) == SWITCHES
    codes = warehouse.execute(
        "select from_codes, to_codes from mart.dim_category_switch where reason = 'one_to_many' and canonical_code = ?",
        [f"{MID}/事件/0104"],
    ).fetchall()
    assert codes == [(f"{MID}/事件/0104", f"{NEW}/事项/06012 {NEW}/事项/06013")]


def test_a_crosswalk_that_leaves_the_kind_open_leads_nowhere(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select category_code, to_category_code from intermediate.int_crosswalk_version where not is_resolved"
    ).fetchall()
    assert found == [("0110", "01001")]


def test_duties_stand_with_and_without_events_in_each_month_of_their_force(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = warehouse.execute(
        "select strftime(month_on, '%m'), duty_code, owner_org_code, cases, handled, is_mapped, is_without_events "
        "from mart.rpt_duty where month_on in (date '2026-07-01', date '2026-08-01') order by all"
    ).fetchall()
    assert found == [
        ("07", "D1", "CQ", 0, 0, True, True),
        ("07", "D2", "CQ", 0, 0, False, True),  # 列而未办
        ("07", "D3", "CQ", 1, 0, True, False),
        ("08", "D1", "CR", 3, 1, True, False),  # with the one of the readings
        ("08", "D2", "CQ", 0, 0, False, True),
    ]
    (spans,) = warehouse.execute("select count(*) from mart.dim_duty where duty_code = 'D1'").fetchall()
    assert spans == (2,)


def test_events_outside_the_list_of_duties_are_counted_by_category(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select category_code, status, cases from mart.rpt_duty_outside "
        "where month_on = date '2026-08-01' and code_set = ?",
        [NEW],
    ).fetchall()
    assert set(found) == {("09001", "known", 1), ("06028", "known", 1), ("10998", "known", 1)}


def test_components_show_repeat_failures_owners_and_whom_the_work_went_to(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = warehouse.execute(
        "select component_code, is_registered, is_ownerless, expected_org_code, cases, repeat_failures, "
        "dispatched_as_expected, dispatched_otherwise, dispatched_without_expectation, not_dispatched "
        "from mart.rpt_component order by component_code"
    ).fetchall()
    assert found == [
        ("C1", True, False, "CW1", 3, 1, 1, 1, 0, 1),
        ("C2", True, True, None, 1, 0, 0, 0, 1, 0),
        ("C3", True, False, "CW", 1, 0, 1, 0, 0, 0),
        ("C9", False, False, None, 1, 0, 0, 0, 1, 0),
    ]
    cases = warehouse.execute(
        "select component_code, is_component_known, component_owner_org_code from mart.fct_case "
        "where component_code in ('C2', 'C3', 'C9') order by component_code"
    ).fetchall()
    assert cases == [("C2", True, None), ("C3", True, "CW"), ("C9", False, None)]


def test_words_of_no_list_are_counted_as_told(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select attribute, word, status, label_zh, cases from mart.dq_case_attribute where feed = 'worded' order by all"
    ).fetchall()
    assert found == [
        ("appeal_type", "", "not_told", None, 1),
        ("appeal_type", "complaint", "known", "投诉", 1),
        ("appeal_type", "投诉", "unknown", None, 1),
        ("level", "", "not_told", None, 2),
        ("level", "ordinary", "known", "一般", 1),
        ("nature", "", "not_told", None, 1),
        ("nature", "appeal", "known", "群众诉求", 1),
        ("nature", "停水", "unknown", None, 1),
    ]


@pytest.mark.parametrize(
    ("category", "period", "start", "with_the_one_before", "with_a_year_before"),
    [
        (f"{CHAIN}06028", "quarter", "2026-01-01", True, True),  # 1 March: another number for the same noise
        (f"{CHAIN}06028", "quarter", "2026-04-01", True, True),
        (f"{CHAIN}06028", "quarter", "2026-07-01", False, False),  # since 1 July more is called noise
        (f"{CHAIN}06028", "month", "2026-08-01", True, False),  # July was counted by the same list
        (f"{CHAIN}06028", "year", "2026-01-01", False, False),  # the year itself holds the switch
        ("暴露垃圾", "quarter", "2026-07-01", True, True),
        (f"{MID}/事件/0104", "quarter", "2026-04-01", False, False),  # there was nothing of the kind before
    ],
)
def test_a_comparison_over_a_switch_that_is_not_exact_is_flagged(
    warehouse: duckdb.DuckDBPyConnection,
    category: str,
    period: str,
    start: str,
    with_the_one_before: bool,
    with_a_year_before: bool,
) -> None:
    found = warehouse.execute(
        "select is_before_comparable, is_year_before_comparable from mart.rpt_indicator where indicator = 'reported' "
        "and subject_kind = 'category' and subject_code = ? and period_kind = ? and period_start = ?",
        [category, period, start],
    ).fetchall()
    assert found == [(with_the_one_before, with_a_year_before)]
