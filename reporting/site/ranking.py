"""Rankings: scorecards by the city's own dated rules with every deduction, and indicators by street, unit, community.

A unit below the minimum of a rule is listed, not ranked; what rests on an incomplete feed is neither.
"""

from fractions import Fraction
from typing import Any

from reporting.page import Row
from reporting.site.board import shown_months
from reporting.site.figures import Figure, Figures
from reporting.site.rates import MIN_DENOMINATOR, rate_text
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import UNKNOWN, Month, Source, short

INDICATORS = ("handled_on_time_rate", "closed_on_time_rate", "satisfaction_rate", "solved_rate", "recurrence_rate")
KINDS = {
    "street": ("街道", "Streets"), "organisation": ("单位", "Units"), "community": ("社区", "Communities"),
    "management_unit": ("基本管理单元", "Basic management units"),
}  # fmt: skip
COSTING = 8
"""Items of a line of a scorecard that are listed, those that cost first."""
CARD_TITLES = {
    "streets": ("街道考核", "Streets"), "enforcement": ("综合执法考核", "Enforcement"),
    "three_rates": ("三率考核", "Three rates"),
    "pilot": ("试点考核", "Pilot"), "streets_seen_by_department": ("部门看街道", "Streets as departments see them"),
}  # fmt: skip
WHY = {
    "below_minimum": ("样本不足", "too few"), "not_assessable": ("数据不完整", "not assessable"),
    "no_authority": ("无考核依据", "no authority"), "operational_only": ("仅供业务参考", "operational only"),
    "nobody": ("没有可比对象", "nobody to compare with"),
}  # fmt: skip


def make(source: Source) -> list[Sheet]:
    """The page ranking.html."""
    months, newest = shown_months(source)
    if newest is None:
        return []
    figures = source.figures()
    cards, told = _scorecards(source, months)
    rankings = _rankings(source, figures, months)
    if not cards and not rankings:
        return []
    context: dict[str, Any] = {
        "months": months,
        "month": newest,
        "cards": cards,
        "rankings": rankings,
        "min_denominator": MIN_DENOMINATOR,
        "why": WHY,
    }
    data = {"scores": told}
    return [Sheet("ranking.html", "ranking.html.j2", "排名", "Ranking", context, data, ("ranking.js",), figures)]


