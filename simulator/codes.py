"""Code tables of the made-up district.

City management uses minors of GB/T 30428.2-2013, the police one city's six-digit table, the governance centre
the dispute types of GB/T 31000; the water, power and hotline sets are the sandbox's own. `canonical` is the key
that the same thing has across sets; an empty one means that the set does not tell things apart finely enough.
"""

from __future__ import annotations

CITY_MANAGEMENT = "gbt_30428_2_2013"
POLICE = "ga_110_city"
DISPUTE = "gbt_31000"
WATER = "water_fault"
POWER = "power_outage"
HOTLINE = "hotline_local"

_CM_MAJORS = {
    "01": "市容环境",
    "02": "宣传广告",
    "03": "施工管理",
    "04": "街面秩序",
    "05": "突发事件",
    "06": "其他事件",
}
# code, name, canonical, limit to handle (value, unit): one condition a minor, as one city counts it
CM_MINORS = (
    ("0101", "私搭乱建", "私搭乱建", 15, "work_day"),
    ("0107", "沿街晾挂", "沿街晾挂", 2, "urgent_hour"),
    ("0110", "暴露生活垃圾", "暴露垃圾", 4, "work_hour"),
    ("0111", "积存垃圾渣土", "积存垃圾渣土", 5, "work_day"),
    ("0112", "道路不洁", "道路不洁", 2, "work_hour"),
    ("0113", "道路破损", "道路破损", 5, "work_day"),
    ("0114", "道路遗撒", "道路遗撒", 4, "work_hour"),
    ("0117", "绿地脏乱", "绿地脏乱", 4, "work_hour"),
    ("0125", "水域不洁", "水域不洁", 2, "work_day"),
    ("0128", "商业噪音", "商业噪音", 2, "urgent_hour"),
    ("0129", "露天烧烤", "露天烧烤", 2, "urgent_hour"),
    ("0136", "乱堆物堆料", "乱堆物堆料", 1, "work_day"),
    ("0192", "垃圾满溢", "垃圾满溢", 4, "work_hour"),
    ("0201", "非法小广告", "非法小广告", 1, "work_day"),
    ("0202", "街头散发广告", "街头散发广告", 2, "work_hour"),
    ("0203", "违规户外广告", "违规户外广告", 1, "work_day"),
    ("0206", "违规牌匾标识", "违规牌匾标识", 2, "work_day"),
    ("0301", "施工扰民", "施工扰民", 2, "urgent_hour"),
    ("0302", "施工占道", "施工占道", 1, "work_day"),
    ("0303", "无证掘路", "无证掘路", 1, "work_day"),
    ("0304", "工地扬尘", "工地扬尘", 2, "work_hour"),
    ("0305", "施工废弃料", "施工废弃料", 2, "work_day"),
    ("0311", "渣土运输车辆未安装密闭装置", "渣土车未密闭", 2, "work_day"),
    ("0401", "无照经营游商", "无照经营游商", 2, "urgent_hour"),
    ("0404", "占道废品收购", "占道废品收购", 1, "work_day"),
    ("0405", "店外经营", "店外经营", 2, "urgent_hour"),
    ("0406", "占道经营", "占道经营", 2, "urgent_hour"),
    ("0409", "机动车乱停放", "机动车乱停放", 2, "work_hour"),
    ("0410", "非机动车乱停放", "非机动车乱停放", 2, "work_hour"),
    ("0493", "共享单车管理", "共享单车", 1, "work_day"),
    ("0496", "占用消防通道", "占用消防通道", 2, "work_hour"),
    ("0501", "供水管道破裂", "供水管道破裂", 1, "urgent_hour"),
    ("0502", "燃气管道破裂", "燃气管道破裂", 1, "urgent_hour"),
    ("0503", "排水管道堵塞、破裂", "排水管道堵塞破裂", 4, "work_hour"),
    ("0505", "路面塌陷", "路面塌陷", 2, "urgent_hour"),
    ("0506", "道路积水", "道路积水", 2, "urgent_hour"),
    ("0507", "道路积雪、积冰", "道路积雪结冰", 4, "work_hour"),
    ("0508", "架空线缆脱落", "架空线缆脱落", 2, "work_hour"),
    ("0602", "临街屠宰", "临街屠宰", 2, "work_hour"),
)
_POLICE = (
    ("50", "群众求助", "500100", "走失", "走失"),
    ("50", "群众求助", "500300", "开锁", ""),
    ("50", "群众求助", "500500", "水电气热险情求助", ""),
    ("60", "社会联动（非警务）", "600200", "电力抢修", "停电"),
    ("60", "社会联动（非警务）", "600300", "劳动保障", "劳动纠纷"),
    ("60", "社会联动（非警务）", "600600", "城管执法", ""),
    ("60", "社会联动（非警务）", "600900", "环保执法", ""),
    ("60", "社会联动（非警务）", "601200", "民政救助", ""),
    ("60", "社会联动（非警务）", "601300", "水气热抢修", ""),
    ("60", "社会联动（非警务）", "601500", "安全生产监督", ""),
)
_DISPUTES = (
    ("01", "农村集体土地征用、流转", ""),
    ("02", "国有土地拆迁", ""),
    ("03", "城乡建设管理", ""),
    ("05", "环境保护", ""),
    ("08", "劳动社保", "劳动纠纷"),
    ("09", "医疗卫生", ""),
    ("10", "交通事故", ""),
    ("12", "房产物业", "物业纠纷"),
    ("13", "消费者维权、产品质量安全", "消费纠纷"),
    ("14", "经济合同、金融借贷", ""),
    ("15", "人身伤害", ""),
    ("16", "婚姻家庭", ""),
    ("17", "邻里关系", "邻里纠纷"),
    ("24", "损害赔偿", ""),
    ("99", "其他", ""),
)
# code, name, canonical, limit to handle
_WATER = (
    ("W01", "爆管漏水", "供水管道破裂", 2, "urgent_hour"),
    ("W02", "水压不足", "水压不足", 24, "urgent_hour"),
    ("W03", "用户停水", "停水", 4, "urgent_hour"),
    ("W04", "水表故障", "水表故障", 3, "work_day"),
    ("W05", "水质浑浊", "水质浑浊", 8, "urgent_hour"),
)
_POWER = (("P1", "计划停电", "停电"), ("P2", "故障停电", "停电"))
HOTLINE_CODES = {
    "暴露垃圾": "H101",
    "道路不洁": "H102",
    "道路破损": "H103",
    "乱堆物堆料": "H104",
    "私搭乱建": "H105",
    "占道经营": "H201",
    "店外经营": "H202",
    "无照经营游商": "H203",
    "机动车乱停放": "H204",
    "非机动车乱停放": "H205",
    "占用消防通道": "H206",
    "露天烧烤": "H207",
    "施工扰民": "H301",
    "工地扬尘": "H302",
    "供水管道破裂": "H401",
    "水压不足": "H402",
    "停水": "H403",
    "水质浑浊": "H404",
    "停电": "H405",
    "道路积水": "H406",
    "排水管道堵塞破裂": "H407",
    "架空线缆脱落": "H408",
    "物业纠纷": "H501",
    "劳动纠纷": "H502",
    "消费纠纷": "H503",
    "环境污染": "H504",
}
_HOTLINE_MAJORS = {"H1": "市容环卫", "H2": "街面秩序", "H3": "施工管理", "H4": "市政公用", "H5": "民生权益"}


