"""综治中心: the patrols of the grid workers and what they found, as a daily XML file: what changed in two days.

Rows stand at `xunCha/records/record`; every column is a child element, empty where nothing is known.

| column | meaning and format |
|---|---|
| recordNo | key, `XC` + day + number |
| recordType | 1 a patrol; 2 a matter found and handed on; 3 a matter found and mended on the spot (随手做) |
| level | which centre keeps the row: 社区, 街道, 区 |
| gridCode, communityCode | unit grid and 12-digit community of that day |
| workerName, workerNo | the grid worker, personal |
| beginTime, endTime | of a patrol; of a matter, when it was found and when it was done; `YYYY-MM-DD HH:MM:SS` local |
| distanceKm | of a patrol, one decimal |
| found, fixed | of a patrol: matters noted, matters mended on the spot; numbers |
| matterCode | of a matter: code of the centre's own list `governance_local` |
| matterText, place | of a matter: what and where, free text; the text names a person and a phone now and then |
| lon, lat | of a matter: CGCS2000 degrees of six decimals, empty where the worker took none |
| orgCode | of a matter handed on: office that has it, empty before |
| acceptTime, sendTime, checkTime, closeTime | of a matter handed on: steps, as the times above |
| updateTime | time of the newest step |
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import cases, numbered, register
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.governance_disputes import CODE_SET
from simulator.feeds.rounds import rounds, workers
from simulator.feeds.versions import versions
from simulator.happenings.kinds import ROUNDS
from simulator.happenings.world import Block
from simulator.ledger import Ledger, joined
from simulator.plan import DAY, HOUR, MINUTE

CHANNEL = Drop(
    name="xuncha",
    kind="xml",
    mode="upsert",
    cadence=DAY,
    first=DAY + 2 * HOUR,
    overlap=2 * DAY,
    records="xunCha/records/record",
)
_FOUND = {"reported": "beginTime", "accepted": "acceptTime", "dispatched": "sendTime", "handled": "endTime"}
_FOUND |= {"checked": "checkTime", "closed": "closeTime"}
_FIXED = 0.25  # share of matters that the worker mends on the spot
_LEVELS = ("社区", "社区", "社区", "社区", "街道", "街道", "区")


def governance_patrols(block: Block) -> list[Ledger]:
    """The register of patrols of a block."""
    return [joined([_patrols(block), _matters(block)])]


def _patrols(block: Block) -> Ledger:
    """Two patrols a grid and day, most of them made; a row appears when the patrol is over."""
    plan, chance = block.plan, Chance(block.plan, "governance_patrols")
    made = rounds(block, chance, times=2, share=0.8, weekends=0.5)
    ids = made.ids
    hour = np.where(ids % 2 == 0, 8 * HOUR + 30 * MINUTE, 14 * HOUR + 30 * MINUTE)
    begun = made.day * DAY + hour + chance.whole(ids, "minute", 0, 60) * MINUTE
    ended = begun + chance.whole(ids, "lasts", 40, 150) * MINUTE
    worker, worker_no = workers(made.grid)
    known = versions({"ended": ended})
    return register(
        "governance_patrols",
        known,
        {
            "recordNo": numbered(block, "XC", begun, ids * 2),
            "recordType": np.full(len(ids), "1", dtype=object),
            "level": chance.pick(ids, "level", _LEVELS),
            "gridCode": made.grid,
            "communityCode": made.community,
            "workerName": worker.names,
            "workerNo": worker_no,
            "beginTime": spaced(plan, begun),
            "endTime": spaced(plan, ended),
            "distanceKm": np.char.mod("%.1f", 0.8 + 4 * chance.roll(ids, "distance")).astype(object),
            "found": chance.pick(ids, "found", (0, 0, 1, 1, 2, 3)).astype(str).astype(object),
            "fixed": chance.pick(ids, "fixed", (0, 0, 0, 1, 1, 2)).astype(str).astype(object),
        },
        {"updateTime": spaced(plan, known.at)},
        incident=np.full(len(ids), -1, dtype=np.int64),
        secrets={"name": worker.names, "staff": worker_no},
    )


def _matters(block: Block) -> Ledger:
    """What the workers found: every report of the network that is no dispute; some are mended on the spot."""
    told = cases(block, "governance_centre", "governance_patrols", without=CODE_SET)
    plan, reports, chance = block.plan, told.reports, told.chance
    fixed = chance.roll(reports.id, "fixed") < _FIXED
    steps = {name: np.where(fixed, -1, at) for name, at in told.lives.steps.items()}
    steps["reported"] = told.lives.steps["reported"]
    at_once = reports.told_at + chance.whole(reports.id, "at once", 3, 40) * MINUTE
    steps["handled"] = np.where(fixed, at_once, steps["handled"])
    told = replace(told, lives=replace(told.lives, steps=steps))
    known = told.versions((*_FOUND, "redispatched", "check_failed", "rehandled", "not_accepted", "cancelled"))
    grid = block.district.unit_at(told.incidents.places, reports.told_at).to_numpy(dtype=object)
    worker, worker_no = workers(grid)
    caller = told.people()
    named = chance.roll(reports.id, "named") < 0.1
    text = np.asarray(reports.text, dtype=object)
    placed = reports.placed
    return register(
        "governance_patrols",
        known,
        {
            "recordNo": numbered(block, "XC", reports.told_at, reports.id * 2 + 1),
            "recordType": np.where(fixed, "3", "2").astype(object),
            "level": chance.pick(reports.id, "level", _LEVELS),
            "gridCode": grid,
            "communityCode": told.communities()["code12"],
            "workerName": worker.names,
            "workerNo": worker_no,
            "matterCode": told.codes(ROUNDS, "S99"),
            "matterText": np.where(named, text + "，住户" + caller.names + caller.phones, text),
            "place": np.asarray(reports.address, dtype=object),
            "lon": np.where(placed, np.char.mod("%.6f", reports.lon), "").astype(object),
            "lat": np.where(placed, np.char.mod("%.6f", reports.lat), "").astype(object),
        },
        {
            **{column: spaced(plan, known.known(step)) for step, column in _FOUND.items()},
            "orgCode": told.org(known),
            "updateTime": spaced(plan, known.at),
        },
        incident=reports.incident_id,
        secrets={
            "name": [*worker.names, *caller.names[named]],
            "staff": worker_no,
            "phone": caller.phones[named],
        },
    )