def _scorecards(source: Source, months: list[Month]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Scorecards by month with rank, score and movement; and the lines of each score for the script."""
    if not source.has("rpt_scorecard", "rpt_scorecard_line"):
        return [], {}
    rows = source.query("select * from mart.rpt_scorecard order by scorecard, month, ranking nulls last, ratee_code")
    scores = {(row["scorecard"], row["month"], row["ratee_code"]): row for row in rows}
    found = []
    for month in months:
        for name in sorted({row["scorecard"] for row in rows}):
            own = [row for row in rows if row["scorecard"] == name and row["month"] == month.start.date()]
            own.sort(
                key=lambda row: (row["ranking"] is None, row["ranking"] or 0, -(row["score"] or 0), row["ratee_code"])
            )
            if own:
                lines = [
                    _scored(source, row, scores.get((name, month.before.date(), row["ratee_code"]))) for row in own
                ]
                titles = CARD_TITLES.get(name, (own[0]["title"], name))
                found.append(
                    {"name": name, "zh": own[0]["title"] or titles[0], "en": titles[1], "month": month, "rows": lines}
                )
    return found, _score_lines(source, months)


def _scored(source: Source, row: Row, before: Row | None) -> Row:
    names = source.names.get(row["ratee_kind"], {})
    moved = before["ranking"] - row["ranking"] if before and before["ranking"] and row["ranking"] else None
    return {
        **row,
        "key": f"{row['scorecard']}|{row['month']}|{row['ratee_code']}",
        "unit": "未知" if row["ratee_code"] in UNKNOWN else names.get(row["ratee_code"], row["ratee_code"]),
        "points": thousandths(row["score"]),
        "most": thousandths(row["maximum"]),
        "share": str(row["score"] * 100 // row["maximum"]) if row["score"] and row["maximum"] else "0",
        "moved": moved,
        "score_before": thousandths(before["score"]) if before else None,
    }


def thousandths(points: int | None) -> str:
    """Points of a scorecard, kept as thousandths, with three places."""
    if points is None:
        return "—"
    sign = "-" if points < 0 else ""
    return f"{sign}{abs(points) // 1000}.{abs(points) % 1000:03d}"


def _score_lines(source: Source, months: list[Month]) -> dict[str, Any]:
    """Key of a score → its lines: indicator, rule, parts, points, deduction, and the items that cost most."""
    starts = [month.start.date() for month in months]
    lines = source.query(
        "select * from mart.rpt_scorecard_line where list_contains(?::date[], month) "
        "order by scorecard, month, ratee_code, line_no",
        [starts],
    )
    items: dict[tuple[Any, ...], list[list[Any]]] = {}
    if source.has("rpt_scorecard_item"):
        rows = source.query(
            "select scorecard, month, ratee_code, line_no, item_id, feed, stream_type, stream_key, costs "
            "from mart.rpt_scorecard_item where list_contains(?::date[], month) and is_missed "
            "qualify row_number() over (partition by scorecard, month, ratee_code, line_no "
            "order by costs desc nulls last, feed, stream_key, item_id) <= ? "
            "order by costs desc nulls last, feed, stream_key, item_id",
            [starts, COSTING],
        )
        source.list_items([(row["item_id"], row["feed"], row["stream_type"], row["stream_key"]) for row in rows])
        for row in rows:
            place = (row["scorecard"], row["month"], row["ratee_code"], row["line_no"])
            costs = None if row["costs"] is None else thousandths(row["costs"])
            items.setdefault(place, []).append([short(row["item_id"]), row["stream_key"], costs])
    found: dict[str, Any] = {}
    for line in lines:
        key = f"{line['scorecard']}|{line['month']}|{line['ratee_code']}"
        rule = source.rules.get(line["indicator"])
        unit = rule["unit"] if rule else "count"
        found.setdefault(key, []).append(
            {
                "indicator": line["indicator"],
                "zh": rule["title_zh"] if rule else line["indicator"],
                "en": rule["title_en"] if rule else line["indicator"],
                "rule": line["rule"],
                "figure": rate_text(unit, line["numerator"], line["denominator"]),
                "n": line["numerator"],
                "d": line["denominator"],
                "maximum": thousandths(line["maximum"]),
                "deduction": thousandths(line["deduction"]),
                "points": thousandths(line["points"]),
                "items": items.get((line["scorecard"], line["month"], line["ratee_code"], line["line_no"]), []),
            }
        )
    return found


def _rankings(source: Source, figures: Figures, months: list[Month]) -> list[dict[str, Any]]:
    """Each indicator by units of each kind and month, ranked exactly, with the rank of the month before."""
    wanted = [code for code in INDICATORS if code in source.rules]
    starts = sorted({start for month in months for start in (month.start, month.before)})
    found = []
    for kind, titles in KINDS.items():
        read = figures.read(wanted, kind, "month", starts)
        names = source.names.get(kind, {})
        for month in months:
            for code in wanted:
                now = _ranked(
                    [f for (i, c, s), f in read.items() if (i, s) == (code, month.start) and c not in UNKNOWN]
                )
                earlier = [f for (i, c, s), f in read.items() if (i, s) == (code, month.before) and c not in UNKNOWN]
                then = {figure.code: rank for figure, rank in _ranked(earlier)}
                rows = [
                    {
                        "rank": rank,
                        "unit": names.get(figure.code, figure.code),
                        "figure": figures.show(figure),
                        "moved": _moved(rank, then.get(figure.code)),
                        "few": (figure.denominator or 0) < MIN_DENOMINATOR,
                    }
                    for figure, rank in now
                ]
                if rows:
                    found.append(
                        {"kind": kind, "titles": titles, "rule": source.rules[code], "month": month, "rows": rows}
                    )
    return found


def _moved(rank: int | None, before: int | None) -> int | None:
    return None if rank is None or before is None else before - rank


def _ranked(figures: list[Figure]) -> list[tuple[Figure, int | None]]:
    """Best first, equal figures on one rank; those too few or not assessable after them, without one."""
    fit = [
        one
        for one in figures
        if one.is_assessable and one.value is not None and (one.denominator or 0) >= MIN_DENOMINATOR
    ]
    others = sorted((one for one in figures if one not in fit), key=lambda one: one.code)
    sign = -1 if fit and fit[0].direction == "up" else 1

    def place(one: Figure) -> Fraction:
        return sign * (one.value if one.value is not None else Fraction(0))

    fit.sort(key=lambda one: (place(one), one.code))
    ranks: list[tuple[Figure, int | None]] = []
    for at, one in enumerate(fit):
        same = at > 0 and place(fit[at - 1]) == place(one)
        ranks.append((one, ranks[-1][1] if same else at + 1))
    return [*ranks, *((one, None) for one in others)]


PAGE = SitePage("overview", make)
