"""Linking that goes on from an earlier build has the tables of linking from scratch, whatever came, went or changed.

The models' own SQL runs here without dbt (`linking_by_hand`): on little worlds that a test makes up, and on the
simulator's, day by day.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.linking_models import make_world
from benchmarks.linking_world import Size, plan_of
from tests.warehouse.linking_by_hand import Project, lay_inputs

TABLES = (
    "int_link_case", "int_link_rule", "int_link_word_count", "int_link_word_weight", "int_link_home", "int_link_word",
    "int_link_pair", "int_link_settled",
)  # fmt: skip
BEGAN = datetime(2026, 10, 5, 8, 0)
ADDRESSES = (None, "云汀区柳塘街道柳塘路12号", "柳塘路12号", "柳塘路14号", "竹锦街3幢")
TEXTS = (None, "柳塘路12号水管爆裂", "水管爆裂路上全是水", "路灯不亮", "柳塘路路灯不亮多日", "水")
CATEGORIES = (None, "供水管道破裂", "道路照明", "暴露垃圾", "没有此类")


@dataclass(frozen=True)
class Case:
    """A case as it is told: minutes since BEGAN, a point in millionths of a degree, the rest by its place in a list."""

    key: int
    opened: int
    closed: int | None
    point: tuple[int, int] | None
    address: str | None
    text: str | None
    category: str | None
    community: str | None
    token: str | None

    def row(self) -> tuple[object, ...]:
        opened = BEGAN + timedelta(minutes=self.opened)
        closed = None if self.closed is None else opened + timedelta(minutes=self.closed)
        lon, lat = (None, None) if self.point is None else (120 + self.point[0] / 1e6, 30 + self.point[1] / 1e6)
        feed = ("water", "hotline")[self.key % 2]
        return (
            f"{feed}/{self.key}", feed, str(self.key), feed, "public", opened, closed, self.category,
            f"s/{self.category}", lon, lat, self.address, self.text, self.community, self.token, None,
        )  # fmt: skip


_MINUTES = st.one_of(st.integers(0, 600), st.integers(0, 40_000))
_CASES = st.builds(
    Case,
    key=st.integers(1, 14),
    opened=_MINUTES,
    closed=st.one_of(st.none(), _MINUTES),
    point=st.one_of(st.none(), st.tuples(st.sampled_from([0, 100, 900, 4_000]), st.sampled_from([0, 300, 2_800]))),
    address=st.sampled_from(ADDRESSES),
    text=st.sampled_from(TEXTS),
    category=st.sampled_from(CATEGORIES),
    community=st.sampled_from([None, "c1", "c2"]),
    token=st.sampled_from([None, "t1", "t2"]),
)
_WORDS = st.tuples(st.integers(1, 14), st.integers(1, 14), st.sampled_from(["linked", "unlinked", "withdrawn"]))
# what a build sees: cases by number (the last of each counts), and words of people
_SIGHTS = st.tuples(st.lists(_CASES, min_size=1, max_size=14), st.lists(_WORDS, max_size=2))
Sight = tuple[dict[int, Case], list[tuple[int, int, str]]]


@st.composite
def histories(draw: st.DrawFn) -> list[Sight]:
    """What three builds see, each from the one before: cases come, late or not, go, or are told otherwise."""
    told, words = draw(_SIGHTS)
    seen = [({case.key: case for case in told}, words)]
    for _ in range(2):
        cases = dict(seen[-1][0])
        for key in draw(st.lists(st.integers(1, 14), max_size=2)):
            cases.pop(key, None)
        for case in draw(st.lists(_CASES, max_size=3)):
            cases[case.key] = case
        for key in draw(st.lists(st.integers(1, 14), max_size=2)):
            if key in cases:
                cases[key] = replace(cases[key], **draw(_CHANGES))
        seen.append((cases, [*seen[-1][1], *draw(st.lists(_WORDS, max_size=1))]))
    return seen


_CHANGES = st.one_of(
    st.fixed_dictionaries({"closed": st.one_of(st.none(), _MINUTES)}),
    st.fixed_dictionaries({"point": st.sampled_from([None, (0, 0), (900, 300)])}),
    st.fixed_dictionaries({"text": st.sampled_from(TEXTS)}),
    st.fixed_dictionaries({"category": st.sampled_from(CATEGORIES)}),
)


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    return connection


def lay(connection: duckdb.DuckDBPyConnection, schema: str, sight: Sight) -> None:
    cases, words = sight
    lay_inputs(connection, schema)
    # three cases are many here, so that blocks become busy and are not any more
    connection.execute(f"update {schema}.link_model set busy_block = 3")
    if cases:
        marks = ", ".join("?" * 16)
        connection.executemany(
            f"insert into {schema}.int_link_telling values ({marks})", [case.row() for case in cases.values()]
        )
    for number, (one, another, act) in enumerate(words):
        feeds = [("water", "hotline")[key % 2] for key in (one, another)]
        connection.execute(
            f"insert into {schema}.stg_link_act values (?, ?, ?, ?, ?, ?, ?)",
            [number, act, feeds[0], str(one), feeds[1], str(another), BEGAN + timedelta(days=number)],
        )


def differing(connection: duckdb.DuckDBPyConnection, one: str, another: str) -> dict[str, int]:
    """Rows that one of two builds alone has, by table."""
    found = {
        name: connection.execute(
            f"select count(*) from ((from {one}.{name} except all from {another}.{name}) "
            f"union all (from {another}.{name} except all from {one}.{name}))"
        ).fetchall()[0][0]
        for name in TABLES
    }
    return {name: rows for name, rows in found.items() if rows}


@settings(max_examples=12, deadline=None)
@given(history=histories(), span=st.integers(1, 15))
def test_going_on_has_what_linking_from_scratch_has(
    engine: duckdb.DuckDBPyConnection, history: list[Sight], span: int
) -> None:
    project, before = Project(engine, span), ""
    for number, sight in enumerate(history):
        for schema in (f"on_{number}", "scratch"):
            lay(engine, schema, sight)
        project.build(f"on_{number}", before)
        project.build("scratch")
        assert differing(engine, f"on_{number}", "scratch") == {}
        before = f"on_{number}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cases of 26 days: in the last of them words are weighed by whole weeks that are over."""
    return make_world(plan_of(Size(60, 26, 150), "middle", "score"), tmp_path_factory.mktemp("world"))[0]


