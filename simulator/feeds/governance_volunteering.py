"""志愿服务平台: units that report to communities (双报到双报告) and activities of volunteers, a JSON a week.

Rows stand in the list `list`, one a unit and turn, or an activity; every cell is a text, empty where nothing is known.
A file holds the rows changed since the one before. Persons are counts: the platform hands on no list of them.

| column | meaning and format |
|---|---|
| recordNo | key: `BD` (a unit's turn) or `HD` (an activity) + day + number |
| recordType | 1 a unit reports in and back, 2 an activity |
| level | of an activity: 区, 街道, 社区 |
| communityCode, streetCode | 12-digit community, 9-digit street |
| orgCode | unit that reports in; office that sets up an activity |
| theme | free text |
| startTime | reported in, announced; `YYYY-MM-DD HH:MM:SS` local |
| backTime | of a unit: reported back what was done; 〃 |
| heldTime, cancelledTime | of an activity; 〃 |
| persons | members who came along, from the report back on; volunteers who came to an activity; a number |
| hours | of an activity that was held: hours of all volunteers, a whole number |
| needNo | of an activity: number of the line of the lists (需求清单) that it answers, else empty |
| updateTime | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import departments, numbered
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.governance_requests import needs
from simulator.feeds.occasions import counted, entries, occasions, whole_minutes
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger, joined
from simulator.plan import DAY, HOUR

CHANNEL = Drop(
    name="zhiyuan",
    kind="json",
    mode="upsert",
    cadence=7 * DAY,
    first=7 * DAY + 16 * HOUR,
    overlap=7 * DAY,
)
_COLUMNS = (
    "recordNo", "recordType", "level", "communityCode", "streetCode", "orgCode", "theme", "startTime", "backTime",
    "heldTime", "cancelledTime", "persons", "hours", "needNo", "updateTime",
)  # fmt: skip
_TURNS, _ACTIVITIES, _ANSWERS = 0.09, 0.09, 0.45  # the last one of the lines of the lists
_LEVELS = ("社区", "社区", "社区", "街道", "街道", "区")
_THEMES = ("助餐送餐", "楼道清洁", "秩序引导", "义诊", "义务维修", "课后陪伴")


def governance_volunteering(block: Block) -> list[Ledger]:
    """Turns of units and activities of a block."""
    return [joined([_turns(block), _activities(block)])]


def _turns(block: Block) -> Ledger:
    plan, chance = block.plan, Chance(block.plan, "governance_volunteering")
    made = occasions(block, chance, "reported in", _TURNS)
    ids = made.ids
    back = whole_minutes(made.at, 12 * DAY * (0.1 + chance.roll(ids, "back")))
    known = versions({"in": made.at, "back": np.where(chance.roll(ids, "silent") < 0.2, -1, back)})
    persons = counted(chance.whole(ids, "persons", 2, 20))
    return entries(
        "governance_volunteering",
        _COLUMNS,
        known,
        {
            "recordNo": numbered(block, "BD", made.at, ids),
            "recordType": np.full(len(ids), "1", dtype=object),
            "communityCode": made.community,
            "streetCode": made.street,
            "orgCode": chance.pick(ids, "unit", departments(block)),
            "theme": chance.pick(ids, "theme", _THEMES),
            "startTime": spaced(plan, made.at),
        },
        {
            "backTime": spaced(plan, known.known("back")),
            "persons": np.where(known.knows("back"), persons[known.case], ""),
            "updateTime": spaced(plan, known.at),
        },
    )


def _activities(block: Block) -> Ledger:
    """Some answer a line of the lists, the day after it was listed; the others answer none."""
    plan, chance = block.plan, Chance(block.plan, "governance_volunteering")
    free = occasions(block, chance, "announced", _ACTIVITIES)
    lines, numbers = needs(block)
    answers = chance.roll(lines.ids, "answers") < _ANSWERS
    lines, numbers = lines.take(answers), numbers[answers]
    ids = np.concatenate([free.ids * 2, lines.ids * 2 + 1])
    announced = np.concatenate([free.at, lines.at + DAY])
    office = np.concatenate([free.office, lines.office])
    held = whole_minutes(announced, 9 * DAY * (0.1 + chance.roll(ids, "held")))
    luck = chance.roll(ids, "luck")
    known = versions(
        {
            "announced": announced,
            "held": np.where(luck < 0.85, held, -1),
            "cancelled": np.where(luck >= 0.92, whole_minutes(announced, 2 * DAY * chance.roll(ids, "off")), -1),
        }
    )
    volunteers = chance.whole(ids, "volunteers", 3, 40)
    hours = volunteers * chance.whole(ids, "hours", 1, 5)
    return entries(
        "governance_volunteering",
        _COLUMNS,
        known,
        {
            "recordNo": numbered(block, "HD", announced, ids),
            "recordType": np.full(len(ids), "2", dtype=object),
            "level": chance.pick(ids, "level", _LEVELS),
            "communityCode": np.concatenate([free.community, lines.community]),
            "streetCode": np.concatenate([free.street, lines.street]),
            "orgCode": office,
            "theme": chance.pick(ids, "activity", _THEMES),
            "startTime": spaced(plan, announced),
            "needNo": np.concatenate([np.full(len(free), "", dtype=object), numbers]),
        },
        {
            "heldTime": spaced(plan, known.known("held")),
            "cancelledTime": spaced(plan, known.known("cancelled")),
            "persons": np.where(known.knows("held"), counted(volunteers)[known.case], ""),
            "hours": np.where(known.knows("held"), counted(hours)[known.case], ""),
            "updateTime": spaced(plan, known.at),
        },
    )
