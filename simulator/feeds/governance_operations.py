"""综治中心: joint operations of several units (联合执法, 联动联勤), a JSON a week: what changed since the one before.

Rows stand in the list `list`, one an operation; every cell is a text, empty where nothing is known.

| column | meaning and format |
|---|---|
| operationNo | key, `LH` + day + number |
| kind | 联合执法, 联动联勤 |
| gridCode | unit grid of that day |
| matter | what about, free text |
| orgCode | office that leads it |
| units | codes of the units that took part, the leading one first, joined by `,` |
| unitCount | how many, a number |
| openTime, closeTime | set up, over; `YYYY-MM-DD HH:MM:SS` local |
| outcome | at the close: 已处置, 责令整改, 移送, 未发现问题 |
| caseNos | supervision orders whose matter it put an end to, joined by `,`; at the close |
| casesClosed | how many, a number; at the close |
| updateTime | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import departments, numbered
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.matters import matters
from simulator.feeds.occasions import counted, entries, whole_minutes
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR

CHANNEL = Drop(
    name="lianhe",
    kind="json",
    mode="upsert",
    cadence=7 * DAY,
    first=7 * DAY + 14 * HOUR,
    overlap=7 * DAY,
)
_COLUMNS = (
    "operationNo", "kind", "gridCode", "matter", "orgCode", "units", "unitCount", "openTime", "closeTime", "outcome",
    "caseNos", "casesClosed", "updateTime",
)  # fmt: skip
_SHARE = 0.35  # of the supervised matters that several units go out for
_KINDS = ("联合执法", "联合执法", "联动联勤")
_OUTCOMES = ("已处置", "已处置", "责令整改", "移送", "未发现问题")


def governance_operations(block: Block) -> list[Ledger]:
    """The operations of a block: some of the supervised matters need more than one unit."""
    plan, chance = block.plan, Chance(block.plan, "governance_operations")
    told = matters(block, "supervised")
    orders = numbered(block, "DB", told.at, told.ids).to_numpy(dtype=object)
    chosen = np.flatnonzero((chance.roll(told.ids, "joint") < _SHARE) & (told.grid != ""))
    ids = told.ids[chosen]
    opened = whole_minutes(told.at[chosen], 2 * DAY * chance.roll(ids, "opened"))
    closed = whole_minutes(opened, 3 * DAY * chance.roll(ids, "closed") + HOUR)
    known = versions({"opened": opened, "closed": np.where(chance.roll(ids, "never") < 0.06, -1, closed)})
    offices = departments(block)
    first = chance.whole(ids, "lead", 0, len(offices))
    count = chance.whole(ids, "units", 2, 5)
    units = [",".join(offices[(one + np.arange(many)) % len(offices)]) for one, many in zip(first, count, strict=True)]
    outcome = chance.pick(ids, "outcome", _OUTCOMES)
    ended = np.where(outcome == "未发现问题", 0, chance.whole(ids, "ended", 1, 4))
    # its own matter first, then those that were supervised before it
    cases = [",".join(orders[max(at - many + 1, 0) : at + 1][::-1]) for at, many in zip(chosen, ended, strict=True)]
    ended = np.minimum(ended, chosen + 1)
    over = known.knows("closed")
    return [
        entries(
            "governance_operations",
            _COLUMNS,
            known,
            {
                "operationNo": numbered(block, "LH", opened, ids),
                "kind": chance.pick(ids, "kind", _KINDS),
                "gridCode": told.grid[chosen],
                "matter": told.title[chosen],
                "orgCode": offices[first],
                "units": np.array(units, dtype=object),
                "unitCount": counted(count),
                "openTime": spaced(plan, opened),
            },
            {
                "closeTime": spaced(plan, known.known("closed")),
                "outcome": np.where(over, outcome[known.case], ""),
                "caseNos": np.where(over, np.array(cases, dtype=object)[known.case], ""),
                "casesClosed": np.where(over, counted(ended)[known.case], ""),
                "updateTime": spaced(plan, known.at),
            },
            incident=told.incident[chosen],
        )
    ]
