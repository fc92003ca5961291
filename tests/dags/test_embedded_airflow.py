"""The embedded Airflow: its settings and secrets at once, and the real thing behind the mark `airflow`."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from onegrid.airflow_home import AirflowStartError, EmbeddedAirflow
from onegrid.embedded import _obituary, _wait_until_up, run_once
from onegrid.networks import read_networks
from simulator.plan import Plan
from tests.centres import district

SAMPLE = Path(__file__).resolve().parents[2] / "cities" / "sandbox"
A_FEW = ("city_management_cases", "power_outages", "hotline_orders")  # a table, a list of what is open, an interface
EACH_KIND = (  # one feed or two of each kind of source; `make run` takes them all
    "police_incidents", "police_link", "city_management_cases", "water_repairs", "power_outages", "hotline_orders",
)  # fmt: skip


def test_the_operators_own_airflow_has_no_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "SomethingElse")
    monkeypatch.setenv("AIRFLOW_CONFIG", "/elsewhere/airflow.cfg")
    monkeypatch.setenv("AIRFLOW_CONN_HOTLINE_API", "http://127.0.0.1:1")
    airflow = EmbeddedAirflow(SAMPLE, tmp_path, timetable=False)
    settings = airflow.environment()
    assert settings["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert settings["AIRFLOW_HOME"] == str(tmp_path / "airflow")
    assert "AIRFLOW_CONFIG" not in settings
    assert settings["AIRFLOW_CONN_HOTLINE_API"] == "http://127.0.0.1:1", "connections are the sources', not Airflow's"
    assert settings["AIRFLOW__API__BASE_URL"] == f"http://127.0.0.1:{airflow.port}"


def test_secrets_are_made_once_and_belong_to_the_owner_alone(tmp_path: Path) -> None:
    first = EmbeddedAirflow(SAMPLE, tmp_path, timetable=False)
    settings = first.environment()
    again = EmbeddedAirflow(SAMPLE, tmp_path, timetable=False)
    for name in ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY"):
        assert len(settings[name]) >= 40
        assert again.environment()[name] == settings[name]
    assert again.password == first.password
    for path in (tmp_path / "airflow" / "secrets.json", first.password_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_obituary_shows_the_error_and_where_the_rest_is(tmp_path: Path) -> None:
    task = {
        "dag_id": "ingest_water", "dag_run_id": "r1", "task_id": "feeds.pull", "map_index": 0, "try_number": 2,
        "feed": "mains",
    }  # fmt: skip
    folder = tmp_path / "dag_id=ingest_water" / "run_id=r1" / "task_id=feeds.pull" / "map_index=0"
    folder.mkdir(parents=True)
    error = {
        "exc_type": "SourceError",
        "exc_value": "mains: no such folder",
        "frames": [{"filename": "a.py", "lineno": 7}],
    }
    lines = [
        {"level": "info", "event": "::group::Pre Execute"},
        {"level": "error", "event": "Task failed with exception", "error_detail": [error]},
    ]
    (folder / "attempt=2.log").write_text("\n".join(map(json.dumps, lines)) + "\na bare line\n", encoding="utf-8")
    text = _obituary(tmp_path, task)
    assert "ingest_water pull mains failed" in text
    assert "SourceError: mains: no such folder (at a.py:7)" in text
    assert "a bare line" in text
    assert "::group::" not in text
    assert str(folder / "attempt=2.log") in text


@pytest.mark.airflow
def test_it_listens_on_loopback_only_refuses_a_second_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before = psutil.Process(os.getpid()).children(recursive=True)
    with EmbeddedAirflow(SAMPLE, tmp_path, timetable=False) as airflow:
        with (
            pytest.raises(AirflowStartError, match="running already"),
            EmbeddedAirflow(SAMPLE, tmp_path, timetable=False),
        ):
            pytest.fail("two Airflows ran in one home")
        _wait_until_up(airflow)
        started = [one for one in psutil.Process(os.getpid()).children(recursive=True) if one not in before]
        listening = [
            connection.laddr
            for process in started
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", airflow.port)]
    assert not [process for process in started if process.is_running()]


@pytest.mark.airflow
def test_the_next_start_ends_what_a_killed_one_left_behind(tmp_path: Path) -> None:
    code = f"""
