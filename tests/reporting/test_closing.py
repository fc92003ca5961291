"""Closing a month: a recorded act, whole or not at all, that can be checked for ever and is never replaced."""

import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from ingest.errors import ClosingError
from ingest.home import open_home
from onegrid import workflow
from onegrid.cli import app
from reporting.checksums import checksum
from reporting.closing import closings, verify_closings
from tests.conftest import REPOSITORY
from tests.reporting.months import RULES, MonthTown, case
from tests.reporting.town import Town

POINTS = (
    "close.after_staging", "close.after_tables", "close.before_rename", "close.after_rename", "close.after_record",
)  # fmt: skip
CHAIN_POINTS = ("chain.closings.before", "chain.closings.after")
CASES = [case("a", 2), case("b", 5, handled_after_days=3), case("c", 30, handled_after_days=None), case("d", 12)]
WHO = {"by": "考核办 甲", "document": "样例府办〔2026〕7号"}


@pytest.fixture(scope="module")
def _months(tmp_path_factory: pytest.TempPathFactory) -> MonthTown:
    months = MonthTown(Town(tmp_path_factory.mktemp("months") / "town"))
    months.publish(CASES)
    return months


@pytest.fixture
def months(_months: MonthTown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MonthTown:
    """A town with one edition, whose clock stands at 4 November 2026; it is the 5th."""
    monkeypatch.setenv("ONEGRID_NOW", "2026-11-05T09:00:00+08:00")
    return _months.copy(tmp_path / "town")


def close_in_child(months: MonthTown, fault: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "onegrid.cli", "close", "2026-10", "--by", "甲", "--why", "月结"]
    environment = {**os.environ, "ONEGRID_FAULT": fault}
    places = [
        "--home",
        str(months.town.home),
        "--city",
        str(months.town.home / "builds" / "v1-p1" / "project" / "city"),
    ]
    return subprocess.run(
        [*command, *places], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )


def rewrite(file: Path, sql: str) -> None:
    file.chmod(0o644)
    with duckdb.connect() as connection:
        connection.execute(f"create table told as from read_parquet('{file}')")
        connection.execute(f"copy ({sql}) to '{file}' (format parquet, compression zstd)")


def test_a_closing_names_what_it_rests_on_and_keeps_the_rows_of_its_month(months: MonthTown) -> None:
    made = workflow.close(months.home, "2026-10", **WHO)
    record = made.record
    assert (record["month"], record["number"], record["edition"]) == ("2026-10", 1, 1)
    assert (record["log_version"], record["by"], record["document"]) == ("v1", WHO["by"], WHO["document"])
    assert record["rules"] == RULES
    assert record["at"] == "2026-11-05T01:00:00+00:00"
    assert {table["name"] for table in record["tables"]} == {
        "rpt_indicator", "rpt_indicator_item", "rpt_timeliness", "rpt_scorecard"
    }  # fmt: skip
    assert {path.stat().st_mode & 0o777 for path in made.path.iterdir()} == {0o444}
    edition = f"{months.town.editions}/1/onegrid.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{edition}' as edition (read_only)")
        october = "(from edition.mart.rpt_indicator where period_kind = 'month' and period_start = '2026-10-01')"
        figures = next(table for table in record["tables"] if table["name"] == "rpt_indicator")
        assert checksum(connection, october) == (figures["rows"], figures["checksum"])
        assert checksum(connection, f"read_parquet('{made.path}/rpt_indicator.parquet')")[1] == figures["checksum"]
        keys = connection.execute(
            f"select indicator, stream_key from read_parquet('{made.path}/rpt_indicator_item.parquet') order by all"
        ).fetchall()
        months_frozen = connection.execute(
            f"select distinct month::varchar from read_parquet('{made.path}/rpt_timeliness.parquet')"
        ).fetchall()
    # the disposal of c falls due in November and is not done: it is no item of October
    assert keys == [*(("handled_on_time_rate", key) for key in "abd"), *(("reported", key) for key in "abcd")]
    assert months_frozen == [("2026-10-01",)]
    assert verify_closings(months.home) == []
    assert workflow.verify(months.home) == []


