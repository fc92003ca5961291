"""The indicators as data: what is counted above the line, what below, in which month, and what is left out.

Names of numerators, denominators and windows are those of simulator.truth.conditions. A count has no denominator.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Indicator:
    """One figure. stream: of which records. window: in whose month a record counts. source: where it is defined."""

    name: str
    title: str
    stream: str
    numerator: str
    denominator: str
    window: str
    exclusions: tuple[str, ...] = ()
    source: str = "standards 1.5"


INDICATORS = (
    Indicator("reported", "上报数", "case", "reported", "", "reported"),
    Indicator("accepted", "受理数", "case", "accepted", "", "accepted"),
    Indicator("registered", "立案数", "case", "registered", "", "registered"),
    Indicator("dispatched", "派遣数", "case", "dispatched", "", "dispatched"),
    Indicator("handled", "处置数", "case", "disposed", "", "disposed", ("cancelled",)),
    Indicator("closed", "结案数", "case", "closed", "", "closed", ("cancelled",)),
    Indicator("cancelled", "作废数", "case", "cancelled", "", "ended"),
    Indicator("effective_report_rate", "有效上报率", "case", "effective", "reported", "reported"),
    Indicator("disposal_rate", "处置率", "case", "disposed", "dispatched", "dispatched", ("cancelled",)),
    Indicator("handled_on_time_rate", "按期处置率", "case", "handled_on_time", "handle_due", "handle due",
              ("cancelled",)),
    Indicator("overdue_open", "超期未处置数", "case", "overdue_open", "", "handle due", ("cancelled",)),
    Indicator("closing_rate", "结案率", "case", "closed", "close_due", "close due", ("cancelled",)),
    Indicator("closed_on_time_rate", "按期结案率", "case", "handled_on_time_and_closed", "close_due", "close due",
              ("cancelled",)),
    Indicator("closed_within_limit_rate", "结案时限达标率", "case", "closed_on_time", "close_due", "close due",
              ("cancelled",)),
    Indicator("unclosed_rate", "未结案率", "case", "open", "reported", "reported"),
    Indicator("rework_rate", "返工率", "case", "reworked", "disposed_ever", "disposed", ("cancelled",)),
    Indicator("extension_rate", "延期率", "case", "extended", "dispatched", "dispatched"),
    Indicator("suspended", "挂账数", "case", "suspended", "", "suspended"),
    Indicator("return_rate", "回退率", "case", "sent_back", "dispatched", "dispatched"),
    Indicator("supervised", "督办数", "case", "supervised", "", "supervised"),
    Indicator("recurrence_rate", "复发率", "case", "recurred", "reported", "reported"),
    Indicator("called_back_rate", "回访率", "case", "called_back", "disposed_ever", "disposed", ("cancelled",)),
    Indicator("satisfaction_rate", "满意率", "case", "satisfied", "rated", "called back", (), "standards 4"),
    Indicator("contact_rate", "响应率", "case", "contacted", "contact_owed", "dispatched", ("cancelled",),
              "standards 4"),
    Indicator("solved_rate", "解决率", "case", "solved", "solved_asked", "called back", (), "standards 4"),
    Indicator("whistles", "吹哨数", "whistle", "blown", "", "whistle_blown", (), "standards 6"),
    Indicator("whistle_signed_rate", "应哨率", "whistle", "whistle_signed", "blown", "whistle_blown", (),
              "standards 6"),
    Indicator("whistle_signed_on_time_rate", "按时签收率", "whistle", "whistle_signed_on_time", "blown",
              "whistle_blown", (), "standards 6"),
    Indicator("whistle_contacted_on_time_rate", "按时联系率", "whistle", "whistle_contacted_on_time", "blown",
              "whistle_blown", (), "standards 6"),
    Indicator("whistle_arrived_rate", "到场率", "whistle", "whistle_arrived", "blown", "whistle_blown", (),
              "standards 6"),
    Indicator("whistle_closed_on_time_rate", "按时办结率", "whistle", "whistle_closed_on_time", "whistle_due",
              "whistle_blown", (), "standards 6"),
    Indicator("whistle_score", "评哨得分", "whistle", "score", "scored", "whistle_blown", (), "standards 6"),
    Indicator("supervision_answered_on_time_rate", "督办按时答复率", "supervision", "answered_on_time", "answer_due",
              "supervised", (), "standards 11"),
    Indicator("visits_planned", "应访数", "visit", "visit_planned", "", "visit_planned", (), "standards 11"),
    Indicator("visit_rate", "走访到位率", "visit", "visited", "visit_due", "visit_planned", (), "standards 11"),
    Indicator("visit_on_time_rate", "按期走访率", "visit", "visited_on_time", "visit_due", "visit_planned", (),
              "standards 11"),
    Indicator("patrols", "巡查数", "patrol", "patrolled", "", "patrolled", (), "standards 11"),
    Indicator("decision_done_rate", "议定事项完成率", "decision", "decision_done", "decision_due", "decision_made", (),
              "standards 11"),
)  # fmt: skip
BY = ("network", "street", "grid", "organisation")
