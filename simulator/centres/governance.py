"""综治中心: disputes and visits as a weekly workbook, full of personal fields, placed by grid only."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from simulator.district import District, community_code
from simulator.files import xlsx_bytes
from simulator.outbox import DUPLICATE, REJECTED, Fault, Outbox, Sheet, rows_of, spread, stamp
from simulator.people import invent
from simulator.world import DAY, DAYS, HOUR, KINDS, MINUTE, START, Incidents, into_office_hours, local, spaced

FEED = "governance_disputes"
_WAYS = np.array(["人民调解", "行政调解", "司法调解", "自行和解"], dtype=object)


def deliver(random: np.random.RandomState, district: District, world: Incidents, outbox: Outbox) -> None:
    """A workbook each Monday at 09:00 and one on the last day: the rows changed since the one before."""
    chosen = np.flatnonzero(np.array([kind.dispute != "" for kind in KINDS])[world.kind])
    kinds, count = world.kind[chosen], len(chosen)
    told = into_office_hours(world.at[chosen] + random.randint(HOUR, DAY, count), random)
    settled = into_office_hours(told + random.randint(HOUR, 9 * DAY, count), random)
    solved = random.random_sample(count) < 0.86
    filed = np.where(solved, settled + random.randint(30 * MINUTE, 3 * HOUR, count), -1)
    party, other = invent(random, count), invent(random, count)
    grid = district.code_at(world.grid[chosen], world.u[chosen], told)
    community = np.array([one.community for one in district.grids])[world.grid[chosen]]
    fixed = rows_of(
        {
            "事件编号": [f"ZZ{text[2:10].replace('-', '')}{number:04d}" for number, text in enumerate(local(told), 1)],
            "登记类型": np.where(random.random_sample(count) < 0.25, "来访", "纠纷").astype(object),
            "登记时间": spaced(told),
            "发生日期": [text[:10].replace("-", "") for text in local(world.at[chosen])],
            "类型代码": [KINDS[kind].dispute for kind in kinds],
            "规模": np.where(random.random_sample(count) < 0.93, "01", "02").astype(object),
            "级别": ["04"] * count,
            "社区代码": [community_code(place) for place in community],
            "网格代码": grid,
            "地点": world.room[chosen],
            "当事人": party.names,
            "证件号码": party.ids,
            "联系电话": party.phones,
            "对方当事人": other.names,
            "涉及人数": random.randint(2, 9, count).tolist(),
            "简述": [
                f"{name}（身份证{number}）与{opponent}：{KINDS[kind].words}。请回电{phone}。"
                for name, number, opponent, phone, kind in zip(
                    party.names, party.ids, other.names, party.phones, kinds, strict=True
                )
            ],
            "化解时限": [_day(at) + timedelta(days=30) for at in told.tolist()],
        }
    )
    ways = _WAYS[random.randint(0, len(_WAYS), count)]
    faults = _faults(count)
    since = -1
    for day in (7, 14, 21, 28, DAYS):
        until = day * DAY + 9 * HOUR
        done, closed = np.where(settled <= until, settled, -1), np.where(filed <= until, filed, -1)
        changed = np.maximum(np.maximum(told, done), closed)
        fresh = np.flatnonzero((told <= until) & (changed > since))
        moving = rows_of(
            {
                "化解时间": spaced(done[fresh]),
                "化解方式": np.where(done >= 0, ways, "")[fresh],
                "是否成功": np.where(done < 0, "", np.where(solved, "1", "0")).astype(object)[fresh],
                "办结时间": spaced(closed[fresh]),
                "更新时间": spaced(changed[fresh]),
            }
        )
        sheet = Sheet(FEED, f"jiufen_{stamp(until)}.xlsx", key="事件编号")
        for position, row in zip(fresh.tolist(), moving, strict=True):
            sheet.take(fixed[position] | row, faults.get(position))
        outbox.send(sheet, xlsx_bytes(sheet.rows, sheet="台账", title="云汀区矛盾纠纷与来访台账"))
        since = until
    for people in (party, other):
        outbox.keep_secret("name", people.names)
    outbox.keep_secret("phone", party.phones)
    outbox.keep_secret("id_number", party.ids)
    outbox.keep_secret("address", world.room[chosen])
    outbox.truth(
        FEED,
        [row["事件编号"] for row in fixed],
        chosen,
        lon=world.lon[chosen],
        lat=world.lat[chosen],
        grid=grid,
    )


def _day(at: int) -> date:
    found: Any = (START + np.timedelta64(at, "s")).astype("datetime64[D]").item()
    return date(found.year, found.month, found.day)


def _faults(count: int) -> dict[int, Fault]:
    planted = [
        Fault("unparsable_time", REJECTED, {"登记时间": "上周三"}),
        Fault("closed_before_created", REJECTED, {"办结时间": "2026-09-01 09:00:00"}),
        Fault("repeated_row", DUPLICATE),
        Fault("missing_key", REJECTED, {"事件编号": ""}),
        Fault("unknown_code", change={"类型代码": "77"}),
    ]
    return dict(zip(spread(len(planted), count), planted, strict=True))
