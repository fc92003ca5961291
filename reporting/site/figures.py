"""Figures of the indicator registry on a page: what each shows, and what a reader who clicks it is told.

A figure is asked for by indicator, subject and period. Those that a page asks for are explained on it: the rule, both
sides of the line, the periods before, and the cases, those that speak against the unit first, as many as CASES.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

import duckdb

from reporting.page import Row, query
from reporting.site.rates import percent, rate_text

CASES = 12
"""Cases of a figure that a page lists; the command that is told beside them lists all."""
MOST_CASES = 20_000
"""Cases that one page lists at most, of all its figures together; FEWEST of each figure all the same."""
FEWEST = 3
ITEM_CODES = {
    "district": "'district'", "network": "items.network", "organisation": "items.org_code",
    "street": "items.street_code", "community": "items.community_code", "grid": "items.grid_code",
    "grid_now": "items.grid_now_code", "category": "items.canonical_code", "collector": "items.collector_code",
}  # fmt: skip
MOMENTS = {
    "reported": ("上报", "reported"), "accepted": ("受理", "accepted"), "registered": ("立案", "filed"),
    "dispatched": ("派遣", "dispatched"), "disposed": ("处置", "disposed of"), "closed": ("结案", "closed"),
    "ended": ("结束", "ended"), "handle_fell_due": ("处置到期", "its disposal fell due"),
    "close_fell_due": ("结案到期", "its closing fell due"), "called_back": ("回访", "called back"),
    "appealed": ("申诉", "appealed"), "suspended": ("挂账", "suspended"), "supervised": ("督办", "supervised"),
    "whistle_blown": ("吹哨", "whistle blown"), "visit_planned": ("计划走访日", "day of the visit"),
    "patrolled": ("巡查", "patrolled"), "self_fixed": ("自行处置", "mended"), "pushed": ("移送", "handed on"),
    "decision_made": ("议定", "decided"),
}  # fmt: skip
"""Moments in whose period a thing counts."""
_OPTIONS = {
    "organisation": "--unit", "street": "--street", "community": "--community", "grid": "--grid",
    "network": "--network",
}  # fmt: skip
_FORMATS = {"year": "%Y", "month": "%Y-%m", "week": "%G-W%V", "day": "%Y-%m-%d", "hour": "%Y-%m-%dT%H"}

Item = tuple[str, str, str, str]
"""A thing that is counted: its id, feed, kind of stream and key."""


@dataclass(frozen=True)
class Figure:
    """One figure of `rpt_indicator`. `numerator` is None where nothing was counted, or it `is_suppressed` in a cut."""

    indicator: str
    unit: str
    direction: str
    kind: str
    code: str
    period: str
    start: datetime
    numerator: int | None
    denominator: int | None
    is_assessable: bool
    before: tuple[int, int | None] | None
    year_before: tuple[int, int | None] | None
    is_suppressed: bool = False

    @property
    def key(self) -> str:
        """As `data-figure` has it: indicator, kind and code of the subject, kind and start of the period."""
        return "|".join((self.indicator, self.kind, self.code, self.period, f"{self.start:%Y-%m-%d %H:%M:%S}"))

    @property
    def text(self) -> str:
        return rate_text(self.unit, self.numerator, self.denominator)

    @property
    def share(self) -> str:
        """For bars: 0 to 100."""
        return percent(self.numerator or 0, self.denominator or 0) or "0"

    @property
    def value(self) -> Fraction | None:
        """What figures are compared by; None without a base."""
        return _value(self.unit, self.numerator, self.denominator)

    def change(self, before: tuple[int, int | None] | None) -> str | None:
        """Against an earlier figure: percent of a count, percentage points of a share; None where none compares."""
        if before is None or self.value is None or not self.is_assessable:
            return None
        then = _value(self.unit, *before)
        if then is None or (self.unit != "share" and then == 0):
            return None
        moved = self.value - then if self.unit == "share" else (self.value - then) / then
        tenths = int(abs(moved) * 1000)
        sign = "±" if tenths == 0 else ("+" if moved > 0 else "−")
        return f"{sign}{tenths // 10}.{tenths % 10}{' pp' if self.unit == 'share' else '%'}"

    @property
    def month_change(self) -> str | None:
        return self.change(self.before)

    def is_worse(self, before: tuple[int, int | None] | None) -> bool:
        """Whether it went against its direction; False where none is told."""
        then = _value(self.unit, *before) if before else None
        if then is None or self.value is None or self.direction == "none":
            return False
        return self.value < then if self.direction == "up" else self.value > then


def _value(unit: str, numerator: int | None, denominator: int | None) -> Fraction | None:
    if numerator is None:
        return None
    if unit == "count" or denominator is None:
        return Fraction(int(numerator))
    return Fraction(int(numerator), int(denominator)) if denominator else None


class Figures:
    """The figures of an edition, as far as one page asks for them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, rules: dict[str, Row]) -> None:
        self._connection = connection
        self.rules = rules
        self._shown: dict[str, Figure] = {}
        told = (
            "select 1 from information_schema.tables where table_schema = 'mart' and table_name = 'rpt_indicator_item'"
        )
        self._has_items = bool(connection.execute(told).fetchall())  # a cut for leaders may have figures alone

    def read(
        self, indicators: Sequence[str], kind: str, period: str, starts: Iterable[datetime], codes: Sequence[str] = ()
    ) -> dict[tuple[str, str, datetime], Figure]:
        """(indicator, code, start) → figure, of a kind of subject and of periods; of all codes where none are named."""
        moments = list(starts)
        if not indicators or not moments:
            return {}
        rows = query(
            self._connection,
            "select * from mart.rpt_indicator where list_contains(?::varchar[], indicator) and subject_kind = ? "
            "and period_kind = ? and list_contains(?::timestamp[], period_start::timestamp) "
            "and (len(?::varchar[]) = 0 or list_contains(?::varchar[], subject_code))",
            [list(indicators), kind, period, moments, list(codes), list(codes)],
        )
        found = {}
        for row in rows:
            start = _moment(row["period_start"])
            found[row["indicator"], row["subject_code"], start] = self._figure(row, kind, period, start)
        return found

    def none(self, indicator: str, kind: str, code: str, period: str, start: datetime) -> Figure:
        """A figure for which nothing was counted."""
        rule = self.rules[indicator]
        return Figure(
            indicator, rule["unit"], rule["direction"], kind, code, period, start, None, None, True, None, None
        )

    def _figure(self, row: Row, kind: str, period: str, start: datetime) -> Figure:
        rule = self.rules[row["indicator"]]
        if row.get("is_suppressed"):
            hidden = self.none(row["indicator"], kind, row["subject_code"], period, start)
            return replace(hidden, is_suppressed=True)
        return Figure(
            row["indicator"], rule["unit"], rule["direction"], kind, row["subject_code"], period, start,
            int(row["numerator"]), None if row["denominator"] is None else int(row["denominator"]),
            row["is_assessable"], _earlier(row, "before"), _earlier(row, "year_before"),
        )  # fmt: skip

    def show(self, figure: Figure) -> Figure:
        """Note that a page shows the figure: it is explained there."""
        self._shown[figure.key] = figure
        return figure

    def explained(self) -> tuple[dict[str, Any], list[Item]]:
        """What the pages tell on a click: rules by indicator, figures by key with their items; and those items."""
        figures = [figure for figure in self._shown.values() if figure.numerator is not None]
        if not figures:
            return {"rules": {}, "figures": {}, "items": []}, []
        rows = self._items(figures) if self._has_items else []
        items: dict[Item, int] = {}
        of_figure: dict[int, list[list[int]]] = {}
        for row in rows:
            item = (row["item_id"], row["feed"], row["stream_type"], row["stream_key"])
            entry = [items.setdefault(item, len(items)), int(row["numerator"]), int(row["denominator"] or 0)]
            of_figure.setdefault(row["place"], []).append(entry)
        names = sorted({figure.indicator for figure in figures})
        shown = {
            figure.key: {
                "n": figure.numerator,
                "d": figure.denominator,
                "ok": figure.is_assessable,
                "before": _plain(figure.before),
                "year": _plain(figure.year_before),
                "cases": of_figure.get(place, []),
                "command": command(figure),
            }
            for place, figure in enumerate(figures)
        }
        counts = self._counts(figures)
        for place, figure in enumerate(figures):
            shown[figure.key]["count"] = counts[place]
        told = [[short(item_id), feed, key] for item_id, feed, _, key in items]
        rules = {name: _rule(self.rules[name]) for name in names}
        return {"rules": rules, "figures": shown, "items": told}, list(items)

    def _counts(self, figures: list[Figure]) -> list[int]:
        self._want(figures)
        rows = self._connection.execute(
            "select wanted.place, figures.item_count from wanted inner join mart.rpt_indicator as figures "
            "on figures.indicator = wanted.indicator and figures.subject_kind = wanted.kind "
            "and figures.subject_code = wanted.code and figures.period_kind = wanted.period "
            "and figures.period_start::timestamp = wanted.start"
        ).fetchall()
        counted = dict(rows)
        return [int(counted.get(place) or 0) for place in range(len(figures))]

    def _want(self, figures: list[Figure]) -> None:
        import pyarrow as pa

        names = ("indicator", "kind", "code", "period", "start")
        columns: dict[str, Any] = {name: [getattr(figure, name) for figure in figures] for name in names}
        columns["sign"] = [-1 if figure.direction == "down" else 1 for figure in figures]
        self._connection.register("wanted", pa.table({"place": list(range(len(figures))), **columns}))

    def _items(self, figures: list[Figure]) -> list[Row]:
        """The first items of each figure, at most CASES: those that speak against the unit first, then by key."""
        cases = max(FEWEST, min(CASES, MOST_CASES // len(figures)))
        self._want(figures)
        found: list[Row] = []
        for kind in sorted({figure.kind for figure in figures} & set(ITEM_CODES)):
            found += query(
                self._connection,
                f"""
                with asked as (
                    select *, case period
                        when 'year' then start + interval 1 year when 'quarter' then start + interval 3 month
                        when 'month' then start + interval 1 month when 'week' then start + interval 7 day
                        when 'day' then start + interval 1 day else start + interval 1 hour end as stop
                    from wanted where kind = ?
                )
                select asked.place, items.item_id, items.feed, items.stream_type, items.stream_key, items.numerator,
                    items.denominator
                from mart.rpt_indicator_item as items
                inner join asked on items.indicator = asked.indicator and {ITEM_CODES[kind]} = asked.code
                where (items.counted_at_local >= start and items.counted_at_local < stop)
                    or (items.also_counted_at_local >= start and items.also_counted_at_local < stop)
                qualify row_number() over (
                    partition by asked.place
                    order by asked.sign * items.numerator, items.feed, items.stream_key, items.item_id
                ) <= ?
                order by asked.place, asked.sign * items.numerator, items.feed, items.stream_key,
                    items.item_id
                """,
                [kind, cases],
            )
        return found


def _earlier(row: Row, which: str) -> tuple[int, int | None] | None:
    """A figure told beside a later one; None where it does not compare, or a cut leaves it out."""
    above = row.get(f"numerator_{which}")
    if above is None or row.get(f"is_{which}_comparable") is False:
        return None
    return above, row[f"denominator_{which}"]


def command(figure: Figure) -> str:
    """The command that tells all of a figure."""
    subject = f" {_OPTIONS[figure.kind]} {figure.code}" if figure.kind in _OPTIONS else ""
    if not subject and figure.kind != "district":
        subject = f" --of {figure.kind}={figure.code}"
    if figure.period == "quarter":
        when = f"{figure.start.year}-Q{(figure.start.month + 2) // 3}"
    else:
        when = figure.start.strftime(_FORMATS[figure.period])
    return f"onegrid explain indicator {figure.indicator}{subject} --period {when} --rows 0"


def short(item_id: str) -> str:
    """An item's id as pages write it."""
    return hashlib.blake2b(item_id.encode(), digest_size=8).hexdigest()


def _plain(before: tuple[int, int | None] | None) -> list[int | None] | None:
    return None if before is None else [int(before[0]), None if before[1] is None else int(before[1])]


def _moment(told: Any) -> datetime:
    return told if isinstance(told, datetime) else datetime(told.year, told.month, told.day)


def _rule(rule: Row) -> dict[str, Any]:
    names = (
        "title_zh", "title_en", "numerator", "denominator", "excludes", "unit", "direction", "rule_version", "source",
        "is_local_rule",
    )  # fmt: skip
    moments = [word for word in (rule["window_moment"], rule["or_moment"]) if word]
    told = {name: rule[name] for name in names}
    return told | {"moments": [MOMENTS.get(word, (word, word)) for word in moments]}
