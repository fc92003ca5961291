"""12345: transfers to and from 110, over the signed REST interface: the other end of the police's link.

| column | meaning and format |
|---|---|
| transfer_no | key: `ZC` or `ZJ` + day + number |
| direction | 转出 (to 110) or 转入 (from 110) |
| order_no | the hotline's order, for 转出; null for 转入 |
| flow_id | number in the police's link, for 转入; null for 转出 |
| pushed_at, acknowledged_at, answered_at, returned_at, visited_at | `YYYY-MM-DD HH:MM:SS` local, null until then |
| result | 已反馈, 已退回, 已回访; null before |
| updated_at | time of the newest step |
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulator.clock import spaced
from simulator.feeds.cases import empty_as_none, numbered, register
from simulator.feeds.channel import Rest
from simulator.feeds.hotline_orders import PREFIX
from simulator.feeds.links import Links, to_hotline, to_police
from simulator.feeds.police_link import LINK
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger

CHANNEL = Rest(api="hotline", path="/api/v1/transfers", updated="updated_at", size=100)
_COLUMNS = {
    "pushed": "pushed_at",
    "acknowledged": "acknowledged_at",
    "answered": "answered_at",
    "returned": "returned_at",
    "visited": "visited_at",
}


def hotline_transfers(block: Block) -> list[Ledger]:
    """The transfers of a block in both directions."""
    out, in_ = to_police(block), to_hotline(block)
    return [_told(block, out, "转出"), _told(block, in_, "转入")]


def _told(block: Block, links: Links, direction: str) -> Ledger:
    reports = links.cases.reports
    known = versions(links.steps)
    outward = direction == "转出"
    nothing = pd.Series(np.full(len(links), None, dtype=object))
    result = np.select(
        [known.knows("visited"), known.knows("returned"), known.knows("answered")], ["已回访", "已退回", "已反馈"], ""
    )
    return register(
        "hotline_transfers",
        known,
        {
            "transfer_no": numbered(block, "ZC" if outward else "ZJ", reports.told_at, reports.id),
            "direction": np.full(len(links), direction, dtype=object),
            "order_no": links.cases.keys(PREFIX) if outward else nothing,
            "flow_id": nothing if outward else numbered(block, LINK, reports.told_at, reports.id),
        },
        {
            **{column: empty_as_none(spaced(block.plan, known.known(step))) for step, column in _COLUMNS.items()},
            "result": empty_as_none(result),
            "updated_at": spaced(block.plan, known.at),
        },
        incident=reports.incident_id,
        secrets={},
    )
