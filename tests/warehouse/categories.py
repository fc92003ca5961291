"""Three editions of one list, a list of duties and a register of components, with all that can go wrong with a code.

The lists of 2007, 2013 and 2026 follow one another on 1 March and 1 July. 0102 is 暴露垃圾 in the first, 店面无证装修
in the second; 0401 is 路面塌陷 and then 无照经营游商. 0110 is in the second list a component and an event.
"""

import json
from typing import Any

from tests.warehouse.mounted import Delivery, MountedLog

OLD, MID, NEW = "cjt_214_2007", "gbt_30428_2_2013", "gbt_47678_5_2026"
SPANS = {OLD: ("2010-01-01", "2026-03-01"), MID: ("2026-03-01", "2026-07-01"), NEW: ("2026-07-01", None)}
CODES: list[
    tuple[str, str, str, str, str | None]
] = [  # list, kind, code, name, canonical name where the list states it
    (OLD, "事件", "0102", "暴露垃圾", None),
    (OLD, "事件", "0401", "路面塌陷", None),
    (OLD, "事件", "0501", "无照经营游商", None),
    (OLD, "事件", "0508", "商业噪音", None),
    (MID, "事件", "0102", "店面无证装修", None),
    (MID, "事件", "0110", "暴露生活垃圾", None),
    (MID, "部件", "0110", "电力井盖", None),
    (MID, "事件", "0401", "无照经营游商", None),
    (MID, "事件", "0505", "路面塌陷", None),
    (MID, "事件", "0128", "商业噪音", None),
    (MID, "事件", "0104", "道路不洁或破损", None),
    (MID, "事件", "0301", "夜间施工", None),
    (MID, "事件", "0302", "昼间施工", None),
    (MID, "事件", "0192", "垃圾满溢", None),
    (NEW, "事项", "06010", "暴露垃圾", None),
    (NEW, "事项", "09001", "无照经营游商", None),
    (NEW, "事项", "06028", "噪声扰民", None),
    (NEW, "事项", "06012", "道路不洁", None),
    (NEW, "事项", "06013", "道路破损", None),
    (NEW, "事项", "08001", "施工扰民", None),
    (NEW, "事项", "01001", "供水井盖异常", None),
    (NEW, "部件", "01001", "供水井盖", None),
    (NEW, "事项", "10998", "地下管涌", "地下管涌"),
]
CROSSWALK: list[tuple[str, str, str, str, str, str, str | None, str | None]] = [
    # from list, kind and code, to list, kind and code, mapping, canonical name
    (OLD, "事件", "0102", MID, "事件", "0110", "exact", None),
    (MID, "事件", "0110", NEW, "事项", "06010", "exact", "暴露垃圾"),
    (OLD, "事件", "0401", MID, "事件", "0505", "exact", None),
    # kinds that are not told are found where the list has only one, and mapping is exact where nothing is said
    (OLD, "", "0501", MID, "", "0401", None, None),
    (MID, "", "0401", NEW, "", "09001", None, None),
    (OLD, "事件", "0508", MID, "事件", "0128", "exact", None),
    (MID, "事件", "0128", NEW, "事项", "06028", "broader", None),
    # told as exact, but one code became two, and two became one
    (MID, "事件", "0104", NEW, "事项", "06012", "exact", None),
    (MID, "事件", "0104", NEW, "事项", "06013", "exact", None),
    (MID, "事件", "0301", NEW, "事项", "08001", "exact", None),
    (MID, "事件", "0302", NEW, "事项", "08001", "exact", None),
    # of which kind?
    (MID, "", "0110", NEW, "部件", "01001", "exact", None),
]
CHAIN = f"{NEW}/事项/"
FEBRUARY, APRIL, AUGUST = "2026-02-10 09:00", "2026-04-10 09:00", "2026-08-10 09:00"
# what a case tells (list, kind, code, moment) and what it is: category, status, canonical category, what that is to it
Told = tuple[str | None, str | None, str | None, str]
Read = tuple[str, str, str | None, str | None]
READINGS: list[tuple[Told, Read]] = [
    ((OLD, "事件", "0102", FEBRUARY), (f"{OLD}/事件/0102@2010-01-01", "known", "暴露垃圾", "exact")),
    ((MID, "事件", "0110", APRIL), (f"{MID}/事件/0110@2026-03-01", "known", "暴露垃圾", "exact")),
    ((NEW, "事项", "06010", AUGUST), (f"{CHAIN}06010@2026-07-01", "known", "暴露垃圾", "exact")),
    (("callers", None, "H1", APRIL), ("callers//H1@2010-01-01", "known", "暴露垃圾", "exact")),
    # the same digits, another list: another thing
    ((MID, "事件", "0102", APRIL), (f"{MID}/事件/0102@2026-03-01", "no_canonical", None, None)),
    ((OLD, None, "0401", FEBRUARY), (f"{OLD}/事件/0401@2010-01-01", "known", f"{MID}/事件/0505", "exact")),
    ((MID, None, "0401", APRIL), (f"{MID}/事件/0401@2026-03-01", "known", f"{CHAIN}09001", "exact")),
    # the same digits, another kind: told, it is found; not told, it is not guessed
    ((MID, "部件", "0110", APRIL), (f"{MID}/部件/0110@2026-03-01", "no_canonical", None, None)),
    ((MID, None, "0110", APRIL), ("unknown", "ambiguous_kind", None, None)),
    ((NEW, None, "01001", AUGUST), ("unknown", "ambiguous_kind", None, None)),
    ((MID, "警情", "0110", APRIL), ("unknown", "unknown_code", None, None)),
    # an edition that was not in force, whatever the kind
    ((MID, "事件", "0110", AUGUST), ("unknown", "not_valid_then", None, None)),
    ((MID, None, "0110", AUGUST), ("unknown", "not_valid_then", None, None)),
    ((NEW, "事项", "06010", APRIL), ("unknown", "not_valid_then", None, None)),
    ((NEW, "事项", "99999", AUGUST), ("unknown", "unknown_code", None, None)),
    (("nobody", None, "1", AUGUST), ("unknown", "unknown_set", None, None)),
    (("gbt_31000", None, "77", AUGUST), ("unknown", "unknown_code", None, None)),
    ((None, None, "1", AUGUST), ("unknown", "unknown_set", None, None)),
    ((None, None, None, AUGUST), ("unknown", "no_code_told", None, None)),
    # wider and narrower, split and joined
    ((OLD, "事件", "0508", FEBRUARY), (f"{OLD}/事件/0508@2010-01-01", "known", f"{CHAIN}06028", "broader")),
    ((MID, "事件", "0128", APRIL), (f"{MID}/事件/0128@2026-03-01", "known", f"{CHAIN}06028", "broader")),
    ((NEW, "事项", "06028", AUGUST), (f"{CHAIN}06028@2026-07-01", "known", f"{CHAIN}06028", "exact")),
    ((MID, "事件", "0104", APRIL), (f"{MID}/事件/0104@2026-03-01", "known", f"{MID}/事件/0104", "exact")),
    ((MID, "事件", "0301", APRIL), (f"{MID}/事件/0301@2026-03-01", "known", f"{CHAIN}08001", "broader")),
    # codes that the list leaves to the city
    ((MID, "事件", "0192", APRIL), (f"{MID}/事件/0192@2026-03-01", "no_canonical", None, None)),
    ((NEW, "事项", "10998", AUGUST), (f"{CHAIN}10998@2026-07-01", "known", "地下管涌", "exact")),
]  # fmt: skip
FIRST, SECOND = "2026-03-01", "2026-07-01"
# canonical category, day, whether it is exact, and why not
SWITCHES = {
    ("暴露垃圾", FIRST, True, ""),
    ("暴露垃圾", SECOND, True, ""),
    (f"{CHAIN}09001", FIRST, True, ""),
    (f"{CHAIN}09001", SECOND, True, ""),
    (f"{MID}/事件/0505", FIRST, True, ""),
    (f"{MID}/事件/0505", SECOND, False, "without_successor"),
    (f"{CHAIN}06028", FIRST, True, ""),
    (f"{CHAIN}06028", SECOND, False, "broader"),
    (f"{MID}/事件/0104", FIRST, False, "without_predecessor"),
    (f"{MID}/事件/0104", SECOND, False, "one_to_many"),
    (f"{CHAIN}06012", SECOND, False, "one_to_many"),
    (f"{CHAIN}06013", SECOND, False, "one_to_many"),
    (f"{CHAIN}08001", FIRST, False, "without_predecessor"),
    (f"{CHAIN}08001", SECOND, False, "many_to_one"),
    ("地下管涌", SECOND, False, "without_predecessor"),
}
# duty, class, name, owner, list, kind and code, from, to
DUTIES: list[tuple[str, str, str, str, str | None, str | None, str | None, str, str | None]] = [
    ("D1", "环卫", "清运垃圾", "CQ", MID, "事件", "0110", "2026-01-01", None),
    ("D1", "环卫", "清运垃圾", "CQ", NEW, "事项", "06010", "2026-01-01", None),
    ("D2", "服务", "代办证件", "CQ", None, None, None, "2026-01-01", None),
    ("D3", "秩序", "劝导游商", "CQ", NEW, None, "09001", "2026-01-01", "2026-08-01"),
    # on 15 August another office takes the first one over
    ("D1", "环卫", "清运垃圾", "CR", MID, "事件", "0110", "2026-08-15", None),
    ("D1", "环卫", "清运垃圾", "CR", NEW, "事项", "06010", "2026-08-15", None),
]
# component, owner, supervising and maintaining office
COMPONENTS: list[tuple[str, str | None, str | None, str | None]] = [
    ("C1", "CW", "CG", "CW1"),
    ("C2", None, "CG", None),
    ("C3", "CW", None, None),
]
OFFICES = (("CQ", None), ("CR", None), ("CW", None), ("CW1", "CW"), ("CG", None))
# component, opened, dispatched to, closed
FAILURES: list[tuple[str, str, str | None, str | None]] = [
    ("C1", "2026-08-01 10:00", "CW1", "2026-08-02 10:00"),
    ("C1", "2026-08-20 10:00", "CR", "2026-08-21 10:00"),  # 18 days later, and sent to somebody else
    ("C1", "2026-10-15 10:00", None, None),  # 55 days later
    ("C3", "2026-08-05 10:00", "CW1", None),  # a crew of the owner
    ("C2", "2026-08-05 11:00", "CR", None),
    ("C9", "2026-08-05 12:00", "CR", None),
]
WORDS = (("appeal", "complaint", "ordinary"), ("停水", "投诉", None), (None, None, None))


