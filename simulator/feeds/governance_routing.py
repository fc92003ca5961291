"""综治中心: the flow ledger that the centres' system keeps of matters between levels, as a weekly workbook.

Sheet 流转: a title in row 1, the names in row 2; one row a stay of a matter at a level. A workbook holds the rows
changed since the one before. Nobody is named.

| column | meaning and format |
|---|---|
| 流转编号 | key: number of the matter, a hyphen, number of the stay |
| 事项编号 | `LZ` + day + number |
| 层级 | 社区, 街道, 部门, 区 |
| 单位 | the office's code; of a community its 12 digits |
| 网格代码 | unit grid of the day on which the matter came in |
| 收到时间, 受理时间, 离开时间 | came in, taken up, left; `YYYY-MM-DD HH:MM:SS` local |
| 去向 | how it left: 办结, 上报, 下派, 层级不符 (sent back as of the wrong level); empty before |
| 更新时间 | time of the newest step |
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import Cases, cases, departments, numbered, register
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR, MINUTE

CHANNEL = Drop(
    name="liuzhuan",
    kind="xlsx",
    mode="upsert",
    cadence=7 * DAY,
    first=6 * DAY + 18 * HOUR,
    overlap=7 * DAY,
    sheet="流转",
    title="云汀区事项三级流转台账",
)
_LEVELS = ("社区", "街道", "部门", "区")
_CLOSED, _UP, _DOWN, _WRONG = "办结", "上报", "下派", "层级不符"
# by level: shares of how a stay ends, each with the level to which the matter goes
_ENDS = {
    "社区": ((0.52, _CLOSED, ""), (0.94, _UP, "街道"), (1.0, _WRONG, "街道")),
    "街道": ((0.46, _CLOSED, ""), (0.76, _UP, "部门"), (0.87, _UP, "区"), (0.94, _DOWN, "社区"), (1.0, _WRONG, "社区")),
    "部门": ((0.7, _CLOSED, ""), (0.82, _UP, "区"), (0.9, _DOWN, "街道"), (1.0, _WRONG, "街道")),
    "区": ((0.5, _CLOSED, ""), (0.85, _DOWN, "部门"), (0.96, _DOWN, "街道"), (1.0, _WRONG, "街道")),
}
_HOURS = {"社区": 30, "街道": 40, "部门": 60, "区": 24}  # mean of a stay
_MOST = 7  # stays of a matter; the last one closes it
_LEFT_LYING = 0.05  # stays that nobody goes on with


@dataclass(frozen=True)
class _Stays:
    """The stays of one round: entry i of each array is a stay of matter `matter[i]`."""

    matter: np.ndarray
    place: np.ndarray
    level: np.ndarray
    received: np.ndarray
    accepted: np.ndarray
    left: np.ndarray
    how: np.ndarray


def governance_routing(block: Block) -> list[Ledger]:
    """The flow ledger of a block: every matter of the governance centres, level by level."""
    plan = block.plan
    told = cases(block, "governance_centre", "governance_routing")
    rounds = _rounds(told.chance, told.reports.id, told.reports.told_at)
    matter, place, level, received, accepted, left, how = (
        np.concatenate([getattr(one, name) for one in rounds])
        for name in ("matter", "place", "level", "received", "accepted", "left", "how")
    )
    known = versions({"received": received, "accepted": accepted, "left": left})
    number = numbered(block, "LZ", told.reports.told_at, told.reports.id).to_numpy(dtype=object)[matter]
    grid = block.district.unit_at(told.incidents.places, told.reports.told_at).to_numpy(dtype=object)
    return [
        register(
            "governance_routing",
            known,
            {
                "流转编号": number + "-" + (place + 1).astype(str).astype(object),
                "事项编号": number,
                "层级": level,
                "单位": _units(block, told, matter, level),
                "网格代码": grid[matter],
            },
            {
                "收到时间": spaced(plan, known.known("received")),
                "受理时间": spaced(plan, known.known("accepted")),
                "离开时间": spaced(plan, known.known("left")),
                "去向": np.where(known.knows("left"), how[known.case], ""),
                "更新时间": spaced(plan, known.at),
            },
            incident=told.reports.incident_id[matter],
            secrets={},
        )
    ]


def _rounds(chance: Chance, matters: np.ndarray, at: np.ndarray) -> list[_Stays]:
    """The stays of all matters, round by round: where one leaves, the next begins."""
    found = []
    matter = np.arange(len(matters))
    level = chance.pick(matters, "first", ("社区", "社区", "社区", "社区", "街道"))
    received = at + chance.whole(matters, "entered", 5, 60) * MINUTE
    for place in range(_MOST):
        ids = matters[matter] * 8 + place
        mean = np.array([_HOURS[one] for one in level], dtype=np.int64) * HOUR
        accepted = received + (0.2 * mean * chance.roll(ids, "accepted")).astype(np.int64) + MINUTE
        left = accepted + (1.9 * mean * chance.roll(ids, "left") ** 2).astype(np.int64) + MINUTE
        roll = chance.roll(ids, "end") if place < _MOST - 1 else np.zeros(len(ids))
        ends = [_end(one, luck) for one, luck in zip(level, roll, strict=True)]
        how = np.array([one for one, _ in ends], dtype=object)
        to = np.array([one for _, one in ends], dtype=object)
        lies = chance.roll(ids, "lies") < _LEFT_LYING
        found.append(
            _Stays(
                matter=matter,
                place=np.full(len(matter), place, dtype=np.int64),
                level=level,
                received=received,
                accepted=np.where(lies & (chance.roll(ids, "untouched") < 0.5), -1, accepted),
                left=np.where(lies, -1, left),
                how=how,
            )
        )
        goes_on = (to != "") & ~lies
        matter, level, received = matter[goes_on], to[goes_on], left[goes_on]
    return found


def _end(level: str, luck: float) -> tuple[str, str]:
    """How a stay at a level ends, and the level to which the matter goes."""
    return next((how, to) for share, how, to in _ENDS[level] if luck < share)


def _units(block: Block, told: Cases, matter: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Whose a stay is: the community, the street's office, a department, or the district's centre."""
    communities = told.communities()
    streets = np.array([f"ST{number + 1:02d}" for number in range(len(block.district.streets))], dtype=object)
    by_level = {
        "社区": communities["code12"].to_numpy(dtype=object),
        "街道": streets[communities["street"].to_numpy()],
        "部门": told.chance.pick(told.reports.id, "department", departments(block)),
    }
    units = np.full(len(matter), "GOV01", dtype=object)
    for name, codes in by_level.items():
        own = level == name
        units[own] = codes[matter[own]]
    return units
