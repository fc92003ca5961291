"""Pages made of boards alone: 三率, supervision, and one for each mechanism that the registry knows.

A mechanism is a kind of stream (visits, patrols, decisions, transfers …): its page is fed by the registry's rows of
that kind, so a new kind has a page as soon as it has an indicator.
"""

from collections.abc import Sequence
from typing import Any

from reporting.site.board import board
from reporting.site.listing import SHOWN, Column, Listing, listing, moment, named, number, quoted
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source

THREE_RATES = (
    "response_rate", "response_rate_after_exclusions", "solved_rate", "solved_rate_after_exclusions",
    "caller_satisfaction_rate", "caller_satisfaction_rate_after_exclusions", "reached_rate",
)  # fmt: skip
DISPUTES = ("mediated_rate", "appeal_granted_rate", "satisfaction_rate")
TITLES = {
    "visit": ("走访", "Visits"), "patrol": ("巡查", "Patrols"), "self_fix": ("自行处置", "Mended on the spot"),
    "decision": ("议定事项", "Decisions"), "transfer": ("110 与 12345 移送", "Transfers 110 / 12345"),
    "supervision": ("督办墙", "Supervision wall"),
}  # fmt: skip
LEADS = {
    "supervision": (
        "督办件在限期内答复的情况；未结的逐件列出。",
        "Whether what was put under supervision was answered in time; what is open is listed.",
    ),
}  # fmt: skip
THREE_RATES_LEAD = (
    "响应率、解决率、满意率按回访计；“剔除后”不含咨询、作废与申诉成立的工单，两者并列，差额即剔除的影响。",
    (
        "Response, solution and satisfaction of call-backs; “without” leaves out consultations and what was cancelled "
        "or granted on appeal. Both stand side by side: the difference is what the exclusions do."
    ),
)
ELSEWHERE = ("case", "callback", "whistle", "supervision", "decision", "application", "stay")
"""Kinds that have pages of their own."""
LISTED = ("supervision", "decision", "transfer")
"""Kinds whose single things are listed, with how they stand; what is about persons is not."""
OVER = ("supervision_closed", "decision_done", "decision_dropped", "link_answered")
"""Events after which a thing of those kinds is over."""


def _sheet(
    source: Source, file: str, titles: tuple[str, str], lead: tuple[str, str] | None, indicators: Sequence[str],
    kinds: Sequence[str], listed: str = "",
) -> list[Sheet]:  # fmt: skip
    figures = source.figures()
    made = board(source, figures, indicators, kinds)
    if made is None:
        return []
    ledger = _ledger(source, listed) if listed in LISTED else None
    context: dict[str, Any] = {"board": made, "lead": lead, "ledger": ledger}
    return [Sheet(file, "mechanism.html.j2", *titles, context, {"charts": made.charts}, figures=figures)]


def three_rates(source: Source) -> list[Sheet]:
    """三率: before and after exclusions, by unit and street."""
    titles = ("三率", "Three rates")
    return _sheet(source, "rates.html", titles, THREE_RATES_LEAD, THREE_RATES, ("organisation", "street"))


def of_kind(source: Source, kind: str) -> list[Sheet]:
    """The page of one kind of stream: all its indicators, by unit and street."""
    indicators = [code for code, rule in source.rules.items() if rule["stream_type"] == kind]
    titles = TITLES.get(kind, (kind, kind.replace("_", " ").capitalize()))
    kinds = ("organisation", "street", "community")
    return _sheet(source, f"mechanism_{kind}.html", titles, LEADS.get(kind), indicators, kinds, kind)


def _ledger(source: Source, kind: str) -> Listing | None:
    """The things of a kind: what is not over first, the oldest first; then what is, the newest first."""
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
                bool_or(event_type in ({", ".join(map(quoted, OVER))})) as is_over
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
        source, f"things-{kind}", TITLES.get(kind, (kind, kind)), told, columns,
        (("org_code", "单位", "unit"), ("last_event_type", "最近一步", "last step"), ("is_over", "已办结", "over")),
        rows[0]["total"], "fct_event",
        lambda row: f"stream_type = {quoted(kind)} and feed = {quoted(row['feed'])} "
        f"and stream_key = {quoted(row['stream_key'])}",
    )  # fmt: skip
    counted = f"(select distinct feed, stream_key from mart.fct_event where stream_type = {quoted(kind)})"
    return Listing(**{**ledger.__dict__, "source": counted})


def mechanisms(source: Source) -> list[Sheet]:
    """A page for each kind of stream that has figures and none of its own; disputes are cases with rates of theirs."""
    kinds = [
        kind for kind in dict.fromkeys(rule["stream_type"] for rule in source.rules.values()) if kind not in ELSEWHERE
    ]
    found = [sheet for kind in sorted(kinds) for sheet in of_kind(source, kind)]
    titles = ("化解与申诉", "Mediation, appeals")
    return [
        *found,
        *_sheet(source, "mechanism_dispute.html", titles, None, DISPUTES, ("organisation", "street", "community")),
    ]


THREE_RATES_PAGE = SitePage("handling", three_rates)
PAGE = SitePage("mechanisms", mechanisms)
