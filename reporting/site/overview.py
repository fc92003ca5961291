"""The first page: what stands today in every network, and the edition that says so.

Every figure is read from the edition's own DuckDB file, so whoever queries the edition finds the figures of the page.
Nothing is estimated: counts are integers, a rate stands beside its numerator and denominator, and a figure that rests
on a feed with held or missing deliveries says so instead of looking smaller.
"""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import duckdb

from reporting.drawing import class_bounds, class_labels, class_of, draw_map
from reporting.page import Row, query
from reporting.site.board import board
from reporting.site.rates import MIN_DENOMINATOR, percent
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Network, Source, is_incomplete

TIMELINE_DAYS = 62
RECENT_DAYS = 7
GRIDS_LISTED = 9
CARDS = ("cases", "closed", "open", "overdue")
CONDITIONS = {"cases": "true", "closed": "status = 'closed'", "open": "is_open", "overdue": "is_overdue"}
MEASURES = ("open", "overdue", "recently_opened", "recently_closed")
HEADLINES = ("reported", "closing_rate", "handled_on_time_rate", "overdue_open", "satisfaction_rate")
ALL = "all"


_NO_MAP: dict[str, Any] = {"grids": [], "views": {}, "busiest": [], "elsewhere": {}, "drawn": False}


def make(source: Source) -> list[Sheet]:
    """The page index.html."""
    figures = source.figures()
    shown = overview(source)
    context = {
        **shown,
        "board": board(source, figures, HEADLINES, ("network",)),
        "incidents": _incidents(source),
        "conditions": CONDITIONS,
    }
    scripts = ("overview.js",)
    return [
        Sheet("index.html", "overview.html.j2", "今日总览", "Today", context, _script_data(shown), scripts, figures)
    ]


PAGE = SitePage("overview", make, is_first=True)


def overview(source: Source) -> dict[str, Any]:
    """Everything the page shows but the figures of the registry, as plain values."""
    connection, networks = source.connection, source.networks
    return {
        "manifest": source.manifest,
        "day": source.day,
        "networks": networks,
        "cards": None if source.lacks("fct_case") else _cards(connection, networks),
        "incomplete": [feed for feed in source.feeds if is_incomplete(feed)],
        "map": _NO_MAP
        if source.lacks("dim_grid", "fct_case", "rpt_grid_ledger")
        else _map(connection, source.manifest["unified_scheme"], networks),
        "months": []
        if source.lacks("rpt_timeliness", "dim_organisation")
        else _months(connection, source.day, networks),
        "timelines": [] if source.lacks("rpt_grid_ledger") else _timelines(connection, networks),
        "feeds": source.feeds,
        "rejections": source.rows("dq_rejection", "order by rejections desc, feed, code, field limit 20"),
        "min_denominator": MIN_DENOMINATOR,
    }


def _incidents(source: Source) -> int | None:
    """How many things in the world (一件事) the cases of all networks speak of; None where they were not linked."""
    if not source.has("fct_incident"):
        return None
    [row] = source.query("select count(*) as incidents from mart.fct_incident")
    return int(row["incidents"])


def _cards(connection: duckdb.DuckDBPyConnection, networks: list[Network]) -> dict[str, Any]:
    """Cases by network: all, closed, open and overdue at the clock. All = closed + cancelled + open."""
    rows = query(
        connection,
        """
        select
            network,
            count(*) as cases,
            count(*) filter (where status = 'closed') as closed,
            count(*) filter (where status = 'cancelled') as cancelled,
            count(*) filter (where is_open) as open,
            count(*) filter (where is_overdue) as overdue,
            count(*) filter (where is_open and is_overdue is null) as unlimited,
            min(opened_on) as first_day
        from mart.fct_case
        group by network
        """,
    )
    by_network = {row["network"]: row for row in rows}
    measures = {}
    for measure in CARDS:
        values = [(network, by_network.get(network.name, {}).get(measure, 0)) for network in networks]
        measures[measure] = {
            "total": sum(row[measure] for row in rows),
            "most": max((value for _, value in values), default=0),
            "networks": values,
        }
    first = min((row["first_day"] for row in rows), default=None)
    return {
        "measures": measures,
        "cancelled": sum(row["cancelled"] for row in rows),
        "unlimited": sum(row["unlimited"] for row in rows),
        "first_day": first,
    }


