"""供水企业: repair tickets as GB18030 CSV every third day; BD-09 points or an address only, no seconds."""

from __future__ import annotations

import numpy as np

from simulator.district import District
from simulator.files import csv_bytes
from simulator.frames import to_bd09
from simulator.outbox import DUPLICATE, REJECTED, Fault, Outbox, Sheet, rows_of, spread, stamp
from simulator.people import invent
from simulator.world import DAY, DAYS, HOUR, KINDS, MINUTE, Incidents, into_office_hours, local

FEED = "water_repairs"
OVERLAP = 4 * DAY
_STATES = ("待派单", "已派单", "抢修中", "已修复", "已归档")
_STEPS = ("报修时间", "派单时间", "到场时间", "修复时间", "归档时间")
_NAMES = {"W01": "爆管漏水", "W02": "水压不足", "W03": "用户停水", "W04": "水表故障", "W05": "水质浑浊"}
_GRADES = np.array(["满意", "满意", "基本满意", "不满意", "-"], dtype=object)


def deliver(random: np.random.RandomState, district: District, world: Incidents, outbox: Outbox) -> None:
    """A file every third day at 08:00 with the tickets changed in the last four days."""
    chosen = np.flatnonzero(np.array([kind.water != "" for kind in KINDS])[world.kind])
    kinds, count = world.kind[chosen], len(chosen)
    codes = [KINDS[kind].water for kind in kinds]
    steps = _live(random, world.at[chosen], burst=np.array([code == "W01" for code in codes]))
    indoors = np.array([kind.indoors for kind in KINDS])[kinds]
    address = np.where(indoors, world.room[chosen], world.road[chosen])
    people = invent(random, count)
    x, y = to_bd09(world.lon[chosen], world.lat[chosen])
    located = random.random_sample(count) < 0.6
    accounts = np.array([f"YH{number:08d}" for number in random.randint(10**7, 10**8, count)], dtype=object)
    fixed = rows_of(
        {
            "工单编号": [
                f"GS{text[2:10].replace('-', '')}{number:04d}" for number, text in enumerate(local(steps[0]), 1)
            ],
            "户号": np.where(indoors, accounts, "-"),
            "故障代码": codes,
            "故障类型": [_NAMES[code] for code in codes],
            "地址": address,
            "百度经度": np.where(located, [f"{value:.6f}" for value in x], ""),
            "百度纬度": np.where(located, [f"{value:.6f}" for value in y], ""),
            "联系人": people.names,
            "联系电话": people.phones,
            "故障描述": [
                f"用户{name}反映：{KINDS[kind].words}，回电{phone}"
                for name, kind, phone in zip(people.names, kinds, people.phones, strict=True)
            ],
            "抢修班组": [f"WT1{number}" for number in random.randint(1, 4, count)],
        }
    )
    grades = _GRADES[random.randint(0, len(_GRADES), count)]
    faults = _faults(count)
    for day in range(3, DAYS + 1, 3):
        until = day * DAY + 8 * HOUR
        known = np.where(steps <= until, steps, -1)
        changed = known.max(axis=0)
        told = np.flatnonzero((known[0] >= 0) & (changed > until - OVERLAP))
        moving = rows_of(
            {name: _minutes(at[told]) for name, at in zip(_STEPS, known, strict=True)}
            | {
                "评价": np.where(known[4] >= 0, grades, "-")[told],
                "状态": [_STATES[taken - 1] for taken in (known >= 0).sum(axis=0)[told]],
                "更新时间": _minutes(changed[told]),
            }
        )
        sheet = Sheet(FEED, f"gongdan_{stamp(until)}.csv", key="工单编号")
        for position, row in zip(told.tolist(), moving, strict=True):
            sheet.take(fixed[position] | row, faults.get(position))
        outbox.send(sheet, csv_bytes(sheet.rows, encoding="gb18030"))
    outbox.keep_secret("name", people.names)
    outbox.keep_secret("phone", people.phones)
    outbox.keep_secret("account", accounts[indoors])
    outbox.keep_secret("address", address[indoors])
    outbox.truth(
        FEED,
        [row["工单编号"] for row in fixed],
        chosen,
        lon=world.lon[chosen],
        lat=world.lat[chosen],
        grid=district.code_at(world.grid[chosen], world.u[chosen], steps[0]),
    )


def _live(random: np.random.RandomState, happened: np.ndarray, burst: np.ndarray) -> np.ndarray:
    """Moments of the five steps of each ticket, in whole minutes; bursts are met at once, the rest by day."""
    count = len(happened)
    told = happened + random.randint(MINUTE, HOUR, count)
    sent = told + random.randint(3 * MINUTE, 30 * MINUTE, count)
    soon = sent + random.randint(20 * MINUTE, 3 * HOUR, count)
    there = np.where(burst, soon, into_office_hours(soon, random))
    mended = there + (HOUR * np.exp(random.standard_normal(count) * 0.8 + 0.4)).astype(int)
    filed = into_office_hours(mended + random.randint(HOUR, 2 * DAY, count), random)
    return np.stack([told, sent, there, mended, filed]) // MINUTE * MINUTE


def _minutes(at: np.ndarray) -> np.ndarray:
    """YYYY/MM/DD HH:MM, empty for a step not taken."""
    return np.array([text[:16].replace("-", "/").replace("T", " ") for text in local(at)], dtype=object)


def _faults(count: int) -> dict[int, Fault]:
    planted = [
        Fault("unparsable_time", REJECTED, {"报修时间": "10月8日上午"}),
        Fault("repeated_row", DUPLICATE),
        Fault("missing_key", REJECTED, {"工单编号": ""}),
        Fault("zero_coordinates", change={"百度经度": "0", "百度纬度": "0"}),
        Fault("repeated_row", DUPLICATE),
        Fault("closed_before_created", REJECTED, {"归档时间": "2026/09/30 10:00"}),
        Fault("unknown_code", change={"故障代码": "W99", "故障类型": "其他"}),
    ]
    return dict(zip(spread(len(planted), count), planted, strict=True))
