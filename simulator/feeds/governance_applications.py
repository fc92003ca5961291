"""综治中心: benefit applications and where they stand, as a daily CSV: what changed in two days. Nobody is named.

| column | meaning and format |
|---|---|
| 申请编号 | key, `SQ` + day + number |
| 事项 | 低保, 尊老金, 独生子女费 |
| 社区代码 | 12-digit community that it came from |
| 涉及人数 | people whom it is for, a number |
| 责任单位 | code of the office that has it now: the street until it is reviewed, then the department |
| 限办日期 | last day, `YYYY-MM-DD` local: 15, 5 or 7 days after it was opened (invented) |
| 受理时间, 审核时间, 审批时间, 发放时间, 不予批准时间 | its steps, `YYYY-MM-DD HH:MM:SS` local |
| 状态 | 已受理, 已审核, 已审批, 已发放, 不予批准 |
| 更新时间 | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import numbered, register
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR, MINUTE

CHANNEL = Drop(
    name="daiyu",
    kind="csv",
    mode="upsert",
    cadence=DAY,
    first=DAY + 4 * HOUR,
    overlap=2 * DAY,
)
_RATE = 1 / 3  # applications a community and working day
_TERMS = {"低保": 15, "尊老金": 5, "独生子女费": 7}
_DEPARTMENT = "RS01"
_STEPS = {
    "opened": "受理时间",
    "reviewed": "审核时间",
    "approved": "审批时间",
    "paid": "发放时间",
    "refused": "不予批准时间",
}
_STATES = {"opened": "已受理", "reviewed": "已审核", "approved": "已审批", "paid": "已发放", "refused": "不予批准"}


def governance_applications(block: Block) -> list[Ledger]:
    """The register of benefit applications of a block."""
    plan, chance = block.plan, Chance(block.plan, "governance_applications")
    communities = block.district.communities.reset_index(drop=True)
    days = np.arange(block.first_day, block.last_day, dtype=np.int64)
    days = days[[plan.day_of(int(day) * DAY).weekday() < 5 for day in days]]
    ids = (days[:, None] * len(communities) + np.arange(len(communities))).ravel()
    ids = ids[chance.roll(ids, "told") < _RATE]
    community = ids % len(communities)
    kind = chance.pick(ids, "kind", tuple(_TERMS))
    term = np.array([_TERMS[one] for one in kind], dtype=np.int64) * DAY
    opened = ids // len(communities) * DAY + 9 * HOUR + chance.whole(ids, "minute", 0, 480) * MINUTE
    reviewed = opened + (term * (0.1 + 0.35 * chance.roll(ids, "reviewed"))).astype(np.int64)
    approved = reviewed + (term * (0.1 + 0.35 * chance.roll(ids, "approved"))).astype(np.int64)
    paid = approved + (term * (0.05 + 0.5 * chance.roll(ids, "paid"))).astype(np.int64)
    luck = chance.roll(ids, "luck")
    refused = luck < 0.06
    lies = luck > 0.94  # nobody goes on with it
    known = versions(
        {
            "opened": opened,
            "reviewed": np.where(lies, -1, reviewed),
            "approved": np.where(refused | lies, -1, approved),
            "paid": np.where(refused | lies, -1, paid),
            "refused": np.where(refused, approved, -1),
        }
    )
    streets = np.array([f"ST{number + 1:02d}" for number in range(len(block.district.streets))], dtype=object)
    street = streets[communities["street"].to_numpy()[community]]
    return [
        register(
            "governance_applications",
            known,
            {
                "申请编号": numbered(block, "SQ", opened, ids),
                "事项": kind,
                "社区代码": communities["code12"].to_numpy(dtype=object)[community],
                "涉及人数": chance.pick(ids, "people", (1, 1, 1, 2, 2, 3, 4)).astype(np.int64),
                "限办日期": spaced(plan, opened + term).str[:10],
            },
            {
                "责任单位": np.where(known.knows("reviewed"), _DEPARTMENT, street[known.case]),
                **{column: spaced(plan, known.known(step)) for step, column in _STEPS.items()},
                "状态": known.state(_STATES),
                "更新时间": spaced(plan, known.at),
            },
            incident=np.full(len(ids), -1, dtype=np.int64),
            secrets={},
        )
    ]
