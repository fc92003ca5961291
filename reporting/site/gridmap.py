"""The grid map: what stands, came and went in each grid week by week, and rates by month; from district to grid.

Grids are drawn as they stand at the clock. What a drawn grid does not hold (told of a community or street only, or of
a grid that no longer stands) counts in the community and street that it names, and is told beside the map.
"""

import json
from datetime import date
from typing import Any

from reporting.site.board import MONTHS
from reporting.site.dossiers import street_files
from reporting.site.figures import Figures
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source

WEEKS, FEWEST_WEEKS = 26, 6
NUMBERS = 600_000
"""Numbers that the page holds at most: with very many grids it goes back fewer weeks."""
DIGITS = 5
"""Decimals of a border's degrees: about a metre."""
COUNTS = (
    ("open_at_end", "在办（周末）", "open at the week's end"),
    ("overdue_at_end", "超期在办（周末）", "overdue at the week's end"),
    ("opened", "受理", "opened"), ("closed", "办结", "closed"),
)  # fmt: skip
RATES = ("handled_on_time_rate", "closed_on_time_rate", "recurrence_rate", "satisfaction_rate")
KINDS = ("district", "street", "community", "grid")


def make(source: Source) -> list[Sheet]:
    """The page map.html."""
    drawn = [grid for grid in source.grids if grid["polygon"]]
    if not drawn or not source.has("rpt_grid_ledger"):
        return []
    figures = source.figures()
    weeks = _weeks(source, len(drawn))
    data = {
        "map": {
            "weeks": [f"{week:%Y-%m-%d}" for week in weeks],
            "months": [month.label for month in _months(source)],
            "counts": [{"name": name, "zh": zh, "en": en} for name, zh, en in COUNTS],
            "rates": _rates(source, figures),
            "networks": [
                {"name": one.name, "zh": one.zh, "en": one.en, "incomplete": one.incomplete} for one in source.networks
            ],
            "cells": _cells(source, weeks),
            "dossiers": street_files(source),
            "streets": dict(sorted(source.names["street"].items())),
            "communities": {
                grid["community_code"]: [grid["community_name"], grid["street_code"]]
                for grid in source.grids
                if grid["community_code"]
            },
            "shapes": {
                "type": "FeatureCollection",
                "features": [
                    {"type": "Feature", "properties": {"name": grid["grid_code"]}, "geometry": shape(grid["polygon"])}
                    for grid in drawn
                ],
            },
        }
    }  # fmt: skip
    context = {"day": source.day}
    return [Sheet("map.html", "map.html.j2", "网格地图", "Grid map", context, data, ("map.js",), figures)]


def shape(polygon: str) -> dict[str, Any]:
    """A GeoJSON geometry with its degrees cut to DIGITS decimals."""

    def cut(part: Any) -> Any:
        return [cut(one) for one in part] if isinstance(part, list) else round(part, DIGITS)

    told = json.loads(polygon)
    return {"type": told["type"], "coordinates": cut(told["coordinates"])}


def _months(source: Source) -> list[Any]:
    return list(reversed(source.months[:MONTHS]))


def _weeks(source: Source, grids: int) -> list[date]:
    """Mondays of the weeks that the ledger tells of, oldest first, the newest ones that fit."""
    rows = source.connection.execute(
        "select distinct date_trunc('week', local_day)::date from mart.rpt_grid_ledger where local_day <= ? "
        "order by 1 desc",
        [source.day],
    ).fetchall()
    most = NUMBERS // max(1, grids * max(1, len(source.networks)) * len(COUNTS))
    return [week for (week,) in rows[: max(FEWEST_WEEKS, min(WEEKS, most))]][::-1]


def _cells(source: Source, weeks: list[date]) -> list[dict[str, Any]]:
    """Every place of the ledger: its code, name, community and street, and by network the four counts by week.

    What stood at a week's end is what stood on its Sunday, in a week that is not over on the last day that the network
    tells of.
    """
    if not weeks:
        return []
    rows = source.query(
        """
        with reach as (
            select network, max(local_day) as last_day from mart.rpt_grid_ledger group by network
        ),
        told as (
            select ledger.*, date_trunc('week', ledger.local_day)::date as week,
                ledger.local_day = least(date_trunc('week', ledger.local_day)::date + 6, reach.last_day) as is_end
            from mart.rpt_grid_ledger as ledger
            inner join reach on ledger.network = reach.network
        )
        select grid_code, network, week, max(street_code) as street_code,
            sum(open_at_end) filter (where is_end) as open_at_end,
            sum(overdue_at_end) filter (where is_end) as overdue_at_end,
            sum(opened) as opened, sum(closed) as closed
        from told
        where week >= ?
        group by grid_code, network, week
        order by grid_code, network, week
        """,
        [weeks[0]],
    )
    known = {grid["grid_code"]: grid for grid in source.grids}
    communities = {grid["community_code"]: grid["street_code"] for grid in source.grids if grid["community_code"]}
    place = {week: at for at, week in enumerate(weeks)}
    cells: dict[str, dict[str, Any]] = {
        code: {
            "c": code, "n": grid["grid_name"], "m": grid["community_code"], "s": grid["street_code"],
            "d": bool(grid["polygon"]), "v": {},
        }
        for code, grid in known.items()
    }  # fmt: skip
    for row in rows:
        code = row["grid_code"]
        if code not in cells:
            community = code if code in communities else None
            street = communities.get(code) or (
                row["street_code"] if row["street_code"] in source.names["street"] else None
            )
            name = source.names["grid"].get(code, code)
            cells[code] = {"c": code, "n": name, "m": community, "s": street, "d": False, "v": {}}
        counts = cells[code]["v"].setdefault(row["network"], [[0] * len(weeks) for _ in COUNTS])
        if row["week"] in place:
            for number, (name, _, _) in enumerate(COUNTS):
                counts[number][place[row["week"]]] = int(row[name] or 0)
    return list(cells.values())


def _rates(source: Source, figures: Figures) -> list[dict[str, Any]]:
    """Rates by month: kind → code → [numerator, denominator, whether it may be assessed] or None, by month."""
    months = _months(source)
    wanted = [code for code in RATES if code in source.rules]
    starts = [month.start for month in months]
    found = []
    read = {kind: figures.read(wanted, kind, "month", starts) for kind in KINDS}
    for code in wanted:
        rule = source.rules[code]
        values: dict[str, dict[str, list[Any]]] = {}
        for kind in KINDS:
            for (indicator, unit, start), figure in read[kind].items():
                if indicator == code and figure.denominator:
                    cells = values.setdefault(kind, {}).setdefault(unit, [None] * len(months))
                    cells[starts.index(start)] = [figure.numerator, figure.denominator, figure.is_assessable]
                    if kind in ("street", "community"):
                        figures.show(figure)
        if values:
            found.append(
                {
                    "name": code,
                    "zh": rule["title_zh"],
                    "en": rule["title_en"],
                    "up": rule["direction"] == "up",
                    "values": values,
                }
            )
    return found


PAGE = SitePage("overview", make)
