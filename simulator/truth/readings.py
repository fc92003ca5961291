"""How to read each feed's rows: which column tells which step of a life, in which form. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SPACED, ISO, SLASHED, COMPACT = "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S"
EPOCH_MS = "epoch_ms"  # UTC milliseconds since 1970, a number


@dataclass(frozen=True)
class Reading:
    """One feed.

    network: whose. stream: what a row is about; rows of `case` are cases. key: column of the record's key. steps: verb
    of the event log -> column of its time, in the order of a life. times: form of these columns, local time. updated:
    column of the last change, '' where rows tell none. code_set, code: the set, and the column of the category; where
    the set changes, `code_sets` has the set for each word in `code_set_column`. org: column of the office that acts.
    lon, lat, frame: of the place as told. grid: column of a unit grid as told. state, ends: column of the state's word,
    and the words of those from which nothing goes on. rating, grades: column of the satisfaction, and what its words
    count as. more: other columns that an indicator reads, by role. feed: where the reading's name is not the feed's, as
    of a feed whose rows speak of several things; where: column and word that tell this reading's rows.
    """

    network: str
    key: str
    steps: Mapping[str, str]
    times: str
    stream: str = "case"
    updated: str = ""
    code_set: str = ""
    code_set_column: str = ""
    code_sets: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    org: str = ""
    lon: str = ""
    lat: str = ""
    frame: str = ""
    grid: str = ""
    state: str = ""
    ends: tuple[str, ...] = ()
    rating: str = ""
    grades: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)
    feed: str = ""
    where: tuple[str, str] = ("", "")

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read."""
        single = (
            self.key,
            self.updated,
            self.code_set_column,
            self.code,
            self.org,
            self.grid,
            self.rating,
            self.where[0],
        )
        return tuple(name for name in (*single, *self.steps.values(), *self.more.values()) if name)

    @property
    def began(self) -> str:
        """Column of the first step."""
        return next(iter(self.steps.values()))


_GOOD, _FAIR, _BAD = "satisfied", "fairly satisfied", "dissatisfied"
_CHINESE = {
    "满意": _GOOD, "非常满意": _GOOD, "基本满意": _FAIR, "一般": _FAIR, "不满意": _BAD, "非常不满意": _BAD,
}  # fmt: skip