def test_the_list_of_closings_shows_who_and_why(months: MonthTown) -> None:
    runner = CliRunner()
    city = months.town.home / "builds" / "v1-p1" / "project" / "city"
    home = ["--home", str(months.town.home), "--city", str(city)]
    assert "no month is closed" in runner.invoke(app, ["closings", *home]).output
    workflow.close(months.home, "2026-10", **WHO)
    told = json.loads(runner.invoke(app, ["closings", "--json", *home]).output)
    assert (told["month"], told["by"], told["document"], told["edition"]) == ("2026-10", *WHO.values(), 1)
    assert told["rows"]["rpt_indicator_item"] == 7


def test_a_closed_month_is_closed_again_only_with_a_reason_and_the_first_stays(months: MonthTown) -> None:
    first = workflow.close(months.home, "2026-10", **WHO)
    kept = {path.name: path.read_bytes() for path in first.path.iterdir()}
    with pytest.raises(ClosingError, match=r"was closed by 考核办 甲 with edition 1.*--again"):
        workflow.close(months.home, "2026-10", **WHO)
    months.publish([*CASES, case("late", 20)])
    second = workflow.close(months.home, "2026-10", again="补报后重结", **WHO)
    assert (second.record["number"], second.record["edition"], second.record["again"]) == (2, 2, "补报后重结")
    assert {path.name: path.read_bytes() for path in first.path.iterdir()} == kept
    assert [one.record["number"] for one in closings(months.home)] == [1, 2]
    assert verify_closings(months.home) == []


@pytest.mark.parametrize(
    ("month", "options", "now", "word"),
    [
        ("2026-13", {}, "2026-11-05", "is no month"),
        ("2026-10", {"by": " "}, "2026-11-05", "say who closes"),
        ("2026-10", {"document": ""}, "2026-11-05", "by which document"),
        ("2026-10", {}, "2026-10-31T23:59:59+08:00", "2026-10 is not over"),
        ("2026-11", {}, "2026-12-02", "the data of edition 1 reach to 2026-11-04"),
        ("2026-08", {}, "2026-11-05", "no figure of 2026-08"),
        ("2026-10", {"edition": "7"}, "2026-11-05", "no edition '7'"),
    ],
)  # fmt: skip
def test_what_may_not_be_closed_is_refused_and_nothing_is_left(
    months: MonthTown, monkeypatch: pytest.MonkeyPatch, month: str, options: dict[str, str], now: str, word: str
) -> None:
    told = datetime.fromisoformat(now)
    monkeypatch.setenv("ONEGRID_NOW", (told if told.tzinfo else told.astimezone()).isoformat())
    with pytest.raises(ClosingError, match=word):
        workflow.close(months.home, month, **{**WHO, **options})
    assert closings(months.home) == []
    assert not [path for path in months.home.closings.rglob("*") if path.name != ".lock"]


def test_an_edition_with_held_landings_is_closed_only_with_a_reason_that_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEGRID_NOW", "2026-11-05T09:00:00+08:00")
    months = MonthTown(Town(tmp_path))
    months.publish(CASES, held=2)
    with pytest.raises(ClosingError, match=r"held landings wait in water_cases.*--incomplete"):
        workflow.close(months.home, "2026-10", **WHO)
    made = workflow.close(months.home, "2026-10", incomplete="供水补报未到", **WHO)
    assert (made.record["held_feeds"], made.record["incomplete"]) == (["water_cases"], "供水补报未到")
    assert made.to_dict()["incomplete_feeds"] == ["water_cases"]


