"""A world as a folder: the same seed gives the same bytes, in one stretch or in blocks, by one process or by two."""

import hashlib
import json
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from onegrid.cli import app
from simulator.__main__ import main, switches
from simulator.deliver import deliveries
from simulator.faults import FAULTS, every, spoil
from simulator.happenings.world import World
from simulator.plan import Plan
from simulator.simulate import simulate
from simulator.telling import EARLIEST, as_files
from simulator.told import CHANNELS, told

PLAN = Plan(days=45, incidents_a_day=30, faults=every())  # two blocks


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated")
    simulate(PLAN, out)
    return out


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(written: Path, tmp_path: Path) -> None:
    simulate(PLAN, tmp_path / "again", processes=2)
    assert digests(tmp_path / "again") == digests(written)
    simulate(Plan(seed=8, days=45, incidents_a_day=30, faults=every()), tmp_path / "other", truth=False)
    ours, other = digests(written / "deliveries"), digests(tmp_path / "other" / "deliveries")
    same = {name for name in ours.keys() & other.keys() if ours[name] == other[name]}
    assert all(name.startswith("ref_") for name in same if (written / "deliveries" / name).stat().st_size > 300)


def test_files_made_block_by_block_are_those_of_the_whole(written: Path) -> None:
    ledgers = told(World(PLAN))
    for feed, channel in CHANNELS.items():
        drop = as_files(feed, channel)
        hook = spoil(PLAN, feed, drop)
        whole = {one.name: one.data for one in deliveries(PLAN, ledgers[feed], drop, PLAN.end, EARLIEST, hook)}
        folder = written / "deliveries" / feed
        assert {path.name: path.read_bytes() for path in folder.glob("*")} == whole, feed


def test_every_feed_delivers_and_the_truth_lies_beside(written: Path) -> None:
    stated = json.loads((written / "simulated.json").read_text(encoding="utf-8"))
    assert set(stated["files"]) == set(CHANNELS)
    assert all(stated["rows"].values())
    assert {"expected.csv", "rejections.csv", "faults.csv", "incidents.csv"} <= {
        path.name for path in (written / "truth").iterdir()
    }


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    done = CliRunner().invoke(app, ["simulate", "--days", "1", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "is not empty; give a new folder" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--days", "1501", "--out", "x"], "days must lie between 1 and 1500, not 1501"),
        (["--grids", "29", "--out", "x"], "grids must lie between 30 and 5000, not 29"),
        (["--faults", "earthquake", "--out", "x"], "no fault is called earthquake"),
        (["--faults", "late_row=often", "--out", "x"], "the rate of late_row must be a number, not 'often'"),
        (["--faults", "late_row=2", "--out", "x"], "the rate of late_row must lie between 0 and 1, not 2.0"),
        (["--days", "3"], "give --out DIR, or --describe"),
    ],
)
def test_a_wrong_call_is_told_in_a_sentence(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["simulate", *arguments])
    assert done.exit_code == 2
    assert said in done.output


def test_faults_are_switched_by_name_and_rate() -> None:
    assert switches("all") == every()
    assert switches("late_row,deletion=0.5") == {"late_row": FAULTS["late_row"].rate, "deletion": 0.5}
    assert switches("") == {}


def test_one_command_starts_the_centres_around_another(tmp_path: Path) -> None:
    ask = "import os, sys; print(sorted(os.environ)); print(len(os.listdir(os.environ['SANDBOX_DROPS']))); sys.exit(7)"
    call = [
        sys.executable,
        "-m",
        "simulator",
        "serve",
        "--days",
        "2",
        "--incidents",
        "20",
        "--root",
        str(tmp_path / "c"),
    ]
    done = subprocess.run([*call, "--", sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    for name in ("AIRFLOW_CONN_HOTLINE_API", "AIRFLOW_CONN_CITY_FRONT", "AIRFLOW_CONN_WATER_SFTP", "ONEGRID_NOW"):
        assert name in done.stdout


def test_the_centres_stay_up_until_they_are_stopped(tmp_path: Path) -> None:
    call = [
        sys.executable,
        "-m",
        "simulator",
        "serve",
        "--days",
        "2",
        "--incidents",
        "20",
        "--root",
        str(tmp_path / "c"),
    ]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        lines = []
        while not lines or not lines[-1].startswith("# the centres are up"):
            lines.append(serving.stdout.readline())
        told_of = dict(shlex.split(line)[1].split("=", 1) for line in lines if line.startswith("export "))
        address = told_of["AIRFLOW_CONN_HOTLINE_API"].rpartition("@")[2]
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://{address}/api/v1/orders", timeout=10)
        assert refused.value.code == 401
        serving.terminate()
        assert serving.wait(timeout=20) == 0


def test_a_description_is_one_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--describe", "--days", "3", "--faults", "all"]) == 0
    page = capsys.readouterr().out
    for word in ("Reports, hours from happening to telling", "Deliveries", "Faults", *FAULTS, *CHANNELS):
        if not word.startswith("ref_"):
            assert word in page
