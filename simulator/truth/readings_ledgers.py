"""Readings of the registers of the ways a district governs: orders, deliberations, ratings, admissions … Data only."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.truth.reading import SPACED, Reading


def _entries(
    feed: str, stream: str, where: tuple[str, str], steps: Mapping[str, str], more: Mapping[str, str], **columns: str
) -> Reading:
    """A kind of entry of a register whose rows say in one column which kind they are."""
    key, updated = ("编号", "更新时间") if where[0] == "记录类型" else ("recordNo", "updateTime")
    return Reading(
        network="governance_centre", stream=stream, key=key, steps=steps, times=SPACED, updated=updated, feed=feed,
        where=where, more=more, **columns,  # type: ignore[arg-type]
    )  # fmt: skip


_JSON = {"org": "orgCode", "division": "communityCode"}
LEDGERS: Mapping[str, Reading] = {
    "governance_requests": _entries(
        "governance_requests", "request", ("recordType", "1"),
        {
            "request_placed": "startTime", "request_answered": "answeredTime", "request_served": "servedTime",
            "request_withdrawn": "withdrawnTime",
        },
        {"answer_by": "answerBy", "persons": "personTimes", "kind": "kind"},
        **_JSON, state="state",
    ),
    "governance_requests/lists": _entries(
        "governance_requests", "project", ("recordType", "2"),
        {"need_listed": "startTime", "project_claimed": "claimedTime", "project_done": "doneTime"},
        {"due_on": "dueDate", "kind": "kind", "way": "way"},
        **_JSON, state="state",
    ),
    "governance_requests/questions": _entries(
        "governance_requests", "question", ("recordType", "3"),
        {"question_asked": "startTime", "question_answered": "answeredTime"},
        {"shift": "dutyShift"},
        **_JSON, state="state",
    ),
    "governance_deliberations": _entries(
        "governance_deliberations", "deliberation", ("记录类型", "四方议事"),
        {
            "issue_collected": "发起时间", "agenda_set": "定题时间", "deliberated": "议事时间",
            "issue_routed": "交办时间", "issue_reviewed": "评审时间",
        },
        {"parties": "参加方", "result": "结果"},
        org="承办单位", division="社区代码",
    ),
    "governance_deliberations/invitations": _entries(
        "governance_deliberations", "invitation", ("记录类型", "邀约"),
        {"invitation_sent": "发起时间", "invitation_attended": "到会时间", "invitation_resolved": "议决时间"},
        {"matter": "事项编号", "result": "结果"},
        org="承办单位", division="社区代码",
    ),
    "governance_ratings": _entries(
        "governance_ratings", "appraisal", ("记录类型", "测评"),
        {"appraisal_scored": "登记时间"},
        {
            "kind": "方式", "rater_class": "评价主体", "rater": "评价单位", "paper": "授权文件", "answered": "应答人数",
            "pleased": "满意人数", "points": "得分", "own": "自评得分",
        },
        org="被评单位", division="区划代码",
    ),
    "governance_ratings/letters": _entries(
        "governance_ratings", "letter", ("记录类型", "函告"),
        {"letter_sent": "登记时间", "letter_answered": "答复时间"},
        {"answer_by": "答复时限", "rater": "评价单位"},
        org="被评单位", division="区划代码",
    ),
    "governance_ratings/opinions": _entries(
        "governance_ratings", "opinion", ("记录类型", "征求意见"),
        {"opinion_sought": "登记时间", "opinion_given": "答复时间", "opinion_adopted": "采纳时间"},
        {"kind": "方式", "rater": "评价单位"},
        org="被评单位", division="区划代码",
    ),
    "governance_admissions": _entries(
        "governance_admissions", "admission", ("recordType", "1"),
        {
            "admission_requested": "registerTime", "admission_granted": "grantTime", "admission_refused": "refuseTime",
            "admission_removed": "removeTime",
        },
        {"expires_on": "expiresOn", "kind": "listKind"},
        org="orgCode",
    ),
    "governance_admissions/bypassed": _entries(
        "governance_admissions", "admission", ("recordType", "3"),
        {"admission_bypassed": "registerTime"},
        {"kind": "listKind"},
        org="orgCode", division="streetCode",
    ),
    "governance_admissions/ledgers": _entries(
        "governance_admissions", "ledger", ("recordType", "2"),
        {"ledger_abolished": "registerTime", "ledger_demanded": "demandTime", "ledger_readmitted": "readmitTime"},
        {"kind": "listKind"},
        org="orgCode",
    ),
    "governance_operations": Reading(
        network="governance_centre",
        stream="operation",
        key="operationNo",
        steps={"operation_opened": "openTime", "operation_closed": "closeTime"},
        times=SPACED,
        updated="updateTime",
        org="orgCode",
        grid="gridCode",
        more={"kind": "kind", "outcome": "outcome", "units": "units", "cases": "caseNos"},
    ),
    "governance_inspections": Reading(
        network="governance_centre",
        stream="inspection",
        key="编号",
        steps={"inspected": "督查时间", "inspection_published": "公布时间"},
        times=SPACED,
        updated="更新时间",
        org="被查单位",
        division="街道代码",
        more={
            "kind": "督查方式", "rule": "规则版本", "pieces": "总体件数", "drawn": "抽查件数", "passed": "合格件数",
            "rater": "督查单位",
        },
    ),
    "governance_volunteering": _entries(
        "governance_volunteering", "reporting_in", ("recordType", "1"),
        {"reported_in": "startTime", "reported_back": "backTime"},
        {"persons": "persons"},
        **_JSON,
    ),
    "governance_volunteering/activities": _entries(
        "governance_volunteering", "activity", ("recordType", "2"),
        {"activity_announced": "startTime", "activity_held": "heldTime", "activity_cancelled": "cancelledTime"},
        {"persons": "persons", "hours": "hours", "need": "needNo", "kind": "level"},
        **_JSON,
    ),
}  # fmt: skip
