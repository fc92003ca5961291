"""A ledger on a page: rows that can be filtered, each figure with the query that gives it, a count by unit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reporting.page import Row
from reporting.site.source import Source, short

SHOWN = 400
"""Rows of a ledger that a page lists; how many there are is told beside them."""
Text = str | tuple[str, str]
"""A cell's text, or that in Chinese and in English."""


@dataclass(frozen=True)
class Column:
    """A column: its heading, what stands in it, and the column of the mart that gives it where it is a figure."""

    zh: str
    en: str
    text: Callable[[Row], Text]
    value: str = ""
    style: str = ""


@dataclass(frozen=True)
class Filter:
    """Rows by one of their words: key of the row, heading, and what the words are called."""

    key: str
    zh: str
    en: str
    options: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Listing:
    """A ledger ready for its template `listing.html.j2`."""

    id: str
    zh: str
    en: str
    columns: Sequence[Column]
    rows: list[dict[str, Any]]
    filters: list[Filter]
    total: int
    source: str


def listing(
    source: Source,
    name: str,
    titles: tuple[str, str],
    rows: list[Row],
    columns: Sequence[Column],
    filters: Sequence[tuple[str, str, str]],
    total: int,
    mart: str,
    where: Callable[[Row], str],
) -> Listing:
    """A ledger of rows, in their order. `filters`: key, heading; `where`: the condition that gives a row of the mart.

    A row with `case_id`, `feed` and `stream_key` is linked to the page of its life.
    """
    found = []
    for row in rows:
        item = row.get("case_id")
        if item:
            source.list_items([(item, row["feed"], row.get("stream_type", "case"), row["stream_key"])])
        cells = []
        for column in columns:
            told = column.text(row)
            zh, en = told if isinstance(told, tuple) else (told, told)
            cells.append({"zh": zh, "en": en, "value": column.value, "style": column.style})
        found.append(
            {
                "id": short(item) if item else "",
                "key": row.get("stream_key", ""),
                "cells": cells,
                "words": {key: _word(row.get(key)) for key, _, _ in filters},
                "from": f"mart.{mart} where {where(row)}",
            }
        )
    offered = [Filter(key, zh, en, _options(source, key, [row.get(key) for row in rows])) for key, zh, en in filters]
    return Listing(name, *titles, columns, found, [one for one in offered if len(one.options) > 1], total, mart)


def _word(value: Any) -> str:
    return "" if value is None else str(value)


def _options(source: Source, key: str, values: list[Any]) -> list[tuple[str, str, str]]:
    found = []
    for value in sorted({_word(one) for one in values} - {""}):
        zh, en = label(source, key, value)
        found.append((value, zh, en))
    return found


WORDS = {
    "overdue_today": ("今日已超", "ran out today"), "two_hours": ("两小时内", "within two hours"),
    "today": ("今日到期", "later today"),
    "suspension": ("挂账", "suspension"), "extension": ("延期", "extension"),
    "unit": ("承办单位", "unit"), "centre": ("中心", "centre"),
    "open": ("在办", "open"), "closed": ("已结", "closed"), "cancelled": ("作废", "cancelled"),
    "returned": ("退回", "returned"),
    "closed_by_giver_only": ("仅移出方已结", "closed by the giver only"),
    "closed_by_receiver_only": ("仅移入方已结", "closed by the receiver only"),
    "returned_to_a_closed_case": ("退回已结案件", "returned to a closed case"),
    "blown": ("待签收", "not signed for"), "signed": ("已签收", "signed for"), "contacted": ("已联系", "contacted"),
    "arrived": ("已到场", "arrived"), "planned": ("已定方案", "plan made"),
    "done": ("已完成", "done"), "dropped": ("已撤销", "dropped"),
    "opened": ("已受理", "opened"), "reviewed": ("已审核", "reviewed"), "approved": ("已审批", "approved"),
    "paid": ("已发放", "paid"), "refused": ("不予批准", "refused"),
    "low": ("偏低", "low"), "usual": ("正常", "usual"), "high": ("偏高", "high"),
    "not_comparable": ("不可比", "not comparable"), "unknown": ("未知", "unknown"),
    "held": ("在停", "held"), "between": ("离开未接", "between two levels"),
    "system": ("系统自动", "a system"), "office": ("科室填报", "an office"),
    "grid_worker": ("网格员填报", "grid workers"), "community": ("社区填报", "a community"),
    "True": ("是", "yes"), "False": ("否", "no"),
}  # fmt: skip


