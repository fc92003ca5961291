"""综治中心: disputes and complaints of visitors as a weekly workbook, kept by hand, full of personal columns.

Sheet 台账: a title in row 1, the names in row 2. A workbook holds the rows changed since the one before. A clerk enters
a step up to a working day after it happened.

| column | meaning and format |
|---|---|
| 事件编号 | key, `ZZ` + day + number |
| 登记类型 | 纠纷, or 来访 where the party came in person |
| 登记时间 | `YYYY-MM-DD HH:MM:SS` local |
| 发生日期 | `YYYYMMDD` local |
| 类型代码, 规模, 级别 | codes of GB/T 31000: kind of dispute (99 other), scale 01-03, level 01-04 |
| 层级 | which centre registered it: 市, 区, 街道, 社区 |
| 社区代码, 网格代码 | 12-digit community and unit grid of the place on that day |
| 地点 | address, up to the room (personal) |
| 当事人, 证件号码, 联系电话, 对方当事人 | the parties, personal |
| 涉及人数 | a number |
| 简述 | free text that names the parties, an ID number and a phone |
| 化解时限 | day by which it is to be settled (30 days), a date cell |
| 受理时间, 分流时间, 承办单位 | accepted; sent to an office, and its code; times as above |
| 化解时间, 化解方式, 是否成功 | mediated, how, 1 or 0 |
| 办结时间, 不予受理时间, 回访时间, 满意度 | closed, refused, called back and the answer; times as above |
| 更新时间 | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import compact_day, spaced
from simulator.feeds.cases import Cases, cases, day_cells, register
from simulator.feeds.channel import Drop
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.people import person_of
from simulator.plan import DAY, HOUR

CHANNEL = Drop(
    name="jiufen",
    kind="xlsx",
    mode="upsert",
    cadence=7 * DAY,
    first=7 * DAY + 9 * HOUR,
    overlap=7 * DAY,
    sheet="台账",
    title="云汀区矛盾纠纷与来访台账",
)
PREFIX, CODE_SET = "ZZ", "gbt_31000"
_LEVELS = ("社区", "社区", "社区", "社区", "街道", "街道", "街道", "区", "区", "市")
_WAYS = ("人民调解", "行政调解", "司法调解", "自行和解")
_STEPS = {
    "accepted": "受理时间",
    "dispatched": "分流时间",
    "handled": "化解时间",
    "closed": "办结时间",
    "not_accepted": "不予受理时间",
    "called_back": "回访时间",
}
_GRADES = np.array(["不满意", "不满意", "基本满意", "满意", "满意", ""], dtype=object)  # the last one is -1: none


def disputes(block: Block) -> Cases:
    """The disputes of a block as the centres' other registers, too, speak of them."""
    return cases(block, "governance_centre", "governance_disputes", CODE_SET)


def governance_disputes(block: Block) -> list[Ledger]:
    """The register of disputes of a block."""
    told = disputes(block)
    plan, reports, chance = block.plan, told.reports, told.chance
    known = told.versions(("reported", *_STEPS, "redispatched", "cancelled"))
    party = told.people()
    other = person_of(chance.whole(reports.id, "opponent", 0, 2**62))
    address = block.district.room_address(told.incidents.places).to_numpy(dtype=object)
    story = party.names + "（身份证" + party.ids + "）与" + other.names + "："
    story = story + np.asarray(reports.text, dtype=object) + "。请回电" + party.phones + "。"
    solved = np.where(chance.roll(reports.id, "solved") < 0.86, "1", "0").astype(object)[known.case]
    mediated = known.knows("handled")
    rating = np.where(known.knows("called_back"), told.lives.rating[known.case], -1)
    return [
        register(
            "governance_disputes",
            known,
            {
                "事件编号": told.keys(PREFIX),
                "登记类型": np.where(chance.roll(reports.id, "in person") < 0.25, "来访", "纠纷").astype(object),
                "登记时间": spaced(plan, reports.told_at),
                "发生日期": compact_day(plan, np.minimum(told.incidents.at, reports.told_at)),
                "类型代码": told.codes(CODE_SET, "99"),
                "规模": np.where(chance.roll(reports.id, "scale") < 0.93, "01", "02").astype(object),
                "级别": np.where(chance.roll(reports.id, "grade") < 0.97, "04", "03").astype(object),
                "层级": chance.pick(reports.id, "level", _LEVELS),
                "社区代码": told.communities()["code12"],
                "网格代码": block.district.unit_at(told.incidents.places, reports.told_at),
                "地点": address,
                "当事人": party.names,
                "证件号码": party.ids,
                "联系电话": party.phones,
                "对方当事人": other.names,
                "涉及人数": chance.whole(reports.id, "people", 2, 10),
                "简述": story,
                "化解时限": day_cells(plan, reports.told_at + 30 * DAY),
            },
            {
                **{column: spaced(plan, known.known(step)) for step, column in _STEPS.items()},
                "承办单位": told.org(known),
                "化解方式": np.where(mediated, chance.pick(reports.id, "way", _WAYS)[known.case], ""),
                "是否成功": np.where(mediated, solved, ""),
                "满意度": _GRADES[rating],
                "更新时间": spaced(plan, known.at),
            },
            incident=reports.incident_id,
            delay=chance.whole(reports.id, "entered", 0, 9 * HOUR),
            secrets={
                "name": [*party.names, *other.names],
                "phone": party.phones,
                "id_number": party.ids,
                "address": address,
            },
        )
    ]
