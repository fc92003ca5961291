"""12345: call-backs (回访) with their three ratings, over the signed REST interface; one an order.

| column | meaning and format |
|---|---|
| callback_no | key, `HF` + day + number |
| order_no | the order |
| callback_time | `YYYY-MM-DD HH:MM:SS` local |
| reached | 1 where the person answered the call, else 0; the ratings are null then |
| responded | 响应: did the office get in touch? 1 or 0 |
| resolved | 解决: is the matter settled? 1 or 0 |
| satisfaction | 满意: 非常满意, 满意, 一般, 不满意, 非常不满意 |
| unit | office that is rated |
| updated_at | as callback_time |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import NOTHING, cases, numbered, register
from simulator.feeds.channel import Rest
from simulator.feeds.hotline_orders import PREFIX
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger

CHANNEL = Rest(api="hotline", path="/api/v1/callbacks", updated="updated_at", size=200)
CALLBACK = "HF"
_GRADES = np.array(["非常不满意", "不满意", "一般", "满意", "非常满意", None], dtype=object)  # the last is -1: none


def hotline_callbacks(block: Block) -> list[Ledger]:
    """The call-backs on the orders of a block."""
    told = cases(block, "hotline", "hotline_callbacks")
    told = told.take(np.flatnonzero(told.lives.steps["called_back"] >= 0))
    lives, ids = told.lives, told.reports.id
    rung = lives.steps["called_back"]
    reached = lives.contacted == 1
    responded = told.chance.roll(ids, "responded") < np.where(lives.resolved == 1, 0.97, 0.75)
    when = spaced(block.plan, rung)
    return [
        register(
            "hotline_callbacks",
            versions({"called_back": rung}),
            {
                "callback_no": numbered(block, CALLBACK, rung, ids),
                "order_no": told.keys(PREFIX),
                "callback_time": when,
                "reached": reached.astype(np.int64),
                "responded": _answer(reached, responded),
                "resolved": _answer(reached, lives.resolved == 1),
                "satisfaction": np.where(reached, _GRADES[lives.rating], NOTHING),
                "unit": np.asarray(lives.org_final, dtype=object),
                "updated_at": when,
            },
            {},
            incident=told.reports.incident_id,
            secrets={},
        )
    ]


def _answer(reached: np.ndarray, yes: np.ndarray) -> np.ndarray:
    return np.where(reached, np.where(yes, "1", "0"), NOTHING)
