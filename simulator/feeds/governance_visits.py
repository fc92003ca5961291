"""综治中心: the visits of the grid workers (四访) as a weekly workbook: planned, made or in vain.

Sheet 走访: a title in row 1, the names in row 2. A workbook holds the rows changed since the one before.

| column | meaning and format |
|---|---|
| 走访编号 | key, `ZF` + day + number |
| 走访方式 | 定期接访, 主动约访, 深入走访; 落实回访 after a dispute was closed |
| 对象类别 | class that must be visited: 1 新迁入, 2 留守, 3 重大变故, 4 特殊困难, 5 下岗失业, 6 重点人员; or empty |
| 层级 | which centre keeps the row: 社区, 街道, 区 |
| 走访对象, 证件号码, 联系电话, 家庭住址 | whom and where, personal |
| 走访人, 走访人编号 | the grid worker, personal |
| 社区代码, 网格代码 | 12-digit community and unit grid of that day |
| 关联事件编号 | number of the dispute that a 落实回访 belongs to |
| 应访日期 | day by which it is due, a date cell |
| 登记时间, 走访时间, 未遇时间 | planned, met, met nobody; `YYYY-MM-DD HH:MM:SS` local |
| 走访结果 | 已见面, 未遇, 拒访 |
| 走访情况 | free text that names the person and a phone |
| 更新时间 | time of the newest step |
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from simulator.clock import spaced
from simulator.feeds.cases import day_cells, numbered, register
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.governance_disputes import PREFIX, disputes
from simulator.feeds.rounds import rounds, workers
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.people import person_of
from simulator.places.names import ESTATES_EACH
from simulator.places.places import Places
from simulator.plan import DAY, HOUR, MINUTE

CHANNEL = Drop(
    name="zoufang",
    kind="xlsx",
    mode="upsert",
    cadence=7 * DAY,
    first=7 * DAY + 10 * HOUR,
    overlap=7 * DAY,
    sheet="走访",
    title="云汀区走访登记台账",
)
_WAYS = ("深入走访", "深入走访", "深入走访", "主动约访", "定期接访")
_STEPS = {"planned": "登记时间", "met": "走访时间", "missed": "未遇时间"}
_SAID = ("近况平稳，无诉求", "反映楼道堆物，已登记", "生活有困难，已转社区", "提醒用电用气安全", "了解就业意向")
_HOUSEHOLDS = 1 << 41  # tokens of the persons on the visiting lists, apart from those of callers


@dataclass(frozen=True)
class _Visits:
    """Entry i of each array is visit i; seconds of the steps are -1 for a step not taken."""

    ids: np.ndarray
    planned: np.ndarray
    met: np.ndarray
    missed: np.ndarray
    person: np.ndarray  # token
    way: np.ndarray
    group: np.ndarray
    grid: np.ndarray
    community: np.ndarray
    dispute: np.ndarray
    incident: np.ndarray


def governance_visits(block: Block) -> list[Ledger]:
    """The register of visits of a block: those on the workers' lists and those after disputes."""
    plan, chance = block.plan, Chance(block.plan, "governance_visits")
    parts = (_listed(block, chance), _after_disputes(block))
    visits = _Visits(
        **{part.name: np.concatenate([getattr(one, part.name) for one in parts]) for part in fields(_Visits)}
    )
    ids = visits.ids
    known = versions({"planned": visits.planned, "met": visits.met, "missed": visits.missed})
    person, (worker, worker_no) = person_of(visits.person), workers(visits.grid)
    address = _homes(block, chance, visits)
    refused = chance.roll(ids, "refused") < 0.02
    result = np.select(
        [known.knows("met") & refused[known.case], known.knows("met"), known.knows("missed")],
        ["拒访", "已见面", "未遇"],
        "",
    )
    said = "走访" + person.names + "：" + chance.pick(ids, "said", _SAID) + "，联系电话" + person.phones
    return [
        register(
            "governance_visits",
            known,
            {
                "走访编号": numbered(block, "ZF", visits.planned, ids),
                "走访方式": visits.way,
                "对象类别": visits.group,
                "层级": chance.pick(ids, "level", ("社区", "社区", "社区", "街道", "区")),
                "走访对象": person.names,
                "证件号码": person.ids,
                "联系电话": person.phones,
                "家庭住址": address,
                "走访人": worker.names,
                "走访人编号": worker_no,
                "社区代码": visits.community,
                "网格代码": visits.grid,
                "关联事件编号": visits.dispute,
                "应访日期": day_cells(plan, visits.planned + 3 * DAY),
            },
            {
                **{column: spaced(plan, known.known(step)) for step, column in _STEPS.items()},
                "走访结果": result.astype(object),
                "走访情况": np.where(result != "", said[known.case], ""),
                "更新时间": spaced(plan, known.at),
            },
            incident=visits.incident,
            delay=chance.whole(ids, "entered", 0, 5 * HOUR),
            secrets={
                "name": [*person.names, *worker.names],
                "staff": worker_no,
                "phone": person.phones,
                "id_number": person.ids,
                "address": address,
            },
        )
    ]