def _map(connection: duckdb.DuckDBPyConnection, scheme: str, networks: list[Network]) -> dict[str, Any]:
    """What stands open in each unified grid at the clock, and what came and went in each network's last seven days.

    A network's last day is the last of its ledger: about later ones it has not spoken. Drawn on the grids that are
    valid at the clock; what no grid of the map holds is told beside it.
    """
    grids = query(
        connection,
        """
        select grid_code, grid_name, street_name, polygon
        from mart.dim_grid
        where scheme = ? and member_kind = 'grid' and is_current
        order by grid_code
        """,
        [scheme],
    )
    counts = query(
        connection,
        """
        with reach as (
            select network, max(local_day) as last_day from mart.rpt_grid_ledger group by network
        ),
        told as (
            select grid_code, network, count(*) filter (where is_open) as open,
                count(*) filter (where is_overdue) as overdue, 0 as opened, 0 as closed
            from mart.fct_case
            group by grid_code, network
            union all
            select ledger.grid_code, ledger.network, 0, 0, sum(ledger.opened), sum(ledger.closed)
            from mart.rpt_grid_ledger as ledger
            inner join reach on ledger.network = reach.network
            where ledger.local_day > reach.last_day - ?::integer
            group by ledger.grid_code, ledger.network
        )
        select grid_code, network, sum(open) as open, sum(overdue) as overdue,
            sum(opened) as recently_opened, sum(closed) as recently_closed
        from told
        group by grid_code, network
        order by grid_code, network
        """,
        [RECENT_DAYS],
    )
    drawing = draw_map([grid["polygon"] for grid in grids])
    place = {grid["grid_code"]: index for index, grid in enumerate(grids)}
    values: list[dict[str, list[int]]] = [{} for _ in grids]
    elsewhere = dict.fromkeys(MEASURES, 0)
    for row in counts:
        index = place.get(row["grid_code"])
        if index is not None:
            values[index][row["network"]] = [int(row[measure]) for measure in MEASURES]
        else:
            for measure in MEASURES:
                elsewhere[measure] += int(row[measure])
    views = {}
    for number, measure in enumerate(MEASURES):
        for name in (ALL, *(network.name for network in networks)):
            counted = [_value(cell, name, number) for cell in values]
            bounds = class_bounds(counted)
            views[f"{measure}|{name}"] = {
                "classes": "".join(str(class_of(value, bounds)) for value in counted),
                "labels": class_labels(bounds),
            }
    shown = [
        {**grid, "path": path, "values": cell, "totals": [_value(cell, ALL, number) for number in range(len(MEASURES))]}
        for grid, path, cell in zip(grids, drawing.paths, values, strict=True)
    ]
    busiest = sorted(shown, key=lambda grid: (-grid["totals"][0], -grid["totals"][1], grid["grid_code"]))
    return {
        "width": drawing.width,
        "height": drawing.height,
        "grids": shown,
        "views": views,
        "busiest": [grid for grid in busiest if any(grid["totals"])][:GRIDS_LISTED],
        "elsewhere": elsewhere,
        "drawn": any(drawing.paths),
    }


def _value(cell: dict[str, list[int]], network: str, number: int) -> int:
    if network == ALL:
        return sum(values[number] for values in cell.values())
    return cell[network][number] if network in cell else 0


