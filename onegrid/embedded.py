"""A real Airflow on this machine: once through every feed for `make run`, or kept up for `make airflow`."""

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onegrid.airflow_home import USER, AirflowStartError, EmbeddedAirflow
from onegrid.airflow_rest import AirflowApi
from onegrid.networks import read_deliveries, read_networks
from onegrid.summary import run_summary

log = logging.getLogger(__name__)

BUILD = "build_and_publish"
WRITER_POOL = "warehouse_writer"
WATCHER = "fail_if_a_feed_failed"
OVER = ("success", "failed", "skipped", "upstream_failed", "removed")
POLL_SECONDS = 1.0
SAY_AGAIN_SECONDS = 15.0
START_SECONDS = 180.0
OBITUARIES = 5  # a cause that fells every feed is read once, not forty times
STALL_SECONDS = 300.0


def run_once(city: Path, home: Path) -> int:
    """Start Airflow, run every network's ingest DAG and then the build, stop Airflow, print what happened.

    Returns 0 when every run went through (skipping what had nothing new counts as through), 1 when a task
    failed; the failed task's last log lines are printed then. Raises AirflowStartError when Airflow itself
    does not come up or stops making progress.
    """
    clock = _Clock()
    feeds = {f"ingest_{net.name}": [feed.name for feed in net.feeds] for net in read_networks(city)}
    ingest_dags = list(feeds)
    feeds[BUILD] = read_deliveries(city)  # its mapped task has a connection where the others have a feed
    clock.say("starting Airflow (one machine, loopback only)")
    with EmbeddedAirflow(city, home, timetable=False) as airflow:
        api = _wait_until_up(airflow)
        clock.say(f"Airflow is up at {airflow.url}")
        _wait_until_parsed(airflow, api, {*ingest_dags, BUILD})
        _clear_leftovers(api)
        watch = _Watch(airflow, api, clock, feeds)
        _open_writer(api, slots=0)  # one build for all networks: it waits until the last of them was judged
        clock.say(f"running {len(ingest_dags)} ingest DAGs")
        for dag in ingest_dags:
            api.trigger(dag)
        watch.until(lambda: watch.over(ingest_dags))
        if api.queued_asset_events(BUILD) or watch.runs_of(BUILD):
            watch.until(lambda: bool(watch.runs_of(BUILD)))
            api.drop_queued_asset_events(BUILD)  # the run that waits for the writer takes all that is new
        else:
            api.trigger(BUILD)  # nothing new: it skips, unless an earlier build never became an edition
        _open_writer(api, slots=1)
        # Events first, runs second: the scheduler turns the one into the other in one transaction.
        watch.until(lambda: not api.queued_asset_events(BUILD) and watch.over([BUILD]))
        failed = watch.failed()
        published = any(task["task_id"] == "publish" and task["state"] == "success" for task in watch.tasks)
        for task in failed[:OBITUARIES]:
            print(_obituary(airflow.logs, task))
        clock.say("stopping Airflow")
    print()
    print(run_summary(city, home))
    print()
    if failed:
        names = ", ".join(_name(task) for task in failed)
        clock.say(f"FAILED: {names}. Mend what the lines above say and run again: what went well is kept.")
        return 1
    clock.say("a new edition is published" if published else "nothing changed: the current edition stands")
    return 0


def serve(city: Path, home: Path, port: int = 8080) -> int:
    """Start Airflow with the feeds' own schedules and leave it running until Ctrl-C. Returns 0.

    Takes another port where `port` is in use.
    """
    clock = _Clock()
    with EmbeddedAirflow(city, home, timetable=True, port=port) as airflow:
        api = _wait_until_up(airflow)
        _clear_leftovers(api)
        _open_writer(api, slots=1)
        clock.say(f"Airflow runs at {airflow.url} - user {USER}, password in {airflow.password_file}")
        clock.say("Ctrl-C stops it")
        try:
            while True:
                airflow.check_alive()
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            clock.say("stopping Airflow")
    return 0


