"""区数据局: the lists of codes that the centres' records are coded by, and what a code of one list is in another.

The edition of 2013 ends and that of 2026 begins on one day. Not every code goes over one to one: a noise is a wider
thing in the newer list, what the older one could only call 其他 has names of its own there, and a gas leak is 其他 now.
Codes of components (部件) stand beside those of events with the same digits.
"""

from __future__ import annotations

import pandas as pd

from simulator.happenings import kinds
from simulator.happenings.kinds import KINDS
from simulator.places.components import CLASSES
from simulator.places.district import NAME
from simulator.plan import DAY, Plan

# two centres that are not simulated have a sample beside their contracts; their lists are the bureau's, too
MARKET, SAFETY = "market_local", "safety_local"
_COMPONENT = "部件"
_COMPONENT_MAJORS = {"01": "市政公用设施", "02": "交通设施", "03": "市容环卫设施"}
_TITLES = {
    kinds.CM_2013: "管理部件和事件（2013）", kinds.CM_2026: "管理部件和事项（2026）", kinds.DISPUTE: "矛盾纠纷事件类型",
    kinds.POLICE: "接处警类别", kinds.HOTLINE: "热线诉求分类", kinds.ROUNDS: "网格巡查事项",
    kinds.WATER: "供水报修故障", kinds.POWER: "停电与报修", kinds.GAS: "燃气报修故障", kinds.HEAT: "供热报修故障",
    MARKET: "市场监管问题类别", SAFETY: "安全隐患类别",
}  # fmt: skip
_NATIONAL = {kinds.CM_2013: "GB/T 30428.2-2013", kinds.CM_2026: "GB/T 47678.5-2026", kinds.DISPUTE: "GB/T 31000-2015"}
# a kind that the newer list has under a wider name: the wider one is what outlives the lists
_WIDER = {"商业噪音": "噪声扰民"}
_OTHER_2013, _OTHER_2026 = "0699", "10099"
_MAJORS = {
    kinds.CM_2013: {
        "01": "市容环境", "02": "宣传广告", "03": "施工管理", "04": "街面秩序", "05": "突发事件", "06": "其他事件",
    },
    kinds.CM_2026: {
        "01": "市政公用设施类", "02": "交通设施类", "03": "市容环卫设施类", "04": "园林绿化设施类",
        "05": "其他管理部件类", "06": "市容环境类", "07": "宣传广告类", "08": "施工管理类",
        "09": "街面秩序类", "10": "其他事项类",
    },
    kinds.POLICE: {"50": "群众求助", "60": "社会联动（非警务）"},
    kinds.HOTLINE: {
        "H1": "市容环卫", "H2": "街面秩序", "H3": "施工管理", "H4": "市政公用", "H5": "民生权益", "H9": "其他",
    },
    kinds.ROUNDS: {"S": "网格巡查"},
    kinds.WATER: {"W": "供水故障"},
    kinds.POWER: {"P": "停电与用电"},
    kinds.GAS: {"G": "燃气故障"},
    kinds.HEAT: {"H": "供热故障"},
    MARKET: {"SJ": "市场监管"},
    SAFETY: {"AQ": "安全隐患"},
}  # fmt: skip
KIND_WORDS = {  # what each list calls the kind of its codes
    kinds.CM_2013: "事件", kinds.CM_2026: "事项", kinds.POLICE: "警情", kinds.DISPUTE: "矛盾纠纷",
    kinds.HOTLINE: "诉求", kinds.ROUNDS: "事件", kinds.WATER: "报修", kinds.POWER: "停电", kinds.GAS: "报修",
    kinds.HEAT: "报修",
    MARKET: "投诉举报", SAFETY: "隐患",
}  # fmt: skip
_MARKET_NAMES = ("无证经营", "食品安全", "计量作弊", "虚假宣传", "预付卡纠纷", "特种设备隐患")
_SAFETY_NAMES = ("电气线路隐患", "消防通道堵塞", "危化品存放不规范", "有限空间作业", "未持证上岗")
# codes that stand for what a list has no name for, and those that none of the kinds goes by
_OTHERS = (
    (kinds.CM_2013, "0699", "其他事件"),
    (kinds.CM_2026, "10099", "其他事项"),
    (kinds.POLICE, "609900", "其他非警务求助"),
    (kinds.DISPUTE, "99", "其他"),
    (kinds.HOTLINE, "H999", "其他诉求"),
    (kinds.ROUNDS, "S99", "其他"),
    (kinds.WATER, "W99", "其他"),
    (kinds.POWER, "P1", "计划停电"),
    (kinds.GAS, "G99", "其他"),
    (kinds.HEAT, "H99", "其他"),
    *((MARKET, f"SJ0{number}", name) for number, name in enumerate(_MARKET_NAMES, start=1)),
    *((SAFETY, f"AQ0{number}", name) for number, name in enumerate(_SAFETY_NAMES, start=1)),
)


