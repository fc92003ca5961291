"""Linking reaches its goals on a small scoring world, as the rule says and whatever order the rows lie in."""

import re
from pathlib import Path

import duckdb
import pytest

from benchmarks.linking import _LABELS, _LINKS, _usable, link_a_day
from benchmarks.linking_attach import attach, read_bounds, read_cases
from benchmarks.linking_models import Linked, make_world, run_models
from benchmarks.linking_rivals import plain
from benchmarks.linking_score import score
from benchmarks.linking_world import SIZES, Size, plan_of

pytestmark = pytest.mark.dbt


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[Linked]:
    """The same world twice: as it is told, and with its rows in another order."""
    root = tmp_path_factory.mktemp("linking")
    plan = plan_of(Size(30, 12, 60), "middle", "score")
    made = [make_world(plan, root / name) for name in ("told", "shuffled")]
    with duckdb.connect(str(made[1][0])) as connection:
        connection.execute(
            "create or replace table intermediate.int_link_telling as "
            "select * from intermediate.int_link_telling order by md5(case_id || 'shuffled')"
        )
    return run_models(made)


def test_incidents_are_found(worlds: list[Linked]) -> None:
    with duckdb.connect(str(worlds[0].warehouse), read_only=True) as connection:
        found = score(connection, _LABELS)
        automatic, right, *_ = connection.execute(_LINKS).fetchall()[0]
    assert worlds[0].cases > 1_000
    assert found.b3_f1 >= 0.90
    assert right / automatic >= 0.98
    assert found.b3_f1 > plain(worlds[0].warehouse, worlds[0].warehouse).b3_f1 + 0.1


def test_the_models_answer_what_the_rule_says_case_by_case(worlds: list[Linked]) -> None:
    with duckdb.connect(str(worlds[0].warehouse), read_only=True) as connection:
        pairs = connection.execute(
            "select earlier_no, later_no, score, rule from intermediate.int_link_pair"
        ).fetchall()
        settled = dict(connection.execute("from intermediate.int_link_settled").fetchall())
        assert settled == attach(read_cases(connection), pairs, read_bounds(connection))


@pytest.mark.laws
def test_a_day_linked_on_by_dbt_is_the_day_linked_from_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(SIZES, "tiny", Size(30, 12, 60))
    assert link_a_day("tiny", tmp_path)
    told = capsys.readouterr().out
    renewed, cases = (
        int(found.group(1).replace(",", ""))
        for found in (re.search(r"([\d,]+) renewed", told), re.search(r"([\d,]+) cases", told))
        if found
    )
    assert 0 < renewed < cases / 2


def test_the_order_of_rows_changes_no_incident(worlds: list[Linked]) -> None:
    told = []
    for world in worlds:
        with duckdb.connect(str(world.warehouse), read_only=True) as connection:
            told.append(
                connection.execute(
                    "select cases.case_id, firsts.case_id "
                    "from intermediate.int_link_settled as settled "
                    "inner join intermediate.int_link_case as cases on settled.case_no = cases.case_no "
                    "inner join intermediate.int_link_case as firsts on settled.incident_no = firsts.case_no "
                    "order by all"
                ).fetchall()
            )
    assert told[0] == told[1]


def test_what_is_not_installed_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _usable(["ours", "plain"], str(tmp_path)) == ["ours", "plain"]
    usable = _usable(["ours", "splink"], str(tmp_path))
    assert ("splink" in usable) != ("splink is left out" in capsys.readouterr().out)
