"""供水企业: stop notices as a GB18030 CSV twice a day over SFTP, the notices changed in the last two days.

| column | meaning and format |
|---|---|
| 通知编号 | key, `TS` + day + number |
| 停水类型 | 计划停水 (announced a day ahead or more) or 故障停水 |
| 停水原因 | free text |
| 影响范围 | community and houses, free text |
| 社区代码 | 12-digit code of the community |
| 影响户数 | households without water |
| 计划停水时间, 计划恢复时间 | the interval as announced last, `YYYY/MM/DD HH:MM` local |
| 发布时间, 延期时间, 恢复时间, 取消时间 | published, put off, supply back, called off; 〃 |
| 状态 | 已发布, 已延期, 已恢复, 已取消 |
| 更新时间 | time of the newest step; 〃 |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import slashed_minutes
from simulator.feeds.cases import numbered, register
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.notices import notices
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR

CHANNEL = Drop(
    name="tingshui",
    kind="csv",
    mode="upsert",
    cadence=12 * HOUR,
    first=18 * HOUR,
    overlap=2 * DAY,
    encoding="gb18030",
    via="sftp",
)
_STATES = {"published": "已发布", "postponed": "已延期", "restored": "已恢复", "cancelled": "已取消"}
_STEPS = {"published": "发布时间", "postponed": "延期时间", "restored": "恢复时间", "cancelled": "取消时间"}
_WHY = ("管网改造", "阀门更换", "二次供水水箱清洗", "新增用户接水")


def water_notices(block: Block) -> list[Ledger]:
    """The notices of the waterworks in a block; a third of the bursts end in one."""
    plan, chance = block.plan, Chance(block.plan, "water_notices")
    told = notices(block, chance, "water_fault", "W01", share=0.35, ahead=DAY, rate=0.02)
    known = told.known
    return [
        register(
            "water_notices",
            known,
            {
                "通知编号": numbered(block, "TS", known.steps["published"], told.ids),
                "停水类型": np.where(told.planned, "计划停水", "故障停水").astype(object),
                "停水原因": np.where(told.planned, chance.pick(told.ids, "why", _WHY), "管道破裂抢修").astype(object),
                "影响范围": told.area,
                "社区代码": told.communities["code12"],
                "影响户数": told.households,
            },
            {
                "计划停水时间": slashed_minutes(plan, told.starts),
                "计划恢复时间": slashed_minutes(plan, told.ends),
                **{column: slashed_minutes(plan, known.known(step)) for step, column in _STEPS.items()},
                "状态": known.state(_STATES),
                "更新时间": slashed_minutes(plan, known.at),
            },
            incident=told.incident,
            secrets={},
        )
    ]