READINGS: Mapping[str, Reading] = {
    "police_incidents": Reading(
        network="public_security",
        key="jjdbh",
        steps={"reported": "bjsj", "dispatched": "cjsj", "arrived": "ddsj", "closed": "fksj"},
        times=SPACED,
        updated="gxsj",
        code_set="ga_110_city",
        code="bjlb",
        org="gxdw",
        lon="x",
        lat="y",
        frame="gcj02",
        more={"identity": "bjrsfzh"},
    ),
    "police_link": Reading(
        network="public_security",
        stream="transfer",
        key="flowid",
        steps={
            "pushed": "pushtime",
            "acknowledged": "acktime",
            "answered": "answertime",
            "sent_back": "returntime",
            "visited": "visittime",
        },
        times=SPACED,
        updated="gxsj",
        code_set="ga_110_city",
        code="bjlb",
        state="pushstatus",
    ),
    "city_management_cases": Reading(
        network="city_management",
        key="rec_id",
        steps={
            "reported": "create_time",
            "accepted": "operate_time",
            "not_accepted": "not_operate_time",
            "pre_filing_check": "verify_time",
            "registered": "inst_time",
            "cancelled": "cancel_time",
            "dispatched": "dispatch_time",
            "returned_to_sender": "rollback_time",
            "transferred": "redispatch_time",
            "extension_requested": "postpone_apply_time",
            "extension_granted": "postpone_time",
            "suspended": "hang_time",
            "resumed": "unhang_time",
            "handled": "dispose_time",
            "post_disposal_check_failed": "check_fail_time",
            "rehandled": "redispose_time",
            "post_disposal_check_passed": "check_time",
            "closed": "archive_time",
            "supervised": "supervise_time",
            "appealed": "appeal_time",
            "appeal_granted": "appeal_ok_time",
        },
        times=SPACED,
        updated="update_time",
        code_set_column="code_edition",
        code_sets={"2013": "gbt_30428_2_2013", "2026": "gbt_47678_5_2026"},
        code="event_type_code",
        org="deal_unit_id",
        lon="coordinate_x",
        lat="coordinate_y",
        frame="cgcs2000",
        grid="cell_id",
        state="act_property_id",
        ends=("101", "102"),
        more={"stored_deadline": "deadline_time"},
    ),
    "city_management_actions": Reading(
        network="city_management",
        stream="action",
        key="trans_id",
        steps={"acted": "create_time"},
        times=SPACED,
        org="unit_id",
        more={"case": "rec_id"},
    ),
    "hotline_orders": Reading(
        network="hotline",
        key="order_no",
        steps={
            "reported": "call_time",
            "accepted": "accept_time",
            "not_accepted": "refuse_time",
            "dispatched": "dispatch_time",
            "returned_to_sender": "return_time",
            "transferred": "redispatch_time",
            "signed": "sign_time",
            "extension_requested": "delay_ask_time",
            "extension_granted": "delay_time",
            "handled": "handle_time",
            "post_disposal_check_failed": "fail_time",
            "rehandled": "rehandle_time",
            "supervised": "supervise_time",
            "closed": "close_time",
            "cancelled": "cancel_time",
            "appealed": "appeal_time",
            "appeal_granted": "appeal_ok_time",
        },
        times=SPACED,
        updated="updated_at",
        code_set="hotline_local",
        code="class_code",
        org="unit",
        state="state",
        ends=("已结案", "不予受理", "已作废"),
    ),
    "hotline_callbacks": Reading(
        network="hotline",
        stream="callback",
        key="callback_no",
        steps={"called_back": "callback_time"},
        times=SPACED,
        updated="updated_at",
        org="unit",
        rating="satisfaction",
        grades=_CHINESE,
        more={"order": "order_no", "reached": "reached", "responded": "responded", "solved": "resolved"},
    ),
    "hotline_transfers": Reading(
        network="hotline",
        stream="transfer",
        key="transfer_no",
        steps={
            "pushed": "pushed_at",
            "acknowledged": "acknowledged_at",
            "answered": "answered_at",
            "sent_back": "returned_at",
            "visited": "visited_at",
        },
        times=SPACED,
        updated="updated_at",
        more={"direction": "direction", "flow": "flow_id"},
    ),
    "water_repairs": Reading(
        network="water",
        key="工单编号",
        steps={
            "reported": "报修时间",
            "dispatched": "派单时间",
            "arrived": "到场时间",
            "handled": "修复时间",
            "post_disposal_check_failed": "返修时间",
            "rehandled": "再修复时间",
            "called_back": "回访时间",
            "closed": "归档时间",
            "cancelled": "作废时间",
        },
        times=SLASHED,
        updated="更新时间",
        code_set="water_fault",
        code="故障代码",
        org="抢修班组",
        lon="百度经度",
        lat="百度纬度",
        frame="bd09",
        state="状态",
        ends=("已归档", "已作废"),
        rating="评价",
        grades=_CHINESE,
    ),
    "power_repairs": Reading(
        network="power",
        key="workOrderNo",
        steps={
            "reported": "acceptTime",
            "dispatched": "dispatchTime",
            "arrived": "arriveTime",
            "handled": "repairTime",
            "called_back": "visitTime",
            "closed": "archiveTime",
            "cancelled": "cancelTime",
        },
        times=ISO,
        updated="updateTime",
        code_set="power_outage",
        code="faultType",
        org="teamCode",
        lon="lng",
        lat="lat",
        frame="gcj02",
        state="state",
        ends=("06", "09"),
        rating="satisfaction",
        grades={"1": _GOOD, "2": _GOOD, "3": _FAIR, "4": _BAD, "5": _BAD},
    ),
    "power_outages": Reading(
        network="power",
        stream="outage",
        key="outage_id",
        steps={"reported": "start"},
        times=EPOCH_MS,
        code_set="power_outage",
        code="cause",
        lon="lon",
        lat="lat",
        frame="cgcs2000",
    ),
    "gas_repairs": Reading(
        network="gas",
        key="报修单号",
        steps={
            "reported": "申请时间",
            "dispatched": "派工时间",
            "arrived": "到场时间",
            "handled": "处理时间",
            "called_back": "回访时间",
            "closed": "办结时间",
            "cancelled": "作废时间",
        },
        times=SPACED,
        updated="更新时间",
        code_set="gas_fault",
        code="类型代码",
        org="维修班组",
        state="状态",
        ends=("已办结", "已作废"),
        rating="评价",
        grades=_CHINESE,
    ),
    "heat_repairs": Reading(
        network="heat",
        key="orderId",
        steps={
            "reported": "acceptDate",
            "dispatched": "sendDate",
            "arrived": "arriveDate",
            "handled": "finishDate",
            "called_back": "revisitDate",
            "closed": "closeDate",
            "cancelled": "cancelDate",
        },
        times=COMPACT,
        updated="updateDate",
        code_set="heat_fault",
        code="faultCode",
        org="deptCode",
        lon="x",
        lat="y",
        frame="bd09",
        state="status",
        ends=("5", "9"),
        rating="satisfaction",
        grades={"A": _GOOD, "B": _GOOD, "C": _FAIR, "D": _BAD, "E": _BAD},
    ),
    "water_notices": Reading(
        network="water",
        stream="notice",
        key="通知编号",
        steps={
            "notice_published": "发布时间",
            "notice_postponed": "延期时间",
            "supply_restored": "恢复时间",
            "notice_withdrawn": "取消时间",
        },
        times=SLASHED,
        updated="更新时间",
        state="状态",
    ),
    "gas_notices": Reading(
        network="gas",
        stream="notice",
        key="noticeNo",
        steps={
            "notice_published": "publishedAt",
            "notice_postponed": "postponedAt",
            "supply_restored": "restoredAt",
            "notice_withdrawn": "cancelledAt",
        },
        times=ISO,
        updated="updatedAt",
        state="state",
    ),
    "governance_disputes": Reading(
        network="governance_centre",
        key="事件编号",
        steps={
            "reported": "登记时间",
            "accepted": "受理时间",
            "not_accepted": "不予受理时间",
            "dispatched": "分流时间",
            "handled": "化解时间",
            "called_back": "回访时间",
            "closed": "办结时间",
        },
        times=SPACED,
        updated="更新时间",
        code_set="gbt_31000",
        code="类型代码",
        org="承办单位",
        grid="网格代码",
        rating="满意度",
        grades=_CHINESE,
        more={"solved": "是否成功"},
    ),
    "governance_whistles": Reading(
        network="governance_centre",
        stream="whistle",
        key="记录编号",
        steps={
            "whistle_blown": "吹哨时间",
            "whistle_signed": "签收时间",
            "whistle_contacted": "联系时间",
            "whistle_arrived": "到场时间",
            "whistle_planned": "方案时间",
            "whistle_closed": "办结时间",
        },
        times=SPACED,
        updated="更新时间",
        org="被召部门",
        grid="网格代码",
        state="状态",
        ends=("已办结",),
        more={
            "kind": "哨类",
            "whistle": "哨单编号",
            "street": "吹哨单位",
            "sign_by": "签收时限",
            "contact_by": "联系时限",
            "close_by": "办结时限",
            "score": "评哨得分",
        },
    ),
    "governance_supervisions": Reading(
        network="governance_centre",
        stream="supervision",
        key="orderNo",
        steps={
            "supervised": "issueTime",
            "urged": "urgeTime",
            "supervision_answered": "replyTime",
            "supervision_closed": "closeTime",
        },
        times=SPACED,
        updated="updateTime",
        org="orgCode",
        grid="gridCode",
        more={"answer_by": "limitTime"},
    ),
    "governance_visits": Reading(
        network="governance_centre",
        stream="visit",
        key="走访编号",
        steps={"visit_planned": "登记时间", "visited": "走访时间", "visit_failed": "未遇时间"},
        times=SPACED,
        updated="更新时间",
        grid="网格代码",
        more={"due_on": "应访日期", "class": "对象类别", "way": "走访方式", "result": "走访结果"},
    ),
    "governance_patrols": Reading(
        network="governance_centre",
        stream="patrol",
        key="recordNo",
        steps={"patrolled": "beginTime"},
        times=SPACED,
        updated="updateTime",
        grid="gridCode",
        more={"found": "found", "fixed": "fixed"},
        where=("recordType", "1"),
    ),
    "governance_patrols/mended": Reading(
        network="governance_centre",
        stream="self_fix",
        key="recordNo",
        steps={"self_fixed": "beginTime"},
        times=SPACED,
        updated="updateTime",
        grid="gridCode",
        feed="governance_patrols",
        where=("recordType", "3"),
    ),
    "governance_patrols/matters": Reading(
        network="governance_centre",
        key="recordNo",
        steps={
            "reported": "beginTime",
            "accepted": "acceptTime",
            "dispatched": "sendTime",
            "post_disposal_check_passed": "checkTime",
            "closed": "closeTime",
        },
        times=SPACED,
        updated="updateTime",
        code_set="city_2026",
        code="matterCode",
        org="orgCode",
        grid="gridCode",
        feed="governance_patrols",
        where=("recordType", "2"),
    ),
    "governance_meetings": Reading(
        network="governance_centre",
        stream="decision",
        key="decisionNo",
        steps={"decision_made": "heldTime", "decision_done": "doneTime", "decision_dropped": "droppedTime"},
        times=SPACED,
        updated="updateTime",
        org="orgCode",
        state="state",
        ends=("已完成", "已撤销"),
        more={"due_on": "dueDate", "meeting": "meetingNo", "street": "streetCode"},
    ),
}
