"""综治中心: what communities ask for (社区点单), the four lists (四张清单), questions in public groups, weekly.

Rows stand in the list `list`; every cell is a text, empty where nothing is known. A file holds the rows changed since
the one before. The orders and lists are kept by the street offices, the questions by the platform of the groups.

| column | meaning and format |
|---|---|
| recordNo | key: `DD` (an order), `XM` (a line of a list) or `TW` (a question) + day + number |
| recordType | 1 order of a community, 2 line of a list, 3 question in a public group (公开群) |
| kind | of an order: what is asked for; of a line: 需求清单, 资源清单, 项目清单, 责任清单 |
| communityCode, streetCode | 12-digit community, 9-digit street |
| content | free text |
| orgCode | office that answers; of a line the unit that claimed it, empty before |
| startTime | ordered, listed, asked; `YYYY-MM-DD HH:MM:SS` local |
| answerBy | of an order: by when the department has to answer, two days later; 〃 |
| answeredTime, servedTime, withdrawnTime | steps of an order; a question has the first one only; 〃 |
| personTimes | of an order that was served: persons who came, a number |
| way | of a claimed line: 双领办, 双向服务协议, 购买服务 |
| claimedTime, doneTime | of a line; 〃 |
| dueDate | of a claimed line: day by which it is to be done, `YYYY-MM-DD` local |
| dutyShift | of a question: 白班 (8 to 20 h) or 夜班, by the duty roster |
| state | 待响应, 已响应, 已办结, 已撤回; 待认领, 已认领, 已完成; 待回复, 已回复 |
| updateTime | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import departments, numbered
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.occasions import Occasions, counted, entries, occasions, whole_minutes
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger, joined
from simulator.plan import DAY, HOUR

CHANNEL = Drop(
    name="diandan",
    kind="json",
    mode="upsert",
    cadence=7 * DAY,
    first=7 * DAY + 8 * HOUR,
    overlap=7 * DAY,
)
_COLUMNS = (
    "recordNo", "recordType", "kind", "communityCode", "streetCode", "content", "orgCode", "startTime", "answerBy",
    "answeredTime", "servedTime", "withdrawnTime", "personTimes", "way", "claimedTime", "doneTime", "dueDate",
    "dutyShift", "state", "updateTime",
)  # fmt: skip
_ORDERS, _NEEDS, _QUESTIONS = 0.16, 0.1, 0.25  # a community and working day; questions on any day
_ASKED = ("环境整治", "设施维修", "法律服务", "健康服务", "安全检查", "文体活动")
_LISTS = ("需求清单", "需求清单", "需求清单", "资源清单", "项目清单", "责任清单")
_CLAIMS = ("双领办", "双领办", "双向服务协议", "购买服务")
_NEEDED = ("加装楼道扶手", "独居老人助餐", "暑期托管", "电动车充电棚", "口袋公园", "便民维修点")
_QUESTIONED = ("停水到几点", "垃圾清运改到哪天", "路灯不亮找谁", "物业费怎么查", "疫苗接种地点", "居住证明怎么开")
_ORDER_STATES = {"placed": "待响应", "answered": "已响应", "served": "已办结", "withdrawn": "已撤回"}
_NEED_STATES = {"listed": "待认领", "claimed": "已认领", "done": "已完成"}
_QUESTION_STATES = {"asked": "待回复", "answered": "已回复"}


def governance_requests(block: Block) -> list[Ledger]:
    """Orders, lines of the lists and questions of a block."""
    return [joined([_orders(block), _lines(block), _questions(block)])]


def needs(block: Block) -> tuple[Occasions, np.ndarray]:
    """The lines of the lists that a block brings, and their numbers."""
    listed = occasions(block, Chance(block.plan, "governance_requests"), "listed", _NEEDS)
    return listed, numbered(block, "XM", listed.at, listed.ids).to_numpy(dtype=object)


def _orders(block: Block) -> Ledger:
    """One in thirty is never answered, one in twenty taken back; most are answered within two days."""
    plan, chance = block.plan, Chance(block.plan, "governance_requests")
    made = occasions(block, chance, "placed", _ORDERS)
    ids, placed, luck = made.ids, made.at, chance.roll(made.ids, "luck")
    answered = whole_minutes(placed, 3 * DAY * chance.roll(ids, "answered") ** 2)
    served = whole_minutes(answered, 4 * DAY * chance.roll(ids, "served"))
    known = versions(
        {
            "placed": placed,
            "answered": np.where(luck < 0.92, answered, -1),
            "served": np.where(luck < 0.85, served, -1),
            "withdrawn": np.where(luck >= 0.95, whole_minutes(placed, DAY * chance.roll(ids, "withdrawn")), -1),
        }
    )
    kind = chance.pick(ids, "asked", _ASKED)
    persons = counted(chance.whole(ids, "persons", 1, 6))
    return entries(
        "governance_requests",
        _COLUMNS,
        known,
        {
            "recordNo": numbered(block, "DD", placed, ids),
            "recordType": np.full(len(ids), "1", dtype=object),
            "kind": kind,
            "communityCode": made.community,
            "streetCode": made.street,
            "content": "社区点单：" + kind,
            "orgCode": chance.pick(ids, "department", departments(block)),
            "startTime": spaced(plan, placed),
            "answerBy": spaced(plan, placed + 2 * DAY),
        },
        {
            "answeredTime": spaced(plan, known.known("answered")),
            "servedTime": spaced(plan, known.known("served")),
            "withdrawnTime": spaced(plan, known.known("withdrawn")),
            "personTimes": np.where(known.knows("served"), persons[known.case], ""),
            "state": known.state(_ORDER_STATES),
            "updateTime": spaced(plan, known.at),
        },
    )


def _lines(block: Block) -> Ledger:
    """Three in four are claimed, most of them done within their term."""
    plan, chance = block.plan, Chance(block.plan, "governance_requests")
    made, number = needs(block)
    ids, listed, luck = made.ids, made.at, chance.roll(made.ids, "claim")
    claimed = whole_minutes(listed, 6 * DAY * chance.roll(ids, "claimed"))
    term = chance.pick(ids, "term", (5, 10, 20, 60)).astype(np.int64) * DAY
    done = whole_minutes(claimed, term * (0.3 + 0.9 * chance.roll(ids, "done")))
    known = versions(
        {"listed": listed, "claimed": np.where(luck < 0.75, claimed, -1), "done": np.where(luck < 0.65, done, -1)}
    )
    is_claimed = known.knows("claimed")
    due = spaced(plan, claimed + term).str[:10].to_numpy(dtype=object)
    return entries(
        "governance_requests",
        _COLUMNS,
        known,
        {
            "recordNo": number,
            "recordType": np.full(len(ids), "2", dtype=object),
            "kind": chance.pick(ids, "list", _LISTS),
            "communityCode": made.community,
            "streetCode": made.street,
            "content": chance.pick(ids, "needed", _NEEDED),
            "startTime": spaced(plan, listed),
        },
        {
            "orgCode": np.where(is_claimed, chance.pick(ids, "claimant", departments(block))[known.case], ""),
            "way": np.where(is_claimed, chance.pick(ids, "way", _CLAIMS)[known.case], ""),
            "claimedTime": spaced(plan, known.known("claimed")),
            "doneTime": spaced(plan, known.known("done")),
            "dueDate": np.where(is_claimed, due[known.case], ""),
            "state": known.state(_NEED_STATES),
            "updateTime": spaced(plan, known.at),
        },
    )


def _questions(block: Block) -> Ledger:
    """Asked at any hour of any day, and answered by whoever of the street is on duty: slower by night."""
    plan, chance = block.plan, Chance(block.plan, "governance_requests")
    made = occasions(block, chance, "asked", _QUESTIONS, round_the_clock=True)
    ids, asked = made.ids, made.at
    by_day = (asked % DAY >= 8 * HOUR) & (asked % DAY < 20 * HOUR)
    slow = np.where(by_day, 1.3, 3.0) * HOUR
    answered = whole_minutes(asked, slow * chance.roll(ids, "replied") ** 2)
    known = versions({"asked": asked, "answered": np.where(chance.roll(ids, "silent") < 0.04, -1, answered)})
    return entries(
        "governance_requests",
        _COLUMNS,
        known,
        {
            "recordNo": numbered(block, "TW", asked, ids),
            "recordType": np.full(len(ids), "3", dtype=object),
            "communityCode": made.community,
            "streetCode": made.street,
            "content": chance.pick(ids, "questioned", _QUESTIONED),
            "orgCode": made.office,
            "startTime": spaced(plan, asked),
            "dutyShift": np.where(by_day, "白班", "夜班").astype(object),
        },
        {
            "answeredTime": spaced(plan, known.known("answered")),
            "state": known.state(_QUESTION_STATES),
            "updateTime": spaced(plan, known.at),
        },
    )
