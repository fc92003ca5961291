"""What a task does with the workflow's reports: skip in plain sight, fail for good, or hand on."""

import shutil
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
    """Workflow function → the report that it returns, or the error that it raises; city and home are not opened.

    `arguments` are those of the last call.
    """
    answers: dict[str, Any] = {}

    def answer(name: str, arguments: tuple[Any, ...]) -> Any:
        answers["arguments"] = arguments
        if isinstance(answers[name], Exception):
            raise answers[name]
        return Report(answers[name])

    monkeypatch.setattr(workflow, "open_city", lambda path: path)
    monkeypatch.setattr(workflow, "open_home", lambda path: path)
    steps = ("pull", "land", "gate_landings", "build", "gate_marts", "publish", "watch", "note_task")
    for name in (*steps, "judge_by_hand", "land_again"):
        monkeypatch.setattr(workflow, name, lambda *arguments, name=name: answer(name, arguments))
    return answers


NOTHING_ACCEPTED: dict[str, Any] = {"accept": [], "by": "", "why": ""}


def call(dags: dict, dag: str, task: str, *arguments: Any) -> Any:
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
        call(dags, "build_and_publish", "gate_marts", "b1", NOTHING_ACCEPTED)


def test_a_green_gate_hands_the_build_to_publish(dags: dict, told: dict[str, Any]) -> None:
    told["gate_marts"] = {"passed": True, "failures": [], "pages": Path("gate")}
    assert call(dags, "build_and_publish", "gate_marts", "b1", NOTHING_ACCEPTED) == "b1"


def test_what_a_person_accepts_goes_on_to_publish_with_who_and_why(dags: dict, told: dict[str, Any]) -> None:
    told["gate_marts"] = {"passed": False, "failures": ["March moved"], "pages": Path("gate")}
    accepted = {"accept": ["continuity.month_moved"], "by": "data bureau", "why": "a late list of March"}
    assert call(dags, "build_and_publish", "gate_marts", "b1", accepted) == "b1"
    told["publish"] = {"number": 3}
    call(dags, "build_and_publish", "publish", "b1", accepted)
    [waiver] = [argument for argument in told["arguments"] if isinstance(argument, workflow.Waiver)]
    assert (waiver.checks, waiver.by, waiver.why) == (
        ("continuity.month_moved",),
        "data bureau",
        "a late list of March",
    )


def test_the_watch_skips_in_plain_sight_and_fails_where_an_office_could_not_be_told(
    dags: dict, told: dict[str, Any]
) -> None:
    told["watch"] = {"opened": [], "closed": [], "standing": 2, "messages": 0, "unsent": ""}
    with pytest.raises(AirflowSkipException, match="2 findings stand open"):
        call(dags, "watch_feeds", "look")
    told["watch"] = {**told["watch"], "opened": ["mains: nothing new has come"]}
    assert call(dags, "watch_feeds", "look")["opened"]
    told["watch"] = {**told["watch"], "unsent": "the webhook 'duty_room' answered 500"}
    with pytest.raises(SourceError, match="duty_room"):
        call(dags, "watch_feeds", "look")


@dataclass
class EndedTask:
    """A task as Airflow's callbacks show it."""

    task_id: str
    op_kwargs: dict[str, str]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SourceError("the source answered 503"), "SourceError: the source answered 503"),
        (AirflowFailException("2 checks failed"), "AirflowFailException: 2 checks failed"),
        (ValueError("拟青澜 is no number"), "ValueError: see the log of the task"),  # may quote a value
    ],
)
def test_a_failure_is_noted_with_words_that_quote_no_value(told: dict[str, Any], error: Exception, said: str) -> None:
    from onegrid.callbacks import failed

    told["note_task"] = {}
    failed({"task": EndedTask("feeds.land", {"feed": "mains"}), "exception": error})
    assert told["arguments"][2:] == ("mains", "land", said)
    failed({"task": EndedTask("publish", {}), "exception": error})
    assert told["arguments"][2:] == ("", "publish", said)


