"""公安: the incident system's nightly dump, GCJ-02, finished incidents only; it brings more than it may."""

from __future__ import annotations

import numpy as np

from simulator.district import District, street_of
from simulator.files import json_list_bytes
from simulator.frames import to_gcj02
from simulator.outbox import DUPLICATE, FILTERED, REJECTED, Fault, Outbox, Sheet, rows_of, spread, stamp
from simulator.people import invent
from simulator.world import DAY, DAYS, HOUR, KINDS, MINUTE, Incidents, local, spaced

FEED = "police_incidents"
_RESULTS = np.array(["现场处置完毕", "已联系相关单位到场", "双方自行协商", "已移交责任单位处理"], dtype=object)
_CRIMINAL = Fault("over_supply", FILTERED, {"bjlb": "100200"})


def deliver(random: np.random.RandomState, district: District, world: Incidents, outbox: Outbox) -> None:
    """One JSON file a day at 06:00 with the incidents fed back since the day before."""
    chosen = world.chosen(np.array([kind.police[1] for kind in KINDS]), random)
    kinds, count = world.kind[chosen], len(chosen)
    called = world.at[chosen] + random.randint(0, 10 * MINUTE, count)
    sent = called + random.randint(MINUTE, 5 * MINUTE, count)
    arrived = sent + random.randint(4 * MINUTE, 25 * MINUTE, count)
    answered = arrived + random.randint(10 * MINUTE, 150 * MINUTE, count)
    x, y = to_gcj02(world.lon[chosen], world.lat[chosen])
    indoors = np.array([kind.indoors for kind in KINDS])[kinds]
    address = np.where(indoors, world.room[chosen], world.road[chosen])
    community = np.array([grid.community for grid in district.grids])[world.grid[chosen]]
    people = invent(random, count)
    keys = [f"J{text[:10].replace('-', '')}{number:05d}" for number, text in enumerate(local(called), start=1)]
    stories = [
        _story(mention, name, phone, place, KINDS[kind].words)
        for mention, name, phone, place, kind in zip(
            random.randint(0, 4, count), people.names, people.phones, address, kinds, strict=True
        )
    ]
    rows = rows_of(
        {
            "jjdbh": keys,
            "bjfs": ["110"] * count,
            "bjlb": [KINDS[kind].police[0] for kind in kinds],
            "bjsj": spaced(called),
            "cjsj": spaced(sent),
            "ddsj": spaced(arrived),
            "fksj": spaced(answered),
            "sfdz": address,
            "x": [f"{value:.6f}" for value in x],
            "y": [f"{value:.6f}" for value in y],
            "jjwg": district.beat_at(world.lon[chosen], world.lat[chosen]),
            "gxdw": [f"PS0{street_of(place) + 1}" for place in community],
            "bjrxm": people.names,
            "bjrdh": people.phones,
            "bjrzjh": people.ids,  # the contract does not list it: dropped before sealing
            "bjnr": stories,
            "cljg": _RESULTS[random.randint(0, len(_RESULTS), count)],
        }
    )
    faults = _faults(count)
    for day in range(1, DAYS + 1):
        until = day * DAY + 6 * HOUR
        since = until - DAY if day > 1 else -1
        sheet = Sheet(FEED, f"police_{stamp(until)}.json", key="jjdbh")
        for position in np.flatnonzero((answered > since) & (answered <= until)).tolist():
            sheet.take(rows[position], faults.get(position))
        head = {"code": 0, "msg": "ok", "total": len(sheet.rows)}
        outbox.send(sheet, json_list_bytes(head, "data", sheet.rows))
    outbox.keep_secret("name", people.names)
    outbox.keep_secret("phone", people.phones)
    outbox.keep_secret("id_number", people.ids)
    outbox.keep_secret("address", address[indoors])
    outbox.truth(
        FEED,
        keys,
        chosen,
        lon=world.lon[chosen],
        lat=world.lat[chosen],
        grid=district.code_at(world.grid[chosen], world.u[chosen], called),
    )


def _story(mention: int, name: str, phone: str, place: str, words: str) -> str:
    opening = ("群众", name, f"{name}（手机{phone}）", f"报警人{name}")[mention]
    return f"{opening}报称在{place}{words}，请民警到场。" + (f"联系电话{phone}。" if mention == 3 else "")


def _faults(count: int) -> dict[int, Fault]:
    planted = [_CRIMINAL] * 9
    planted += [Fault("unparsable_time", REJECTED, {"bjsj": text}) for text in ("2026-10-13 25:61:00", "昨天下午")]
    planted += [Fault("missing_key", REJECTED, {"jjdbh": ""})] * 2
    planted += [Fault("repeated_row", DUPLICATE)] * 3
    planted += [Fault("zero_coordinates", change={"x": "0", "y": "0"})] * 4
    planted += [Fault("unknown_code", change={"bjlb": "609999"})]
    planted += [Fault("closed_before_created", change={"fksj": "2026-10-01 00:00:00"})]
    return dict(zip(spread(len(planted), count), _mixed(planted), strict=True))


def _mixed(planted: list[Fault]) -> list[Fault]:
    """An order in which faults of one kind do not stand together, so that no delivery has two rejections."""
    return planted[::3] + planted[1::3] + planted[2::3]
