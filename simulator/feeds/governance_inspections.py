"""综治中心: samples drawn from the work of an office (专项督查, 监督评议), as a workbook a week.

Sheet 督查: a title in row 1, the names in row 2. A workbook holds the rows changed since the one before.

| column | meaning and format |
|---|---|
| 编号 | key, `DC` + day + number |
| 督查方式 | 日常督办, 专项督查, 监督评议 |
| 督查主题 | what was looked at, free text |
| 督查单位 | office that inspects: the district's centre, or that of a street |
| 被查单位 | office whose work it is |
| 街道代码 | 9-digit street |
| 规则版本 | version of the rule by which a piece passes |
| 督查时间 | `YYYY-MM-DD HH:MM:SS` local |
| 总体件数, 抽查件数, 合格件数 | pieces of work, those drawn, those of them that passed; numbers |
| 公布时间 | the result was made known; 〃 |
| 更新时间 | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import departments, numbered
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.occasions import counted, entries, occasions, whole_minutes
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR

CHANNEL = Drop(
    name="ducha",
    kind="xlsx",
    mode="upsert",
    cadence=7 * DAY,
    first=7 * DAY + 15 * HOUR,
    overlap=7 * DAY,
    sheet="督查",
    title="云汀区专项督查与监督评议台账",
)
_COLUMNS = (
    "编号", "督查方式", "督查主题", "督查单位", "被查单位", "街道代码", "规则版本", "督查时间", "总体件数", "抽查件数",
    "合格件数", "公布时间", "更新时间",
)  # fmt: skip
_RATE = 0.09  # a community and working day
_WAYS = ("日常督办", "专项督查", "专项督查", "监督评议")
_TOPICS = ("热线工单办理", "网格巡查记录", "回访真实性", "户外广告整治", "消防通道清理", "物业投诉办理")
_RULES = ("2026-1", "2026-1", "2026-2")


def governance_inspections(block: Block) -> list[Ledger]:
    """The inspections of a block."""
    plan, chance = block.plan, Chance(block.plan, "governance_inspections")
    made = occasions(block, chance, "inspected", _RATE)
    ids, count = made.ids, len(made)
    pieces = chance.whole(ids, "pieces", 20, 240)
    drawn = np.maximum(pieces * chance.whole(ids, "drawn", 5, 40) // 100, 1)
    passed = drawn * chance.whole(ids, "passed", 55, 101) // 100
    published = whole_minutes(made.at, 6 * DAY * chance.roll(ids, "published"))
    known = versions({"inspected": made.at, "published": np.where(chance.roll(ids, "kept") < 0.1, -1, published)})
    own = chance.roll(ids, "by the street") < 0.4
    return [
        entries(
            "governance_inspections",
            _COLUMNS,
            known,
            {
                "编号": numbered(block, "DC", made.at, ids),
                "督查方式": chance.pick(ids, "way", _WAYS),
                "督查主题": chance.pick(ids, "topic", _TOPICS),
                "督查单位": np.where(own, made.office, np.full(count, "GOV01", dtype=object)),
                "被查单位": chance.pick(ids, "office", departments(block)),
                "街道代码": made.street,
                "规则版本": chance.pick(ids, "rule", _RULES),
                "督查时间": spaced(plan, made.at),
                "总体件数": counted(pieces),
                "抽查件数": counted(drawn),
                "合格件数": counted(passed),
            },
            {"公布时间": spaced(plan, known.known("published")), "更新时间": spaced(plan, known.at)},
        )
    ]