def fill(log: MountedLog) -> None:
    """Add the lists and the cases."""
    log.feed("lists", "reference", mode="reference")
    _lists(log, log.deliver("lists", "2026-01-01 00:00"))
    for feed, network in (("coded", "coding"), ("duties", "coding"), ("broken", "coding"), ("worded", "coding")):
        log.feed(feed, network)
    coded = log.deliver("coded", "2026-10-19 00:00")
    for number, ((code_set, kind, code, at), _) in enumerate(READINGS):
        told: dict[str, Any] = {"category_code_set": code_set, "category_code": code}
        told["attributes"] = json.dumps({"category_kind": kind} if kind else {}, ensure_ascii=False)
        log.tell(coded, f"code-{number:02d}", "reported", at, line=number + 1, **told)
        # what is told later in a case is read by the lists of its opening
        log.tell(coded, f"code-{number:02d}", "dispatched", "2026-10-01 09:00", line=number + 1, **told)
    _duty_cases(log, log.deliver("duties", "2026-10-19 00:00"))
    broken = log.deliver("broken", "2026-10-19 00:00")
    for number, (component, opened, office, closed) in enumerate(FAILURES):
        key, told = f"broken-{number}", {"component_code": component}
        log.tell(broken, key, "reported", opened, line=number + 1, **told)
        if office:
            log.tell(broken, key, "dispatched", opened[:-5] + "12:30", line=number + 1, org_code=office, **told)
        if closed:
            log.tell(broken, key, "closed", closed, line=number + 1, org_code=office, **told)
    worded = log.deliver("worded", "2026-10-19 00:00")
    for number, (nature, appeal_type, level) in enumerate(WORDS):
        log.tell(worded, f"worded-{number}", "reported", AUGUST, line=number + 1, nature=nature,
                 appeal_type=appeal_type, level=level)  # fmt: skip


