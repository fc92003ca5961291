"""公安: criminal and public-order cases, only as counts by month and community, a CSV on the third of the next month.

| column | meaning and format |
|---|---|
| 统计编号 | key: month, community and class |
| 统计月份 | `YYYY-MM` |
| 社区代码, 社区名称 | 12-digit code and name |
| 警情大类 | 刑事警情 or 治安警情 |
| 起数 | whole number |
| 制表日期 | day of the making, `YYYY-MM-DD` |

The counts are not those of the world's incidents: none of these is a crime.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.happenings.world import Block
from simulator.ledger import Ledger, ledger
from simulator.plan import DAY, HOUR

MADE_ON = 3  # day of the month
CHANNEL = Drop(name="police_counts", kind="csv", mode="append", first=9 * HOUR, keep_empty=False, via="gateway")
_CLASSES = {"刑事警情": 4, "治安警情": 11}  # and how many there are at most in a community and month
_COLUMNS = ("统计编号", "统计月份", "社区代码", "社区名称", "警情大类", "起数", "制表日期")


def police_counts(block: Block) -> list[Ledger]:
    """The counts that are published on a day of the block."""
    chance = Chance(block.plan, "police_counts")
    communities = block.district.communities
    order = np.arange(len(communities))
    parts = [pd.DataFrame(columns=list(_COLUMNS), dtype=object)]
    told = [np.zeros(0, dtype=np.int64)]
    for day in range(block.first_day, block.last_day):
        today = block.plan.day_of(day * DAY)
        if today.day != MADE_ON:
            continue
        month = (today - timedelta(days=MADE_ON)).strftime("%Y-%m")
        for name, most in _CLASSES.items():
            counts = (chance.roll(order, f"{month}/{name}") ** 2 * (most + 1)).astype(np.int64)
            part = {
                "统计编号": month + "-" + communities["code12"] + "-" + name[:2],
                "统计月份": month,
                "社区代码": communities["code12"],
                "社区名称": communities["name"],
                "警情大类": name,
                "起数": counts,
                "制表日期": today.isoformat(),
            }
            parts.append(pd.DataFrame(part).astype(object))
            told.append(np.full(len(communities), day * DAY + 8 * HOUR))
    rows = pd.concat(parts, ignore_index=True)
    return [ledger("police_counts", "统计编号", rows, np.concatenate(told))]
