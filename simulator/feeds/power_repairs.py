"""供电企业: repair orders of single customers as JSON, four times a day, the orders changed in the last day.

| column | meaning and format |
|---|---|
| workOrderNo | key, `DL` + day + number |
| custNo | customer number, personal, null where the matter is in the street |
| faultType, faultName | code of the set `power_outage` and its name; P9 where the list has no name for what was told |
| areaClass | 1 城区, 2 农村, 3 偏远: the promise is to arrive in 45, 90, 120 minutes |
| address | as told; up to the room where the matter is indoors (personal) |
| lng, lat | GCJ-02 degrees, numbers of six decimals; null where the caller could not be placed |
| contact, phone | caller, personal |
| content | free text that names the caller and a number |
| teamCode | office of the team, null before the dispatch |
| acceptTime, dispatchTime, arriveTime, repairTime, archiveTime, cancelTime | steps, `YYYY-MM-DDTHH:MM:SS` local |
| urgeCount | how often the caller rang again, from the dispatch on |
| visitTime, satisfaction | call-back, and its answer 1 (best) to 5, null where there is none |
| state | 01 待派工, 02 已派工, 03 已到场, 04 已修复, 05 已回访, 06 已归档, 09 已作废 |
| updateTime | time of the newest step, as the steps |
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulator.clock import iso
from simulator.feeds.cases import cases, empty_as_none, register
from simulator.feeds.channel import Drop
from simulator.frames import to_gcj02
from simulator.happenings.kinds import KINDS
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR, MINUTE

CHANNEL = Drop(
    name="workorders",
    kind="json",
    mode="upsert",
    cadence=6 * HOUR,
    first=6 * HOUR + 10 * MINUTE,
    overlap=DAY,
    records="workOrders",
)
CODES = {"P1": "计划停电", "P2": "故障停电", "P9": "其他"}
_STEPS = {
    "reported": "acceptTime",
    "dispatched": "dispatchTime",
    "arrived": "arriveTime",
    "handled": "repairTime",
    "called_back": "visitTime",
    "closed": "archiveTime",
    "cancelled": "cancelTime",
}
_STATES = {
    "reported": "01",
    "dispatched": "02",
    "arrived": "03",
    "handled": "04",
    "called_back": "05",
    "closed": "06",
    "cancelled": "09",
}


def power_repairs(block: Block) -> list[Ledger]:
    """The repair orders of the power company in a block."""
    told = cases(block, "power", "power_repairs")
    known = told.versions((*_STEPS, "redispatched"))
    people, reports, chance = told.people(), told.reports, told.chance
    indoors = np.array([kind.indoors for kind in KINDS])[reports.kind]
    x, y = to_gcj02(reports.lon, reports.lat)
    accounts = chance.whole(reports.caller, "account", 10**9, 10**10).astype(str).astype(object)
    codes = told.codes("power_outage", "P9")
    address = np.asarray(reports.address, dtype=object)
    rating = np.where(known.knows("called_back"), told.lives.rating[known.case], -1)
    urged = np.where(known.knows("dispatched"), chance.pick(reports.id, "urged", (0, 0, 0, 1, 2))[known.case], 0)
    return [
        register(
            "power_repairs",
            known,
            {
                "workOrderNo": told.keys("DL"),
                "custNo": empty_as_none(np.where(indoors, accounts, "")),
                "faultType": codes,
                "faultName": np.array([CODES[code] for code in codes], dtype=object),
                "areaClass": np.where(told.communities()["is_village"], "2", "1").astype(object),
                "address": address,
                "lng": np.where(reports.placed, np.round(x, 6), np.nan),
                "lat": np.where(reports.placed, np.round(y, 6), np.nan),
                "contact": people.names,
                "phone": people.phones,
                "content": told.told("客户", people),
            },
            {
                "teamCode": empty_as_none(told.org(known)),
                **{column: empty_as_none(iso(block.plan, known.known(step))) for step, column in _STEPS.items()},
                "urgeCount": urged.astype(np.int64),
                "satisfaction": pd.Series(np.where(rating >= 0, 5 - np.maximum(rating, 0), -1)).replace(-1, None),
                "state": known.state(_STATES),
                "updateTime": iso(block.plan, known.at),
            },
            incident=reports.incident_id,
            secrets={
                "name": people.names,
                "phone": people.phones,
                "account": accounts[indoors],
                "address": address[indoors],
            },
        )
    ]