def _lists(log: MountedLog, delivery: Delivery) -> None:
    for code_set, kind, code, name, canonical in CODES:
        since, until = SPANS[code_set]
        log.state(delivery, "category", f"{code_set}{kind}{code}", since, code_set=code_set, kind=kind,
                  category_code=code, minor_name=name, canonical_name=canonical, valid_to=until)  # fmt: skip
    log.state(delivery, "category", "H1", "2010-01-01", code_set="callers", category_code="H1", minor_name="垃圾",
              canonical_name="暴露垃圾")  # fmt: skip
    log.state(delivery, "code_set", "callers", "2010-01-01", code_set="callers", title="来电分类", is_local="true")
    for code_set, kind, code, to_set, to_kind, to_code, mapping, name in CROSSWALK:
        log.state(delivery, "crosswalk", "/".join((code_set, kind, code, to_set, to_kind, to_code)), SPANS[to_set][0],
                  code_set=code_set, kind=kind or None, category_code=code, to_code_set=to_set, to_kind=to_kind or None,
                  to_category_code=to_code, mapping=mapping, canonical_name=name)  # fmt: skip
    for duty, title, name, owner, duty_set, duty_kind, duty_code, since, until in DUTIES:
        log.state(delivery, "duty", f"{duty}/{duty_set}/{duty_code}", since, duty_code=duty, duty_class=title,
                  duty_name=name, owner_org_code=owner, code_set=duty_set, kind=duty_kind, category_code=duty_code,
                  valid_to=until)  # fmt: skip
    for component, own, supervise, maintain in COMPONENTS:
        log.state(delivery, "component", component, "2026-01-01", component_code=component, component_name="井盖",
                  code_set=NEW, category_code="01001", owner_org_code=own, supervise_org_code=supervise,
                  maintain_org_code=maintain, state="完好")  # fmt: skip
    for office, parent in OFFICES:
        log.state(delivery, "organisation", office, "2026-01-01", org_code=office, org_name=office,
                  parent_org_code=parent)  # fmt: skip


def _duty_cases(log: MountedLog, delivery: Delivery) -> None:
    attributes = json.dumps({"category_kind": "事项"}, ensure_ascii=False)
    for line, (key, code, opened, closed) in enumerate(
        [
            ("rubbish-1", "06010", "2026-08-03 09:00", "2026-08-04 09:00"),
            ("rubbish-2", "06010", "2026-08-20 09:00", None),
            ("pedlar-1", "09001", "2026-07-15 09:00", None),
            ("pedlar-2", "09001", "2026-08-05 09:00", None),  # the duty was withdrawn four days before
        ],
        start=1,
    ):
        told = {"category_code_set": NEW, "category_code": code, "attributes": attributes}
        log.tell(delivery, key, "reported", opened, line=line, **told)
        if closed:
            log.tell(delivery, key, "closed", closed, line=line, **told)