@pytest.fixture(scope="module")
def days(world: Path) -> duckdb.DuckDBPyConnection:
    """An engine with what the last days see, `day_0` to `day_3`: ends that are told, a withdrawn and two late cases."""
    connection = duckdb.connect()
    connection.execute(f"set threads = 1; attach '{world}' as world (read_only)")
    [(last,)] = connection.execute("select max(opened_at) from world.intermediate.int_link_telling").fetchall()
    for number in range(4):
        day = last - timedelta(days=3 - number)
        lay_inputs(connection, f"day_{number}")
        connection.execute(
            f"insert into day_{number}.int_link_telling "
            "select * replace (case when closed_at <= $1 then closed_at end as closed_at) "
            "from world.intermediate.int_link_telling where opened_at <= $1",
            [day],
        )
    # one of a week before comes late, one of an hour before is told a day later, one is withdrawn on the last day
    for late, hours, until in ((0, 170, 2), (1, 1, 2)):
        connection.execute(
            f"create table late_{late} as select case_id from day_0.int_link_telling "
            "where opened_at <= $1 order by opened_at desc limit 1",
            [last - timedelta(days=3, hours=hours)],
        )
        for number in range(until):
            connection.execute(
                f"delete from day_{number}.int_link_telling where case_id in (select case_id from late_{late})"
            )
    connection.execute(
        "delete from day_3.int_link_telling where case_id in "
        "(select case_id from day_2.int_link_telling order by opened_at desc limit 1)"
    )
    return connection


def test_day_by_day_has_what_all_at_once_has(days: duckdb.DuckDBPyConnection) -> None:
    project, shares = Project(days, 1_500), []
    for number in range(4):
        project.build(f"day_{number}", f"day_{number - 1}" if number else "")
        [(renewed, cases)] = days.execute(
            f"select (select count(*) from day_{number}.int_link_renewed), count(*) from day_{number}.int_link_case"
        ).fetchall()
        shares.append(renewed / cases)
    assert shares[0] == 1
    assert max(shares[1:]) < 0.25, "a day's batch makes most pairs anew"
    lay_inputs(days, "at_once")
    days.execute("insert into at_once.int_link_telling from day_3.int_link_telling order by md5(case_id)")
    project.build("at_once")
    assert differing(days, "day_3", "at_once") == {}
