"""What a task does with the workflow's reports: skip in plain sight, fail for good, or hand on."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from ingest.connections import connection
from ingest.errors import ContractError, SourceError
from onegrid import airflow_connections, workflow


@dataclass
class Report:
    """Any report of the workflow: named fields and their dictionary."""

    fields: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return self.fields[name]

    def to_dict(self) -> dict[str, Any]:
        return self.fields


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Workflow function → the report that it returns, or the error that it raises; city and home are not opened."""
    answers: dict[str, Any] = {}

    def answer(name: str) -> Any:
        if isinstance(answers[name], Exception):
            raise answers[name]
        return Report(answers[name])

    monkeypatch.setattr(workflow, "open_city", lambda path: path)
    monkeypatch.setattr(workflow, "open_home", lambda path: path)
    for name in ("pull", "land", "gate_landings", "build", "gate_marts", "publish"):
        monkeypatch.setattr(workflow, name, lambda *arguments, name=name: answer(name))
    return answers


def call(dags: dict, dag: str, task: str, *arguments: str) -> Any:
    return dags[dag].get_task(task).python_callable(*arguments)


def test_news_is_handed_on(dags: dict, told: dict[str, Any]) -> None:
    told["pull"] = {"feed": "mains", "batches": 2, "unchanged": 0, "waiting": 0, "filtered": 0}
    assert call(dags, "ingest_water", "feeds.pull", "mains")["batches"] == 2


@pytest.mark.parametrize(
    ("task", "function", "report"),
    [
        ("feeds.pull", "pull", {"batches": 0, "unchanged": 3, "waiting": 1}),
        ("feeds.land", "land", {"landings": 0}),
        ("feeds.gate", "gate_landings", {"passed": 0, "warned": 0, "held": 0}),
    ],
)
def test_no_news_skips_and_names_the_feed(
    dags: dict, told: dict[str, Any], task: str, function: str, report: dict[str, Any]
) -> None:
    told[function] = report
    with pytest.raises(AirflowSkipException, match="mains"):
        call(dags, "ingest_water", task, "mains")


def test_a_pull_finds_its_connections_where_airflow_keeps_them(
    dags: dict, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(airflow_connections, "airflow_connection", lambda name: f"http://{name}.example")
    monkeypatch.setattr(workflow, "pull", lambda *_: Report({"batches": 1, "host": connection("mains_api").host}))
    assert call(dags, "ingest_water", "feeds.pull", "mains")["host"] == "mains_api.example"


def test_a_held_landing_is_news_too(dags: dict, told: dict[str, Any]) -> None:
    told["gate_landings"] = {"passed": 0, "warned": 0, "held": 1, "reasons": ["rejected_share"]}
    assert call(dags, "ingest_water", "feeds.gate", "mains")["held"] == 1


def test_a_wrong_contract_is_not_tried_again(dags: dict, told: dict[str, Any]) -> None:
    told["pull"] = ContractError("mains.yml: cadence: not a duration")
    with pytest.raises(AirflowFailException, match=r"mains\.yml"):
        call(dags, "ingest_water", "feeds.pull", "mains")


def test_a_broken_source_is_tried_again(dags: dict, told: dict[str, Any]) -> None:
    told["pull"] = SourceError("mains: answered 503")
    with pytest.raises(SourceError):
        call(dags, "ingest_water", "feeds.pull", "mains")


def test_an_unchanged_log_is_not_built_again(dags: dict, told: dict[str, Any]) -> None:
    told["build"] = {"build_id": "b1", "log_version": "v7", "changed": False}
    with pytest.raises(AirflowSkipException, match="v7"):
        call(dags, "build_and_publish", "mount_and_build")


def test_a_red_gate_stops_before_publishing_and_is_not_tried_again(dags: dict, told: dict[str, Any]) -> None:
    told["gate_marts"] = {"passed": False, "failures": ["fct_case is empty"], "pages": Path("gate")}
    with pytest.raises(AirflowFailException, match="fct_case is empty"):
        call(dags, "build_and_publish", "gate_marts", "b1")


def test_a_green_gate_hands_the_build_to_publish(dags: dict, told: dict[str, Any]) -> None:
    told["gate_marts"] = {"passed": True, "failures": [], "pages": Path("gate")}
    assert call(dags, "build_and_publish", "gate_marts", "b1") == "b1"
