"""Pages made of boards alone: 三率, whistles, supervision, and one for each mechanism that the registry knows.

A mechanism is a kind of stream (visits, patrols, decisions, transfers …): its page is fed by the registry's rows of that
kind, so a new kind has a page as soon as it has an indicator.
"""

from collections.abc import Sequence
from typing import Any

from reporting.site.board import board
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
    "whistle": ("吹哨报到", "Whistles"), "supervision": ("督办墙", "Supervision wall"),
}  # fmt: skip
LEADS = {
    "whistle": ("街道吹哨、部门报到：应哨、到场、办结与街道评分。", "Streets call, departments come: signed for, arrived, closed, and the score the street gave."),
    "supervision": ("督办件在限期内答复的情况。", "Whether what was put under supervision was answered in time."),
    "patrol": ("网格员巡查，与就地解决的问题。", "Patrols of grid workers, and what they mended on the spot."),
}  # fmt: skip
THREE_RATES_LEAD = (
    "响应率、解决率、满意率按回访计；“剔除后”不含咨询、作废与申诉成立的工单，两者并列，差额即剔除的影响。",
    "Response, solution and satisfaction of call-backs; “without” leaves out consultations and what was cancelled or granted on appeal. Both stand side by side: the difference is what the exclusions do.",
)
ELSEWHERE = ("case", "callback", "whistle", "supervision")


def _sheet(
    source: Source, file: str, titles: tuple[str, str], lead: tuple[str, str] | None, indicators: Sequence[str],
    kinds: Sequence[str],
) -> list[Sheet]:  # fmt: skip
    figures = source.figures()
    made = board(source, figures, indicators, kinds)
    if made is None:
        return []
    context: dict[str, Any] = {"board": made, "lead": lead}
    return [Sheet(file, "mechanism.html.j2", *titles, context, {"charts": made.charts}, figures=figures)]


def three_rates(source: Source) -> list[Sheet]:
    """三率: before and after exclusions, by unit and street."""
    titles = ("三率", "Three rates")
    return _sheet(source, "rates.html", titles, THREE_RATES_LEAD, THREE_RATES, ("organisation", "street"))


def of_kind(source: Source, kind: str) -> list[Sheet]:
    """The page of one kind of stream: all its indicators, by unit and street."""
    indicators = [code for code, rule in source.rules.items() if rule["stream_type"] == kind]
    titles = TITLES.get(kind, (kind, kind.replace("_", " ").capitalize()))
    return _sheet(
        source, f"mechanism_{kind}.html", titles, LEADS.get(kind), indicators, ("organisation", "street", "community")
    )


def mechanisms(source: Source) -> list[Sheet]:
    """A page for each kind of stream that has figures and no page of its own; disputes are cases with rates of theirs."""
    kinds = [kind for kind in dict.fromkeys(rule["stream_type"] for rule in source.rules.values()) if kind not in ELSEWHERE]
    found = [sheet for kind in sorted(kinds) for sheet in of_kind(source, kind)]
    titles = ("化解与申诉", "Mediation, appeals")
    return [*found, *_sheet(source, "mechanism_dispute.html", titles, None, DISPUTES, ("organisation", "street", "community"))]


THREE_RATES_PAGE = SitePage("handling", three_rates)
PAGE = SitePage("mechanisms", mechanisms)
