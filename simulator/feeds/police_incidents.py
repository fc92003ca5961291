"""公安: incidents (接警单) that the one-way gateway lets out as a JSON file every six hours, forty minutes late.

A file holds what changed in the last day; nothing can be asked of it. Rows stand in `data`. Names and numbers are
masked by the police; criminal classes are not in it (see police_counts), but for a slip.

| column | meaning and format |
|---|---|
| jjdbh | key, `JJ` + day + number |
| bjfs | way of the report: 110, 微信报警 |
| bjlb | six-digit class of the set `ga_110_city`; 609900 where the list has none for what was told |
| bjsj, cjsj, ddsj, fksj | reported, dispatched, arrived, fed back; `YYYY-MM-DD HH:MM:SS` local, null until then |
| sfdz | place in words; up to the room where the matter is indoors (personal) |
| x, y | GCJ-02 degrees, six decimals; null where the caller could not be placed |
| jjwg | police beat in which the told place lies |
| gxdw | police station |
| bjrxm, bjrdh | caller, masked: family name + 某, number without its middle |
| bjrsfzh | identity number: null, as it must be |
| bjnr | free text |
| cljg | what came of it, from the feedback on |
| gxsj | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import NOTHING, cases, empty_as_none, register
from simulator.feeds.channel import Drop
from simulator.frames import to_gcj02
from simulator.happenings.kinds import POLICE
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR, MINUTE

CHANNEL = Drop(
    name="police",
    kind="json",
    mode="upsert",
    cadence=6 * HOUR,
    first=6 * HOUR,
    delay=40 * MINUTE,
    overlap=DAY,
    records="data",
    via="gateway",
)
OTHER = "609900"
PREFIX = "JJ"
_STEPS = {"reported": "bjsj", "dispatched": "cjsj", "arrived": "ddsj", "closed": "fksj"}
_RESULTS = ("已调解", "已移交主管部门", "已劝离", "现场处置完毕", "未发现报称情况")


def police_incidents(block: Block) -> list[Ledger]:
    """The incidents of a block that the police tell the district of."""
    plan = block.plan
    told = cases(block, "public_security", "police_incidents")
    known = told.versions(_STEPS)
    reports, people = told.reports, told.people()
    x, y = to_gcj02(reports.lon, reports.lat)
    address = np.asarray(reports.address, dtype=object)
    results = told.chance.pick(reports.id, "result", _RESULTS)
    beats = block.district.grid_at("police_beat", reports.lon, reports.lat).to_numpy(dtype=object)
    return [
        register(
            "police_incidents",
            known,
            {
                "jjdbh": told.keys(PREFIX),
                "bjfs": reports.channel,
                "bjlb": told.codes(POLICE, OTHER),
                "sfdz": address,
                "x": np.where(reports.placed, np.round(x, 6), np.nan),
                "y": np.where(reports.placed, np.round(y, 6), np.nan),
                "jjwg": empty_as_none(np.where(reports.placed, beats, "")),
                "gxdw": told.lives.org,
                "bjrxm": masked_name(people.names),
                "bjrdh": masked_phone(people.phones),
                "bjrsfzh": np.full(len(told), None, dtype=object),
                "bjnr": np.asarray("报警人称" + reports.text, dtype=object),
            },
            {
                **{column: empty_as_none(spaced(plan, known.known(step))) for step, column in _STEPS.items()},
                "cljg": np.where(known.knows("closed"), results[known.case], NOTHING),
                "gxsj": spaced(plan, known.at),
            },
            incident=reports.incident_id,
            secrets={"address": address},
        )
    ]


def masked_name(names: np.ndarray) -> np.ndarray:
    """Family names with 某."""
    return np.array([name[:1] + "某" for name in names], dtype=object)


def masked_phone(phones: np.ndarray) -> np.ndarray:
    """Numbers without their middle."""
    return np.array([phone[:3] + "****" + phone[-4:] for phone in phones], dtype=object)
