"""Where and when: hour by weekday, what rises against its own weeks before, what recurs, components that fail again."""

from typing import Any

from reporting.page import Row
from reporting.site.board import board
from reporting.site.incidents import warnings
from reporting.site.listing import Column, Listing, label, listing, named, number, quoted
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import UNKNOWN, Source

DAYS, WEEKS_BEFORE, LEAST = 7, 8, 5
"""Of a place or category the last 7 days are compared with the mean of up to 8 weeks before; fewer than 5 are noise."""
LISTED = 60
WEEKDAYS = (
    ("周一", "Mon"),
    ("周二", "Tue"),
    ("周三", "Wed"),
    ("周四", "Thu"),
    ("周五", "Fri"),
    ("周六", "Sat"),
    ("周日", "Sun"),
)


def make(source: Source) -> list[Sheet]:
    """The page hotspots.html."""
    if not source.has("fct_case"):
        return []
    figures = source.figures()
    heats = _heats(source)
    context: dict[str, Any] = {
        "board": board(source, figures, ("recurrence_rate",), ("network", "street", "community"), "again-"),
        "heats": heats,
        "weekdays": WEEKDAYS,
        "grids": _risers(source, "grid_code"),
        "categories": _risers(source, "canonical_code"),
        "components": _components(source),
        "warnings": warnings(source),
        "days": DAYS,
        "weeks": WEEKS_BEFORE,
        "least": LEAST,
    }
    charts = {f"heat-{heat['network']}": _heat_chart(heat) for heat in heats}
    if context["board"]:
        charts |= context["board"].charts
    titles = ("热点与复发", "Hot spots")
    return [Sheet("hotspots.html", "hotspots.html.j2", *titles, context, {"charts": charts}, (), figures)]


def _heats(source: Source) -> list[dict[str, Any]]:
    """Cases by hour and ISO weekday of their opening, of all networks and of each; without a told hour they are out."""
    rows = source.query(
        "select network, isodow(opened_at_local) as weekday, hour(opened_at_local) as hour, count(*) as cases "
        "from mart.fct_case where opened_at_local is not null group by all order by all"
    )
    found = []
    for name in ("", *(one.name for one in source.networks)):
        own = [row for row in rows if name in ("", row["network"])]
        cells: dict[tuple[int, int], int] = {}
        for row in own:
            place = (row["weekday"], row["hour"])
            cells[place] = cells.get(place, 0) + int(row["cases"])
        if cells:
            titles = source.network(name) if name else None
            found.append(
                {
                    "network": name or "all",
                    "zh": titles.zh if titles else "全部",
                    "en": titles.en if titles else "All",
                    "cells": cells,
                    "total": sum(cells.values()),
                    "busiest": max(cells.values()),
                    "where": f"opened_at_local is not null{f' and network = {quoted(name)}' if name else ''}",
                }
            )
    return found


def _heat_chart(heat: dict[str, Any]) -> dict[str, Any]:
    days = [{"zh": zh, "en": en} for zh, en in WEEKDAYS]
    return {
        "grid": {"left": 8, "right": 8, "top": 6, "bottom": 44, "containLabel": True},
        "xAxis": {"type": "category", "data": list(range(24)), "axisTick": {"show": False}},
        "yAxis": {"type": "category", "data": days, "inverse": True, "axisTick": {"show": False}},
        "visualMap": {
            "min": 0, "max": heat["busiest"], "orient": "horizontal", "left": "center", "bottom": 0,
            "text": [str(heat["busiest"]), "0"],
            "inRange": {"color": ["#eef3f6", "#cfe3ec", "#97c4d6", "#559fba", "#1f7797", "#0a4a63"]},
        },
        "series": [
            {
                "type": "heatmap",
                "data": [[hour, day - 1, count] for (day, hour), count in sorted(heat["cells"].items())],
                "itemStyle": {"borderColor": "#fff", "borderWidth": 1},
            }
        ],
    }  # fmt: skip


