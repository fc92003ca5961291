"""What the pages of the five core mechanisms are made of: cards, a board of indicators, counted tables, ledgers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reporting.page import Row
from reporting.site.board import board
from reporting.site.cuts import cuts
from reporting.site.listing import Listing, Text, label, quoted
from reporting.site.rates import percent
from reporting.site.shell import Sheet
from reporting.site.source import Source

Card = tuple[str, str, int, str, str]
"""Chinese and English title, figure, the query that gives it, and its style."""
KINDS = ("organisation", "street", "community")


@dataclass(frozen=True)
class Measure:
    """A column of a counted table: heading, the SQL that counts it; `of`: below the line of a rate, also SQL."""

    zh: str
    en: str
    sql: str
    of: str = ""
    style: str = "figures"


@dataclass(frozen=True)
class Counted:
    """A table of counts: a row a value of the columns `by`; each count with the query that gives it."""

    zh: str
    en: str
    soft: tuple[str, str]
    heads: Sequence[tuple[str, str]]
    measures: Sequence[Measure]
    rows: list[dict[str, Any]]


def counted(
    source: Source,
    mart: str,
    titles: tuple[str, str],
    by: Sequence[tuple[str, str, str]],
    measures: Sequence[Measure],
    where: str = "true",
    order: str = "",
    soft: tuple[str, str] = ("", ""),
    limit: int = 200,
) -> Counted | None:
    """Counts of a mart by columns (`by`: column, headings); None where it has no such rows."""
    keys = [key for key, _, _ in by]
    sums = [f"{one.sql} as m{n}, {one.of or 'null'} as d{n}" for n, one in enumerate(measures)]
    rows = source.query(
        f"select {', '.join([*keys, *sums])} from mart.{mart} where {where} "
        f"group by {', '.join(keys)} order by {', '.join([*([order] if order else []), *keys])} limit {limit}"
    )
    if not rows:
        return None
    found = [
        {
            "words": [label(source, key, row[key]) for key in keys],
            "from": f"mart.{mart} where {where} and " + " and ".join(_same(key, row[key]) for key in keys),
            "cells": [_cell(row[f"m{n}"], row[f"d{n}"], one) for n, one in enumerate(measures)],
        }
        for row in rows
    ]
    return Counted(*titles, soft, [(zh, en) for _, zh, en in by], measures, found)


def _cell(value: Any, below: Any, one: Measure) -> dict[str, Any]:
    """What stands in a cell; a rate is told with what it is made of."""
    if not one.of:
        return {"text": "—" if value is None else f"{int(value):,}", "value": one.sql, "zero": not value, "parts": ""}
    told = percent(value or 0, below or 0)
    parts = f"{int(value or 0):,} / {int(below or 0):,}"
    return {"text": "—" if told is None else f"{told}%", "value": "", "zero": False, "parts": parts}


def _same(key: str, value: Any) -> str:
    return f"{key} is null" if value is None else f"{key} = {quoted(value)}"


def card(source: Source, zh: str, en: str, from_where: str, style: str = "", what: str = "count(*)") -> Card:
    """A card with one whole number."""
    query = f"{what} from mart.{from_where}"
    [(value,)] = source.connection.execute(f"select {query}").fetchall()
    return zh, en, int(value or 0), query, style


def sheet(
    source: Source,
    mechanism: str,
    titles: tuple[str, str],
    lead: tuple[str, str],
    indicators: Sequence[str] = (),
    cards: Sequence[Card] = (),
    tables: Sequence[Counted | None] = (),
    ledgers: Sequence[Listing | None] = (),
) -> list[Sheet]:
    """The page of a core mechanism, `mechanism_<mechanism>.html`; none where there is nothing to show."""
    figures = source.figures()
    made = board(source, figures, indicators, KINDS) if indicators else None
    context: dict[str, Any] = {
        "lead": lead,
        "cannot": cannot(source, mechanism),
        "cuts": cuts(source, indicators, made.months) if made else [],
        "cards": list(cards),
        "board": made,
        "counted": [one for one in tables if one is not None],
        "ledgers": [one for one in ledgers if one is not None],
    }
    if not (made or context["counted"] or context["ledgers"]):
        return []
    data = {"charts": made.charts} if made else {}
    file = f"mechanism_{mechanism}.html"
    return [Sheet(file, "core.html.j2", *titles, context, data, figures=figures if made else None)]


def cannot(source: Source, mechanism: str) -> tuple[str, str] | None:
    """What the registry says that a mechanism cannot know."""
    for row in source.rows("dim_mechanism", f"where mechanism = {quoted(mechanism)}"):
        return row["cannot_zh"], row["cannot_en"]
    return None


def of_kind(source: Source, kind: str) -> list[str]:
    """The registry's indicators of a kind of stream."""
    return [code for code, rule in source.rules.items() if rule["stream_type"] == kind]


def minutes(key: str) -> Any:
    """The text of a cell that holds minutes: as hours from two on."""

    def told(row: Row) -> Text:
        value = row[key]
        if value is None:
            return "—"
        return f"{value} min" if value < 120 else f"{value // 60} h {value % 60:02d}"

    return told
