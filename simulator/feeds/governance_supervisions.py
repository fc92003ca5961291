"""综治中心: supervision orders (督办) as an XML file a day, the orders changed in the last two days.

Rows stand at `duBan/orders/order`; every column is a child element, empty where nothing is known.

| column | meaning and format |
|---|---|
| orderNo | key, `DB` + day + number |
| matterNo | number of the matter, `SX` + day + number, the same in each order about it |
| level | who gave the order: 市, 区, 街道 |
| way | 日常督办, 专项督查, 监督评议 |
| disputeNo | number of the dispute, where the matter is one; else empty |
| gridCode | unit grid of that day |
| reason, matter | why, and what about; free texts |
| orgCode | office that is charged |
| supervisor | who signed the order, personal |
| issueTime | ordered; `YYYY-MM-DD HH:MM:SS` local |
| limitTime | by when the office has to answer: 1 day (市), 3 days (区), 5 days (街道) later; 〃 |
| urgeTime, replyTime, closeTime | urged, answered, struck off; 〃 |
| result | 已办结, 部分办结, 未办结; at the close |
| updateTime | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import departments, numbered, register
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.matters import matters
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.people import person_of
from simulator.plan import DAY, HOUR

CHANNEL = Drop(
    name="duban",
    kind="xml",
    mode="upsert",
    cadence=DAY,
    first=DAY + 3 * HOUR,
    overlap=2 * DAY,
    records="duBan/orders/order",
)
_LEVELS = ("街道", "街道", "街道", "区", "区", "市")
_DAYS = {"市": 1, "区": 3, "街道": 5}
_WAYS = ("日常督办", "日常督办", "日常督办", "专项督查", "监督评议")
_WHY = ("超期未办结", "群众多次反映", "回访不满意", "领导批示", "媒体关注")
_STEPS = {"issued": "issueTime", "urged": "urgeTime", "answered": "replyTime", "closed": "closeTime"}
_HIGHER = {"街道": "区", "区": "市", "市": "市"}
_RELAPSES, _AGAIN = 0.4, 500_000_000
_SUPERVISORS = 1 << 43  # tokens of those who sign, apart from those of callers


def governance_supervisions(block: Block) -> list[Ledger]:
    """The register of supervision orders of a block: every case supervised in any network, and what relapses."""
    plan, chance = block.plan, Chance(block.plan, "governance_supervisions")
    told = matters(block, "supervised")
    first = _orders(chance, told.ids, told.at, told.closed, chance.pick(told.ids, "level", _LEVELS))
    # what was struck off and is not mended is supervised again, one level up
    again = np.flatnonzero((first["closed"] >= 0) & (chance.roll(told.ids, "relapsed") < _RELAPSES))
    ids = told.ids[again] + _AGAIN
    issued = first["closed"][again] + chance.whole(ids, "relapse", 1, 9) * DAY + chance.whole(ids, "hour", 0, 8) * HOUR
    level = np.array([_HIGHER[one] for one in first["level"][again]], dtype=object)
    second = _orders(chance, ids, issued, issued + DAY, level)
    steps = {name: np.concatenate([first[name], second[name]]) for name in first}
    matter = np.concatenate([np.arange(len(told)), again])
    ids, level, limit = steps.pop("ids"), steps.pop("level"), steps.pop("limit")
    known = versions(steps)
    signer = person_of(_SUPERVISORS + chance.whole(ids, "signer", 0, 20))
    offices = departments(block)
    result = chance.pick(ids, "result", ("已办结", "已办结", "已办结", "部分办结", "未办结"))
    return [
        register(
            "governance_supervisions",
            known,
            {
                "orderNo": numbered(block, "DB", steps["issued"], ids),
                "matterNo": numbered(block, "SX", told.at, told.ids).to_numpy(dtype=object)[matter],
                "level": level,
                "way": chance.pick(ids, "way", _WAYS),
                "disputeNo": told.dispute[matter],
                "gridCode": told.grid[matter],
                "reason": chance.pick(ids, "why", _WHY),
                "matter": told.title[matter],
                "orgCode": np.where(told.org != "", told.org, chance.pick(told.ids, "office", offices))[matter],
                "supervisor": signer.names,
                "limitTime": spaced(plan, limit),
            },
            {
                **{column: spaced(plan, known.known(step)) for step, column in _STEPS.items()},
                "result": np.where(known.knows("closed"), result[known.case], ""),
                "updateTime": spaced(plan, known.at),
            },
            incident=told.incident[matter],
            secrets={"name": signer.names},
        )
    ]


def _orders(
    chance: Chance, ids: np.ndarray, issued: np.ndarray, over: np.ndarray, level: np.ndarray
) -> dict[str, np.ndarray]:
    """What becomes of orders: answered in time or a little late, struck off when the matter is over (-1 for never)."""
    limit = issued + np.array([_DAYS[one] for one in level], dtype=np.int64) * DAY
    answered = issued + ((limit - issued) * (0.2 + 1.1 * chance.roll(ids, "answered"))).astype(np.int64)
    urged = limit - 4 * HOUR
    never = chance.roll(ids, "never") < 0.04
    return {
        "ids": ids,
        "level": level,
        "limit": limit,
        "issued": issued,
        "urged": np.where(answered > urged, urged, -1),
        "answered": np.where(never, -1, answered),
        "closed": np.where(never | (over < 0), -1, np.maximum(answered + HOUR, over + HOUR)),
    }
