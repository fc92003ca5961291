"""供水企业: repair tickets as a GB18030 CSV every third day over SFTP, the tickets changed in the last four days.

| column | meaning and format |
|---|---|
| 工单编号 | key, `GS` + day + number |
| 户号 | customer account, personal, `-` where the matter is in the street |
| 故障代码, 故障类型 | code of the set `water_fault` and its name; W99 where the list has no name for what was told |
| 地址 | as told; up to the room where the matter is indoors (personal) |
| 百度经度, 百度纬度 | BD-09 degrees as texts of six decimals; empty for about 40 % of the tickets |
| 联系人, 联系电话 | caller, personal |
| 故障描述 | free text that names the caller and a number |
| 抢修班组 | office code of the team, empty before the dispatch |
| 报修时间, 派单时间, 到场时间, 修复时间, 归档时间 | steps, `YYYY/MM/DD HH:MM` local, no seconds |
| 返修时间, 再修复时间 | the customer was not content: sent back, mended again; 〃 |
| 作废时间 | ticket withdrawn; 〃 |
| 回访时间, 评价 | call-back and its answer: 满意, 基本满意, 不满意 or `-` |
| 状态 | word of the newest step |
| 更新时间 | time of the newest step, as the steps |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import slashed_minutes
from simulator.feeds.cases import cases, register
from simulator.feeds.channel import Drop
from simulator.frames import to_bd09
from simulator.happenings.kinds import KINDS
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR

CHANNEL = Drop(
    name="gongdan",
    kind="csv",
    mode="upsert",
    cadence=3 * DAY,
    first=3 * DAY + 8 * HOUR,
    overlap=4 * DAY,
    encoding="gb18030",
    via="sftp",
)
CODES = {"W01": "爆管漏水", "W02": "水压不足", "W03": "用户停水", "W04": "水表故障", "W05": "水质浑浊", "W99": "其他"}
_STEPS = {
    "reported": "报修时间",
    "dispatched": "派单时间",
    "arrived": "到场时间",
    "handled": "修复时间",
    "check_failed": "返修时间",
    "rehandled": "再修复时间",
    "called_back": "回访时间",
    "closed": "归档时间",
    "cancelled": "作废时间",
}
_STATES = {
    "reported": "待派单",
    "dispatched": "已派单",
    "arrived": "抢修中",
    "handled": "已修复",
    "check_failed": "返修中",
    "rehandled": "已修复",
    "called_back": "已回访",
    "closed": "已归档",
    "cancelled": "已作废",
}
_GRADES = np.array(["不满意", "不满意", "基本满意", "满意", "满意", "-"], dtype=object)  # the last one is -1: none


def water_repairs(block: Block) -> list[Ledger]:
    """The tickets of the waterworks in a block."""
    told = cases(block, "water", "water_repairs")
    known = told.versions((*_STEPS, "redispatched"), whole_minutes=True)
    people, reports, chance = told.people(), told.reports, told.chance
    indoors = np.array([kind.indoors for kind in KINDS])[reports.kind]
    x, y = to_bd09(reports.lon, reports.lat)
    located = reports.placed & (chance.roll(reports.id, "located") < 0.6)
    accounts = "YH" + chance.whole(reports.caller, "account", 10**7, 10**8).astype(str).astype(object)
    codes = told.codes("water_fault", "W99")
    address = np.asarray(reports.address, dtype=object)
    grades = np.where(known.knows("called_back"), told.lives.rating[known.case], -1)
    return [
        register(
            "water_repairs",
            known,
            {
                "工单编号": told.keys("GS"),
                "户号": np.where(indoors, accounts, "-"),
                "故障代码": codes,
                "故障类型": np.array([CODES[code] for code in codes], dtype=object),
                "地址": address,
                "百度经度": np.where(located, np.char.mod("%.6f", x), "").astype(object),
                "百度纬度": np.where(located, np.char.mod("%.6f", y), "").astype(object),
                "联系人": people.names,
                "联系电话": people.phones,
                "故障描述": told.told("用户", people),
            },
            {
                "抢修班组": told.org(known),
                **{column: slashed_minutes(block.plan, known.known(step)) for step, column in _STEPS.items()},
                "评价": _GRADES[grades],
                "状态": known.state(_STATES),
                "更新时间": slashed_minutes(block.plan, known.at),
            },
            incident=reports.incident_id,
            secrets={
                "name": people.names,
                "phone": people.phones,
                "account": accounts[indoors],
                "address": address[indoors],
            },
        )
    ]