def _listed(block: Block, chance: Chance) -> _Visits:
    """Visits to the households of each grid's list, on a third of the working days."""
    made = rounds(block, chance, times=1, share=0.35, weekends=0.3)
    ids = made.ids * 2
    household = chance.whole(ids, "household", 0, 40)
    person = _HOUSEHOLDS + made.grid.astype(np.int64) * 64 + household
    group = np.where(household < 25, chance.pick(person, "class", tuple("123456")), "")
    planned = made.day * DAY + 8 * HOUR + chance.whole(ids, "minute", 0, 60) * MINUTE
    went = planned + chance.whole(ids, "after", 1, 9 * 60) * MINUTE + chance.whole(ids, "days", 0, 3) * DAY
    luck = chance.roll(ids, "luck")
    return _Visits(
        ids=ids,
        planned=planned,
        met=np.where(luck < 0.86, went, -1),
        missed=np.where((luck >= 0.86) & (luck < 0.97), went, -1),
        person=person,
        way=chance.pick(ids, "way", _WAYS),
        group=group.astype(object),
        grid=made.grid,
        community=made.community,
        dispute=np.full(len(ids), "", dtype=object),
        incident=np.full(len(ids), -1, dtype=np.int64),
    )


def _after_disputes(block: Block) -> _Visits:
    """A visit to the party of every dispute that was called back, on the day of the call."""
    told = disputes(block)
    told = told.take(np.flatnonzero(told.lives.steps["called_back"] >= 0))
    reports, back = told.reports, told.lives.steps["called_back"]
    return _Visits(
        ids=reports.id * 2 + 1,
        planned=back - HOUR,
        met=back,
        missed=np.full(len(told), -1, dtype=np.int64),
        person=reports.caller,
        way=np.full(len(told), "落实回访", dtype=object),
        group=np.full(len(told), "", dtype=object),
        grid=block.district.unit_at(told.incidents.places, told.reports.told_at).to_numpy(dtype=object),
        community=told.communities()["code12"].to_numpy(dtype=object),
        dispute=told.keys(PREFIX).to_numpy(dtype=object),
        incident=reports.incident_id,
    )


def _homes(block: Block, chance: Chance, visits: _Visits) -> np.ndarray:
    """Where the persons live: the same person of a community at the same door."""
    none = np.zeros(len(visits.ids), dtype=np.int64)
    number = {
        part: chance.whole(visits.person, part, 1, high)
        for part, high in (("estate", 1 + ESTATES_EACH), ("block", 30), ("unit", 5), ("floor", 19), ("door", 5))
    }
    places = Places(
        cell=none,
        u=none,
        v=none,
        lon=none,
        lat=none,
        community=pd.Index(block.district.communities["code12"]).get_indexer(visits.community),
        road=none,
        house=none,
        estate=number["estate"] - 1,
        block=number["block"],
        unit=number["unit"],
        room=number["floor"] * 100 + number["door"],
    )
    return block.district.room_address(places).to_numpy(dtype=object)
