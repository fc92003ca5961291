"""燃气企业: repair tickets as a workbook a day over SFTP, the tickets changed in the last three days. No coordinates.

Sheet 报修单: a title in row 1, the names in row 2.

| column | meaning and format |
|---|---|
| 报修单号 | key, `RQ` + day + number |
| 户号, 表具编号 | customer account and meter, personal; empty where the matter is in the street |
| 类型代码, 故障类型 | code of the set `gas_fault` and its name; G99 where the list has no name for what was told |
| 紧急程度 | 紧急 (a leak: 15 minutes) or 一般 |
| 地址 | as told; up to the room where the matter is indoors (personal) |
| 社区代码 | 12-digit code of the community, which is all that places the ticket besides the address |
| 联系人, 主叫号码 | caller, personal |
| 诉求内容 | free text that names the caller and a number |
| 申请日期 | day of the report, a date cell |
| 维修班组 | office code of the team, empty before the dispatch |
| 申请时间, 派工时间, 到场时间, 处理时间, 办结时间, 作废时间 | steps, `YYYY-MM-DD HH:MM:SS` local |
| 预约开始, 预约结束 | the visit agreed on at the dispatch of a matter that can wait; as the steps |
| 催单次数 | how often the caller rang again, a number, from the dispatch on |
| 回访时间, 评价 | call-back and its answer: 非常满意, 满意, 一般, 不满意, 非常不满意 |
| 状态 | word of the newest step |
| 更新时间 | time of the newest step, as the steps |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import cases, day_cells, register
from simulator.feeds.channel import Drop
from simulator.happenings.kinds import KINDS
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR, MINUTE

CHANNEL = Drop(
    name="baoxiu",
    kind="xlsx",
    mode="upsert",
    cadence=DAY,
    first=DAY + 6 * HOUR + 30 * MINUTE,
    overlap=3 * DAY,
    sheet="报修单",
    title="云汀区燃气报修台账",
    via="sftp",
)
CODES = {"G01": "燃气泄漏", "G02": "用户停气", "G03": "燃气表故障", "G04": "灶具与软管", "G99": "其他"}
URGENT = ("G01",)
_STEPS = {
    "reported": "申请时间",
    "dispatched": "派工时间",
    "arrived": "到场时间",
    "handled": "处理时间",
    "called_back": "回访时间",
    "closed": "办结时间",
    "cancelled": "作废时间",
}
_STATES = {
    "reported": "待派工",
    "dispatched": "已派工",
    "arrived": "处理中",
    "handled": "已处理",
    "called_back": "已回访",
    "closed": "已办结",
    "cancelled": "已作废",
}
_GRADES = np.array(["非常不满意", "不满意", "一般", "满意", "非常满意", ""], dtype=object)  # the last one is -1: none


def gas_repairs(block: Block) -> list[Ledger]:
    """The tickets of the gas company in a block."""
    told = cases(block, "gas", "gas_repairs")
    known = told.versions((*_STEPS, "redispatched"))
    people, reports, chance = told.people(), told.reports, told.chance
    indoors = np.array([kind.indoors for kind in KINDS])[reports.kind]
    accounts = np.where(indoors, "RH" + chance.whole(reports.caller, "account", 10**7, 10**8).astype(str), "")
    meters = np.where(indoors, "BJ" + chance.whole(reports.caller, "meter", 10**9, 10**10).astype(str), "")
    codes = told.codes("gas_fault", "G99")
    urgent = np.isin(codes.astype(str), URGENT)
    address = np.asarray(reports.address, dtype=object)
    dispatched = known.known("dispatched")
    agreed = np.where((dispatched >= 0) & ~urgent[known.case], dispatched // HOUR * HOUR + 2 * HOUR, -1)
    rating = np.where(known.knows("called_back"), told.lives.rating[known.case], -1)
    urged = np.where(dispatched >= 0, chance.pick(reports.id, "urged", (0, 0, 0, 0, 1, 2))[known.case], 0)
    return [
        register(
            "gas_repairs",
            known,
            {
                "报修单号": told.keys("RQ"),
                "户号": accounts.astype(object),
                "表具编号": meters.astype(object),
                "类型代码": codes,
                "故障类型": np.array([CODES[code] for code in codes], dtype=object),
                "紧急程度": np.where(urgent, "紧急", "一般").astype(object),
                "地址": address,
                "社区代码": told.communities()["code12"],
                "联系人": people.names,
                "主叫号码": people.phones,
                "诉求内容": told.told("用户", people),
                "申请日期": day_cells(block.plan, reports.told_at),
            },
            {
                "维修班组": told.org(known),
                **{column: spaced(block.plan, known.known(step)) for step, column in _STEPS.items()},
                "预约开始": spaced(block.plan, agreed),
                "预约结束": spaced(block.plan, np.where(agreed >= 0, agreed + 2 * HOUR, -1)),
                "催单次数": urged.astype(np.int64),
                "评价": _GRADES[rating],
                "状态": known.state(_STATES),
                "更新时间": spaced(block.plan, known.at),
            },
            incident=reports.incident_id,
            secrets={
                "name": people.names,
                "phone": people.phones,
                "account": [*accounts, *meters],
                "address": address[indoors],
            },
        )
    ]