def categories() -> list[tuple[str, str, str, str, str, str, str]]:
    """Rows (code set, kind, code, major code, major name, minor name, canonical name)."""
    rows = [
        (CITY_MANAGEMENT, "事件", code, code[:2], _CM_MAJORS[code[:2]], name, canonical)
        for code, name, canonical, _, _ in CM_MINORS
    ]
    rows += [(POLICE, "警情", code, major, title, name, same) for major, title, code, name, same in _POLICE]
    rows += [(DISPUTE, "矛盾纠纷", code, code, name, name, same) for code, name, same in _DISPUTES]
    rows += [(WATER, "报修", code, "W", "供水故障", name, same) for code, name, same, _, _ in _WATER]
    rows += [(POWER, "停电", code, "P", "停电", name, same) for code, name, same in _POWER]
    rows += [
        (HOTLINE, "诉求", code, code[:2], _HOTLINE_MAJORS[code[:2]], name, name) for name, code in HOTLINE_CODES.items()
    ]
    return rows


def limits() -> list[tuple[str, str, str, int, str]]:
    """Rows (code set, code or *, stage, value, unit); the `close` and `*` rows are the sandbox's own rules."""
    rows = [(CITY_MANAGEMENT, code, "handle", value, unit) for code, _, _, value, unit in CM_MINORS]
    rows += [(WATER, code, "handle", value, unit) for code, _, _, value, unit in _WATER]
    rows += [
        (CITY_MANAGEMENT, "*", "close", 20, "work_day"),
        (POLICE, "*", "handle", 6, "urgent_hour"),
        (POLICE, "*", "close", 12, "urgent_hour"),
        (WATER, "*", "close", 5, "work_day"),
        (DISPUTE, "*", "handle", 30, "natural_day"),
        (DISPUTE, "*", "close", 30, "natural_day"),
        (HOTLINE, "*", "handle", 5, "work_day"),
        (HOTLINE, "*", "close", 7, "work_day"),
        (POWER, "P1", "close", 12, "urgent_hour"),
        (POWER, "P2", "close", 8, "urgent_hour"),
    ]
    return rows


# holidays of 2026 as the State Council's office announced them in November 2025: (first day, last day, name)
HOLIDAYS = (
    ("2026-01-01", "2026-01-03", "元旦"),
    ("2026-02-15", "2026-02-23", "春节"),
    ("2026-04-04", "2026-04-06", "清明节"),
    ("2026-05-01", "2026-05-05", "劳动节"),
    ("2026-06-19", "2026-06-21", "端午节"),
    ("2026-09-25", "2026-09-27", "中秋节"),
    ("2026-10-01", "2026-10-07", "国庆节"),
)
# weekend days that are worked in exchange (调休)
WORKED_WEEKENDS = ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10")