def _risers(source: Source, column: str) -> Listing | None:
    """Places or categories whose last days exceed one and a half times their own mean week before, most above it first.

    A network's last day is the last on which it opened a case. Rows with no week before are not compared.
    """
    rows = source.query(
        f"""
        with reach as (
            select network, max(opened_on) as last_day, min(opened_on) as first_day from mart.fct_case group by network
        ),
        told as (
            select cases.network, cases.{column} as subject,
                count(*) filter (where cases.opened_on > reach.last_day - {DAYS}) as recent,
                count(*) filter (
                    where cases.opened_on <= reach.last_day - {DAYS}
                        and cases.opened_on > reach.last_day - {DAYS} * ({WEEKS_BEFORE} + 1)
                ) as before,
                least({WEEKS_BEFORE}, date_diff('day', any_value(reach.first_day), any_value(reach.last_day)) // {DAYS})
                    as weeks,
                any_value(reach.last_day) as last_day
            from mart.fct_case as cases
            inner join reach on cases.network = reach.network
            where cases.{column} is not null
            group by cases.network, cases.{column}
        )
        select *, count(*) over () as total from told
        where weeks > 0 and recent >= {LEAST} and 2 * recent * weeks > 3 * before
        order by recent - before / weeks desc, network, subject
        limit {LISTED}
        """
    )
    if not rows:
        return None

    def mean(row: Row) -> str:
        tenths = 10 * int(row["before"]) // int(row["weeks"])
        return f"{tenths // 10}.{tenths % 10}"

    def subject(row: Row) -> tuple[str, str]:
        if column == "grid_code":
            return label(source, "grid_code", row["subject"])
        name = str(source.names["category"].get(row["subject"], row["subject"]))
        return name, name

    recent = "count(*)"
    columns = (
        Column("网格", "grid", subject) if column == "grid_code" else Column("类别", "category", subject),
        Column("网络", "network", named(source, "network")),
        Column(f"近{DAYS}日", f"last {DAYS} days", number("recent"), recent, "figures"),
        Column("此前每周", "a week before", mean, "", "figures"),
        Column("此前件数", "cases before", number("before"), "", "figures"),
        Column("比较周数", "weeks compared", number("weeks"), "", "figures"),
    )
    titles = ("升温网格", "Grids that rise") if column == "grid_code" else ("升温类别", "Categories that rise")
    told = [{**row, "case_id": None} for row in rows if row["subject"] not in UNKNOWN]
    return listing(
        source, f"risers-{column.replace('_', '-')}", titles, told, columns, (("network", "网络", "network"),),
        len(told), "fct_case",
        lambda row: f"network = {quoted(row['network'])} and {column} = {quoted(row['subject'])} "
        f"and opened_on > date '{row['last_day']}' - {DAYS}",
    )  # fmt: skip


def _components(source: Source) -> Listing | None:
    """Components that failed again, the most often first."""
    if not source.has("rpt_component"):
        return None
    rows = source.query(
        "select *, count(*) over () as total, owner_org_code as org_code from mart.rpt_component "
        "where repeat_failures > 0 order by repeat_failures desc, cases desc, component_code limit ?",
        [LISTED],
    )
    if not rows:
        return None
    columns = (
        Column("部件编码", "component", lambda row: row["component_code"], style="number"),
        Column("名称", "name", lambda row: row["component_name"] or "—"),
        Column("网格", "grid", named(source, "grid_code")),
        Column("权属单位", "owner", named(source, "owner_org_code")),
        Column("案件", "cases", number("cases"), "cases", "figures"),
        Column("在办", "open", number("open_cases"), "open_cases", "figures"),
        Column("重复损坏", "failed again", number("repeat_failures"), "repeat_failures", "figures"),
        Column("派给他人", "sent elsewhere", number("dispatched_otherwise"), "dispatched_otherwise", "figures"),
    )
    found = listing(
        source, "components", ("重复损坏的部件", "Components that fail again"), rows, columns,
        (("org_code", "权属单位", "owner"),), rows[0]["total"], "rpt_component",
        lambda row: f"component_code = {quoted(row['component_code'])}",
    )  # fmt: skip
    return Listing(**{**found.__dict__, "source": "rpt_component where repeat_failures > 0"})


PAGE = SitePage("handling", make)
