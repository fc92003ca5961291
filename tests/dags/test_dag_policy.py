"""What every DAG owes the people who run it, over a made-up city."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.dags.conftest import REPOSITORY
from tests.dags.fresh import run_python

IMPORT_SECONDS = 2.0
HEAVY = ["duckdb", "deltalake", "great_expectations", "dbt", "pyarrow", "pandas", "ingest", "expectations", "reporting"]
LOAD = """
import json, runpy, sys, time
import airflow.sdk, airflow.sdk.exceptions
from airflow.sdk import DAG, Asset, TriggerRule, dag, task, task_group
before, opened = set(sys.modules), []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
start = time.perf_counter()
for path in sys.argv[1:] or FILES:
    runpy.run_path(path)
print(json.dumps({"seconds": time.perf_counter() - start, "new": sorted(set(sys.modules) - before), "opened": opened}))
"""


@pytest.fixture(scope="module")
def loading(timetable_city: Path) -> dict:
    """What loading all DAG files in a fresh process costs and touches, Airflow itself aside."""
    files = [str(path) for path in sorted((REPOSITORY / "dags").glob("*.py"))]
    assert files
    return json.loads(run_python(f"FILES = {files!r}\n{LOAD}", ONEGRID_CITY=str(timetable_city)).splitlines()[-1])


def test_dag_files_load_in_under_two_seconds(loading: dict) -> None:
    assert loading["seconds"] < IMPORT_SECONDS


def test_loading_a_dag_file_imports_nothing_heavy(loading: dict) -> None:
    assert [name for name in loading["new"] if name.split(".")[0] in HEAVY] == []


def test_loading_a_dag_file_reads_nothing_of_the_city_but_its_settings(loading: dict, timetable_city: Path) -> None:
    opened = {
        Path(path).relative_to(timetable_city) for path in loading["opened"] if path.startswith(str(timetable_city))
    }
    assert opened == {
        Path("city.yml"),
        *(Path("feeds") / name for name in ("mains.yml", "meters.yml", "outages.yml", "torn.yml")),
    }


def test_no_dag_file_hides_a_package(repository: Path) -> None:
    """Airflow puts dags/ in front of the import path: dags/ingest.py would hide the package ingest."""
    files = {path.stem for path in (repository / "dags").glob("*.py")}
    packages = {path.parent.name for path in repository.glob("*/__init__.py")}
    assert {"ingest", "onegrid"} <= packages
    assert not files & packages


def test_one_dag_per_network_and_one_build(dags: dict) -> None:
    others = {"build_and_publish", "watch_feeds", "decide_on_landing"}
    assert set(dags) == {"ingest_power", "ingest_unreadable", "ingest_water", *others}


def test_every_dag_has_tags_owner_documentation_and_retries(dags: dict) -> None:
    for name, dag in dags.items():
        assert dag.tags, name
        assert dag.doc_md, name
        assert dag.description, name
        assert dag.max_active_runs == 1, name
        assert dag.catchup is False, name
        for task in dag.tasks:
            assert task.owner not in ("", "airflow"), (name, task.task_id)
            assert task.execution_timeout, (name, task.task_id)
            if task.task_id != "fail_if_a_feed_failed":
                assert task.retries >= 1, (name, task.task_id)
                assert task.retry_exponential_backoff, (name, task.task_id)


def test_a_network_carries_its_offices_feeds_and_shortest_cadence(dags: dict) -> None:
    water = dags["ingest_water"]
    assert water.owner == "Metering, Waterworks"
    assert {"ingest", "water"} == set(water.tags)
    assert water.schedule == timedelta(minutes=30)
    for words in ("供水", "| `mains` |", "| `meters` |", "What meters brings.", "Waterworks"):
        assert words in water.doc_md


def test_each_feed_is_a_named_chain_whose_steps_go_on_after_a_failure(dags: dict) -> None:
    water = dags["ingest_water"]
    assert water.task_ids == ["feeds.pull", "feeds.land", "feeds.gate", "fail_if_a_feed_failed"]
    pull, land, gate, watcher = water.tasks
    group = water.task_group.children["feeds"]
    assert group._expand_input.value == {"feed": ["mains", "meters"]}
    assert land.upstream_task_ids == {"feeds.pull"}
    assert gate.upstream_task_ids == {"feeds.land"}
    assert {pull.map_index_template, land.map_index_template, gate.map_index_template} == {
        "{{ task.op_kwargs['feed'] }}"
    }
    assert (land.trigger_rule, gate.trigger_rule, watcher.trigger_rule) == ("all_done", "all_done", "one_failed")
    assert watcher.upstream_task_ids == {"feeds.pull", "feeds.land", "feeds.gate"}


def test_every_failure_is_told_and_every_good_end_takes_it_back(dags: dict) -> None:
    from onegrid.callbacks import failed, went_well

    for name in ("ingest_water", "build_and_publish"):
        for task in dags[name].tasks:
            told = [task.on_failure_callback, task.on_success_callback, task.on_skipped_callback]
            silent = task.task_id == "fail_if_a_feed_failed"  # the task that failed has told it already
            assert [list(one or []) for one in told] == ([[]] * 3 if silent else [[failed], [went_well], [went_well]])


def test_the_watch_looks_every_quarter_of_an_hour_by_itself(dags: dict) -> None:
    watch = dags["watch_feeds"]
    assert watch.schedule == timedelta(minutes=15)
    assert watch.task_ids == ["look"]


def test_only_the_gate_tells_the_warehouse(dags: dict) -> None:
    for name in ("water", "power"):
        outlets = {task.task_id: [asset.uri for asset in task.outlets] for task in dags[f"ingest_{name}"].tasks}
        assert outlets.pop("feeds.gate") == [f"onegrid://log/{name}"]
        assert not any(outlets.values())


def test_any_network_or_decision_wakes_the_build_and_one_slot_guards_the_warehouse(dags: dict) -> None:
    build = dags["build_and_publish"]
    assert build.task_ids == ["mount_and_build", "gate_marts", "publish"]
    (decide,) = dags["decide_on_landing"].tasks
    decided = {asset.uri for asset in decide.outlets}
    assert decided == {"onegrid://decisions/landings"}
    wanted = {f"onegrid://log/{name}" for name in ("power", "unreadable", "water")} | decided
    assert {asset.uri for asset in build.timetable.asset_condition.objects} == wanted
    assert type(build.timetable.asset_condition).__name__ == "AssetAny"
    assert {task.pool for task in build.tasks} == {"warehouse_writer"}
    assert {task.trigger_rule for task in build.tasks} == {"all_success"}
    outlets = {task.task_id: [asset.uri.rstrip("/") for asset in task.outlets] for task in build.tasks}
    assert outlets == {"mount_and_build": [], "gate_marts": [], "publish": ["onegrid://editions"]}


def test_a_city_without_contracts_is_an_error_not_an_empty_timetable(tmp_path: Path, repository: Path) -> None:
    code = f"import runpy; runpy.run_path({str(repository / 'dags' / 'ingest_networks.py')!r})"
    with pytest.raises(AssertionError, match="point ONEGRID_CITY at a city folder"):
        run_python(code, ONEGRID_CITY=str(tmp_path))
