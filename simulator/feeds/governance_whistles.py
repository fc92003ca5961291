"""综治中心: whistles (吹哨报到) as a workbook twice a week: one row a whistle and called department.

Sheet 哨单: a title in row 1, the names in row 2. A workbook holds the rows changed in the last four days.

| column | meaning and format |
|---|---|
| 记录编号 | key: number of the whistle, a hyphen, number of the department in it |
| 哨单编号 | `SH` + day + number |
| 哨类 | 日常哨, 城市治理难题哨, 应急哨 |
| 层级 | which centre keeps the row: 街道, 区 |
| 吹哨单位 | 9-digit code of the street |
| 审批人 | who let the whistle go out, personal |
| 网格代码 | unit grid of that day |
| 事由 | free text |
| 关联事件编号 | number of the dispute, where the matter is one; else empty |
| 被召部门 | office code of the called department |
| 审批时间, 吹哨时间 | `YYYY-MM-DD HH:MM:SS` local |
| 签收时限, 联系时限, 办结时限 | an hour, a day, and 1 (应急哨), 3 (日常哨) or 5 days after the whistle; 〃 |
| 签收时间, 联系时间, 到场时间, 方案时间, 办结时间 | what the department did and when; 〃 |
| 评哨得分 | score by the street, 0 to 100, a number, from the close on |
| 状态 | 待签收, 已签收, 已联系, 已到场, 已定方案, 已办结 |
| 更新时间 | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import departments, numbered, register
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.matters import Matters, matters
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.people import person_of
from simulator.plan import DAY, HOUR, MINUTE

CHANNEL = Drop(
    name="shaodan",
    kind="xlsx",
    mode="upsert",
    cadence=3 * DAY + 12 * HOUR,
    first=3 * DAY + 12 * HOUR,
    overlap=4 * DAY,
    sheet="哨单",
    title="云汀区吹哨报到台账",
)
_KINDS = ("日常哨", "日常哨", "日常哨", "城市治理难题哨", "城市治理难题哨", "应急哨")
_DAYS = {"日常哨": 3, "城市治理难题哨": 5, "应急哨": 1}
_STEPS = {
    "signed": "签收时间",
    "contacted": "联系时间",
    "arrived": "到场时间",
    "planned": "方案时间",
    "done": "办结时间",
}
_STATES = {
    "blown": "待签收",
    "signed": "已签收",
    "contacted": "已联系",
    "arrived": "已到场",
    "planned": "已定方案",
    "done": "已办结",
}
_LEADERS = 1 << 42  # tokens of those who let whistles go out, apart from those of callers


def governance_whistles(block: Block) -> list[Ledger]:
    """The register of whistles of a block: every case whistled for, with one to three called departments."""
    plan, chance = block.plan, Chance(block.plan, "governance_whistles")
    whistles = matters(block, "whistled")
    calls = chance.pick(whistles.ids, "calls", (1, 1, 2, 2, 3)).astype(np.int64)
    whistle = np.repeat(np.arange(len(whistles)), calls)
    place = np.arange(len(whistle)) - np.repeat(np.cumsum(calls) - calls, calls)  # of the department in its whistle
    ids = whistles.ids[whistle] * 4 + place
    kind = chance.pick(whistles.ids, "kind", _KINDS)[whistle]
    days = np.array([_DAYS[one] for one in kind], dtype=np.int64)
    blown = whistles.at[whistle]
    steps = _answer(chance, ids, blown, days)
    known = versions({"blown": blown, **steps})
    leader = person_of(_LEADERS + whistles.street.astype(np.int64))
    number = numbered(block, "SH", whistles.at, whistles.ids).to_numpy(dtype=object)[whistle]
    score = np.clip(100 - 12 * (steps["done"] > blown + days * DAY) - chance.whole(ids, "score", 0, 20), 0, 100)
    return [
        register(
            "governance_whistles",
            known,
            {
                "记录编号": number + "-" + (place + 1).astype(str).astype(object),
                "哨单编号": number,
                "哨类": kind,
                "层级": np.where(kind == "应急哨", "区", "街道").astype(object),
                "吹哨单位": whistles.street[whistle],
                "审批人": leader.names[whistle],
                "网格代码": whistles.grid[whistle],
                "事由": whistles.title[whistle],
                "关联事件编号": whistles.dispute[whistle],
                "被召部门": _called(block, chance, whistles, whistle, place),
                "审批时间": spaced(plan, blown - chance.whole(whistles.ids, "approved", 2, 25)[whistle] * MINUTE),
                "吹哨时间": spaced(plan, blown),
                "签收时限": spaced(plan, blown + HOUR),
                "联系时限": spaced(plan, blown + DAY),
                "办结时限": spaced(plan, blown + days * DAY),
            },
            {
                **{column: spaced(plan, known.known(step)) for step, column in _STEPS.items()},
                "评哨得分": np.where(known.knows("done"), score[known.case].astype(object), None),
                "状态": known.state(_STATES),
                "更新时间": spaced(plan, known.at),
            },
            incident=whistles.incident[whistle],
            secrets={"name": leader.names},
        )
    ]


def _answer(chance: Chance, ids: np.ndarray, blown: np.ndarray, days: np.ndarray) -> dict[str, np.ndarray]:
    """What each called department does: most sign within the hour; a tenth never come, a few never sign."""
    signed = blown + (HOUR * 1.6 * chance.roll(ids, "signed") ** 2).astype(np.int64) + MINUTE
    contacted = signed + (1.2 * DAY * chance.roll(ids, "contacted") ** 3).astype(np.int64) + MINUTE
    arrived = contacted + (DAY * chance.roll(ids, "arrived") ** 2).astype(np.int64) + MINUTE
    planned = arrived + (DAY // 2 * chance.roll(ids, "planned")).astype(np.int64) + MINUTE
    done = planned + (days * DAY * 0.9 * chance.roll(ids, "done")).astype(np.int64) + HOUR
    reached = np.searchsorted([0.02, 0.06, 0.1, 0.13, 0.2], chance.roll(ids, "reached"), side="right")
    moments = {"signed": signed, "contacted": contacted, "arrived": arrived, "planned": planned, "done": done}
    return {name: np.where(step < reached, at, -1) for step, (name, at) in enumerate(moments.items())}


def _called(block: Block, chance: Chance, whistles: Matters, whistle: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The office that has the case first, then others of the district; none twice in a whistle."""
    offices = departments(block)
    start = chance.whole(whistles.ids, "department", 0, len(offices))[whistle]
    own = whistles.org[whistle]
    others, spare = offices[(start + place) % len(offices)], offices[(start + 3) % len(offices)]
    others = np.where(others == own, spare, others)
    return np.where((place == 0) & (own != ""), own, others)
