"""综治中心: joint meetings and what they decided, as an XML file a week: what changed since the one before.

Rows stand at `huiYi/decisions/decision`, one a decision; the meeting's columns repeat.

| column | meaning and format |
|---|---|
| decisionNo | key: number of the meeting, a hyphen, number of the decision in it |
| meetingNo | `HY` + day + number |
| meetingType | 联席会议, 四方议事, 研判会 |
| level | 区, 街道, 社区 |
| streetCode | 9-digit code of the street |
| conveners | the two who called the meeting, personal, joined by `、` |
| heldTime | `YYYY-MM-DD HH:MM:SS` local |
| parties | parties at the table, a number |
| topic, decision | free texts |
| orgCode | office that owes it |
| dueDate | `YYYY-MM-DD` local |
| doneTime, droppedTime | done, struck off; 〃 as heldTime |
| state | 推进中, 已完成, 已撤销 |
| updateTime | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import departments, numbered, register
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.people import person_of
from simulator.plan import DAY, HOUR, MINUTE

CHANNEL = Drop(
    name="huiyi",
    kind="xml",
    mode="upsert",
    cadence=7 * DAY,
    first=7 * DAY + 11 * HOUR,
    overlap=7 * DAY,
    records="huiYi/decisions/decision",
)
_RATE = 1 / 8  # meetings a street and working day
_TYPES = ("联席会议", "联席会议", "四方议事", "研判会")
_TOPICS = ("老旧小区停车", "背街小巷保洁", "飞线充电整治", "高层住宅消防通道", "物业费纠纷", "工地夜间施工")
_DECISIONS = ("开展联合检查", "增设设施并公示", "约谈责任单位", "纳入月度清单", "组织居民议事", "制定分批整改计划")
_STATES = {"decided": "推进中", "done": "已完成", "dropped": "已撤销"}
_CONVENERS = 1 << 44  # tokens of those who call meetings, apart from those of callers


def governance_meetings(block: Block) -> list[Ledger]:
    """The register of decisions of a block: a meeting decides one to four matters."""
    plan, chance = block.plan, Chance(block.plan, "governance_meetings")
    streets = block.district.streets["code9"].to_numpy(dtype=object)
    days = np.arange(block.first_day, block.last_day, dtype=np.int64)
    days = days[[plan.day_of(int(day) * DAY).weekday() < 5 for day in days]]
    ids = (days[:, None] * len(streets) + np.arange(len(streets))).ravel()
    ids = ids[chance.roll(ids, "held") < _RATE]
    decided = chance.whole(ids, "decided", 1, 5)
    meeting = np.repeat(np.arange(len(ids)), decided)
    place = np.arange(len(meeting)) - np.repeat(np.cumsum(decided) - decided, decided)  # of the decision in its meeting
    held = ids // len(streets) * DAY + chance.pick(ids, "hour", (9, 10, 14, 15)).astype(np.int64) * HOUR
    own = ids[meeting] * 8 + place
    term = chance.pick(own, "term", (7, 14, 14, 30, 45)).astype(np.int64) * DAY
    luck = chance.roll(own, "luck")
    done = held[meeting] + (term * (0.3 + 1.1 * chance.roll(own, "done"))).astype(np.int64) // MINUTE * MINUTE
    known = versions(
        {
            "decided": held[meeting] + 2 * HOUR,
            "done": np.where(luck < 0.88, done, -1),
            "dropped": np.where(luck >= 0.97, held[meeting] + term // 2, -1),
        }
    )
    first = person_of(_CONVENERS + ids % len(streets))
    second = person_of(_CONVENERS + 1000 + chance.whole(ids, "convener", 0, 40))
    street = streets[ids % len(streets)]
    number = numbered(block, "HY", held, ids).to_numpy(dtype=object)
    due = spaced(plan, held[meeting] + term).str[:10]
    return [
        register(
            "governance_meetings",
            known,
            {
                "decisionNo": number[meeting] + "-" + (place + 1).astype(str).astype(object),
                "meetingNo": number[meeting],
                "meetingType": chance.pick(ids, "type", _TYPES)[meeting],
                "level": chance.pick(ids, "level", ("街道", "街道", "街道", "社区", "区"))[meeting],
                "streetCode": street[meeting],
                "conveners": (first.names + "、" + second.names)[meeting],
                "heldTime": spaced(plan, held[meeting]),
                "parties": chance.whole(ids, "parties", 3, 12)[meeting],
                "topic": chance.pick(own, "topic", _TOPICS),
                "decision": chance.pick(own, "decision", _DECISIONS),
                "orgCode": chance.pick(own, "office", departments(block)),
                "dueDate": due,
            },
            {
                "doneTime": spaced(plan, known.known("done")),
                "droppedTime": spaced(plan, known.known("dropped")),
                "state": known.state(_STATES),
                "updateTime": spaced(plan, known.at),
            },
            incident=np.full(len(own), -1, dtype=np.int64),
            secrets={"name": [*first.names, *second.names]},
        )
    ]
