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
    post: str = ""  # whose work it judges, besides the office's


INDICATORS = (
    Indicator("reported", "上报数", "case", "reported", "", "reported"),
    Indicator("accepted", "受理数", "case", "accepted", "", "accepted", tells="accepted",
              post="accept"),
    Indicator("registered", "立案数", "case", "registered", "", "registered", tells="registered",
              post="register"),
    Indicator("dispatched", "派遣数", "case", "dispatched", "", "dispatched", post="dispatch"),
    Indicator("handled", "处置数", "case", "disposed", "", "disposed", ("cancelled",)),
    Indicator("closed", "结案数", "case", "closed", "", "closed", ("cancelled",)),
    Indicator("cancelled", "作废数", "case", "cancelled", "", "ended"),
    Indicator("not_accepted", "不予受理数", "case", "not_accepted", "", "ended", tells="not_accepted"),
    Indicator("not_registered", "不予立案数", "case", "not_registered", "", "ended", tells="not_registered"),
    Indicator("cancelled_rate", "作废率", "case", "cancelled", "reported", "reported"),
    Indicator("own_discovery_rate", "主动发现率", "case", "found_by_own", "found", "reported", (), "standards 11"),
    Indicator("effective_report_rate", "有效上报率", "case", "effective", "reported", "reported", tells="dispatched"),
    Indicator("accepted_on_time_rate", "15分钟受理率", "case", "accepted_in_a_quarter", "accepted", "accepted", (),
              "standards 2.3", tells="accepted", post="accept"),
    Indicator("registered_on_time_rate", "15分钟立案率", "case", "registered_in_a_quarter", "registered",
              "registered", tells="registered", post="register"),
    Indicator("registered_accurately_rate", "准确立案率", "case", "registered_accurately", "registered",
              "registered", tells="registered", post="register"),
    Indicator("dispatched_on_time_rate", "15分钟派遣率", "case", "dispatched_in_a_quarter", "dispatched",
              "dispatched", (), "standards 2.3", tells="registered", post="dispatch"),
    Indicator("accurate_dispatch_rate", "准确派遣率", "case", "dispatched_once", "dispatched", "dispatched",
              tells="transferred", post="dispatch"),
    Indicator("transfers_per_case", "案均转派次数", "case", "transfers", "dispatched", "dispatched", (),
              tells="transferred", post="dispatch"),
    Indicator("disposal_rate", "处置率", "case", "disposed", "dispatched", "dispatched", ("cancelled",),
              tells="dispatched"),
    Indicator("handled_on_time_rate", "按期处置率", "case", "handled_on_time", "handle_due", "handle due",
              ("cancelled",)),
    Indicator("handled_first_pass_rate", "首次按期处置率", "case", "handled_first_pass", "handle_due", "handle due",
              ("cancelled",)),
    Indicator("handled_on_time_rate_after_appeals", "按期处置率（申诉后）", "case", "handled_on_time", "handle_due",
              "handle due", ("cancelled", "appeal_granted"), tells="appeal_granted"),
    Indicator("overdue_multiple", "超时倍数", "case", "overrun", "overrun", "disposed"),
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
              tells="called_back", post="call_back"),
    Indicator("satisfaction_rate", "满意率", "case", "satisfied", "rated", "called back", (), "standards 4"),
    Indicator("accept_within_limit_rate", "按期受理率", "case", "accept_in_time", "accept_owed", "accept due",
              ("cancelled",), post="accept"),
    Indicator("dispatch_within_limit_rate", "按期派遣率", "case", "dispatch_in_time", "dispatch_owed", "dispatch due",
              ("cancelled",), post="dispatch"),
    Indicator("sign_within_limit_rate", "按期签收率", "case", "sign_in_time", "sign_owed", "sign due", ("cancelled",)),
    Indicator("signed_in_a_day_rate", "24小时签收率", "case", "signed_in_a_day", "dispatched", "dispatched",
              ("cancelled",), "standards 4", tells="signed"),
    Indicator("arrival_seconds", "平均到场时间", "case", "arrived", "arrived", "reported", (), "standards 11",
              tells="arrived"),
    Indicator("mediated_rate", "化解成功率", "case", "solved", "solved_asked", "disposed", (), "standards 3"),
    Indicator("appeal_granted_rate", "申诉成立率", "case", "appeal_granted", "appealed", "appealed", tells="appealed"),
    Indicator("reached_rate", "回访成功率", "callback", "reached", "called_back", "called_back", (), "standards 4",
              post="call_back"),
    Indicator("response_rate", "响应率", "callback", "responded", "responded_asked", "called_back", (), "standards 4"),
    Indicator("solved_rate", "解决率", "callback", "solved", "solved_asked", "called_back", (), "standards 4"),
    Indicator("caller_satisfaction_rate", "满意率（热线）", "callback", "satisfied", "rated", "called_back", (),
              "standards 4"),
    Indicator("response_rate_after_exclusions", "响应率（剔除后）", "callback", "responded", "responded_asked",
              "called_back", ("about_excluded",), "standards 4"),
    Indicator("solved_rate_after_exclusions", "解决率（剔除后）", "callback", "solved", "solved_asked", "called_back",
              ("about_excluded",), "standards 4"),
    Indicator("caller_satisfaction_rate_after_exclusions", "满意率（剔除后）", "callback", "satisfied", "rated",
              "called_back", ("about_excluded",), "standards 4"),
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
    Indicator("handled_on_time", "按期处置数", "case", "handled_on_time", "", "disposed", ("cancelled",)),
    Indicator("handled_late", "超期处置数", "case", "handled_late", "", "disposed", ("cancelled",)),
    Indicator("handled_without_limit", "无时限处置数", "case", "handled_without_limit", "", "disposed", ("cancelled",)),
    Indicator("closed_on_time", "按期结案数", "case", "closed_in_limit", "", "closed", ("cancelled",)),
    Indicator("closed_late", "超期结案数", "case", "closed_late", "", "closed", ("cancelled",)),
    Indicator("closed_without_limit", "无时限结案数", "case", "closed_without_limit", "", "closed", ("cancelled",)),
    Indicator("without_limit", "无时限案件数", "case", "without_limit", "", "reported"),
    Indicator("dispatched_handled_on_time", "派遣中按期处置数", "case", "became_handled_on_time", "", "dispatched"),
    Indicator("dispatched_handled_late", "派遣中超期处置数", "case", "became_handled_late", "", "dispatched"),
    Indicator("dispatched_overdue_open", "派遣中超期未处置数", "case", "became_overdue", "", "dispatched"),
    Indicator("dispatched_open_not_due", "派遣中未到期在办数", "case", "became_not_due", "", "dispatched"),
    Indicator("dispatched_suspended_open", "派遣中挂账数", "case", "became_suspended", "", "dispatched"),
    Indicator("dispatched_cancelled", "派遣中作废数", "case", "became_cancelled", "", "dispatched"),
    Indicator("dispatched_without_limit", "派遣中无时限数", "case", "became_without_limit", "", "dispatched"),
)  # fmt: skip
BY = (
    "district", "network", "street", "community", "grid", "management_unit", "grid_kind", "organisation", "post",
    "category", "collector",
)  # fmt: skip
