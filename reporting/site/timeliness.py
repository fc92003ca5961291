"""Timeliness of cases: from acceptance to closing, how long cases stay where, what stands open and for how long."""

from typing import Any

from reporting.page import Row
from reporting.site.board import board, lines, shown_months
from reporting.site.listing import STATES
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source, short

INDICATORS = (
    "handled_on_time_rate", "closed_on_time_rate", "closing_rate", "handled_first_pass_rate", "rework_rate",
    "extension_rate", "return_rate", "overdue_multiple", "overdue_open",
)  # fmt: skip
STEPS = (
    ("reported", "上报", "Reported", "true"),
    ("accepted", "受理", "Accepted", "accepted_at is not null"),
    ("dispatched", "派遣", "Dispatched", "dispatched_at is not null"),
    ("handled", "处置", "Disposed of", "handled_at is not null"),
    ("closed", "结案", "Closed", "status = 'closed'"),
)
BANDS = ((0, 1), (1, 3), (3, 7), (7, 15), (15, 30), (30, None))
"""Ages of open cases in days, [from, to)."""
LISTED = 300
"""Overdue cases that are listed, the longest overdue ones; every unit's count is told in full."""


def make(source: Source) -> list[Sheet]:
    """The page timeliness.html."""
    if not source.has("fct_case", "rpt_indicator"):
        return []
    figures = source.figures()
    made = board(source, figures, INDICATORS, ("network", "organisation", "street"))
    if made is None:
        return []
    funnels, ages = _funnels(source), _ages(source)
    overdue, units = _overdue(source)
    context: dict[str, Any] = {
        "board": made,
        "steps": STEPS,
        "funnels": funnels,
        "bands": BANDS,
        "ages": ages,
        "dwell": _dwell(source),
        "stages": source.kept.stages | STATES,
        "overdue": overdue,
        "units": units,
        "clock": _clock(source),
        "band_name": band_name,
        "band_condition": band_condition,
    }
    charts = {**made.charts, **_funnel_charts(funnels), **({"ages": _age_chart(source, ages)} if ages else {})}
    return [
        Sheet(
            "timeliness.html", "timeliness.html.j2", "案件时效", "Timeliness", context, {"charts": charts}, (), figures
        )
    ]


def _funnels(source: Source) -> list[dict[str, Any]]:
    """Of the cases reported in each of the shown months: how many got to each step by the clock, by network."""
    months, newest = shown_months(source)
    counts = ", ".join(f"count(*) filter (where {condition}) as {name}" for name, _, _, condition in STEPS)
    found = []
    for month in months:
        rows = source.query(
            f"select network, {counts} from mart.fct_case where opened_on >= ? and opened_on < ? group by network "
            "order by network",
            [month.start.date(), month.end.date()],
        )
        if rows:
            of_month = f"opened_on >= '{month.start:%Y-%m-%d}' and opened_on < '{month.end:%Y-%m-%d}'"
            named = [{**row, "title": source.network(row["network"])} for row in rows]
            found.append({"month": month, "rows": named, "where": of_month, "shown": month == newest})
    return found


def _funnel_charts(funnels: list[dict[str, Any]]) -> dict[str, Any]:
    charts = {}
    for funnel in funnels:
        values = []
        for name, zh, en, _ in STEPS:
            telling = sum(bool(row[name]) for row in funnel["rows"])  # not every network tells of every step
            every = telling == len(funnel["rows"])
            label = (
                {"zh": zh, "en": en} if every else {"zh": f"{zh}（{telling} 网）", "en": f"{en} ({telling} networks)"}
            )
            values.append({"name": label, "value": sum(row[name] for row in funnel["rows"])})
        charts[f"funnel-{funnel['month'].label}"] = {
            "grid": {"left": 8, "right": 60, "top": 6, "bottom": 4, "containLabel": True},
            "xAxis": {"type": "value", "show": False},
            "yAxis": {
                "type": "category", "inverse": True, "data": [value["name"] for value in values],
                "axisTick": {"show": False}, "axisLine": {"show": False}, "axisLabel": {"fontSize": 14},
            },
            "series": [
                {
                    "type": "bar", "data": [value["value"] for value in values], "barWidth": "62%",
                    "label": {"show": True, "position": "right", "fontSize": 14},
                }
            ],
        }  # fmt: skip
    return charts


