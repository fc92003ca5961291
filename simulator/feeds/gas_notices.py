"""燃气企业: stop notices as JSON in a local folder, one file a day, the notices changed in the last two days.

| column | meaning and format |
|---|---|
| noticeNo | key, `TQ` + day + number |
| stopType | 1 planned (announced 48 hours ahead or more), 2 fault |
| reason, area | free text |
| communityCode | 12-digit code of the community |
| households | households without gas |
| planStart, planEnd | the interval as announced last, `YYYY-MM-DDTHH:MM:SS` local |
| publishedAt, postponedAt, restoredAt, cancelledAt | published, put off, supply back, called off; 〃, null before |
| state | PUBLISHED, POSTPONED, RESTORED, CANCELLED |
| updatedAt | time of the newest step; 〃 |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import iso
from simulator.feeds.cases import empty_as_none, numbered, register
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.notices import notices
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR

CHANNEL = Drop(
    name="gas_notices",
    kind="json",
    mode="upsert",
    cadence=DAY,
    first=20 * HOUR,
    overlap=2 * DAY,
    records="notices",
)
_STATES = {name: name.upper() for name in ("published", "postponed", "restored", "cancelled")}
_WHY = ("调压站检修", "中压管道碰口", "庭院管改造")


def gas_notices(block: Block) -> list[Ledger]:
    """The notices of the gas company in a block; half of the leaks end in one."""
    plan, chance = block.plan, Chance(block.plan, "gas_notices")
    told = notices(block, chance, "gas_fault", "G01", share=0.5, ahead=2 * DAY, rate=0.01)
    known = told.known
    return [
        register(
            "gas_notices",
            known,
            {
                "noticeNo": numbered(block, "TQ", known.steps["published"], told.ids),
                "stopType": np.where(told.planned, "1", "2").astype(object),
                "reason": np.where(told.planned, chance.pick(told.ids, "why", _WHY), "燃气泄漏抢修").astype(object),
                "area": told.area,
                "communityCode": told.communities["code12"],
                "households": told.households,
            },
            {
                "planStart": iso(plan, told.starts),
                "planEnd": iso(plan, told.ends),
                **{f"{step}At": empty_as_none(iso(plan, known.known(step))) for step in _STATES},
                "state": known.state(_STATES),
                "updatedAt": iso(plan, known.at),
            },
            incident=told.incident,
            secrets={},
        )
    ]
