"""The duties that the district has sunk to its grids (职责下沉): nine classes, 118 duties at the beginning, invented.

A duty names the codes of the kinds that it is about, in every list that has one for them; some are about nothing that
ever happens, and some kinds are nobody's duty. In the middle of the time one duty is withdrawn, one is added, and one
goes over to another office.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from simulator.feeds.code_lists import KIND_WORDS
from simulator.happenings.kinds import KINDS
from simulator.plan import DAY, Plan

WITHDRAWN, ADDED, REASSIGNED = "D0108", "D0914", "D0304"
_NEW_OWNER = "CM12"
# class, owner of its duties, and its duties: a name, and after `=` the kinds that it is about
_CLASSES = (
    (
        "市容环境",
        "CM11",
        (
            "巡看主次干道保洁=道路不洁|清掏果皮箱=垃圾满溢|督促分类投放=垃圾未分类|清运路边生活垃圾=暴露垃圾|"
            "清运装修垃圾=积存垃圾渣土|看护河道水面=水域不洁|处理动物尸体=动物尸体|追查道路遗撒=道路遗撒|冲洗公共厕所|"
            "清洗护栏灰带|清除乱倒泔水|督促门前三包|看护垃圾房门锁|登记背街小巷卫生死角"
        ),
    ),
    (
        "街面秩序",
        "ST01",
        (
            "劝导出店摆卖=店外经营|劝导占道摆摊=占道经营|疏导流动商贩=无照经营游商|清理沿街晾挂=沿街晾挂|"
            "规范露天烧烤=露天烧烤|摆正非机动车=非机动车乱停放|劝离违停机动车=机动车乱停放|归集共享单车=共享单车|"
            "劝止商业喇叭=商业噪音|清除小广告=非法小广告|查看户外广告=违规户外广告|查看店招牌匾=违规牌匾标识|劝阻占道洗车"
        ),
    ),
    (
        "工地管理",
        "CM13",
        (
            "查看夜间施工=施工扰民|查看裸土覆盖=工地扬尘|查看围挡占道=施工占道|盯守渣土车出口=渣土车未密闭|"
            "核对渣土准运证|查看工地冲洗台|查看施工公示牌|劝阻工地焚烧|查看基坑护栏|查看塔吊警戒线|登记工地值守电话|"
            "督促复工报备|查看余泥堆场"
        ),
    ),
    (
        "市政设施",
        "CM12",
        (
            "报修路面坑洼=道路破损|看护井盖=井盖缺失,井盖异响|报修路灯=路灯不亮|报修护栏=交通护栏破损|"
            "疏通雨水口=排水管道堵塞破裂|值守低洼积水点=道路积水|围护塌陷路面=路面塌陷|清扫桥面冰雪=道路积雪结冰|"
            "收束垂落线缆=架空线缆脱落|擦拭路名牌|查看人行天桥|查看公交候车亭|登记停用电话亭"
        ),
    ),
    (
        "园林绿化",
        "CM14",
        (
            "扶正倒伏树木=树木倒伏|清理绿地垃圾=绿地脏乱|劝止占绿种菜=占绿毁绿|浇灌行道树|修剪遮灯枝条|查看古树围栏|"
            "登记枯死乔木|查看喷灌设施|补种缺株|查看口袋公园器械|劝阻攀折花木|防治树木虫害|清捞景观池"
        ),
    ),
    (
        "水电气热",
        "GOV01",
        (
            "接报爆管漏水=供水管道破裂|接报居民停水=停水|接报水压不足=水压不足|接报水质异常=水质浑浊|接报居民停电=停电|"
            "接报用户停气=用户停气|接报燃气异味=燃气泄漏|接报暖气泄漏=热力管道泄漏|接报室温不足=室温不达标|"
            "接报停暖=停止供热|张贴停供通知|登记老旧管线小区|提醒表箱上锁"
        ),
    ),
    (
        "矛盾调解",
        "ST02",
        (
            "初调邻里争执=邻里纠纷|初调家庭争执=婚姻家庭|转办欠薪线索=劳动纠纷|协调物业争议=物业纠纷|"
            "转办消费争议=消费纠纷|初调损害赔偿=损害赔偿|协调油烟噪声争执=环境矛盾|陪同交通事故协商=交通事故赔偿|"
            "回访调解协议|登记说事点来访|预告集体议事|联络楼栋调解员|整理议事记录"
        ),
    ),
    (
        "安全隐患",
        "AQ01",
        (
            "劝导楼道清物=楼道堆物|劝止飞线充电=飞线充电|疏通消防通道=占用消防通道|上报企业隐患=安全生产|"
            "上报违法搭建=私搭乱建|清除乱堆物料=乱堆物堆料|查看灭火器压力|查看群租房|查看九小场所|查看充电棚喷淋|"
            "登记独居老人燃气报警器|查看屋面积雪|查看护坡裂缝"
        ),
    ),
    (
        "民生服务",
        "ST03",
        (
            "探望独居老人=独居老人求助|联络临时救助=民政救助|上报油烟扰民=油烟污染|上报污水偷排=环境污染|代办老年证|"
            "代送政策单页|核对低保复审|通知体检|登记残疾人辅具需求|收集微心愿|张贴招工信息|协助社保认证|核对流动人口登记"
        ),
    ),
)


@dataclass(frozen=True)
class _Duty:
    """A duty with the days between which it holds; empty for open."""

    code: str
    title: str
    name: str
    owner: str
    kinds: tuple[str, ...]
    number: int
    valid_from: str
    valid_to: str = ""


def duties(plan: Plan) -> pd.DataFrame:
    """duty_code, duty_class, duty_name, owner_org_code, code_set, kind, category_code, approval_document, staff_count,
    budget_yuan, valid_from, valid_to.

    A row a duty and code; code_set, kind and category_code are empty for a duty that is about nothing on a list. Some
    went down without a document, people or money: those are empty.
    """
    middle = str(plan.day_of(max(1, plan.days // 2) * DAY))
    coded = _codes_of_one_kind()
    rows = [
        (
            duty.code,
            duty.title,
            duty.name,
            duty.owner,
            *code,
            *_given(duty.number),
            duty.valid_from,
            duty.valid_to,
        )
        for duty in _dated(plan.founded, middle)
        for code in [at for kind in duty.kinds for at in coded[kind]] or [("", "", "")]
    ]
    columns = ["duty_code", "duty_class", "duty_name", "owner_org_code", "code_set", "kind", "category_code"]
    columns += ["approval_document", "staff_count", "budget_yuan"]
    return pd.DataFrame(rows, columns=[*columns, "valid_from", "valid_to"])


def _given(number: int) -> tuple[str, str, str]:
    """What went down with a duty: the document that approves it, people, and whole yuan a year; '' for nothing."""
    document = "" if number % 11 == 5 else f"云委编〔2026〕{1 + number // 13}号"
    people = "" if number % 7 == 3 else str(1 + number % 5)
    money = "" if number % 5 == 2 else str(10_000 * (2 + number % 9))
    return document, people, money


def duty_classes() -> list[str]:
    """The classes of duties, in order."""
    return [title for title, _, _ in _CLASSES]


def _dated(founded: str, middle: str) -> list[_Duty]:
    """All duties: those of the beginning, and what changed in the middle of the time."""
    found = []
    for number, (title, owner, text) in enumerate(_CLASSES, start=1):
        for place, part in enumerate(text.split("|"), start=1):
            name, _, kinds = part.partition("=")
            duty = _Duty(
                f"D{number:02d}{place:02d}",
                title,
                name,
                owner,
                tuple(filter(None, kinds.split(","))),
                number * 13 + place,
                founded,
            )
            changes = duty.code in (WITHDRAWN, REASSIGNED)
            found.append(replace(duty, valid_to=middle) if changes else duty)
            if duty.code == REASSIGNED:
                found.append(replace(duty, owner=_NEW_OWNER, valid_from=middle))
    return [*found, _Duty(ADDED, _CLASSES[-1][0], "上报灶具隐患", _CLASSES[-1][1], ("灶具与软管",), 131, middle)]


def _codes_of_one_kind() -> dict[str, list[tuple[str, str, str]]]:
    """By kind of incident: code set, kind of code and code, of the codes that no other kind of incident goes by."""
    owners: dict[tuple[str, str], set[str]] = {}
    for kind in KINDS:
        for at in kind.codes.items():
            owners.setdefault(at, set()).add(kind.name)
    return {
        kind.name: [
            (code_set, KIND_WORDS[code_set], code)
            for code_set, code in sorted(kind.codes.items())
            if len(owners[code_set, code]) == 1
        ]
        for kind in KINDS
    }