def test_a_feed_that_ends_before_the_month_does_makes_the_edition_incomplete(
    months: MonthTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = months.change(
        "v1-p1", "v2-p1", "update log.feed set data_through = '2026-10-31 15:59' where network = 'water'"
    )
    assert path.name == "2"
    with pytest.raises(ClosingError, match=r"before the end of 2026-10 end water_cases"):
        workflow.close(months.home, "2026-10", **WHO)
    assert workflow.close(months.home, "2026-10", edition="1", **WHO).record["lagging_feeds"] == []


def test_an_edition_that_was_changed_is_not_closed(months: MonthTown) -> None:
    rewrite(months.town.editions / "1" / "marts" / "rpt_indicator.parquet", "from told limit 3")
    with pytest.raises(ClosingError, match="not what was published: marts/rpt_indicator"):
        workflow.close(months.home, "2026-10", **WHO)
    assert closings(months.home) == []


@pytest.mark.parametrize("point", [*POINTS, *CHAIN_POINTS])
def test_a_kill_anywhere_leaves_a_whole_closing_or_none(months: MonthTown, point: str) -> None:
    killed = close_in_child(months, fault=point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    done = point in ("close.after_record", "chain.closings.after")
    assert len(closings(months.home)) == int(done)
    assert verify_closings(months.home) == []
    again = close_in_child(months)
    assert again.returncode == int(done), again.stderr
    [closing] = closings(open_home(months.town.home))
    assert closing.record["number"] == 1
    assert {path.name for path in months.home.closings.iterdir()} == {".lock", "2026-10"}
    assert {path.name for path in (months.home.closings / "2026-10").iterdir()} == {"1"}
    assert verify_closings(months.home) == []
    assert (closing.path / "closing.json").is_file()


def test_every_kill_point_of_closing_is_tried() -> None:
    source = (REPOSITORY / "reporting" / "closing.py").read_text(encoding="utf-8")
    assert source.count("faults.point(") == len(POINTS)
    assert all(f'faults.point("{point}")' in source for point in POINTS)


def test_two_who_close_at_once_make_one_closing(months: MonthTown) -> None:
    code = (
        "import sys, pathlib; from onegrid import workflow as w; "
        "w.close(w.open_home(pathlib.Path(sys.argv[1])), '2026-10', by='甲', why='月结')"
    )
    command = [sys.executable, "-c", code, str(months.town.home)]
    children = [subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    errors = [child.communicate(timeout=120)[1] for child in children]
    assert sorted(child.returncode for child in children) == [0, 1]
    assert any("was closed by" in error for error in errors)
    assert len(closings(months.home)) == 1


def test_verify_finds_every_kind_of_tampering(months: MonthTown) -> None:
    made = workflow.close(months.home, "2026-10", **WHO)
    rewrite(made.path / "rpt_indicator_item.parquet", "select * replace (1 as numerator) from told")
    faults = verify_closings(months.home)
    assert faults[0] == "closing 2026-10/1: rpt_indicator_item.parquet was changed since the month was closed"
    assert "rpt_indicator_item holds 7 rows, frozen were 7 with another checksum" in faults[1]
    (made.path / "rpt_timeliness.parquet").unlink()
    (made.path / "notes.txt").write_text("更多")
    assert {fault.partition(": ")[2] for fault in verify_closings(months.home)[:3]} == {
        "rpt_timeliness.parquet is missing",
        "notes.txt does not belong to it",
        "rpt_indicator_item.parquet was changed since the month was closed",
    }
    (made.path / "rpt_scorecard.parquet").chmod(0o644)
    (made.path / "rpt_scorecard.parquet").write_bytes(b"PAR1")
    assert any("rpt_scorecard.parquet cannot be read" in fault for fault in workflow.verify(months.home))


def test_verify_finds_a_record_that_was_changed_or_lost_and_a_closed_edition_that_was_replaced(
    months: MonthTown,
) -> None:
    workflow.close(months.home, "2026-10", **WHO)
    [record] = (months.home.log / "chain" / "closings" / "months").glob("*.json")
    whole = record.read_bytes()
    record.write_bytes(whole.replace("考核办 甲".encode(), "考核办 乙".encode()))
    assert "the record was changed after it was written" in verify_closings(months.home)[0]
    record.unlink()
    assert "the log does not know it: its record was lost" in verify_closings(months.home)[0]
    with pytest.raises(ClosingError, match="the record of closing 2026-10/1 is lost"):
        workflow.close(months.home, "2026-10", **WHO)
    record.write_bytes(whole)
    manifest = months.town.editions / "1" / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_bytes(manifest.read_bytes().replace(b'"city":"town"', b'"city":"turn"'))
    assert verify_closings(months.home) == [
        "closing 2026-10/1: the manifest of edition 1 is not the one that was closed"
    ]
