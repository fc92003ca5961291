"""城管: a daily CSV of every case changed in the last three days; rows come again as they move on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.codes import CM_MINORS
from simulator.district import SPLIT_AT, SPLIT_INDEX, District, street_of
from simulator.files import csv_bytes
from simulator.outbox import DUPLICATE, REJECTED, Fault, Outbox, Sheet, rows_of, spread, stamp
from simulator.people import invent
from simulator.world import DAY, DAYS, HOUR, KINDS, MINUTE, Incidents, into_office_hours, local, spaced

FEED = "city_management_cases"
OVERLAP = 3 * DAY
_LIMIT_SECONDS = {"urgent_hour": HOUR, "work_hour": HOUR, "work_day": DAY}
_SOURCES = np.array(["监督员上报", "视频发现", "公众举报", "热线转办"], dtype=object)
# step -> state that a case is in once the step is its newest
_STATES = {
    "上报时间": "待核实",
    "核实时间": "待立案",
    "立案时间": "待派遣",
    "作废时间": "作废",
    "派遣时间": "处置中",
    "延期批准时间": "处置中",
    "挂账时间": "挂账",
    "恢复时间": "处置中",
    "处置完成时间": "待核查",
    "核查时间": "待结案",
    "返工时间": "返工",
    "返工完成时间": "待核查",
    "复核时间": "待结案",
    "结案时间": "已结案",
}


@dataclass(frozen=True)
class _Cases:
    """Moments of each case by step; -1 where the step is never taken."""

    steps: dict[str, np.ndarray]
    passed: np.ndarray

    def known(self, until: int) -> dict[str, np.ndarray]:
        return {name: np.where(at <= until, at, -1) for name, at in self.steps.items()}


def deliver(random: np.random.RandomState, district: District, world: Incidents, outbox: Outbox) -> None:
    """One CSV a day at 06:30, UTF-8 with a byte order mark, as spreadsheet programs write it."""
    chosen = world.chosen(np.array([kind.city[1] for kind in KINDS]), random)
    kinds, count = world.kind[chosen], len(chosen)
    codes = [KINDS[kind].city[0] for kind in kinds]
    names = {code: name for code, name, *_ in CM_MINORS}
    limits = {code: value * _LIMIT_SECONDS[unit] for code, _, _, value, unit in CM_MINORS}
    urgent = {code for code, _, _, _, unit in CM_MINORS if unit == "urgent_hour"}
    cases = _live(
        random,
        reported=world.at[chosen] + random.randint(5 * MINUTE, 2 * HOUR, count),
        limit=np.array([limits[code] for code in codes]),
        urgent=np.array([code in urgent for code in codes]),
    )
    reported = cases.steps["上报时间"]
    true_grid = district.code_at(world.grid[chosen], world.u[chosen], reported)
    community = np.array([grid.community for grid in district.grids])[world.grid[chosen]]
    people = invent(random, count)
    public = cases.steps["核实时间"] >= 0
    fixed = rows_of(
        {
            "任务号": [
                f"CG{text[2:10].replace('-', '')}{number:04d}" for number, text in enumerate(local(reported), 1)
            ],
            "问题来源": _SOURCES[np.where(public, random.randint(2, 4, count), random.randint(0, 2, count))],
            "小类代码": codes,
            "小类名称": [names[code] for code in codes],
            "问题描述": [
                f"{place}，{KINDS[kind].words}" for place, kind in zip(world.road[chosen], kinds, strict=True)
            ],
            "地址": world.road[chosen],
            "经度": [f"{value:.6f}" for value in world.lon[chosen]],
            "纬度": [f"{value:.6f}" for value in world.lat[chosen]],
            "单元网格": _told_grid(random, district, world.grid[chosen], true_grid, reported),
            "上报人": [f"JD{number:03d}" for number in random.randint(1, 25, count)],
            "举报电话": np.where(public, people.phones, ""),
            "处置部门": [_office(code, street_of(place)) for code, place in zip(codes, community, strict=True)],
        }
    )
    faults = _faults(count)
    for day in range(1, DAYS + 1):
        until = day * DAY + 6 * HOUR + 30 * MINUTE
        known = cases.known(until)
        moments = np.stack(list(known.values()))
        changed = moments.max(axis=0)
        told = np.flatnonzero((known["上报时间"] >= 0) & (changed > until - OVERLAP))
        # of two steps in the same second the later column is the newer one
        newest = len(moments) - 1 - moments[::-1].argmax(axis=0)
        moving = rows_of(
            {name: spaced(at[told]) for name, at in known.items()}
            | {
                "核查结果": np.where(known["核查时间"] < 0, "", np.where(cases.passed, "通过", "不通过"))[told],
                "案件状态": [list(_STATES.values())[step] for step in newest[told]],
                "更新时间": spaced(changed[told]),
            }
        )
        sheet = Sheet(FEED, f"cases_{stamp(until)}.csv", key="任务号")
        for position, row in zip(told.tolist(), moving, strict=True):
            sheet.take(fixed[position] | row, faults.get(position))
        outbox.send(sheet, csv_bytes(sheet.rows, encoding="utf-8-sig"))
    outbox.keep_secret("phone", people.phones[public])
    outbox.truth(
        FEED,
        [row["任务号"] for row in fixed],
        chosen,
        lon=world.lon[chosen],
        lat=world.lat[chosen],
        grid=true_grid,
    )


def _live(random: np.random.RandomState, reported: np.ndarray, limit: np.ndarray, urgent: np.ndarray) -> _Cases:
    """The way of each case through its steps; some are late, suspended, extended or redone."""
    count = len(reported)
    chance = {name: random.random_sample(count) for name in ("public", "void", "extend", "hang", "rework")}
    never = np.full(count, -1)
    public = chance["public"] < 0.35
    verified = np.where(public, reported + random.randint(5 * MINUTE, 40 * MINUTE, count), never)
    registered = np.maximum(reported, verified) + random.randint(2 * MINUTE, 20 * MINUTE, count)
    void = chance["void"] < 0.04
    sent = registered + random.randint(2 * MINUTE, 25 * MINUTE, count)
    pace = np.exp(random.standard_normal(count) * 0.7 - 0.7)  # share of the limit that is used; the median is a half
    finish = sent + np.maximum(limit * pace, 10 * MINUTE).astype(int)
    extended = np.where(chance["extend"] < 0.04, sent + (limit * 0.8).astype(int), never)
    finish = np.where(extended >= 0, np.maximum(finish, extended + limit // 3), finish)
    hang = (chance["hang"] < 0.03) & (extended < 0) & ~urgent
    hung = np.where(hang, sent + limit // 3, never)
    resumed = np.where(hang, hung + random.randint(1, 5, count) * DAY, never)
    finish = np.where(hang, resumed + limit // 3, finish)
    finish = np.where(urgent, finish, into_office_hours(finish, random))
    checked = into_office_hours(finish + random.randint(20 * MINUTE, 4 * HOUR, count), random)
    rework = chance["rework"] < 0.07
    again = np.where(rework, checked + random.randint(5 * MINUTE, 30 * MINUTE, count), never)
    redone = np.where(rework, into_office_hours(again + limit // 2, random), never)
    rechecked = np.where(rework, redone + random.randint(20 * MINUTE, 2 * HOUR, count), never)
    closed = np.maximum(checked, rechecked) + random.randint(5 * MINUTE, HOUR, count)
    steps = {
        "上报时间": reported,
        "核实时间": verified,
        "立案时间": np.where(void, never, registered),
        "作废时间": np.where(void, registered, never),
        "派遣时间": sent,
        "延期批准时间": extended,
        "挂账时间": hung,
        "恢复时间": resumed,
        "处置完成时间": finish,
        "核查时间": checked,
        "返工时间": again,
        "返工完成时间": redone,
        "复核时间": rechecked,
        "结案时间": closed,
    }
    for name in list(steps)[4:]:
        steps[name] = np.where(void, never, steps[name])
    return _Cases(steps, passed=~rework)


def _told_grid(
    random: np.random.RandomState, district: District, grid: np.ndarray, true: np.ndarray, at: np.ndarray
) -> np.ndarray:
    """Grid codes as keyed in: one in fifty is a neighbour's; the cut grid's old code lives on for two days."""
    codes = np.array([one.code for one in district.grids], dtype=object)
    wrong = random.random_sample(len(grid)) < 0.02
    stale = (grid == SPLIT_INDEX) & (at >= SPLIT_AT) & (at < SPLIT_AT + 2 * DAY)
    told = np.where(wrong, codes[(grid + 1) % len(codes)], true)
    return np.where(stale, codes[grid], told).astype(object)


def _office(code: str, street: int) -> str:
    if code in ("0113", "0501", "0503", "0506", "0508"):
        return "CM12"
    if code[:2] == "01" and code not in ("0101", "0129"):
        return "CM11"
    return "CM13" if code[:2] == "03" else f"CM2{street + 1}"


def _faults(count: int) -> dict[int, Fault]:
    rejected = [
        Fault("unparsable_time", REJECTED, {"上报时间": "2026-10-32 08:00:00"}),
        Fault("missing_key", REJECTED, {"任务号": ""}),
        Fault("unparsable_time", REJECTED, {"上报时间": "######"}),
        Fault("closed_before_created", REJECTED, {"结案时间": "2026-10-01 08:00:00"}),
        Fault("unparsable_time", REJECTED, {"更新时间": "待补"}),
        Fault("closed_before_created", REJECTED, {"结案时间": "2025-10-20 17:00:00"}),
    ]
    others = [Fault("zero_coordinates", change={"经度": "0.000000", "纬度": "0.000000"})] * 6
    others += [Fault("repeated_row", DUPLICATE)] * 2
    others += [Fault("unknown_code", change={"小类代码": "0999", "小类名称": "其他问题"})]
    far = dict(zip(spread(len(rejected), count), rejected, strict=True))
    return far | dict(zip(spread(len(others), count, first=7), others, strict=True))