def _ages(source: Source) -> list[dict[str, Any]]:
    """Open cases by network and age at the clock. A case whose opening was not told has the age of its first event."""
    clock = _clock(source)
    bands = ", ".join(
        f"count(*) filter (where {band_condition(low, high, clock)}) as band_{place}"
        for place, (low, high) in enumerate(BANDS)
    )
    rows = source.query(
        f"select network, count(*) as total, {bands} from mart.fct_case where is_open group by network order by network"
    )
    return [{**row, "title": source.network(row["network"])} for row in rows]


def band_condition(low: int, high: int | None, clock: str) -> str:
    """SQL that holds for a case whose age at `clock` (an expression) is in a band of days."""
    age = f"coalesce({clock} - coalesce(opened_at, first_event_at), interval 0 day)"
    least = f"{age} >= interval {low} day" if low else ""
    most = f"{age} < interval {high} day" if high is not None else ""
    return " and ".join(condition for condition in (least, most) if condition)


def _clock(source: Source) -> str:
    return f"timestamp '{source.info['clock_at_utc']:%Y-%m-%d %H:%M:%S}'"


def _age_chart(source: Source, ages: list[dict[str, Any]]) -> dict[str, Any]:
    shades = ("#cfe3ec", "#97c4d6", "#559fba", "#1f7797", "#0a4a63", "#a8321c")
    names = [{"zh": row["title"].zh, "en": row["title"].en} for row in ages]
    series = [
        {
            "name": {"zh": f"{band_name(low, high)}天", "en": f"{band_name(low, high)} days"},
            "type": "bar", "stack": "all", "color": shades[place],
            "data": [row[f"band_{place}"] for row in ages],
        }
        for place, (low, high) in enumerate(BANDS)
    ]  # fmt: skip
    option = lines(names, series)
    option["xAxis"]["axisLabel"] = {"interval": 0, "hideOverlap": True}
    return option


def band_name(low: int, high: int | None) -> str:
    """`3–7` or `≥ 30`."""
    return f"≥ {low}" if high is None else f"{low}–{high}"


def _dwell(source: Source) -> list[Row]:
    """How long cases stayed in each stage, by network, over the shown months: seconds and spans, to be divided."""
    if not source.has("rpt_dwell"):
        return []
    months, newest = shown_months(source)
    rows = source.query(
        "select month, network, stage, sum(spans)::bigint as spans, sum(dwell_seconds)::bigint as seconds, "
        "sum(lasting_spans)::bigint as lasting, max(longest_seconds) as longest from mart.rpt_dwell "
        "where list_contains(?::date[], month) group by month, network, stage order by month desc, network, stage",
        [[month.start.date() for month in months]],
    )
    shown = newest.label if newest else ""
    return [
        {
            **row, "title": source.network(row["network"]), "label": f"{row['month']:%Y-%m}",
            "shown": f"{row['month']:%Y-%m}" == shown,
        }
        for row in rows
    ]  # fmt: skip


def _overdue(source: Source) -> tuple[list[Row], list[Row]]:
    """The cases that are longest overdue, and how many of them each unit has."""
    units = source.query(
        "select org_code, count(*) as cases from mart.fct_case where is_overdue group by org_code "
        "order by cases desc, org_code"
    )
    names = source.names["organisation"]
    rows = source.query(
        "select case_id, feed, stream_type, stream_key, network, org_code, grid_code, canonical_name, stage, "
        "opened_at_local, handle_due_at_local, close_due_at_local, overdue_since_at, "
        "date_diff('second', overdue_since_at, ?::timestamp) as late_seconds from mart.fct_case where is_overdue "
        "order by overdue_since_at, case_id limit ?",
        [source.info["clock_at_utc"], LISTED],
    )
    source.list_items([(row["case_id"], row["feed"], row["stream_type"], row["stream_key"]) for row in rows])
    listed = [
        {
            **row,
            "id": short(row["case_id"]),
            "title": source.network(row["network"]),
            "unit": names.get(row["org_code"], row["org_code"]) or "—",
            "grid": source.names["grid"].get(row["grid_code"], row["grid_code"]),
        }
        for row in rows
    ]
    return listed, [{**row, "unit": names.get(row["org_code"], row["org_code"]) or "—"} for row in units]


PAGE = SitePage("handling", make)