import pathlib, time
from onegrid.airflow_home import EmbeddedAirflow
with EmbeddedAirflow(pathlib.Path({str(SAMPLE)!r}), pathlib.Path({str(tmp_path)!r}), timetable=False):
    print("started", flush=True)
    time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "started\n"
        orphans = psutil.Process(starter.pid).children(recursive=True)
        starter.kill()
    assert len(orphans) >= 3
    assert [process for process in orphans if process.is_running()] == orphans
    with EmbeddedAirflow(SAMPLE, tmp_path, timetable=False):
        assert not [process for process in orphans if process.is_running()]


@pytest.fixture
def own_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.mark.airflow
@pytest.mark.dbt
@pytest.mark.parametrize(
    "feeds", [pytest.param(A_FEW, id="a-few"), pytest.param(EACH_KIND, id="each-kind", marks=pytest.mark.production)]
)
def test_the_sample_city_is_published_and_a_second_run_changes_nothing(
    tmp_path: Path, own_keys: None, capsys: pytest.CaptureFixture[str], feeds: tuple[str, ...]
) -> None:
    city, home = tmp_path / "city", tmp_path / "home"
    shutil.copytree(SAMPLE, city)
    for path in (city / "feeds").glob("*.yml"):
        if path.stem not in feeds and not path.stem.startswith("ref_"):
            path.unlink()
    with district(tmp_path / "centres", Plan(days=7)) as told:
        told.day(7)
        _run_twice(city, home, capsys)


def _run_twice(city: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_once(city, home) == 0
    first = capsys.readouterr().out
    assert "a new edition is published" in first
    for network in read_networks(city):
        for feed in network.feeds:
            assert f"ingest_{network.name} gate {feed.name} " in first
    edition = (home / "editions" / "current").resolve()
    kept = _tree(home, "log", "vault", "editions")

    assert run_once(city, home) == 0
    second = capsys.readouterr().out
    assert "nothing changed" in second
    assert (home / "editions" / "current").resolve() == edition
    assert _tree(home, "log", "vault", "editions") == kept


@pytest.mark.airflow
@pytest.mark.dbt
@pytest.mark.production
def test_a_broken_feed_is_named_and_does_not_stop_its_neighbour(
    tmp_path: Path, own_keys: None, capsys: pytest.CaptureFixture[str]
) -> None:
    city, home = tmp_path / "city", tmp_path / "home"
    shutil.copytree(SAMPLE, city)
    for path in (city / "feeds").glob("*.yml"):
        if path.stem not in ("ref_calendar", "ref_shift"):
            path.unlink()
    contract = yaml.safe_load((city / "feeds" / "ref_shift.yml").read_text(encoding="utf-8"))
    contract["source"]["path"] = "${ONEGRID_TEST_NOWHERE}/shift"
    (city / "feeds" / "ref_shift.yml").write_text(yaml.safe_dump(contract, allow_unicode=True), encoding="utf-8")

    with district(tmp_path / "centres", Plan(days=1)) as told:
        told.day(1)
        assert run_once(city, home) == 1
    out = capsys.readouterr().out
    assert "ingest_reference pull ref_shift failed" in out
    assert "ONEGRID_TEST_NOWHERE is not set" in out
    assert "FAILED: ingest_reference pull ref_shift" in out
    assert (home / "editions" / "current" / "manifest.json").is_file()  # the neighbour's news is published
    assert "ref_calendar" in out


def _tree(home: Path, *folders: str) -> dict[str, int]:
    """Path → size of every file in the folders; what was tried is written down each time and is left out."""
    return {
        str(path.relative_to(home)): path.stat().st_size
        for folder in folders
        for path in (home / folder).rglob("*")
        if path.is_file() and not path.name.endswith(".lock") and path.parent.name != "outcomes"
    }