def coded() -> dict[tuple[str, str], list[kinds.Kind]]:
    """The kinds that go by each code."""
    found: dict[tuple[str, str], list[kinds.Kind]] = {}
    for kind in KINDS:
        for code_set, code in kind.codes.items():
            found.setdefault((code_set, code), []).append(kind)
    return found


def code_sets(plan: Plan) -> pd.DataFrame:
    """code_set, title, standard, city, is_local, valid_from, valid_to."""
    rows = [
        (code_set, title, _NATIONAL.get(code_set, ""), "" if code_set in _NATIONAL else NAME,
         str(code_set not in _NATIONAL).lower(), *_span(plan, code_set))
        for code_set, title in sorted(_TITLES.items())
    ]  # fmt: skip
    columns = ["code_set", "title", "standard", "city", "is_local", "valid_from", "valid_to"]
    return pd.DataFrame(rows, columns=columns)


def categories(plan: Plan) -> pd.DataFrame:
    """A code that several kinds go by has no canonical name: its list does not tell them apart."""
    found = [(*at, its[0].names[at[0]], its[0].name if len(its) == 1 else "") for at, its in coded().items()]
    found += [(*other, "") for other in _OTHERS]
    rows = []
    for code_set, code, name, kind in sorted(found):
        major, title = _major(code_set, code, name)
        wider = _WIDER.get(kind, "")
        mapping = "" if not kind else "broader" if wider and code_set != kinds.CM_2026 else "exact"
        rows.append(
            (code_set, KIND_WORDS[code_set], code, major, title, name, wider or kind, mapping, *_span(plan, code_set))
        )
    rows += [
        (kinds.CM_2026, _COMPONENT, major + minor, major, _COMPONENT_MAJORS[major], name, "", "",
         *_span(plan, kinds.CM_2026))
        for major, minor, name in CLASSES
    ]  # fmt: skip
    columns = ["code_set", "kind", "category_code", "major_code", "major_name", "minor_name", "canonical_name"]
    return pd.DataFrame(rows, columns=[*columns, "canonical_mapping", "valid_from", "valid_to"])


def _span(plan: Plan, code_set: str) -> tuple[str, str]:
    """The first day of a list, and the first on which it holds no more."""
    switch = str(plan.day_of(plan.edition_day * DAY))
    return switch if code_set == kinds.CM_2026 else plan.founded, switch if code_set == kinds.CM_2013 else ""


def _major(code_set: str, code: str, name: str) -> tuple[str, str]:
    majors = _MAJORS.get(code_set, {})
    return next(((head, title) for head, title in majors.items() if code.startswith(head)), (code, name))


def crosswalk(plan: Plan) -> pd.DataFrame:
    """What each code of 2013 is in the list of 2026; `mapping` says what the newer code is to the older one."""
    pairs = []
    for kind in KINDS:
        old, new = kind.codes.get(kinds.CM_2013), kind.codes.get(kinds.CM_2026)
        if old and new:
            wider = _WIDER.get(kind.name)
            pairs.append((old, new, wider or kind.name, "broader" if wider else "exact"))
        elif old:
            pairs.append((old, _OTHER_2026, "", "broader"))
        elif new:
            pairs.append((_OTHER_2013, new, "", "narrower"))
    rows = [
        (kinds.CM_2013, KIND_WORDS[kinds.CM_2013], old, kinds.CM_2026, KIND_WORDS[kinds.CM_2026], new, name, mapping)
        for old, new, name, mapping in sorted({*pairs, (_OTHER_2013, _OTHER_2026, "", "narrower")})
    ]
    columns = ["code_set", "kind", "category_code", "to_code_set", "to_kind", "to_category_code", "canonical_name"]
    return pd.DataFrame(rows, columns=[*columns, "mapping"]).assign(
        valid_from=_span(plan, kinds.CM_2026)[0], valid_to=""
    )
