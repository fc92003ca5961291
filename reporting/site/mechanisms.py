"""Pages of the mechanisms: 三率, and one for each way of governing that the registry knows (seed mechanism).

A page is fed by registry rows alone: the indicators of the mechanism's kinds of streams, their cuts, what it measures
and what it cannot know. A new mechanism has a page as soon as its rows stand in the registry.
"""

from typing import Any

from reporting.page import Row
from reporting.site.board import board
from reporting.site.cuts import cuts
from reporting.site.listing import SHOWN, Column, Listing, listing, moment, named, number, quoted
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source

THREE_RATES = (
    "response_rate", "response_rate_after_exclusions", "solved_rate", "solved_rate_after_exclusions",
    "caller_satisfaction_rate", "caller_satisfaction_rate_after_exclusions", "reached_rate",
)  # fmt: skip
THREE_RATES_LEAD = (
    "响应率、解决率、满意率按回访计；“剔除后”不含咨询、作废与申诉成立的工单，两者并列，差额即剔除的影响。",
    (
        "Response, solution and satisfaction of call-backs; “without” leaves out consultations and what was cancelled "
        "or granted on appeal. Both stand side by side: the difference is what the exclusions do."
    ),
)
ELSEWHERE = ("callback",)
"""Mechanisms with a page that is made elsewhere, beside the core ones."""


def three_rates(source: Source) -> list[Sheet]:
    """三率: before and after exclusions, by unit and street."""
    figures = source.figures()
    made = board(source, figures, THREE_RATES, ("organisation", "street"))
    if made is None:
        return []
    context: dict[str, Any] = {"board": made, "lead": THREE_RATES_LEAD, "ledgers": [], "cuts": [], "cannot": None}
    return [
        Sheet(
            "rates.html", "mechanism.html.j2", "三率", "Three rates", context, {"charts": made.charts}, figures=figures
        )
    ]


def of_mechanism(source: Source, row: Row) -> list[Sheet]:
    """The page of one mechanism, a row of the registry: its figures by unit and place, their cuts, its things."""
    kinds = (row["stream_types"] or "").split()
    indicators = [code for code, rule in source.rules.items() if rule["stream_type"] in kinds]
    indicators += [code for code in (row["indicators"] or "").split() if code not in indicators]
    figures = source.figures()
    made = board(source, figures, indicators, ("organisation", "street", "community"))
    if made is None:
        return []
    ledgers = [_ledger(source, kind, row) for kind in (row["listed"] or "").split()]
    context: dict[str, Any] = {
        "board": made,
        "lead": (row["measures_zh"], row["measures_en"]),
        "cannot": (row["cannot_zh"], row["cannot_en"]),
        "cuts": cuts(source, indicators, made.months),
        "ledgers": [ledger for ledger in ledgers if ledger is not None],
    }
    return [
        Sheet(
            f"mechanism_{row['mechanism']}.html", "mechanism.html.j2", row["title_zh"], row["title_en"], context,
            {"charts": made.charts}, figures=figures,
        )
    ]  # fmt: skip


def _ledger(source: Source, kind: str, mechanism: Row) -> Listing | None:
    """The things of a kind: what is not over first, the oldest first; then what is, the newest first."""
    over = ", ".join(map(quoted, (mechanism["over_types"] or "").split())) or "null"
    if not source.has("fct_event", "rpt_item_basis"):
        return None
    rows = source.query(
        f"""
        with told as (
            select feed, stream_key, min(occurred_at_local) as began_local, count(*) as events,
                arg_max(event_type, (occurred_at, event_id)) as last_event_type,
                max(occurred_at_local) as last_local,
                arg_max(org_code_told, (occurred_at, event_id)) as org_code,
                arg_max(grid_code, (occurred_at, event_id)) as grid_code,
                coalesce(bool_or(event_type in ({over})), false) as is_over
            from mart.fct_event where stream_type = ?
            group by feed, stream_key
        )
        select told.*, basis.item_id, count(*) over () as total,
            date_diff('day', began_local, ?::timestamp) as age_days
        from told
        left join mart.rpt_item_basis as basis
            on basis.stream_type = ? and told.feed = basis.feed and told.stream_key = basis.stream_key
        order by is_over, case when is_over then -epoch(last_local) else epoch(began_local) end,
            told.feed, told.stream_key
        limit ?
        """,
        [kind, source.info["clock_at_local"], kind, SHOWN],
    )
    if not rows:
        return None
    columns = (
        Column("开始", "began", moment("began_local"), style="number"),
        Column("单位", "unit", named(source, "org_code")),
        Column("网格", "grid", named(source, "grid_code")),
        Column("最近一步", "last step", named(source, "last_event_type")),
        Column("于", "at", moment("last_local"), style="number"),
        Column("步数", "steps", number("events"), "count(*)", "figures"),
        Column(
            "状态",
            "state",
            lambda row: (
                ("已办结", "over")
                if row["is_over"]
                else (f"未结 {row['age_days']} 天", f"open for {row['age_days']} d")
            ),
        ),
    )
    told = [{**row, "case_id": row["item_id"], "stream_type": kind} for row in rows]
    ledger = listing(
        source, f"things-{kind}", (mechanism["title_zh"], mechanism["title_en"]), told, columns,
        (("org_code", "单位", "unit"), ("last_event_type", "最近一步", "last step"), ("is_over", "已办结", "over")),
        rows[0]["total"], "fct_event",
        lambda row: f"stream_type = {quoted(kind)} and feed = {quoted(row['feed'])} "
        f"and stream_key = {quoted(row['stream_key'])}",
    )  # fmt: skip
    counted = f"(select distinct feed, stream_key from mart.fct_event where stream_type = {quoted(kind)})"
    return Listing(**{**ledger.__dict__, "source": counted})


def mechanisms(source: Source) -> list[Sheet]:
    """A page for each mechanism of the registry that has figures and no page of its own elsewhere."""
    order = list(source.kept.labels("mechanism"))
    rows = sorted(
        source.rows("dim_mechanism", "order by mechanism"),
        key=lambda row: order.index(row["mechanism"]) if row["mechanism"] in order else len(order),
    )
    own = [row for row in rows if row["mechanism"] not in ELSEWHERE and not row["is_core"]]
    return [sheet for row in own for sheet in of_mechanism(source, row)]


THREE_RATES_PAGE = SitePage("handling", three_rates)
PAGE = SitePage("mechanisms", mechanisms)
