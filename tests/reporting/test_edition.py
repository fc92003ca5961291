"""Publishing: whole or not at all, once, in one step, and never what a gate did not let through."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from ingest.errors import PublishError
from reporting.build import SNAPSHOT
from reporting.edition import Waiver, _order, publish, verify_edition
from tests.conftest import REPOSITORY
from tests.reporting.town import LOCK, Town

POINTS = (
    "publish.after_staging", "publish.after_marts", "publish.after_database", "publish.after_report",
    "publish.after_manifest", "publish.before_rename", "publish.after_rename", "publish.before_swap",
    "publish.after_swap",
)  # fmt: skip


def manifest(edition: Path) -> dict[str, object]:
    told: dict[str, object] = json.loads((edition / "manifest.json").read_bytes())
    return told


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_an_edition_holds_the_marts_twice_and_says_what_it_is(town: Town) -> None:
    build = town.build(held=2)
    made = publish(build, town.home)
    assert (made.number, made.changed, made.path) == (1, True, town.editions / "1")
    assert os.readlink(town.editions / "current") == "1"
    told = manifest(made.path)
    assert told["log_version"] == "v1"
    assert told["heads"] == {"receipts/water_cases": "ab" * 32}
    assert told["gates"]["landings"] == {"pass": 15, "warn": 3, "held": 2}  # type: ignore[index]
    assert told["gates"]["marts"]["results"][0]["check"] == "ledger_balances"  # type: ignore[index]
    assert told["project"]["lock_sha256"] == hashlib.sha256(LOCK.encode()).hexdigest()  # type: ignore[index]
    water = next(feed for feed in told["feeds"] if feed["feed"] == "water_cases")  # type: ignore[attr-defined]
    assert (water["verdicts"], water["data_through"]) == (
        {"pass": 5, "warn": 1, "held": 2},
        "2026-11-04T09:00:00+00:00",
    )
    with duckdb.connect(str(build / "onegrid.duckdb"), read_only=True) as connection:
        marts = [
            row[0]
            for row in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'mart'"
            ).fetchall()
        ]
        rows = {mart: connection.execute(f"from mart.{mart} order by all").fetchall() for mart in marts}
    with duckdb.connect(str(made.path / "onegrid.duckdb"), read_only=True) as connection:
        tables = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        assert {row[0] for row in tables} == {f"mart.{mart}" for mart in (*marts, "publish_info", "data_dictionary")}
        for mart in marts:
            parquet = f"from read_parquet('{made.path}/marts/{mart}.parquet')"
            assert str(connection.execute(f"from mart.{mart} order by all").fetchall()) == str(rows[mart])
            assert str(connection.execute(f"{parquet} order by all").fetchall()) == str(rows[mart])
    assert verify_edition(made.path) == []


def test_rows_lie_in_the_order_of_their_key_and_files_cannot_be_written(published: Town) -> None:
    path = published.editions / "1"
    with duckdb.connect(str(path / "onegrid.duckdb"), read_only=True) as connection:
        for source in ("mart.rpt_grid_ledger", f"read_parquet('{path}/marts/rpt_grid_ledger.parquet')"):
            keys = connection.execute(f"select grid_code, local_day, network from {source}").fetchall()
            assert keys == sorted(keys)
    assert {oct(file.stat().st_mode & 0o777) for file in path.rglob("*") if file.is_file()} == {"0o444"}


def test_rows_are_ordered_by_what_tells_them_apart_and_by_every_column_where_that_does_not() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table one as select i % 500 as a, i // 500 as b, (i * 7919) % 1000 as c from range(1000) as one (i)"
        )
        assert _order(connection, "one", ["c", "b", "a"], ["a", "b"]) == '"a" nulls first, "b" nulls first'
        assert _order(connection, "one", ["c", "b", "a"], ["a"]) == '"a" nulls first, "c" nulls first, "b" nulls first'
        connection.execute("insert into one values (null, 0, 1), (null, 0, 2)")  # nulls are alike
        tied = _order(connection, "one", ["c", "b", "a"], ["a", "b"])
        assert tied == '"a" nulls first, "b" nulls first, "c" nulls first'
        rows = connection.execute(f"from one order by {tied}").fetchall()
        assert rows == connection.execute(f"from (from one order by c desc) order by {tied}").fetchall()


def test_the_contract_of_the_marts_is_told_and_its_order_kept(published: Town) -> None:
    path = published.editions / "1"
    contract = published.home / "builds" / "v1-p1" / "project" / "dbt_project" / "contract" / "marts.yml"
    digest = hashlib.sha256(contract.read_bytes()).hexdigest()
    assert manifest(path)["mart_contract"] == {"version": "1.2.0", "sha256": digest}
    with duckdb.connect(str(path / "onegrid.duckdb"), read_only=True) as connection:
        assert connection.execute("select mart_version from mart.publish_info").fetchall() == [("1.2.0",)]
        for source in ("mart.fct_case", f"read_parquet('{path}/marts/fct_case.parquet')"):
            rows = connection.execute(f"select opened_on, case_id from {source}").fetchall()
            assert rows == sorted(rows) != sorted(rows, key=lambda row: row[1])


def test_publish_info_and_the_dictionary_speak_to_people(town: Town) -> None:
    path = publish(town.build(held=1), town.home).path
    with duckdb.connect(str(path / "onegrid.duckdb"), read_only=True) as connection:
        [info] = connection.execute(
            "select edition, cast(clock_at_local as varchar), cast(data_through_utc as varchar), feed_count,"
            " held_landing_count, held_feeds from mart.publish_info"
        ).fetchall()
        assert info == (1, "2026-11-04 18:00:00", "2026-11-04 08:00:00", 3, 1, "water_cases")
        labels = connection.execute(
            "select column_name, label_zh from mart.data_dictionary where label_zh <> ''"
        ).fetchall()
        assert labels == [("grid_code", "网格编码"), ("opened", "受理数")]
        comments = connection.execute(
            "select column_name, comment from duckdb_columns()"
            " where table_name = 'rpt_grid_ledger' and comment is not null"
        ).fetchall()
        assert comments == [("grid_code", "网格编码 · Code of the grid's own scheme"), ("opened", "受理数")]
        [(columns, described)] = connection.execute(
            "select (select count(*) from duckdb_columns() where schema_name = 'mart'"
            " and table_name not in ('publish_info', 'data_dictionary')), (select count(*) from mart.data_dictionary)"
        ).fetchall()
        assert columns == described > 40


def test_the_same_build_again_is_the_edition_that_stands(published: Town) -> None:
    before = (published.editions / "1" / "manifest.json").read_bytes()
    again = publish(published.home / "builds" / "v1-p1", published.home)
    assert (again.number, again.changed) == (1, False)
    assert (published.editions / "1" / "manifest.json").read_bytes() == before
    assert names(published.editions) == {"1", "current", ".lock"}


def test_an_edition_that_was_put_back_by_hand_gives_way_to_the_newest_build(published: Town) -> None:
    build = published.home / "builds" / "v2-p1"
    publish(build, published.home)
    current = published.editions / "current"
    current.unlink()
    current.symlink_to("1")
    again = publish(build, published.home)
    assert (again.number, again.changed, os.readlink(current)) == (2, True, "2")


def test_an_older_build_published_again_is_an_edition_of_its_own(published: Town) -> None:
    publish(published.home / "builds" / "v2-p1", published.home)
    back = publish(published.home / "builds" / "v1-p1", published.home)
    assert (back.number, back.changed) == (3, True)
    assert manifest(back.path)["marts"] == manifest(published.editions / "1")["marts"]


def test_the_same_marts_give_the_same_checksums_and_parquet_bytes_in_another_home(tmp_path: Path) -> None:
    paths = []
    for name in ("one", "two"):
        town = Town(tmp_path / name)
        paths.append(publish(town.build(), town.home).path)
    one, two = map(manifest, paths)
    assert one["marts"] == two["marts"]
    for mart in one["marts"]:  # type: ignore[attr-defined]
        assert (paths[0] / mart["file"]).read_bytes() == (paths[1] / mart["file"]).read_bytes()


def test_a_changed_build_is_the_next_edition_and_the_old_one_stays_as_it_was(town: Town) -> None:
    build = town.build()
    publish(build, town.home)
    second = publish(town.another(build, "v2-p1", extra=3), town.home)
    assert (second.number, os.readlink(town.editions / "current")) == (2, "2")
    sums = [{m["name"]: m["checksum"] for m in manifest(town.editions / n)["marts"]} for n in ("1", "2")]  # type: ignore[attr-defined]
    assert {name for name in sums[0] if sums[0][name] != sums[1][name]} == {"rpt_grid_ledger"}
    assert verify_edition(town.editions / "1") == []
    previous = hashlib.sha256((town.editions / "1" / "manifest.json").read_bytes()).hexdigest()
    assert manifest(second.path)["previous"] == {"number": 1, "manifest_sha256": previous}


@pytest.mark.parametrize(("passed", "crashed", "word"), [(False, False, "ledger_balances"), (True, True, "crashed")])
def test_a_gate_that_failed_or_crashed_publishes_nothing(town: Town, passed: bool, crashed: bool, word: str) -> None:
    build = town.build(passed=passed, crashed=crashed)
    with pytest.raises(PublishError, match=word):
        publish(build, town.home)
    assert not town.editions.exists()


def test_a_person_may_publish_against_the_gate_and_it_is_said_wherever_the_edition_is(town: Town) -> None:
    build = town.build(passed=False)
    waiver = Waiver(("ledger_balances",), "区数据局 值班", "补录历史台账，已核对")
    report = publish(build, town.home, waiver)
    told = manifest(report.path)
    assert told["gates"]["marts"]["waived"] == {  # type: ignore[index]
        "checks": ["ledger_balances"], "by": "区数据局 值班", "why": "补录历史台账，已核对",
    }  # fmt: skip
    with duckdb.connect(str(report.path / "onegrid.duckdb"), read_only=True) as connection:
        row = connection.execute("select waived_checks, waived_by, waived_why from mart.publish_info").fetchall()
    assert row == [("ledger_balances", "区数据局 值班", "补录历史台账，已核对")]
    page = report.report_page.read_text(encoding="utf-8")
    assert "补录历史台账，已核对" in page
    assert "本期未通过发布检查" in page
    assert verify_edition(report.path) == []


@pytest.mark.parametrize(
    ("checks", "by", "why", "word"),
    [
        (("dq_feed.imbalance",), "a", "b", "did not fail"),  # what did not fail cannot be accepted
        (("ledger_balances", "crashed"), "a", "b", "crashed did not fail"),
        (("ledger_balances",), " ", "b", "who decides"),
        (("ledger_balances",), "a", "", "why"),
        ((), "a", "b", "name each of them"),
    ],
)
def test_a_waiver_names_just_what_failed_who_and_why(
    town: Town, checks: tuple[str, ...], by: str, why: str, word: str
) -> None:
    build = town.build(passed=False)
    with pytest.raises(PublishError, match=word):
        publish(build, town.home, Waiver(checks, by, why))
    assert not town.editions.exists()


def test_a_crash_is_accepted_by_its_own_name(town: Town) -> None:
    build = town.build(passed=True, crashed=True)
    assert publish(build, town.home, Waiver(("crashed",), "a", "the disk was full")).changed


def test_a_build_without_a_gate_result_or_without_an_end_publishes_nothing(town: Town) -> None:
    build = town.build()
    (build / "gate" / "results.json").unlink()
    with pytest.raises(PublishError, match="not judged"):
        publish(build, town.home)
    (build / "build.json").unlink()
    with pytest.raises(PublishError, match="no finished build"):
        publish(build, town.home)
    assert not town.editions.exists()


@pytest.mark.parametrize(
    ("column", "value"), [("tags varchar[]", "['a']"), ("seen timestamptz", "now()"), ("total hugeint", "1")]
)
def test_a_column_that_readers_could_not_take_stops_the_publication(published: Town, column: str, value: str) -> None:
    worse = published.home / "builds" / "v2-p1"
    with duckdb.connect(str(worse / "onegrid.duckdb")) as connection:
        connection.execute(f"alter table mart.odd_types add column {column} default {value}")
    with pytest.raises(PublishError, match=r"cast it in the mart"):
        publish(worse, published.home)
    assert names(published.editions) == {"1", "current", ".lock"}


def test_a_mart_may_not_take_the_name_of_a_table_of_every_edition(town: Town) -> None:
    build = town.build()
    with duckdb.connect(str(build / "onegrid.duckdb")) as connection:
        connection.execute("create table mart.publish_info (edition integer)")
    with pytest.raises(PublishError, match="rename the model"):
        publish(build, town.home)
    assert names(town.editions) == {".lock"}


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_anywhere_leaves_a_whole_edition_current_and_the_next_publish_finishes(
    published: Town, point: str
) -> None:
    editions, build = published.editions, published.home / "builds" / "v2-p1"
    killed = published.publish_in_child(build, fault=point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    swapped = point == "publish.after_swap"
    assert os.readlink(editions / "current") == ("2" if swapped else "1")
    for edition in (path for path in editions.iterdir() if path.name.isdigit()):
        assert verify_edition(edition) == []
    finished = publish(build, published.home)
    assert (finished.number, finished.changed) == (2, not swapped)
    assert names(editions) == {"1", "2", "current", ".lock"}
    assert os.readlink(editions / "current") == "2"
    assert verify_edition(finished.path) == []


def test_every_kill_point_of_publishing_is_tried() -> None:
    source = (REPOSITORY / "reporting" / "edition.py").read_text(encoding="utf-8")
    assert source.count("faults.point(") == len(POINTS)
    assert all(f'faults.point("{point}")' in source for point in POINTS)


def until_met(met: Path, number: int) -> None:
    """Wait until a reader has read an edition of that number or a newer one, two minutes at most."""
    end = time.monotonic() + 120
    while not met.is_file() or max(map(int, met.read_text(encoding="utf-8").split()), default=0) < number:
        assert time.monotonic() < end, f"no reader has met edition {number}"
        time.sleep(0.05)


def test_readers_during_ten_publishes_meet_no_error_and_nothing_torn(town: Town, tmp_path: Path) -> None:
    build = town.build()
    publish(build, town.home)
    builds = [town.another(build, f"v{number}-p1", extra=number) for number in range(2, 12)]
    stop = tmp_path / "stop"
    command = [sys.executable, "-m", "tests.reporting.reader", str(town.editions), str(stop)]
    readers = [subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for number, one in enumerate(builds, start=2):
        if number == 6:
            town.publish_in_child(one, fault="publish.before_rename")
        publish(one, town.home)
        if number % 3 == 0:  # on a busy machine readers are slow: these editions stand until one of them is met
            until_met(Path(f"{stop}.met"), number)
    stop.touch()
    reports = [json.loads(reader.communicate(timeout=120)[0]) for reader in readers]
    assert [(report["errors"], report["torn"]) for report in reports] == [([], [])] * 2
    assert all(report["numbers"][-1] == 11 for report in reports)
    met = {number for report in reports for number in report["numbers"]}
    assert len(met) > 3, f"the readers were to meet several editions, they met {met}"


def test_two_publishers_at_once_make_one_edition(town: Town) -> None:
    build = town.build()
    code = "import sys, pathlib, reporting.edition as e; print(e.publish(*map(pathlib.Path, sys.argv[1:])).changed)"
    command = [sys.executable, "-c", code, str(build), str(town.home)]
    children = [subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sorted(child.communicate(timeout=120)[0].strip() for child in children) == ["False", "True"]
    assert names(town.editions) == {"1", "current", ".lock"}


def test_verify_names_a_mart_whose_parquet_was_changed(published: Town) -> None:
    path = published.editions / "1"
    file = path / "marts" / "rpt_timeliness.parquet"
    _rewrite(file, "select * replace (handle_due_on_time + (org_code = 'O1')::bigint as handle_due_on_time) from told")
    faults = verify_edition(path)
    assert faults[0] == "marts/rpt_timeliness.parquet was changed since it was published"
    assert [fault.partition(" holds")[0] for fault in faults[1:]] == ["mart rpt_timeliness: Parquet"]


def test_verify_names_a_mart_whose_table_was_changed(published: Town) -> None:
    path = published.editions / "1"
    (path / "onegrid.duckdb").chmod(0o644)
    with duckdb.connect(str(path / "onegrid.duckdb")) as connection:
        connection.execute("delete from mart.dim_grid where grid_code = 'G7'")
    faults = verify_edition(path)
    assert faults[0] == "onegrid.duckdb was changed since it was published"
    assert [fault.partition(" holds")[0] for fault in faults[1:]] == ["mart dim_grid: onegrid.duckdb"]


def test_verify_names_files_that_are_missing_added_changed_or_broken(published: Town) -> None:
    path = published.editions / "1"
    (path / "report" / "index.html").chmod(0o644)
    (path / "report" / "index.html").write_text("<p>别的</p>", encoding="utf-8")
    (path / SNAPSHOT).unlink()
    (path / "marts" / "more.parquet").write_bytes(b"")
    (path / "marts" / "dim_grid.parquet").chmod(0o644)
    (path / "marts" / "dim_grid.parquet").write_bytes(b"PAR1")
    faults = verify_edition(path)
    assert f"{SNAPSHOT} is missing" in faults
    assert "marts/more.parquet does not belong to the edition" in faults
    assert "report/index.html was changed since it was published" in faults
    assert any(fault.startswith("mart dim_grid: cannot be read from Parquet") for fault in faults)


def test_verify_sees_that_an_older_manifest_was_changed(published: Town) -> None:
    old = published.editions / "1" / "manifest.json"
    new = publish(published.home / "builds" / "v2-p1", published.home).path
    old.chmod(0o644)
    old.write_bytes(old.read_bytes().replace(b'"city":"town"', b'"city":"turn"'))
    assert verify_edition(new) == ["the manifest of edition 1 is not the one that this edition followed"]
    old.write_bytes(b"{")
    assert "cannot be read" in verify_edition(old.parent)[0]


def _rewrite(file: Path, sql: str) -> None:
    file.chmod(0o644)
    with duckdb.connect() as connection:
        connection.execute(f"create table told as from read_parquet('{file}')")
        connection.execute(f"copy ({sql}) to '{file}' (format parquet, compression zstd)")