OF_KEYS = {
    "level": {
        "community": ("社区", "community"), "street": ("街道", "street"), "department": ("部门", "department"),
        "district": ("区", "district"),
    },
    "channel_kind": {"own": ("自有", "own"), "public": ("公众", "public"), "office": ("单位", "office")},
    "post_basis": {"duty": ("具名岗位", "named post"), "grid": ("网格员代", "grid worker"), "none": ("无人", "nobody")},
}  # fmt: skip
"""Words that mean something else under another key."""
STATES = {
    "reported": ("上报", "Reported"), "accepted": ("受理", "Accepted"), "checked": ("核实核查", "Checked"),
    "registered": ("立案", "Filed"), "dispatched": ("派遣", "Dispatched"), "signed": ("签收", "Signed for"),
    "arrived": ("到场", "Arrived"), "handling": ("处置中", "Being handled"), "handled": ("已处置", "Disposed of"),
    "suspended": ("挂账", "Suspended"), "closed": ("结案", "Closed"), "cancelled": ("作废", "Cancelled"),
}  # fmt: skip
"""Stages in which a case stands; those that have a limit are named by the seed of stages."""


def label(source: Source, key: str, value: Any) -> tuple[str, str]:
    """What a word of a row is called in Chinese and English: of organisations, networks, grids, stages and states."""
    if value is None or value == "":
        return "—", "—"
    if key == "month_on":
        return f"{value:%Y-%m}", f"{value:%Y-%m}"
    if key == "unit_code" and value in source.names["community"]:
        key = "community_code"
    if key.endswith(("org_code", "unit_code")):
        name = source.names["organisation"].get(value, value)
        return ("未知单位", "unknown unit") if value == "unknown" else (name, name)
    if key.endswith("network"):
        network = source.network(value)
        return network.zh, network.en
    if key == "grid_code":
        name = source.names["grid"].get(value, value)
        return name, "no place" if value == "unlocated" else name
    if key in ("street_code", "community_code"):
        name = source.names[key.removesuffix("_code")].get(value, value)
        return ("未知", "unknown") if value == "unknown" else (name, name)
    if key == "stage":
        return STATES.get(value) or source.kept.stages.get(value, (value, value))
    if key.endswith("event_type") or key == "ended_by":
        return source.kept.events.get(value, (value, value))
    own = OF_KEYS.get("level" if key.endswith("level") else key, {}).get(str(value))
    return own or WORDS.get(str(value), (str(value), str(value)))


def named(source: Source, key: str) -> Callable[[Row], Text]:
    """The text of a cell that holds a word."""
    return lambda row: label(source, key, row[key])


def moment(key: str, year: bool = False) -> Callable[[Row], Text]:
    """The text of a cell that holds a local time; with its year where that may be another."""

    def told(row: Row) -> str:
        value: datetime | None = row[key]
        return "—" if value is None else value.strftime("%Y-%m-%d %H:%M" if year else "%m-%d %H:%M")

    return told


def number(key: str) -> Callable[[Row], Text]:
    """The text of a cell that holds a whole number."""
    return lambda row: "—" if row[key] is None else f"{int(row[key]):,}"


def quoted(value: Any) -> str:
    """A value as an SQL literal."""
    return "'" + str(value).replace("'", "''") + "'"
