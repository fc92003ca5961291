"""综治中心: deliberations of four parties in five steps (四方五步议事) and invitations (邀约), a workbook a week.

Sheet 议事: a title in row 1, the names in row 2. A workbook holds the rows changed since the one before. It is kept by
the office of the street; nobody is named in it.

| column | meaning and format |
|---|---|
| 编号 | key: `YS` (a deliberation), or `YY` (one invited unit, with its place in the matter) + day + number |
| 记录类型 | 四方议事, 邀约 |
| 社区代码, 街道代码 | 12-digit community, 9-digit street |
| 议题 | what about, free text |
| 事项编号 | of an invitation: number of the matter; several units are invited to one |
| 参加方 | of a deliberation that was held: those of 社区, 物业, 业委会, 居民 who came, joined by `、` |
| 承办单位 | office that it was handed to; of an invitation the invited one |
| 发起时间 | step 1 收集, or invited; `YYYY-MM-DD HH:MM:SS` local |
| 定题时间, 议事时间, 交办时间, 评审时间 | steps 2 to 5 of a deliberation; 〃 |
| 到会时间, 议决时间 | of an invitation: the unit came, the matter was decided on; 〃 |
| 结果 | 已解决, 部分解决, 未解决: of a deliberation at step 5, of an invitation when it was decided on |
| 更新时间 | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import departments, numbered
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.occasions import entries, occasions, whole_minutes
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger, joined
from simulator.plan import DAY, HOUR

CHANNEL = Drop(
    name="yishi",
    kind="xlsx",
    mode="upsert",
    cadence=7 * DAY,
    first=7 * DAY + 9 * HOUR,
    overlap=7 * DAY,
    sheet="议事",
    title="云汀区四方议事与邀约台账",
)
_COLUMNS = (
    "编号", "记录类型", "社区代码", "街道代码", "议题", "事项编号", "参加方", "承办单位", "发起时间", "定题时间",
    "议事时间", "交办时间", "评审时间", "到会时间", "议决时间", "结果", "更新时间",
)  # fmt: skip
_STEPS = {"agenda": "定题时间", "held": "议事时间", "routed": "交办时间", "reviewed": "评审时间"}
_RATE = 0.07  # of either, a community and working day
_TOPICS = ("楼前停车位划线", "加装电梯选址", "垃圾分类点改造", "广场舞时段", "飞线充电整治", "小区门禁更换")
_PARTIES = ("社区、物业、业委会、居民", "社区、物业、业委会、居民", "社区、物业、居民", "社区、业委会、居民")
_RESULTS = ("已解决", "已解决", "已解决", "部分解决", "未解决")


def governance_deliberations(block: Block) -> list[Ledger]:
    """Deliberations and invitations of a block."""
    return [joined([_deliberations(block), _invitations(block)])]


def _deliberations(block: Block) -> Ledger:
    """What is collected goes through the five steps, some of it not to the end."""
    plan, chance = block.plan, Chance(block.plan, "governance_deliberations")
    made = occasions(block, chance, "collected", _RATE)
    ids, at = made.ids, made.at
    reached = np.searchsorted([0.12, 0.2, 0.28, 0.4], chance.roll(ids, "reached"), side="right")
    moments = {"collected": at}
    for number, (step, days) in enumerate(zip(_STEPS, (2, 4, 1, 12), strict=True), start=1):
        at = whole_minutes(at, days * DAY * (0.2 + 0.8 * chance.roll(ids, step)))
        moments[step] = np.where(number <= reached, at, -1)
    known = versions(moments)
    office = np.where(
        chance.roll(ids, "own") < 0.4, made.office, chance.pick(ids, "office", departments(block))
    )  # the street keeps some for itself
    return entries(
        "governance_deliberations",
        _COLUMNS,
        known,
        {
            "编号": numbered(block, "YS", made.at, ids),
            "记录类型": np.full(len(ids), "四方议事", dtype=object),
            "社区代码": made.community,
            "街道代码": made.street,
            "议题": chance.pick(ids, "topic", _TOPICS),
            "发起时间": spaced(plan, made.at),
        },
        {
            "参加方": np.where(known.knows("held"), chance.pick(ids, "parties", _PARTIES)[known.case], ""),
            "承办单位": np.where(known.knows("routed"), office[known.case], ""),
            **{column: spaced(plan, known.known(step)) for step, column in _STEPS.items()},
            "结果": np.where(known.knows("reviewed"), chance.pick(ids, "result", _RESULTS)[known.case], ""),
            "更新时间": spaced(plan, known.at),
        },
    )


def _invitations(block: Block) -> Ledger:
    """One to three units are invited to a matter; most come, and most matters are decided on at the table."""
    plan, chance = block.plan, Chance(block.plan, "governance_deliberations")
    made = occasions(block, chance, "invited", _RATE)
    units = chance.pick(made.ids, "units", (1, 2, 2, 3)).astype(np.int64)
    matter = np.repeat(np.arange(len(made)), units)
    place = np.arange(len(matter)) - np.repeat(np.cumsum(units) - units, units)  # of the unit in its matter
    ids = made.ids[matter] * 4 + place
    met = whole_minutes(made.at, 3 * DAY * (0.3 + chance.roll(made.ids, "met")))[matter]
    came = chance.roll(ids, "came") < 0.85
    decided = came & (chance.roll(made.ids, "decided")[matter] < 0.8)
    known = versions(
        {
            "invited": made.at[matter],
            "attended": np.where(came, met, -1),
            "resolved": np.where(decided, met + 2 * HOUR, -1),
        }
    )
    offices = departments(block)
    first = chance.whole(made.ids, "unit", 0, len(offices))[matter]
    number = numbered(block, "YY", made.at, made.ids).to_numpy(dtype=object)[matter]
    result = chance.pick(made.ids, "outcome", _RESULTS)[matter]
    return entries(
        "governance_deliberations",
        _COLUMNS,
        known,
        {
            "编号": number + "-" + (place + 1).astype(str).astype(object),
            "记录类型": np.full(len(ids), "邀约", dtype=object),
            "社区代码": made.community[matter],
            "街道代码": made.street[matter],
            "议题": chance.pick(made.ids, "matter", _TOPICS)[matter],
            "事项编号": number,
            "承办单位": offices[(first + place) % len(offices)],
            "发起时间": spaced(plan, made.at[matter]),
        },
        {
            "到会时间": spaced(plan, known.known("attended")),
            "议决时间": spaced(plan, known.known("resolved")),
            "结果": np.where(known.knows("resolved"), result[known.case], ""),
            "更新时间": spaced(plan, known.at),
        },
    )