def _months(connection: duckdb.DuckDBPyConnection, day: date, networks: list[Network]) -> list[dict[str, Any]]:
    """The months in which anything was due, newest first; `shown` marks the newest one that is over, if any."""
    rows = query(
        connection,
        """
        select t.*, coalesce(o.network, '') as network
        from mart.rpt_timeliness as t
        left join (
            select org_code, max(network) as network from mart.dim_organisation where is_current group by org_code
        ) as o on o.org_code = t.org_code
        order by t.month desc, t.org_code
        """,
    )
    others = Network("", "其他", "Others", None, False)
    rows = [row for row in rows if not row.get("is_suppressed")]  # what a cut hides is not ranked
    months = sorted({row["month"] for row in rows if row["handle_due"] or row["close_due"]}, reverse=True)
    over = [month for month in months if (month + timedelta(days=31)).replace(day=1) <= day]
    shown = over[0] if over else (months[0] if months else None)
    found = []
    for month in months:
        groups = []
        for network in (*networks, others):
            own = [row for row in rows if row["month"] == month and row["network"] == network.name]
            ranked, listed = ranking(own, network.incomplete)
            if ranked or listed:
                groups.append({"network": network, "ranked": ranked, "listed": listed})
        found.append(
            {
                "month": month,
                "label": f"{month:%Y-%m}",
                "shown": month == shown,
                "is_over": month in over,
                "groups": groups,
            }
        )
    return found


def ranking(rows: list[Row], incomplete: bool) -> tuple[list[Row], list[Row]]:
    """Rank the organisations of one network by on-time handling (按期处置数 / 应处置数), exactly; ties share a rank.

    Returns those that are ranked and those that are only listed: with fewer than MIN_DENOMINATOR due cases, or all of
    them where the network's data are incomplete. Organisations with nothing due are left out.
    """
    due = [
        {
            **row,
            "handle_rate": percent(row["handle_due_on_time"], row["handle_due"]),
            "close_rate": percent(row["close_due_on_time"], row["close_due"]),
        }
        for row in rows
        if row["handle_due"] > 0 or row["close_due"] > 0
    ]
    fit = [row for row in due if row["handle_due"] >= MIN_DENOMINATOR and not incomplete]
    listed = [row for row in due if row not in fit]
    fit.sort(key=lambda row: (-_rate(row), row["org_code"]))
    ranked = [{**row, "rank": 1 + sum(1 for other in fit if _rate(other) > _rate(row))} for row in fit]
    return ranked, listed


def _rate(row: Row) -> Fraction:
    return Fraction(int(row["handle_due_on_time"]), int(row["handle_due"]))


def _timelines(connection: duckdb.DuckDBPyConnection, networks: list[Network]) -> list[dict[str, Any]]:
    """Opened and closed per local day over the last two months that each network tells of; none for a silent one."""
    rows = query(
        connection,
        """
        select network, local_day, sum(opened) as opened, sum(closed) as closed
        from mart.rpt_grid_ledger
        group by network, local_day
        """,
    )
    told = {(row["network"], row["local_day"]): (int(row["opened"]), int(row["closed"])) for row in rows}
    lines = []
    for network in networks:
        own = [row["local_day"] for row in rows if row["network"] == network.name]
        if not own:
            continue
        last = max(own)
        first = max(min(own), last - timedelta(days=TIMELINE_DAYS - 1))
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        cells = [(moment, *told.get((network.name, moment), (0, 0))) for moment in days]
        lines.append(
            {
                "network": network,
                "days": cells,
                "opened": sum(cell[1] for cell in cells),
                "closed": sum(cell[2] for cell in cells),
                "top": max(max(cell[1:]) for cell in cells) or 1,
            }
        )
    return lines


def _script_data(context: dict[str, Any]) -> dict[str, Any]:
    """What the page's script needs to paint the map and to name a grid."""
    return {
        "views": context["map"]["views"],
        "networks": {network.name: {"zh": network.zh, "en": network.en} for network in context["networks"]},
        "grids": [
            {"code": grid["grid_code"], "name": grid["grid_name"], "values": grid["values"]}
            for grid in context["map"]["grids"]
        ],
    }