def test_a_good_end_is_noted_only_where_something_may_stand_open(
    told: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from onegrid.callbacks import went_well

    monkeypatch.setenv("ONEGRID_HOME", str(tmp_path))
    told["note_task"] = {}
    ended = {"task": EndedTask("feeds.land", {"feed": "mains"})}
    went_well(ended)
    assert "arguments" not in told
    (tmp_path / "log" / "chain" / "watch" / "mains").mkdir(parents=True)
    went_well(ended)
    assert told["arguments"][2:] == ("mains", "land", None)


def test_a_callback_that_fails_hides_nothing(told: dict[str, Any]) -> None:
    from onegrid.callbacks import failed

    told["note_task"] = OSError("the disk is full")
    failed({"task": EndedTask("feeds.land", {"feed": "mains"}), "exception": SourceError("503")})


@pytest.mark.parametrize(
    ("decision", "function", "verdict"),
    [("release", "judge_by_hand", ["released"]), ("refuse", "judge_by_hand", ["refused"]),
     ("hold", "judge_by_hand", ["held"]), ("land again", "land_again", [])],
)  # fmt: skip
def test_a_decision_goes_to_the_log_with_who_and_why(
    dags: dict, told: dict[str, Any], decision: str, function: str, verdict: list[str]
) -> None:
    told[function] = {}
    params = {"landing": "abc123", "decision": decision, "by": "区数据局", "why": "checked by telephone"}
    call(dags, "decide_on_landing", "decide", params)
    assert list(told["arguments"][2:]) == ["abc123", *verdict, "区数据局", "checked by telephone"]


def test_a_decision_on_nothing_is_not_tried_again(dags: dict, told: dict[str, Any]) -> None:
    told["judge_by_hand"] = SourceError("no landing begin with 'abc123'")
    with pytest.raises(AirflowFailException, match="abc123"):
        call(dags, "decide_on_landing", "decide", {"landing": "abc123", "decision": "release", "by": "b", "why": "w"})


def test_an_edition_goes_to_each_database_that_the_city_names(
    dags: dict, repository: Path, timetable_city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "deliver" not in dags["build_and_publish"].task_ids
    city = tmp_path / "city"
    shutil.copytree(timetable_city / "feeds", city / "feeds")
    text = (
        "city: c\ntitle: t\ntime_zone: Asia/Shanghai\nnetworks: {water: {title: w}, power: {title: p}}\ndeliveries:\n"
    )
    named = (
        "  - {connection: bi, readers: [bi_reader]}\n  - {connection: bi, schema: mart_units}\n"
        "  - {connection: other}\n"
    )
    (city / "city.yml").write_text(text + named, encoding="utf-8")
    monkeypatch.setenv("ONEGRID_CITY", str(city))
    monkeypatch.setenv("ONEGRID_HOME", str(tmp_path / "home"))
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(repository / "dags" / "build_and_publish.py", load_op_links=False)
    assert not bag.import_errors
    deliver = bag.dags["build_and_publish"].get_task("deliver")
    assert deliver._get_specified_expand_input().value == {"connection": ["bi", "other"]}
    assert deliver.upstream_task_ids == {"publish"}

    asked: list[Any] = []
    lookup = {"bi": "postgresql://bi"}

    def answer(city: Any, home: Any, edition: str, deliveries: list[Any]) -> list[Report]:
        asked.extend(
            [edition, connection("bi").scheme, *((one.connection, one.schema_, one.readers) for one in deliveries)]
        )
        return [Report({"edition": 7})]

    monkeypatch.setattr(workflow, "deliver", answer)
    monkeypatch.setattr(airflow_connections, "airflow_connection", lookup.get)
    assert deliver.python_callable("bi", {"number": 7}) == [{"edition": 7}]
    assert asked == ["7", "postgresql", ("bi", "mart", ("bi_reader",)), ("bi", "mart_units", ())]
