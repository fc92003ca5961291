"""综治中心: what may be asked of communities (准入), and the ledgers and reviews that were abolished, an XML a week.

Rows stand at `zhunRu/records/record`; every column is a child element, empty where nothing is known. A file holds the
rows changed since the one before. It is kept by the district's office of admissions.

| column | meaning and format |
|---|---|
| recordNo | key: `ZR` (an admission), `TZ` (an abolished ledger) or `WZ` (asked for without admission) + day + number |
| recordType | 1 admission, 2 ledger or review that was abolished, 3 asked of communities without an admission |
| listKind | 行政事务清单, 社会事务清单, 协助行政事务清单, 印章使用清单; of a ledger 台账, 评比, 工作任务 |
| item | what is asked, free text |
| orgCode | office that asks |
| streetCode | of type 3: street that was asked; else empty |
| registerTime | asked for admission; abolished; found; `YYYY-MM-DD HH:MM:SS` local |
| grantTime, refuseTime, removeTime | admitted, refused, taken off the list; 〃 |
| admissionNo | number of the admission, from the grant on |
| expiresOn | last day of an admission, `YYYY-MM-DD` local |
| mergedInto | of a ledger: what it was merged into, where it was |
| demandTime, readmitTime | of a ledger: asked for again, and admitted anew; 〃 as above |
| updateTime | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import departments, numbered
from simulator.feeds.chance import Chance
from simulator.feeds.channel import Drop
from simulator.feeds.occasions import entries, occasions, whole_minutes
from simulator.feeds.versions import versions
from simulator.happenings.world import Block
from simulator.ledger import Ledger, joined
from simulator.plan import DAY, HOUR

CHANNEL = Drop(
    name="zhunru",
    kind="xml",
    mode="upsert",
    cadence=7 * DAY,
    first=7 * DAY + 13 * HOUR,
    overlap=7 * DAY,
    records="zhunRu/records/record",
)
_COLUMNS = (
    "recordNo", "recordType", "listKind", "item", "orgCode", "streetCode", "registerTime", "grantTime", "refuseTime",
    "removeTime", "admissionNo", "expiresOn", "mergedInto", "demandTime", "readmitTime", "updateTime",
)  # fmt: skip
_ASKED, _ABOLISHED, _BYPASSED = 0.1, 0.08, 0.03  # a community and working day
_LISTS = ("行政事务清单", "社会事务清单", "协助行政事务清单", "印章使用清单")
_ITEMS = ("协助入户核查", "开具居住情况说明", "填报季度统计", "组织政策宣讲", "协助发放物资", "张贴公告")
_LEDGERS = ("台账", "台账", "台账", "评比", "工作任务")
_OLD = ("消防自查台账", "文明楼栋评比", "健康档案抄录", "垃圾分类月报", "安全责任书登记", "志愿活动纸质台账")


def governance_admissions(block: Block) -> list[Ledger]:
    """Admissions, abolished ledgers and what was asked without admission, of a block."""
    return [joined([_admissions(block), _ledgers(block), _bypassed(block)])]


def _admissions(block: Block) -> Ledger:
    """Two in three are admitted, for ten days to a year; what has run out is taken off, mostly."""
    plan, chance = block.plan, Chance(block.plan, "governance_admissions")
    made = occasions(block, chance, "asked", _ASKED)
    ids, luck = made.ids, chance.roll(made.ids, "luck")
    decided = whole_minutes(made.at, 6 * DAY * (0.1 + chance.roll(ids, "decided")))
    granted, refused = luck < 0.62, (luck >= 0.62) & (luck < 0.92)
    term = chance.pick(ids, "term", (10, 15, 20, 90, 365)).astype(np.int64) * DAY
    removed = whole_minutes(decided, term + 4 * DAY * (chance.roll(ids, "removed") - 0.6))
    known = versions(
        {
            "asked": made.at,
            "granted": np.where(granted, decided, -1),
            "refused": np.where(refused, decided, -1),
            "removed": np.where(granted & (chance.roll(ids, "kept") < 0.85), removed, -1),
        }
    )
    admitted = known.knows("granted")
    day = spaced(plan, decided + term).str[:10].to_numpy(dtype=object)
    number = "云准入〔2026〕" + ids.astype(str).astype(object) + "号"
    return entries(
        "governance_admissions",
        _COLUMNS,
        known,
        {
            "recordNo": numbered(block, "ZR", made.at, ids),
            "recordType": np.full(len(ids), "1", dtype=object),
            "listKind": chance.pick(ids, "list", _LISTS),
            "item": chance.pick(ids, "item", _ITEMS),
            "orgCode": chance.pick(ids, "office", departments(block)),
            "registerTime": spaced(plan, made.at),
        },
        {
            "grantTime": spaced(plan, known.known("granted")),
            "refuseTime": spaced(plan, known.known("refused")),
            "removeTime": spaced(plan, known.known("removed")),
            "admissionNo": np.where(admitted, number[known.case], ""),
            "expiresOn": np.where(admitted, day[known.case], ""),
            "updateTime": spaced(plan, known.at),
        },
    )


def _ledgers(block: Block) -> Ledger:
    """One in four is asked for again some days later, and of those one in three was admitted anew."""
    plan, chance = block.plan, Chance(block.plan, "governance_admissions")
    made = occasions(block, chance, "abolished", _ABOLISHED)
    ids, luck = made.ids, chance.roll(made.ids, "again")
    demanded = whole_minutes(made.at, 15 * DAY * (0.1 + chance.roll(ids, "demanded")))
    readmitted = whole_minutes(demanded, 3 * DAY * chance.roll(ids, "readmitted"))
    known = versions(
        {
            "abolished": made.at,
            "demanded": np.where(luck < 0.25, demanded, -1),
            "readmitted": np.where(luck < 0.08, readmitted, -1),
        }
    )
    kind = chance.pick(ids, "ledger", _LEDGERS)
    merged = (kind == "工作任务") & (chance.roll(ids, "merged") < 0.7)
    return entries(
        "governance_admissions",
        _COLUMNS,
        known,
        {
            "recordNo": numbered(block, "TZ", made.at, ids),
            "recordType": np.full(len(ids), "2", dtype=object),
            "listKind": kind,
            "item": chance.pick(ids, "old", _OLD),
            "orgCode": chance.pick(ids, "keeper", departments(block)),
            "registerTime": spaced(plan, made.at),
            "mergedInto": np.where(merged, "一本电子台账", "").astype(object),
        },
        {
            "demandTime": spaced(plan, known.known("demanded")),
            "readmitTime": spaced(plan, known.known("readmitted")),
            "updateTime": spaced(plan, known.at),
        },
    )


def _bypassed(block: Block) -> Ledger:
    """Found by the office: something asked of the communities of a street that is on no list."""
    plan, chance = block.plan, Chance(block.plan, "governance_admissions")
    made = occasions(block, chance, "bypassed", _BYPASSED)
    ids = made.ids
    known = versions({"found": made.at})
    return entries(
        "governance_admissions",
        _COLUMNS,
        known,
        {
            "recordNo": numbered(block, "WZ", made.at, ids),
            "recordType": np.full(len(ids), "3", dtype=object),
            "listKind": chance.pick(ids, "list", _LISTS),
            "item": chance.pick(ids, "item", _ITEMS),
            "orgCode": chance.pick(ids, "demands", departments(block)),
            "streetCode": made.street,
            "registerTime": spaced(plan, made.at),
        },
        {"updateTime": spaced(plan, known.at)},
    )
