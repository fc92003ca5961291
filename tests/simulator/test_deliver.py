"""What a centre drops follows from its ledger alone: which versions stand in a file, and the file's bytes."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import fastexcel
import lxml.etree
import numpy as np
import pandas as pd
import pytest

from simulator.deliver import DeliveredFile, Draft, deliveries
from simulator.feeds.channel import Drop
from simulator.ledger import DUPLICATE, REJECTED, Ledger, ledger
from simulator.plan import DAY, HOUR, Plan

PLAN = Plan(days=30)
MORNING = DAY + 8 * HOUR


def told(*versions: tuple[str, str, int], gone: tuple[int, ...] = ()) -> Ledger:
    """A ledger of (key, value, second) in the order given; `gone` are positions that take the record away."""
    rows = pd.DataFrame({"no": [one[0] for one in versions], "value": [one[1] for one in versions]}, dtype="str")
    away = np.isin(np.arange(len(versions)), gone)
    return ledger("trees", "no", rows, np.array([one[2] for one in versions]), gone=away)


def drop(mode: str, kind: str = "csv", **more: object) -> Drop:
    usual = {"cadence": DAY, "first": MORNING, "overlap": DAY if mode == "upsert" else 0, "records": "list"}
    if kind == "xml":
        usual["records"] = "trees/list/tree"
    return Drop(name="trees", kind=kind, mode=mode, **(usual | more))  # type: ignore[arg-type]


def workbook(data: bytes, **how: Any) -> list[list[Any]]:
    """The rows under the headings of a sheet's second line."""
    rows = fastexcel.read_excel(data).load_sheet(0, header_row=1, **how).to_arrow().to_pylist()
    return [list(row.values()) for row in rows]


def values(files: Iterator[DeliveredFile]) -> list[list[str]]:
    return [[row[1] for row in list(csv.reader(io.StringIO(one.data.decode())))[1:]] for one in files]


def test_a_register_tells_the_newest_version_of_what_changed_within_its_overlap() -> None:
    """A tree falls on the first day; its second version waits two files long, its third drives out the second."""
    book = told(("A", "fallen", HOUR), ("A", "sawn", MORNING + HOUR), ("A", "cleared", MORNING + 2 * DAY + 2 * HOUR))
    assert values(deliveries(PLAN, book, drop("upsert", overlap=2 * DAY), 5 * DAY)) == [
        ["fallen"],
        ["sawn"],
        ["sawn"],
        ["cleared"],
    ]


def test_a_log_tells_every_version_once() -> None:
    book = told(("A", "fallen", HOUR), ("A", "sawn", 2 * HOUR), ("A", "cleared", MORNING + HOUR))
    assert values(deliveries(PLAN, book, drop("append"), 4 * DAY)) == [["fallen", "sawn"], ["cleared"], []]


def test_a_list_tells_what_is_open_and_what_vanished_can_return() -> None:
    book = told(
        ("A", "lies", HOUR),
        ("B", "lies", 2 * HOUR),
        ("A", "lies", MORNING + HOUR),
        ("A", "lies", MORNING + DAY + HOUR),
        gone=(2,),
    )
    lists = [one.rows.tolist() for one in deliveries(PLAN, book, drop("snapshot", "json"), 4 * DAY)]
    assert lists == [[0, 1], [1], [1, 3]]


def test_no_moment_of_asking_changes_a_file() -> None:
    """Read a month at once, or bit by bit as the clock goes on: the same files with the same bytes."""
    random = np.random.RandomState(3)
    moments = np.sort(random.randint(0, PLAN.end, 500))
    versions = [(f"T{random.randint(0, 90)}", str(at), int(at)) for at in moments]
    held = {"delay": 50 * 60}
    for mode, kind in (("upsert", "csv"), ("append", "xml"), ("snapshot", "json"), ("upsert", "xlsx")):
        channel = drop(mode, kind, **held)
        book = told(*versions)
        whole = list(deliveries(PLAN, book, channel, PLAN.end))
        clock = [-1, *range(5 * HOUR, PLAN.end, 7 * HOUR), PLAN.end]
        parts = [one for since, now in pairwise(clock) for one in deliveries(PLAN, book, channel, now, since)]
        assert [(one.name, one.at, one.data) for one in parts] == [(one.name, one.at, one.data) for one in whole]
        assert len(whole) == 29
        assert whole[0].at == MORNING + 50 * 60


def test_a_gateway_holds_a_file_back_but_not_its_name() -> None:
    book = told(("A", "before", MORNING), ("B", "while it waits", MORNING + 60))
    (only,) = deliveries(PLAN, book, drop("append", delay=40 * 60), MORNING + 40 * 60)
    assert (only.name, only.at, only.rows.tolist()) == ("trees_20261006T0800.csv", MORNING + 40 * 60, [0])


