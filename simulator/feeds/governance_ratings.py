"""综治中心: who rates whom (测评), letters (函告), opinions that streets are asked for (四项权力), weekly.

Sheet 评价: a title in row 1, the names in row 2. A workbook holds the rows changed since the one before. A rating is a
result of many answers: no person who answered is told.

| column | meaning and format |
|---|---|
| 编号 | key: `CP` (a rating), `HG` (a letter) or `ZQ` (an opinion) + day + number |
| 记录类型 | 测评, 函告, 征求意见 |
| 方式 | of a rating the instrument: 街道社区评部门, 居民评社区, 百姓评领导 …; of an opinion the power: 人事考核权 … |
| 评价主体 | who rates: 街道, 社区, 居民, 第三方; who writes or is asked: 街道 |
| 评价单位 | its code: office of a street or 12-digit community; empty where residents rate |
| 被评单位 | office that is rated, written to, or that asks; empty where it is a community |
| 区划代码 | 12 digits of the community that is rated, else 9 of the street |
| 授权文件 | document that lets this one rate that one; empty where there is none |
| 登记时间 | rated, written, asked; `YYYY-MM-DD HH:MM:SS` local |
| 应答人数, 满意人数 | of a rating by many: how many answered, how many of them were satisfied; numbers |
| 得分, 自评得分 | of a rating: 0 to 100, and what the rated one had given itself; whole numbers |
| 答复时限 | of a letter: a week later; 〃 as 登记时间 |
| 答复时间, 采纳时间 | a letter answered, an opinion given; an opinion adopted; 〃 |
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
from simulator.ledger import Ledger, joined
from simulator.plan import DAY, HOUR

CHANNEL = Drop(
    name="pingjia",
    kind="xlsx",
    mode="upsert",
    cadence=7 * DAY,
    first=7 * DAY + 12 * HOUR,
    overlap=7 * DAY,
    sheet="评价",
    title="云汀区测评、函告与征求意见台账",
)
_COLUMNS = (
    "编号", "记录类型", "方式", "评价主体", "评价单位", "被评单位", "区划代码", "授权文件", "登记时间",
    "应答人数", "满意人数", "得分", "自评得分", "答复时限", "答复时间", "采纳时间", "更新时间",
)  # fmt: skip
# instrument: (who rates, whether many answer, the document that lets them)
_INSTRUMENTS = {
    "街道社区评部门": ("街道", False, "云委办〔2026〕11号"),
    "居民评社区": ("居民", True, "云委办〔2026〕12号"),
    "百姓评领导": ("居民", True, "云委组〔2026〕5号"),
    "第三方测评": ("第三方", True, "云考〔2026〕3号"),
    "绩效考核": ("社区", False, "云考〔2026〕1号"),
}
_POWERS = ("人事考核权", "规划参与权", "重大决策建议权", "综合管理权")
_RATE = 0.06  # of each of the three, a community and working day
_UNAUTHORISED = 0.1


def governance_ratings(block: Block) -> list[Ledger]:
    """Ratings, letters and opinions of a block."""
    return [joined([_ratings(block), _letters(block), _opinions(block)])]


def _ratings(block: Block) -> Ledger:
    """One in ten is made by someone whom no document lets; who rates himself thinks well of himself."""
    plan, chance = block.plan, Chance(block.plan, "governance_ratings")
    made = occasions(block, chance, "scored", 2 * _RATE)
    ids, count = made.ids, len(made)
    way = chance.pick(ids, "instrument", tuple(_INSTRUMENTS))
    who = np.array([_INSTRUMENTS[one][0] for one in way], dtype=object)
    many = np.array([_INSTRUMENTS[one][1] for one in way], dtype=bool)
    paper = np.array([_INSTRUMENTS[one][2] for one in way], dtype=object)
    of_community = way == "居民评社区"
    unit = np.select([who == "街道", who == "社区"], [made.office, made.community], "").astype(object)
    score = chance.whole(ids, "score", 62, 99)
    asked = chance.whole(ids, "answered", 20, 140)
    pleased = asked * chance.whole(ids, "pleased", 60, 98) // 100
    own = np.minimum(score + chance.whole(ids, "own", -3, 14), 100)
    known = versions({"scored": made.at})
    return entries(
        "governance_ratings",
        _COLUMNS,
        known,
        {
            "编号": numbered(block, "CP", made.at, ids),
            "记录类型": np.full(count, "测评", dtype=object),
            "方式": way,
            "评价主体": who,
            "评价单位": unit,
            "被评单位": np.where(of_community, "", chance.pick(ids, "rated", departments(block))),
            "区划代码": np.where(of_community, made.community, made.street),
            "授权文件": np.where(chance.roll(ids, "authorised") < _UNAUTHORISED, "", paper),
            "登记时间": spaced(plan, made.at),
            "应答人数": np.where(many, counted(asked), ""),
            "满意人数": np.where(many, counted(pleased), ""),
            "得分": counted(score),
            "自评得分": np.where(chance.roll(ids, "own told") < 0.8, counted(own), ""),
        },
        {"更新时间": spaced(plan, known.at)},
    )


def _letters(block: Block) -> Ledger:
    """A street writes to a department about what it leaves undone; one in eight is never answered."""
    plan, chance = block.plan, Chance(block.plan, "governance_ratings")
    made = occasions(block, chance, "written", _RATE)
    ids = made.ids
    answered = whole_minutes(made.at, 9 * DAY * chance.roll(ids, "replied"))
    known = versions({"sent": made.at, "answered": np.where(chance.roll(ids, "silent") < 0.12, -1, answered)})
    return entries(
        "governance_ratings",
        _COLUMNS,
        known,
        {
            "编号": numbered(block, "HG", made.at, ids),
            "记录类型": np.full(len(ids), "函告", dtype=object),
            "评价主体": np.full(len(ids), "街道", dtype=object),
            "评价单位": made.office,
            "被评单位": chance.pick(ids, "written to", departments(block)),
            "区划代码": made.street,
            "授权文件": np.full(len(ids), "云委办〔2026〕11号", dtype=object),
            "登记时间": spaced(plan, made.at),
            "答复时限": spaced(plan, made.at + 7 * DAY),
        },
        {"答复时间": spaced(plan, known.known("answered")), "更新时间": spaced(plan, known.at)},
    )


def _opinions(block: Block) -> Ledger:
    """A department asks a street before it decides; not every opinion is given, and not every given one adopted."""
    plan, chance = block.plan, Chance(block.plan, "governance_ratings")
    made = occasions(block, chance, "sought", _RATE)
    ids, luck = made.ids, chance.roll(made.ids, "luck")
    given = whole_minutes(made.at, 5 * DAY * chance.roll(ids, "given"))
    adopted = whole_minutes(given, 8 * DAY * chance.roll(ids, "adopted"))
    known = versions(
        {"sought": made.at, "given": np.where(luck < 0.9, given, -1), "adopted": np.where(luck < 0.6, adopted, -1)}
    )
    return entries(
        "governance_ratings",
        _COLUMNS,
        known,
        {
            "编号": numbered(block, "ZQ", made.at, ids),
            "记录类型": np.full(len(ids), "征求意见", dtype=object),
            "方式": chance.pick(ids, "power", _POWERS),
            "评价主体": np.full(len(ids), "街道", dtype=object),
            "评价单位": made.office,
            "被评单位": chance.pick(ids, "asks", departments(block)),
            "区划代码": made.street,
            "授权文件": np.full(len(ids), "云委〔2026〕2号", dtype=object),
            "登记时间": spaced(plan, made.at),
        },
        {
            "答复时间": spaced(plan, known.known("given")),
            "采纳时间": spaced(plan, known.known("adopted")),
            "更新时间": spaced(plan, known.at),
        },
    )
