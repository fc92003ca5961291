"""A town that is watched on a simulated clock, through the real vault, log, command line, webhook and mail relay."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingest.log import Log, Verdict
from onegrid import workflow
from reporting.mount import newest_mount
from tests.town import Town
from tests.watch.catchers import Hook, Mailbox, mail_relay, webhook
from watch.book import Book

FIRST = datetime.fromisoformat("2026-03-02T06:00:00+08:00")
ALERTS = """
alerts:
  office: 数据局
  contact: bureau@example.invalid
  webhook: duty_room
  mail: {connection: relay, sender: onegrid@example.invalid}
"""


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    with webhook() as hook:
        told = {"conn_type": "http", "host": "127.0.0.1", "port": hook.port, "password": "s3cret", "schema": "hook"}
        monkeypatch.setenv("AIRFLOW_CONN_DUTY_ROOM", json.dumps(told))
        yield hook


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with mail_relay() as box:
        monkeypatch.setenv("AIRFLOW_CONN_RELAY", f"smtp://127.0.0.1:{box.port}")
        yield box


@pytest.fixture
def day(town: Town, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, bool], None]:
    """A day of the feed `cases`: a file at six in the morning, pulled and landed; or none."""
    path = town.root / "city" / "city.yml"
    path.write_text(path.read_text(encoding="utf-8") + ALERTS, encoding="utf-8")

    def lived(number: int, delivers: bool = True) -> None:
        now = FIRST + timedelta(days=number)
        monkeypatch.setenv("ONEGRID_NOW", now.isoformat())
        if delivers:
            stamp = (now - timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S")
            rows = [
                f"C{number}-{n},{stamp},{stamp},{stamp},A,拟青澜,1540000{number:04d},拟青澜报称井盖缺失"
                for n in range(12)
            ]
            town.drop(f"cases_{number}.csv", *rows)
        workflow.pull(town.city, town.home, "cases")
        workflow.land(town.city, town.home, "cases")
        town.let_through()

    return lived


def at(monkeypatch: pytest.MonkeyPatch, day: float) -> None:
    monkeypatch.setenv("ONEGRID_NOW", (FIRST + timedelta(days=day)).isoformat())


def test_a_feed_that_falls_silent_is_told_once_to_its_office_and_once_more_when_it_is_back(
    town: Town, day: Callable[..., None], hook: Hook, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(25):
        day(number)
    assert workflow.watch(town.city, town.home).to_dict() == {
        "opened": [], "closed": [], "standing": 0, "messages": 0, "unsent": "",
    }  # fmt: skip
    for number in (25, 26):
        day(number, delivers=False)
    report = workflow.watch(town.city, town.home)
    assert [line.split(";")[0] for line in report.opened] == ["cases: nothing new has come"]
    assert report.messages == 1
    [told] = hook.documents
    assert told["onegrid"]["office"] == "样例城管"
    assert [(one["feed"], one["code"]) for one in told["onegrid"]["opened"]] == [("cases", "silent")]
    assert "长时间没有新数据" in told["text"]["content"] == told["content"]["text"]
    assert hook.headers[0]["Authorization"] == "Bearer s3cret"
    [mail] = box.mails
    assert mail["To"] == "cases@example.invalid"
    assert mail["Subject"] == "onegrid · 样例城管：1 项告警"
    assert "one comes every 24 h" in mail.get_content()

    for hours in (1, 2, 3):  # it stands open: nobody is told again
        at(monkeypatch, 26 + hours / 24)
        assert workflow.watch(town.city, town.home).messages == 0
    day(27)
    assert workflow.watch(town.city, town.home).closed == ["cases: over: nothing new has come"]
    assert hook.documents[1]["onegrid"]["closed"][0]["code"] == "silent"
    assert box.mails[1]["Subject"] == "onegrid · 样例城管：1 项恢复"
    assert len(hook.documents) == len(box.mails) == 2
    words = json.dumps([hook.documents, [mail.get_content() for mail in box.mails]], ensure_ascii=False)
    assert "拟青澜" not in words
    changes = [(record["change"], record["code"]) for record in Log(town.home).findings("cases")]
    assert changes == [("opened", "silent"), ("told", "silent"), ("closed", "silent"), ("told", "silent")]


def test_what_could_not_be_sent_is_sent_by_the_next_look(
    town: Town, day: Callable[..., None], hook: Hook, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(22):
        day(number)
    day(24, delivers=False)
    hook.answers[:] = [500]
    report = workflow.watch(town.city, town.home)
    assert report.unsent == "1 of 1 alerts could not be sent: the webhook 'duty_room' answered 500"
    assert box.mails == []  # an office is told by all channels or by none
    at(monkeypatch, 24.1)
    assert workflow.watch(town.city, town.home).messages == 1
    assert len(hook.documents) == len(box.mails) == 1


def test_findings_of_one_office_come_in_one_message_and_others_in_another(
    town: Town, day: Callable[..., None], hook: Hook, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(25):
        day(number)
    held = Log(town.home).receipts("cases")[3]["landing_id"]
    Log(town.home).record_verdicts("cases", [Verdict(held, "held", [], by="测试员", why="tried")])
    for hour in range(25):
        at(monkeypatch, 24 + hour / 24)
        workflow.pull(town.city, town.home, "outages")  # the folder stays empty
    at(monkeypatch, 26)
    workflow.watch(town.city, town.home)
    told = {one["onegrid"]["office"]: {f["code"] for f in one["onegrid"]["opened"]} for one in hook.documents}
    assert told == {"样例城管": {"silent", "held_waiting"}, "样例供电": {"silent", "not_asked"}}
    assert {mail["To"] for mail in box.mails} == {"cases@example.invalid", "power@example.invalid"}


def test_a_task_that_fails_is_told_once_until_it_goes_well(
    town: Town, day: Callable[..., None], hook: Hook, box: Mailbox
) -> None:
    day(0)
    for _ in range(3):
        workflow.note_task(town.city, town.home, "cases", "land", "ContractError: no format fits")
    workflow.note_task(town.city, town.home, "", "publish", "GateError: 2 checks failed")
    assert [one["onegrid"]["office"] for one in hook.documents] == ["样例城管", "数据局"]
    assert "no format fits" in hook.documents[0]["text"]["content"]
    workflow.note_task(town.city, town.home, "cases", "gate", None)  # another task
    assert ("task_failed", "land") in Book(town.home).open_findings("cases")
    workflow.watch(town.city, town.home)  # a look says nothing of tasks
    assert ("task_failed", "land") in Book(town.home).open_findings("cases")
    workflow.note_task(town.city, town.home, "cases", "land", None)
    assert ("task_failed", "land") not in Book(town.home).open_findings("cases")
    assert hook.documents[-1]["onegrid"]["closed"][0]["code"] == "task_failed"


def test_the_command_line_lists_what_stands_open_and_exits_1(town: Town, day: Callable[..., None]) -> None:
    for number in range(21):
        day(number)
    city = town.root / "city" / "city.yml"
    city.write_text(city.read_text(encoding="utf-8").replace(ALERTS, ""), encoding="utf-8")
    day(23, delivers=False)
    watched = town.command("watch")
    assert watched.returncode == 1
    assert "1 found, 0 over, 1 stand open" in watched.stdout
    listed = town.command("watch", "--open")
    assert listed.returncode == 1
    assert "alert  cases  since 2026-03-21T22:00Z  nothing new has come" in listed.stdout
    assert "(样例城管)" in listed.stdout


def test_findings_are_part_of_the_log_version_and_verify_sees_a_changed_one(
    town: Town, day: Callable[..., None]
) -> None:
    day(0)
    before = newest_mount(town.home).version
    workflow.note_task(town.city, town.home, "cases", "land", "it failed")
    assert newest_mount(town.home).version != before
    assert workflow.verify(town.home) == []
    path = Path(town.home.log / "chain" / "watch" / "cases" / "0000000001.json")
    path.chmod(0o644)
    path.write_text(path.read_text(encoding="utf-8").replace("it failed", "it was well"), encoding="utf-8")
    assert any("watch/cases" in fault for fault in workflow.verify(town.home))
