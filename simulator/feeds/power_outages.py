"""供电企业: what is out, every four hours as one JSON list; what is over stands there no more.

An outage that begins and ends between two lists is never seen. An empty list is an answer, too.

| column | meaning and format |
|---|---|
| outage_id | key, `TD` + day + number |
| cause | code of the set `power_outage`: P1 planned, P2 fault |
| area | community and part of it, free text: an area, not a point |
| communities | 12-digit code of the community |
| feeder | name of the line |
| start, planned_end | UTC milliseconds since 1970; planned_end moves when the work takes longer |
| lon, lat | CGCS2000 degrees of the switch, six decimals |
| users | users without power now; fewer as parts are switched back |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import epoch_ms
from simulator.feeds.cases import numbered, register
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.versions import versions
from simulator.happenings.kinds import KINDS
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR, MINUTE

CHANNEL = Drop(
    name="outages",
    kind="json",
    mode="snapshot",
    cadence=4 * HOUR,
    first=7 * HOUR + 30 * MINUTE,
    records="list",
)
_PLANNED = "P1"


def power_outages(block: Block) -> list[Ledger]:
    """The outages of a block: listed when they begin, changed twice, gone when they end."""
    plan, chance = block.plan, Chance(block.plan, "power_outages")
    codes = np.array([kind.codes.get("power_outage", "") for kind in KINDS], dtype=object)
    spans = np.array([kind.span == "outage" for kind in KINDS])
    chosen = np.flatnonzero((codes[block.incidents.kind] != "") & spans[block.incidents.kind])
    out = block.incidents.take(chosen)
    began = out.at // MINUTE * MINUTE
    ended = np.where(out.ended_at >= 0, np.maximum(out.ended_at // MINUTE * MINUTE, began + 10 * MINUTE), -1)
    lasts = np.where(ended >= 0, ended - began, 20 * DAY)
    known = versions(
        {
            "began": began + chance.whole(out.id, "noticed", 1, 8) * MINUTE,
            "part": began + lasts * 2 // 5,
            "most": began + lasts * 3 // 4,
            "ended": ended,
        }
    )
    users = chance.whole(out.id, "users", 12, 900)[known.case]
    parts = known.knows("part").astype(np.int64) + known.knows("most")
    planned = began + lasts * 9 // 10 // MINUTE * MINUTE
    promised = np.where(parts[...] == 2, (began + lasts)[known.case], planned[known.case])
    communities = block.district.communities.iloc[out.places.community]
    return [
        register(
            "power_outages",
            known,
            {
                "outage_id": numbered(block, "TD", began, out.id),
                "cause": codes[out.kind],
                "area": (communities["name"] + "部分台区").to_numpy(),
                "communities": communities["code12"].to_numpy(),
                "feeder": "云汀" + chance.whole(out.id, "feeder", 11, 31).astype(str).astype(object) + "线",
                "start": epoch_ms(plan, began),
                "lon": np.round(out.places.lon, 6),
                "lat": np.round(out.places.lat, 6),
            },
            {
                "planned_end": epoch_ms(plan, promised),
                "users": np.maximum(users >> parts, 1),
            },
            incident=out.id,
            secrets={},
            gone=known.knows("ended"),
        )
    ]
