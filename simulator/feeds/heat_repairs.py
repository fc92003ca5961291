"""供热企业: complaints and leaks as an XML file a day, the orders changed in the last two days.

Rows stand at `heatService/orders/order`; every column is a child element, empty where nothing is known.

| column | meaning and format |
|---|---|
| orderId | key, `GR` + day + number |
| userCode | customer code, personal, empty where the matter is in the street |
| faultCode, faultName | code of the set `heat_fault` and its name; H99 where the list has no name for what was told |
| season | heating season in which the report fell, `2026-2027`; empty out of season |
| limitMinutes | the promise: leak 60; complaint 300 in the first ten days of a season, then 120; out of it 1440 |
| roomTemp | degrees Celsius measured on arrival, one decimal; indoors and in season only |
| address | as told; up to the room where the matter is indoors (personal) |
| x, y | BD-09 lon and lat, degrees of six decimals; empty where the caller could not be placed |
| userName, phone | caller, personal |
| remark | free text that names the caller and a number |
| deptCode | office of the team, empty before the dispatch |
| acceptDate, sendDate, arriveDate, finishDate, revisitDate, closeDate, cancelDate | steps, `YYYYMMDDHHMMSS` local |
| satisfaction | answer of the call-back: A (best) to E |
| status | 0 受理, 1 派单, 2 到场, 3 完成, 4 回访, 5 归档, 9 作废 |
| updateDate | time of the newest step, as the steps |
"""

from __future__ import annotations

from datetime import date

import numpy as np

from simulator.clock import compact
from simulator.feeds.cases import cases, register
from simulator.feeds.channel import Drop
from simulator.frames import to_bd09
from simulator.happenings.incidents import HEATING
from simulator.happenings.kinds import KINDS
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR, Plan

CHANNEL = Drop(
    name="heat",
    kind="xml",
    mode="upsert",
    cadence=DAY,
    first=DAY + 5 * HOUR,
    overlap=2 * DAY,
    records="heatService/orders/order",
)
CODES = {"H01": "供热管道泄漏", "H02": "室温不达标", "H03": "停止供热", "H04": "暖气片故障", "H99": "其他"}
LEAK = "H01"
_STEPS = {
    "reported": "acceptDate",
    "dispatched": "sendDate",
    "arrived": "arriveDate",
    "handled": "finishDate",
    "called_back": "revisitDate",
    "closed": "closeDate",
    "cancelled": "cancelDate",
}
_STATES = {
    "reported": "0",
    "dispatched": "1",
    "arrived": "2",
    "handled": "3",
    "called_back": "4",
    "closed": "5",
    "cancelled": "9",
}
_GRADES = np.array(["E", "D", "C", "B", "A", ""], dtype=object)  # the last one is -1: none


def heat_repairs(block: Block) -> list[Ledger]:
    """The orders of the heating company in a block."""
    told = cases(block, "heat", "heat_repairs")
    known = told.versions((*_STEPS, "redispatched"))
    people, reports, chance = told.people(), told.reports, told.chance
    indoors = np.array([kind.indoors for kind in KINDS])[reports.kind]
    x, y = to_bd09(reports.lon, reports.lat)
    users = np.where(indoors, "RL" + chance.whole(reports.caller, "account", 10**6, 10**7).astype(str), "")
    codes = told.codes("heat_fault", "H99")
    season, day_of_season = _season(block.plan, reports.told_at)
    limit = np.where(season == "", 1440, np.where(day_of_season < 10, 300, 120))
    address = np.asarray(reports.address, dtype=object)
    degrees = np.char.mod("%.1f", 12 + 8 * chance.roll(reports.id, "degrees"))
    measured = known.knows("arrived") & (indoors & (season != ""))[known.case]
    rating = np.where(known.knows("called_back"), told.lives.rating[known.case], -1)
    return [
        register(
            "heat_repairs",
            known,
            {
                "orderId": told.keys("GR"),
                "userCode": users.astype(object),
                "faultCode": codes,
                "faultName": np.array([CODES[code] for code in codes], dtype=object),
                "season": season,
                "limitMinutes": np.where(codes == LEAK, 60, limit),
                "address": address,
                "x": np.where(reports.placed, np.char.mod("%.6f", x), "").astype(object),
                "y": np.where(reports.placed, np.char.mod("%.6f", y), "").astype(object),
                "userName": people.names,
                "phone": people.phones,
                "remark": told.told("用户", people),
            },
            {
                "roomTemp": np.where(measured, degrees[known.case], "").astype(object),
                "deptCode": told.org(known),
                **{column: compact(block.plan, known.known(step)) for step, column in _STEPS.items()},
                "satisfaction": _GRADES[rating],
                "status": known.state(_STATES),
                "updateDate": compact(block.plan, known.at),
            },
            incident=reports.incident_id,
            secrets={"name": people.names, "phone": people.phones, "account": users, "address": address[indoors]},
        )
    ]


def _season(plan: Plan, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Name of the heating season of moments, '' out of season, and its day from 0 (-1 out of season)."""
    days = (plan.start + np.asarray(at).astype("timedelta64[s]")).astype("datetime64[D]")
    names, passed = np.full(len(days), "", dtype=object), np.full(len(days), -1, dtype=np.int64)
    first, last = HEATING
    for year in range(plan.begins.year - 1, plan.day_of(plan.end).year + 1):
        begin, end = np.datetime64(date(year, *first)), np.datetime64(date(year + 1, *last))
        inside = (days >= begin) & (days <= end)
        names[inside] = f"{year}-{year + 1}"
        passed[inside] = (days[inside] - begin).astype(np.int64)
    return names, passed
