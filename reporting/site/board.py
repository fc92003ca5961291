"""A board of indicators: cards of the district, a line over the weeks, a table of units. Pages are made of boards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reporting.page import Row
from reporting.site.figures import Figure, Figures
from reporting.site.rates import percent
from reporting.site.source import UNKNOWN, Month, Source

MONTHS = 3
"""Months that a board offers, the newest ones."""
WEEKS = 26
COLOURS = ("#1f7797", "#8fb6a1", "#c98b2b", "#6b5b95", "#9aa5af", "#a8321c")
"""Of series in charts, in order: told apart without red and green."""
NETWORK_COLOURS = (
    "#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499", "#777777",
)  # fmt: skip
"""Of the networks, in the order of city.yml: a palette made for readers who confuse colours."""
KINDS = {
    "network": ("网络", "Network"),
    "organisation": ("单位", "Unit"),
    "street": ("街道", "Street"),
    "community": ("社区", "Community"),
}


@dataclass(frozen=True)
class Table:
    """Figures of the units of one kind in one month: rows of (code, name, network, figure by indicator or None)."""

    kind: str
    zh: str
    en: str
    month: Month
    rows: list[tuple[str, str, str, list[Figure | None]]]

    @property
    def id(self) -> str:
        return f"{self.kind}-{self.month.label}"


@dataclass(frozen=True)
class Board:
    """What a board shows; `rules` are the indicators' rows of the registry, in order."""

    rules: list[Row]
    months: list[Month]
    month: Month
    cards: dict[str, list[Figure]]
    tables: list[Table]
    charts: dict[str, Any]
    whole: tuple[str, str]


def board(
    source: Source,
    figures: Figures,
    indicators: Sequence[str],
    kinds: Sequence[str] = ("organisation",),
    name: str = "",
) -> Board | None:
    """The board of the indicators that have figures of the whole in any month; None where none has."""
    months, month = shown_months(source)
    wanted = [code for code in indicators if code in source.rules]
    starts = [month.start for month in months]
    kind_of, whole = source.subject_kind, source.subject
    read = figures.read(wanted, kind_of, "month", starts, [whole])
    wanted = [code for code in wanted if any((code, whole, start) in read for start in starts)]
    if not wanted or month is None:
        return None
    cards = {
        one.label: [
            figures.show(read.get((code, whole, one.start)) or figures.none(code, kind_of, whole, "month", one.start))
            for code in wanted
        ]
        for one in months
    }
    tables = [table for kind in kinds for table in _tables(source, figures, wanted, kind, months)]
    rules = [source.rules[code] for code in wanted]
    return Board(rules, months, month, cards, tables, _trend(source, figures, rules, name), source.whole)


def shown_months(source: Source) -> tuple[list[Month], Month | None]:
    """The newest months, and the one that is shown first: the newest that is over."""
    months = source.months[:MONTHS]
    if source.month and source.month not in months:
        months = [*months, source.month]
    return months, source.month


def _tables(source: Source, figures: Figures, indicators: Sequence[str], kind: str, months: list[Month]) -> list[Table]:
    found = []
    read = figures.read(indicators, kind, "month", [month.start for month in months])
    names = source.names.get(kind, {})
    for month in months:
        codes = sorted({code for _, code, start in read if start == month.start and code not in UNKNOWN})
        rows = []
        for code in codes:
            cells = [read.get((indicator, code, month.start)) for indicator in indicators]
            network = source.organisations.get(code, {}).get("network") or "" if kind == "organisation" else ""
            rows.append((code, names.get(code, code), network, [cell and figures.show(cell) for cell in cells]))
        if rows:
            found.append(Table(kind, *KINDS.get(kind, (kind, kind)), month, rows))
    return found


def _trend(source: Source, figures: Figures, rules: list[Row], name: str) -> dict[str, Any]:
    """Charts of the whole by week: shares as lines, counts as bars. A week that cannot be assessed is a gap."""
    weeks = weeks_of(source)
    if len(weeks) < 2:
        return {}
    whole = source.subject
    read = figures.read([rule["indicator"] for rule in rules], source.subject_kind, "week", weeks, [whole])
    labels = [f"{week:%m-%d}" for week in weeks]
    charts = {}
    for unit, title in (("share", "rates"), ("count", "counts")):
        own = [rule for rule in rules if rule["unit"] == unit][:6]
        if own:
            series = [
                {
                    "name": {"zh": rule["title_zh"], "en": rule["short_en"]},
                    "type": "line" if unit == "share" else "bar",
                    "symbolSize": 6,
                    **look,
                    "data": [_drawn(read.get((rule["indicator"], whole, week))) for week in weeks],
                }
                for rule, look in zip(own, _looks(own), strict=True)
            ]
            charts[f"{name}{title}"] = lines(labels, series, "%" if unit == "share" else "")
    return charts


def _looks(rules: list[Row]) -> list[dict[str, Any]]:
    """How each series is drawn: a rate after exclusions dashed, in the colour of the same rate before them."""
    bases = [rule["indicator"].removesuffix("_after_exclusions") for rule in rules]
    order = list(dict.fromkeys(bases))
    found = []
    for rule, base in zip(rules, bases, strict=True):
        look: dict[str, Any] = {"color": COLOURS[order.index(base) % len(COLOURS)]}
        if rule["indicator"] != base:
            look |= {"lineStyle": {"type": "dashed"}, "symbol": "rect"}
        found.append(look)
    return found


def weeks_of(source: Source) -> list[datetime]:
    """The starts of the newest weeks that are over and that the whole has figures of, oldest first."""
    rows = source.connection.execute(
        "select distinct period_start::timestamp from mart.rpt_indicator where subject_kind = ? and subject_code = ? "
        "and period_kind = 'week' and period_start + interval 7 day <= ? order by 1 desc limit ?",
        [source.subject_kind, source.subject, source.info["clock_at_local"], WEEKS],
    ).fetchall()
    return [start for (start,) in reversed(rows)]


def colour_of(source: Source, network: str) -> str:
    """The colour of a network, the same on every page."""
    names = [one.name for one in source.networks]
    return NETWORK_COLOURS[names.index(network) % len(NETWORK_COLOURS)] if network in names else NETWORK_COLOURS[-1]


def _drawn(figure: Figure | None) -> float | int | None:
    """A figure's place in a chart: percent or count; None where it is not told or not assessable."""
    if figure is None or figure.numerator is None or not figure.is_assessable:
        return None
    if figure.unit == "share":
        told = percent(figure.numerator, figure.denominator or 0)
        return None if told is None else float(told)
    return figure.numerator


def lines(labels: list[Any], series: list[dict[str, Any]], unit: str = "", **more: Any) -> dict[str, Any]:
    """An option of a chart over labels: its legend above, its unit at the axis."""
    axis: dict[str, Any] = {"type": "value", "splitLine": {"lineStyle": {"color": "#e3e8ec"}}}
    if unit:
        axis["axisLabel"] = {"formatter": "{value}" + unit}
    return {
        "grid": {"left": 8, "right": 16, "top": 40 if len(series) > 1 else 12, "bottom": 4, "containLabel": True},
        **({"legend": {"top": 0, "left": 0, "itemWidth": 16, "type": "scroll"}} if len(series) > 1 else {}),
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": labels, "axisTick": {"show": False}},
        "yAxis": axis,
        "series": series,
        **more,
    }
