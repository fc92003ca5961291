"""What is retired, what stays, and that the chains hold after it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingest.chain import Chain
from ingest.errors import ClosingError
from ingest.home import Home, open_home
from reporting.closing import edition_of
from reporting.edition import edition_numbers
from reporting.retention import Retired, retire, retired_folders, verify_published
from reporting.sealed import MANIFEST, file_hash, files_of, share

NOW = datetime(2026, 11, 28, 1, 0, tzinfo=UTC)


def write(folder: Path, published: datetime, previous: Path | None, told: dict[str, object]) -> None:
    """A published folder with a file that changes, one that does not, and the project."""
    (folder / "marts").mkdir(parents=True)
    (folder / "marts" / "a.parquet").write_bytes(b"same" * 1000)
    (folder / "onegrid.duckdb").write_bytes(folder.name.encode() * 1000)
    (folder / "project.tar").write_bytes(b"project")
    files = {name: file_hash(folder / name) for name in files_of(folder)}
    share(folder, files, previous)
    before = (
        None if previous is None else {"number": int(previous.name), "manifest_sha256": file_hash(previous / MANIFEST)}
    )
    manifest = {
        "number": int(folder.name), "published_at": published.isoformat(), "time_zone": "Asia/Shanghai", "files": files,
        "marts": [], "previous": before, **told,
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Two editions a day for 100 days; 3 is closed, 5 drafted, the newest current; leaders have a cut of each tenth."""
    monkeypatch.setenv("ONEGRID_NOW", NOW.isoformat())
    home = open_home(tmp_path / "home")
    days = 100
    moments = [NOW - timedelta(days=days - day, hours=hour) for day in range(1, days + 1) for hour in (12, 6)]
    previous = None
    cuts = 0
    for number, moment in enumerate(moments, start=1):
        path = home.editions / str(number)
        write(path, moment, previous, {"build_id": f"b{number}"})
        previous = path
        if number % 10 == 0:
            cuts += 1
            cut_from = {"edition": number, "manifest_sha256": file_hash(path / MANIFEST)}
            write(home.audiences / "leaders" / str(cuts), moment, None, {"cut_from": cut_from})
            (home.audiences / "leaders" / "current").unlink(missing_ok=True)
            (home.audiences / "leaders" / "current").symlink_to(str(cuts))
        if number > 180:
            build = home.builds / f"b{number}"
            build.mkdir(parents=True)
            (build / "build.json").write_text("{}", encoding="utf-8")
            os.utime(build / "build.json", (number, number))
    (home.editions / "current").symlink_to(str(len(moments)))
    told = {"month": "2026-08", "number": 1, "edition": 3, "clock_at": NOW.isoformat()}
    acts = Chain(home.log / "chain" / "closings" / "months")
    acts.append_unless(lambda _: told, lambda _: False)
    acts.append_unless(lambda _: {"act": "draft", "month": "2026-09", "edition": 5}, lambda _: False)
    return home


def standing(home: Home) -> set[int]:
    return {n for n in edition_numbers(home.editions) if (home.editions / str(n) / "onegrid.duckdb").is_file()}


def test_all_of_seven_days_the_last_of_ninety_and_what_was_closed_stay(home: Home) -> None:
    told = retire(home)
    assert standing(home) == set(range(1, 201)), "nothing is touched unless it is said"
    assert retire(home, apply=True) == told
    published = {
        n: datetime.fromisoformat(json.loads((home.editions / str(n) / MANIFEST).read_bytes())["published_at"])
        for n in range(1, 201)
    }
    week = {n for n, moment in published.items() if NOW - moment < timedelta(days=7)}
    assert 13 <= len(week) <= 14
    local = {n: (moment + timedelta(hours=8)).date() for n, moment in published.items()}
    quarter = {n for n, moment in published.items() if timedelta(days=7) <= NOW - moment < timedelta(days=90)}
    daily = {max(n for n in quarter if local[n] == day) for day in {local[n] for n in quarter}}
    assert standing(home) == week | daily | {3, 5, 200}
    assert {3, 5, 200} <= standing(home)
    assert all((home.editions / str(n) / MANIFEST).is_file() for n in range(1, 201))
    assert all((home.editions / str(n) / "project.tar").is_file() for n in range(1, 201)), "as_of still works"
    assert retire(home) == []


def test_the_chains_hold_and_verify_stays_green(home: Home) -> None:
    assert verify_published(home) == []
    retire(home, apply=True)
    assert verify_published(home) == []
    gone = [path for path in retired_folders(home) if path.parent == home.editions]
    text = (gone[5] / MANIFEST).read_text("utf-8")
    (gone[5] / MANIFEST).write_text(text.replace("Shanghai", "Hongkong"), encoding="utf-8")
    faults = verify_published(home)
    assert f"edition {gone[5].name}: its manifest is not the one that was retired" in faults
    assert any("is not the one that this edition followed" in fault for fault in faults)
    (gone[6] / MANIFEST).unlink()
    assert any(f"edition {gone[6].name}: it is retired, and its manifest" in fault for fault in verify_published(home))