def test_a_copy_goes_wherever_its_original_goes() -> None:
    """A repeated row stands in each file beside the row that it repeats, and neither drives the other out."""
    book = told(("A", "fallen", HOUR), ("A", "fallen", HOUR), ("A", "sawn", MORNING + 2 * DAY))
    book = replace(book, outcome=np.array(["recorded", DUPLICATE, "recorded"], dtype=object))
    lists = [one.rows.tolist() for one in deliveries(PLAN, book, drop("snapshot"), 4 * DAY)]
    assert lists == [[0, 1], [0, 1], [2]]
    sent = [one.outcomes.tolist() for one in deliveries(PLAN, book, drop("upsert"), 4 * DAY)]
    assert sent == [["recorded", DUPLICATE], [], ["recorded"]]


def test_a_row_without_a_key_is_told_once_and_hides_nobody() -> None:
    book = told(("", "x", HOUR), ("", "y", HOUR), ("A", "lies", HOUR))
    book = replace(book, outcome=np.array([REJECTED, REJECTED, "recorded"], dtype=object))
    lists = [one.rows.tolist() for one in deliveries(PLAN, book, drop("snapshot"), 3 * DAY)]
    assert lists == [[0, 1, 2], [2]]


def test_every_format_says_the_same() -> None:
    """The four formats hold the same rows when they are read by others' libraries; nothing there is empty."""
    frame = pd.DataFrame({"no": ["A", "B"], "树种": ["香樟 <&>", None], "高": [7, 12], "日": [date(2026, 10, 6), None]})
    frame["no"] = frame["no"].astype("str")
    book = ledger("trees", "no", frame, np.array([1, 2]))
    files = {
        kind: next(deliveries(PLAN, book, drop("append", kind, encoding="gb18030"), 3 * DAY)).data
        for kind in ("csv", "xml", "xlsx")
    }
    assert list(csv.reader(io.StringIO(files["csv"].decode("gb18030")))) == [
        ["no", "树种", "高", "日"],
        ["A", "香樟 <&>", "7", "2026-10-06"],
        ["B", "", "12", ""],
    ]
    rows = lxml.etree.fromstring(files["xml"]).findall("list/tree")
    assert [[cell.text for cell in row] for row in rows] == [
        ["A", "香樟 <&>", "7", "2026-10-06"],
        ["B", None, "12", None],
    ]
    assert workbook(files["xlsx"], dtypes={2: "int"}) == [
        ["A", "香樟 <&>", 7, datetime(2026, 10, 6)],
        ["B", None, 12, None],
    ]
    plain = ledger("trees", "no", frame.drop(columns="日"), np.array([1, 2]))
    made = json.loads(next(deliveries(PLAN, plain, drop("append", "json"), 3 * DAY)).data)
    assert made == {
        "time": "2026-10-06 08:00:00",
        "list": [{"no": "A", "树种": "香樟 <&>", "高": 7}, {"no": "B", "树种": None, "高": 12}],
    }


def test_more_columns_than_letters() -> None:
    wide = pd.DataFrame({f"c{number}": [str(number)] for number in range(60)}, dtype="str")
    book = ledger("wide", "c0", wide, np.array([1]))
    data = next(deliveries(PLAN, book, drop("append", "xlsx"), 3 * DAY)).data
    assert workbook(data) == [[str(number) for number in range(60)]]


def test_faults_of_a_whole_file_are_planted_from_outside() -> None:
    """A quiet morning, a file cut in half and sent whole an hour later, a column by another name."""

    def spoil(draft: Draft) -> Iterator[Draft]:
        if draft.number == 1:
            cut = draft.written()[:-3]
            yield replace(draft, data=cut, outcomes=np.full(len(draft.rows), REJECTED, dtype=object))
            yield replace(draft, at=draft.at + HOUR)
        if draft.number == 2:
            yield replace(draft.take(np.array([1])), table=draft.table.rename(columns={"value": "wert"}).iloc[[1]])

    book = told(("A", "1", HOUR), ("B", "2", HOUR))
    files = list(deliveries(PLAN, book, drop("snapshot"), 5 * DAY, spoil=spoil))
    half, again, renamed = files
    assert half.name == again.name
    assert again.at == half.at + HOUR
    assert again.data.startswith(half.data)
    assert half.outcomes.tolist() == [REJECTED] * 2
    assert again.outcomes.tolist() == ["recorded"] * 2
    assert renamed.data.decode().split() == ["no,wert", "B,2"]
    assert renamed.rows.tolist() == [1]


def test_an_overlap_must_reach_the_file_before() -> None:
    with pytest.raises(ValueError, match="loses changes"):
        drop("upsert", cadence=2 * DAY)
