"""Continuity: what was over when the last edition was published moves no further than the city lets it."""

import shutil
from pathlib import Path

import duckdb
import pytest

from expectations import continuity, engine, gate, marts
from ingest.city import Continuity

from .warehouse import make_build

RULE = Continuity(band=0.2, least=0, settled_days=7)
APRIL = "2026-04-10 00:00:00"


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_build(tmp_path_factory.mktemp("clean") / "build")


def edition(clean: Path, folder: Path, clock: str = APRIL, change: str = "") -> Path:
    """An edition that says what the clean build says, but for a change, and was published by a clock."""
    shutil.copytree(clean, folder)
    with duckdb.connect(str(folder / gate.WAREHOUSE)) as connection:
        connection.execute(f"create table mart.publish_info as select timestamp '{clock}' as clock_at_local")
        connection.execute(change or "select 1")
    return folder


def failures(build: Path, stands: Path | None, rule: Continuity = RULE) -> set[str]:
    rows = gate._evaluate_continuity(build, stands, rule, engine.Budget(60))
    assert [row["crashed"] for row in rows] == [None] * 3
    return {row["check"] for row in rows if not row["success"]}


MORE = (
    "insert into mart.fct_case "
    "select fct_case.* replace (stream_key || '-' || n as stream_key, case_id || '-' || n as case_id) "
    "from mart.fct_case, range(10) as t(n) where feed = 'cases'"
)
ALSO = (
    "insert into mart.rpt_indicator_item select * replace ('transfers' as indicator) "
    "from mart.rpt_indicator_item limit 1"
)


@pytest.mark.parametrize(
    ("change", "clock", "rule", "expected"),
    [
        ("", APRIL, RULE, set()),
        (MORE, APRIL, RULE, {"continuity.month_moved"}),
        (MORE, APRIL, Continuity(least=100), set()),  # so few cases never ask
        (MORE, "2026-04-05 00:00:00", RULE, set()),  # March is not settled yet
        # a feed that joins: the edition before had none of it
        ("delete from mart.fct_case where feed = 'calls'", APRIL, RULE, set()),
        ("delete from mart.fct_case where case_id = 'c1'", APRIL, RULE, {"continuity.month_moved"}),
        ("delete from mart.fct_case where case_id = 'c1'", APRIL, Continuity(band=1.0, least=1), set()),
        (ALSO, APRIL, RULE, {"continuity.indicator_vanished"}),
        (ALSO, APRIL, Continuity(band=0.2, least=1), set()),  # one thing that is no more may well be right
        ("update mart.dq_feed set landings = 9 where feed = 'cases'", APRIL, RULE, {"continuity.log_went_back"}),
        # an edition of an older project has fewer tables
        ("drop table mart.rpt_indicator_item; drop table mart.dq_feed", APRIL, RULE, set()),
    ],
)  # fmt: skip
def test_what_was_over_moves_no_further_than_the_city_lets_it(
    clean: Path, tmp_path: Path, change: str, clock: str, rule: Continuity, expected: set[str]
) -> None:
    stands = edition(clean, tmp_path / "edition", clock, change)
    build = Path(shutil.copytree(clean, tmp_path / "build"))
    assert failures(build, stands, rule) == expected


def test_before_the_first_edition_there_is_nothing_to_hold_to(clean: Path, tmp_path: Path) -> None:
    assert failures(Path(shutil.copytree(clean, tmp_path / "build")), None) == set()


def test_what_moved_stands_beside_the_results(clean: Path, tmp_path: Path) -> None:
    build = Path(shutil.copytree(clean, tmp_path / "build"))
    gate.judge_marts(build, edition=edition(clean, tmp_path / "edition", APRIL, MORE), rule=RULE)
    with duckdb.connect(str(build / "gate" / continuity.DATABASE), read_only=True) as connection:
        rows = connection.execute("select feed, figure, before, now from month where before <> now").fetchall()
    assert ("cases", "opened", 44, 4) in rows


def test_an_edition_that_cannot_be_read_is_a_crash(clean: Path, tmp_path: Path) -> None:
    stands = edition(clean, tmp_path / "edition")
    (stands / gate.WAREHOUSE).write_bytes(b"torn")
    verdict = gate.judge_marts(Path(shutil.copytree(clean, tmp_path / "build")), edition=stands, rule=RULE)
    assert (verdict.passed, verdict.crashed) == (False, True)


def test_the_codes_of_both_comparisons_are_told_apart() -> None:
    ours = {check.code for checks in continuity.checks(RULE).values() for check in checks}
    assert not ours & {check.code for checks in marts.checks("v").values() for check in checks}