def test_an_edition_that_was_only_deleted_is_not_taken_for_a_retired_one(home: Home) -> None:
    (home.editions / "150" / "onegrid.duckdb").unlink()
    assert "edition 150: onegrid.duckdb is missing" in verify_published(home)
    retire(home, apply=True)
    record = min((home.log / "chain" / "retirements" / "published").glob("*.json"))
    record.write_text(record.read_text("utf-8").replace("edition", "Edition"), encoding="utf-8")
    assert any("retirements/published number 1" in fault for fault in verify_published(home))


def test_cuts_go_with_their_edition_and_builds_with_the_editions_of_a_week(home: Home) -> None:
    found = retire(home, apply=True)
    kept = standing(home)
    for cut in range(1, 21):
        path = home.audiences / "leaders" / str(cut)
        assert (path / "onegrid.duckdb").is_file() == (cut * 10 in kept or cut == 20), cut
        assert (path / MANIFEST).is_file()
    builds = {path.name for path in home.builds.iterdir() if path.is_dir()}
    week = {f"b{n}" for n in range(181, 201) if n in kept and n > 186}
    assert "b200" in builds
    assert builds == week | {"b200"}
    assert {one.kind for one in found} == {"edition", "cut", "build"}


def test_equal_files_are_one_on_the_disk_and_a_reader_of_a_retired_edition_goes_on(home: Home) -> None:
    files = [home.editions / str(n) / "marts" / "a.parquet" for n in (1, 2, 200)]
    assert len({file.stat().st_ino for file in files}) == 1
    with (home.editions / "1" / "onegrid.duckdb").open("rb") as reading:
        found = {one.name: one for one in retire(home, apply=True) if one.kind == "edition"}
        assert reading.read() == b"1" * 1000
    assert found["1"] == Retired("edition", "1", found["1"].why, 1000), "what is shared with others is not freed"
    assert files[2].read_bytes() == b"same" * 1000
    with pytest.raises(ClosingError, match="build --as-of 1"):
        edition_of(home, "1")


def test_a_file_that_was_damaged_is_not_shared(home: Home, tmp_path: Path) -> None:
    damaged = home.editions / "200" / "project.tar"
    damaged.unlink()
    damaged.write_bytes(b"other")
    folder = home.editions / "201"
    write(folder, NOW, home.editions / "200", {"build_id": "b201"})
    assert (folder / "project.tar").read_bytes() == b"project"
    assert (folder / "marts" / "a.parquet").stat().st_nlink > 200


def test_where_links_cannot_be_made_files_stay_copies(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    folder = home.editions / "201"
    write(folder, NOW, home.editions / "200", {"build_id": "b201"})
    assert (folder / "marts" / "a.parquet").stat().st_nlink == 1
    assert verify_published(home) == []


@pytest.mark.parametrize(
    "point", ["retire.after_record", "retire.after_record:9", "retire.after_file", "retire.after_records"]
)
def test_a_kill_anywhere_is_finished_by_the_next_call(home: Home, point: str) -> None:
    code = (
        "import sys, pathlib as p; from ingest.home import open_home; import reporting.retention as r; "
        "r.retire(open_home(p.Path(sys.argv[1])), True)"
    )
    other = open_home(home.root.parent / "other")
    shutil.copytree(home.root, other.root, symlinks=True)
    child = subprocess.run(
        [sys.executable, "-c", code, str(other.root)], env={**os.environ, "ONEGRID_FAULT": point}, check=False
    )
    assert child.returncode == -signal.SIGKILL
    assert verify_published(other) == []
    retire(other, apply=True)
    retire(home, apply=True)
    assert standing(other) == standing(home)
    assert verify_published(other) == []


def test_what_is_retired_is_told_by_the_command(home: Home) -> None:
    from typer.testing import CliRunner

    from onegrid.cli import app

    runner = CliRunner()
    told = runner.invoke(app, ["retire", "--home", str(home.root)]).output
    assert "edition 1: published 2026-08-" in told
    assert "would be retired (--apply does it)" in told
    assert "are retired" in runner.invoke(app, ["retire", "--home", str(home.root), "--apply"]).output
    assert runner.invoke(app, ["retire", "--home", str(home.root), "--apply"]).output == "nothing is to be retired\n"


def test_duckdb_writes_the_same_bytes_for_the_same_rows(tmp_path: Path) -> None:
    """What sharing rests on: an unchanged mart is the same file."""
    for name in ("a", "b"):
        with duckdb.connect() as connection:
            connection.execute("create table t as select i, 'x' || i as j from range(200000) as r (i) order by all")
            connection.execute(f"copy (from t order by all) to '{tmp_path / name}' (format parquet, compression zstd)")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