class _Clock:
    """Prints lines with the minutes and seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def say(self, line: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        print(f"{minutes:3d}:{seconds:02d}  {line}", flush=True)


@dataclass
class _Watch:
    """The runs that are due since now, and every task of theirs; says each end, and at times what runs."""

    airflow: EmbeddedAirflow
    api: AirflowApi
    clock: _Clock
    feeds: dict[str, list[str]]
    since: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    runs: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    _told: set[tuple[str, str, int, str]] = field(default_factory=set)
    _last_news: float = field(default_factory=time.monotonic)

    def until(self, done: Callable[[], bool]) -> None:
        """Look once a second until `done`. Raises AirflowStartError when Airflow ends or stalls."""
        while True:
            self.airflow.check_alive()
            self._look()
            if done():
                return
            time.sleep(POLL_SECONDS)

    def runs_of(self, dag: str) -> list[dict[str, Any]]:
        return [run for run in self.runs if run["dag_id"] == dag]

    def over(self, dags: Iterable[str]) -> bool:
        """Whether each of the DAGs has runs and all of them ended."""
        return all(
            (runs := self.runs_of(dag)) and all(run["state"] in ("success", "failed") for run in runs) for dag in dags
        )

    def failed(self) -> list[dict[str, Any]]:
        """The tasks that failed by themselves; a failed run without one counts by its watcher."""
        failed = [task for task in self.tasks if task["state"] == "failed"]
        causes = [task for task in failed if task["task_id"] != WATCHER]
        explained = {(task["dag_id"], task["dag_run_id"]) for task in causes}
        return causes + [task for task in failed if (task["dag_id"], task["dag_run_id"]) not in explained]

    def _look(self) -> None:
        self.runs = self.api.runs(run_after_gte=self.since)
        self.tasks = self.api.task_instances(run_after_gte=self.since)
        for task in self.tasks:  # Airflow forgets a mapped task's label between two attempts
            if task["map_index"] >= 0:
                task["feed"] = self.feeds[task["dag_id"]][task["map_index"]]
        running = []
        for task in sorted(self.tasks, key=lambda task: task["end_date"] or "~"):
            state = task["state"] or "none"
            key = (task["dag_run_id"], task["task_id"], task["map_index"], f"{state} {task['try_number']}")
            if state == "running":
                running.append(task)
            if state in (*OVER, "up_for_retry", "running") and task["start_date"] and key not in self._told:
                self._told.add(key)
                self._last_news = time.monotonic()
                if state != "running":
                    self.clock.say(_line(task))
        silence = time.monotonic() - self._last_news
        if running and silence > SAY_AGAIN_SECONDS:
            self._last_news = time.monotonic()
            self.clock.say("still running: " + ", ".join(_name(task) for task in running))
        elif silence > STALL_SECONDS:
            raise AirflowStartError(
                f"no task ran for {STALL_SECONDS:.0f} seconds; what the scheduler says stands in "
                f"{self.airflow.folder / 'components' / 'scheduler.log'}"
            )


def _wait_until_up(airflow: EmbeddedAirflow) -> AirflowApi:
    api = AirflowApi(airflow.url, USER, airflow.password)
    wanted = ("metadatabase", "scheduler", "dag_processor")
    _wait(
        airflow,
        lambda: all((health := api.health()) and health.get(part) == "healthy" for part in wanted),
        "Airflow's parts did not all become healthy",
    )
    return api


def _wait_until_parsed(airflow: EmbeddedAirflow, api: AirflowApi, dags: set[str]) -> None:
    def parsed() -> bool:
        errors = api.import_errors()
        if errors:
            raise AirflowStartError(f"{errors[0]['filename']} does not load:\n{errors[0]['stack_trace']}")
        return dags <= {dag["dag_id"] for dag in api.dags()}

    _wait(airflow, parsed, f"Airflow did not find all of {', '.join(sorted(dags))}")


def _wait(airflow: EmbeddedAirflow, reached: Callable[[], bool], complaint: str) -> None:
    end = time.monotonic() + START_SECONDS
    while not reached():
        airflow.check_alive()
        if time.monotonic() > end:
            raise AirflowStartError(
                f"{complaint} in {START_SECONDS:.0f} seconds; their words stand in {airflow.folder / 'components'}"
            )
        time.sleep(0.3)


def _clear_leftovers(api: AirflowApi) -> None:
    """End the runs that a killed Airflow left open: their tasks are gone, and they would block the new ones.

    Nothing is lost by it: runs follow receipts and cursors, and the next build takes all that is new.
    """
    for state in ("running", "queued"):
        for run in api.runs(state=state):
            log.warning("dag %s, run %s: left open by an earlier Airflow, closed", run["dag_id"], run["dag_run_id"])
            api.fail_run(run["dag_id"], run["dag_run_id"])
    api.drop_queued_asset_events(BUILD)


def _open_writer(api: AirflowApi, slots: int) -> None:
    api.set_pool(WRITER_POOL, slots, "one writer of the warehouse at a time")


def _name(task: dict[str, Any]) -> str:
    step = task["task_id"].rpartition(".")[2]
    return " ".join(part for part in (task["dag_id"], step, task.get("feed")) if part)


def _line(task: dict[str, Any]) -> str:
    words = {"success": "done", "skipped": "nothing new", "up_for_retry": "failed, is tried again"}
    seconds = f"{task['duration']:.1f} s" if task["duration"] else ""
    return f"{_name(task):<60} {words.get(task['state'], task['state']):<12} {seconds}".rstrip()


def _obituary(logs: Path, task: dict[str, Any]) -> str:
    """The failed task's name, its last log lines, and where the rest is."""
    folder = logs / f"dag_id={task['dag_id']}" / f"run_id={task['dag_run_id']}" / f"task_id={task['task_id']}"
    if task["map_index"] >= 0:
        folder /= f"map_index={task['map_index']}"
    path = folder / f"attempt={task['try_number']}.log"
    rule = "-" * 100
    if not path.is_file():
        return f"\n{rule}\n{_name(task)} failed before it could log anything\n{rule}"
    lines = [line for text in path.read_text("utf-8", "replace").splitlines() for line in _log_line(text)]
    return "\n".join(["", rule, f"{_name(task)} failed. The end of {path}:", "", *lines[-25:], rule])


def _log_line(text: str) -> list[str]:
    """A line of Airflow's JSON log as a person reads it; errors with their type, message and last frame."""
    try:
        entry = json.loads(text)
    except ValueError:
        return [text]
    if not isinstance(entry, dict):
        return [text]
    if str(entry.get("event")).startswith("::"):  # folding marks for the web page
        return []
    lines = [f"{entry.get('level', ''):<8} {entry.get('event', '')}"]
    for error in entry.get("error_detail") or []:
        frames = error.get("frames") or []
        at = f" (at {frames[-1]['filename']}:{frames[-1]['lineno']})" if frames else ""
        lines.append(f"         {error.get('exc_type')}: {error.get('exc_value')}{at}")
    return lines
