"""The rounds in which the models settle incidents answer what the rule says case by case, whatever the pairs are.

The macros' own SQL runs here, on an engine of its own and without dbt (`linking_by_hand`).
"""

import random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.linking_attach import Bounds, Pair, Told, attach
from tests.warehouse.linking_by_hand import Project

ABOVE = 0
BOUNDS = {"acute": Bounds(4 * 3600, 100), "outage": Bounds(2 * 3600, 2_000), "mixed": Bounds(6 * 3600, 200)}


def settle(connection: duckdb.DuckDBPyConnection, span: int) -> None:
    """Run the macro `settle_links` on spans of so many cases; it leaves the table link_work_label."""
    Project(connection, span).settle()


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute(
        f"create table int_link_model as select 1 as model_version, {ABOVE} as attach_above;"
        "create table link_kind (model_version integer, link_kind varchar, span_hours bigint, diameter_m bigint);"
        "create table int_link_case (case_no bigint, opened_s bigint, x_dm bigint, y_dm bigint, link_kind varchar);"
        "create table int_link_pair (earlier_no bigint, later_no bigint, score bigint, rule varchar)"
    )
    connection.executemany(
        "insert into link_kind values (1, ?, ?, ?)",
        [(kind, one.span_s // 3600, one.diameter_m) for kind, one in BOUNDS.items()],
    )
    return connection


@st.composite
def histories(draw: st.DrawFn) -> tuple[dict[int, Told], list[Pair]]:
    count = draw(st.integers(1, 12))
    cases, second = {}, 0
    for case in range(1, count + 1):
        second += draw(st.integers(0, 5_000))
        point = draw(st.one_of(st.none(), st.tuples(st.integers(0, 3_000), st.integers(0, 3_000))))
        kind = draw(st.sampled_from(["acute", "outage"]))
        cases[case] = Told(second, *(point or (None, None)), kind)
    scores = st.one_of(st.integers(-12_000, 12_000), st.sampled_from([-12_000, -1, 0, 1, 2_000, 12_000]))
    rules = st.sampled_from([None, None, None, None, "must", "cannot"])
    pairs = [
        (earlier, later, draw(scores), draw(rules))
        for later in cases
        for earlier in range(1, later)
        if draw(st.integers(0, 2))
    ]
    return cases, pairs


@settings(max_examples=60, deadline=None)
@given(history=histories(), order=st.randoms(use_true_random=False), span=st.integers(1, 13))
def test_rounds_answer_what_the_sequence_does_whatever_the_rows_and_spans(
    engine: duckdb.DuckDBPyConnection, history: tuple[dict[int, Told], list[Pair]], order: random.Random, span: int
) -> None:
    cases, pairs = history
    rows = [(case, told.opened_s, told.x_dm, told.y_dm, told.kind) for case, told in cases.items()]
    shuffled = list(pairs)
    order.shuffle(rows)
    order.shuffle(shuffled)
    engine.execute("delete from int_link_case; delete from int_link_pair")
    engine.executemany("insert into int_link_case values (?, ?, ?, ?, ?)", rows)
    if shuffled:
        engine.executemany("insert into int_link_pair values (?, ?, ?, ?)", shuffled)
    settle(engine, span)
    settled = dict(engine.execute("select case_no, incident_no from link_work_label").fetchall())
    assert settled == attach(cases, pairs, BOUNDS, ABOVE)


@pytest.mark.parametrize("span", [7, 100])
def test_a_long_chain_settles(engine: duckdb.DuckDBPyConnection, span: int) -> None:
    count = 100
    cases = {case: Told(case, 0, 0, "acute") for case in range(1, count + 1)}
    pairs: list[Pair] = [(case, case + 1, 3_000, None) for case in range(1, count)]
    engine.execute("delete from int_link_case; delete from int_link_pair")
    engine.execute(f"insert into int_link_case select range, range, 0, 0, 'acute' from range(1, {count + 1})")
    engine.executemany("insert into int_link_pair values (?, ?, ?, ?)", pairs)
    settle(engine, span)
    settled = dict(engine.execute("select case_no, incident_no from link_work_label").fetchall())
    assert settled == attach(cases, pairs, BOUNDS, ABOVE) == dict.fromkeys(cases, 1)
