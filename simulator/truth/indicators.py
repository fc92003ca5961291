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
    tells: str = ""  # step without which a feed's records are no part of the figure


INDICATORS = (
    Indicator("reported", "上报数", "case", "reported", "", "reported"),
    Indicator("accepted", "受理数", "case", "accepted", "", "accepted", tells="accepted"),
    Indicator("registered", "立案数", "case", "registered", "", "registered", tells="registered"),
    Indicator("dispatched", "派遣数", "case", "dispatched", "", "dispatched"),
    Indicator("handled", "处置数", "case", "disposed", "", "disposed", ("cancelled",)),
    Indicator("closed", "结案数", "case", "closed", "", "closed", ("cancelled",)),
    Indicator("cancelled", "作废数", "case", "cancelled", "", "ended"),
    Indicator("effective_report_rate", "有效上报率", "case", "effective", "reported", "reported", tells="dispatched"),
    Indicator("accepted_on_time_rate", "按时受理率", "case", "accepted_in_a_quarter", "accepted", "accepted", (),
              "standards 2.3", tells="accepted"),
    Indicator("dispatched_on_time_rate", "按期派遣率", "case", "dispatched_in_a_quarter", "dispatched",
              "dispatched", (), "standards 2.3", tells="registered"),
    Indicator("accurate_dispatch_rate", "准确派遣率", "case", "dispatched_once", "dispatched", "dispatched",
              tells="transferred"),
    Indicator("disposal_rate", "处置率", "case", "disposed", "dispatched", "dispatched", ("cancelled",),
              tells="dispatched"),
    Indicator("handled_on_time_rate", "按期处置率", "case", "handled_on_time", "handle_due", "handle due",
              ("cancelled",)),
    Indicator("handled_on_time_rate_after_appeals", "按期处置率（申诉后）", "case", "handled_on_time", "handle_due",
              "handle due", ("cancelled", "appeal_granted"), tells="appeal_granted"),
    Indicator("overdue_open", "超期未处置数", "case", "overdue_open", "", "handle due", ("cancelled",)),
    Indicator("closing_rate", "结案率", "case", "closed", "close_due", "close due", ("cancelled",)),
    Indicator("closed_on_time_rate", "按期结案率", "case", "handled_on_time_and_closed", "close_due", "close due",
              ("cancelled",)),
    Indicator("closed_on_time_rate_without_suspended", "按期结案率（减缓办）", "case", "handled_on_time_and_closed",
              "close_due", "close due", ("cancelled", "suspended"), tells="suspended"),
    Indicator("closed_within_limit_rate", "结案时限达标率", "case", "closed_on_time", "close_due", "close due",
              ("cancelled",)),
    Indicator("unclosed_rate", "未结案率", "case", "open", "reported", "reported"),
    Indicator("rework_rate", "返工率", "case", "reworked", "disposed_ever", "disposed", ("cancelled",),
              tells="post_disposal_check_failed"),
    Indicator("extension_rate", "延期率", "case", "extended", "dispatched", "dispatched", tells="extension_granted"),
    Indicator("suspended", "挂账数", "case", "suspended", "", "suspended", tells="suspended"),
    Indicator("return_rate", "回退率", "case", "sent_back", "dispatched", "dispatched", tells="returned_to_sender"),
    Indicator("supervised", "督办数", "case", "supervised", "", "supervised", tells="supervised"),
    Indicator("recurrence_rate", "复发率", "case", "recurred", "reported", "reported"),
    Indicator("called_back_rate", "回访率", "case", "called_back", "disposed_ever", "disposed", ("cancelled",),
              tells="called_back"),
    Indicator("satisfaction_rate", "满意率", "case", "satisfied", "rated", "called back", (), "standards 4"),
    Indicator("signed_in_a_day_rate", "24小时签收率", "case", "signed_in_a_day", "dispatched", "dispatched",
              ("cancelled",), "standards 4", tells="signed"),
    Indicator("mediated_rate", "化解成功率", "case", "solved", "solved_asked", "disposed", (), "standards 3"),
    Indicator("appeal_granted_rate", "申诉成立率", "case", "appeal_granted", "appealed", "appealed", tells="appealed"),
    Indicator("reached_rate", "回访成功率", "callback", "reached", "called_back", "called_back", (), "standards 4"),
    Indicator("response_rate", "响应率", "callback", "responded", "responded_asked", "called_back", (), "standards 4"),
    Indicator("solved_rate", "解决率", "callback", "solved", "solved_asked", "called_back", (), "standards 4"),
    Indicator("caller_satisfaction_rate", "满意率（热线）", "callback", "satisfied", "rated", "called_back", (),
              "standards 4"),
    Indicator("transfers", "移送数", "transfer", "pushed", "", "pushed", (), "standards 5"),
    Indicator("transfer_answered_rate", "移送反馈率", "transfer", "answered", "pushed", "pushed", (), "standards 5"),
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
    Indicator("self_fixed", "自行处置数", "self_fix", "self_fixed", "", "self_fixed", (), "standards 11"),
    Indicator("decision_done_rate", "议定事项完成率", "decision", "decision_done", "decision_due", "decision_made", (),
              "standards 11"),
)  # fmt: skip
BY = ("network", "street", "grid", "organisation")
