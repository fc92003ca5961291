"""12345 热线: orders as JSON Lines every second day; no points, two ways to write a time, talkative texts."""

from __future__ import annotations

import numpy as np

from simulator.codes import HOTLINE_CODES
from simulator.district import District, community_code, street_of
from simulator.files import jsonl_gz_bytes
from simulator.outbox import DUPLICATE, REJECTED, Fault, Outbox, Sheet, rows_of, spread, stamp
from simulator.people import invent
from simulator.world import DAY, DAYS, HOUR, KINDS, MINUTE, Incidents, into_office_hours, local, spaced

FEED = "hotline_orders"
_STEPS = ("dispatched_at", "signed_at", "handled_at", "closed_at")
_APPEALS = np.array(["投诉", "投诉", "求助", "求助", "咨询", "建议", "举报"], dtype=object)


def deliver(random: np.random.RandomState, district: District, world: Incidents, outbox: Outbox) -> None:
    """A file every second day at 05:00 with the orders changed since the one before; an incident may be
    called in by several people, and each of them has an order."""
    heard = world.chosen(np.array([kind.hotline for kind in KINDS]), random)
    chosen = np.repeat(heard, 1 + (random.random_sample(len(heard)) < 0.2) + (random.random_sample(len(heard)) < 0.05))
    kinds, count = world.kind[chosen], len(chosen)
    called = world.at[chosen] + random.randint(0, 5 * HOUR, count)
    steps = _live(random, called)
    people = invent(random, count)
    indoors = np.array([kind.indoors for kind in KINDS])[kinds]
    address = np.where(indoors, world.room[chosen], world.road[chosen])
    community = np.array([grid.community for grid in district.grids])[world.grid[chosen]]
    fixed = rows_of(
        {
            "order_no": [
                f"RX{text[2:10].replace('-', '')}{number:04d}" for number, text in enumerate(local(called), 1)
            ],
            "call_time": _two_ways(called, random),
            "appeal_type": _APPEALS[random.randint(0, len(_APPEALS), count)],
            "class_code": [HOTLINE_CODES[KINDS[kind].name] for kind in kinds],
            "community": [community_code(place) for place in community],
            "address": address,
            "caller": people.names,
            "caller_phone": people.phones,
            "caller_id_no": people.ids,  # the contract does not list it: dropped before sealing
            "content": [
                _content(form, name, number, phone, f"{place}{KINDS[kind].words}")
                for form, name, number, phone, place, kind in zip(
                    random.randint(0, 4, count),
                    people.names,
                    people.ids,
                    people.phones,
                    address,
                    kinds,
                    strict=True,
                )
            ],
            "unit": [_unit(KINDS[kind].name, street_of(place)) for kind, place in zip(kinds, community, strict=True)],
        }
    )
    score = random.randint(1, 6, count)
    faults = _faults(count)
    since = -1
    for day in range(2, DAYS + 1, 2):
        until = day * DAY + 5 * HOUR
        known = np.where(steps <= until, steps, -1)
        changed = np.maximum(called, known.max(axis=0))
        fresh = np.flatnonzero((called <= until) & (changed > since))
        moving = rows_of(
            {name: [text or None for text in spaced(at[fresh])] for name, at in zip(_STEPS, known, strict=True)}
            | {
                "score": [
                    int(value) if end >= 0 else None for value, end in zip(score[fresh], known[3][fresh], strict=True)
                ],
                "updated_at": spaced(changed[fresh]),
            }
        )
        sheet = Sheet(FEED, f"orders_{stamp(until)}.jsonl.gz", key="order_no")
        for position, row in zip(fresh.tolist(), moving, strict=True):
            sheet.take(fixed[position] | row, faults.get(position))
        outbox.send(sheet, jsonl_gz_bytes(sheet.rows))
        since = until
    outbox.keep_secret("name", people.names)
    outbox.keep_secret("phone", people.phones)
    outbox.keep_secret("id_number", people.ids)
    outbox.keep_secret("address", address[indoors])
    outbox.truth(
        FEED,
        [row["order_no"] for row in fixed],
        chosen,
        lon=world.lon[chosen],
        lat=world.lat[chosen],
        grid=district.code_at(world.grid[chosen], world.u[chosen], called),
    )


def _live(random: np.random.RandomState, called: np.ndarray) -> np.ndarray:
    """Moments of dispatch, signing, handling and closing."""
    count = len(called)
    sent = called + random.randint(5 * MINUTE, 90 * MINUTE, count)
    signed = into_office_hours(sent + random.randint(10 * MINUTE, 8 * HOUR, count), random)
    days = np.exp(random.standard_normal(count) * 0.7 + 0.6)
    handled = into_office_hours(signed + (days * DAY).astype(int), random)
    return np.stack([sent, signed, handled, handled + random.randint(HOUR, 2 * DAY, count)])


def _two_ways(at: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """Most as YYYY-MM-DD HH:MM:SS; one in twelve as Y/M/D H:MM without leading zeros, as older desks type."""
    old = random.random_sample(len(at)) < 1 / 12
    return np.array(
        [_short(text) if short else text for text, short in zip(spaced(at), old, strict=True)], dtype=object
    )


def _short(text: str) -> str:
    day, clock = text.split(" ")
    year, month, date_of_month = (int(part) for part in day.split("-"))
    hour, minute, _ = clock.split(":")
    return f"{year}/{month}/{date_of_month} {int(hour)}:{minute}"


def _content(form: int, name: str, number: str, phone: str, matter: str) -> str:
    return (
        f"市民来电反映{matter}，要求处理。",
        f"{name}来电反映{matter}，要求回复，电话{phone[:3]}-{phone[3:7]}-{phone[7:]}。",
        f"来电人{name}，身份证号{number}，反映{matter}，已多次拨打，希望尽快解决。",
        f"市民{name}反映{matter}，请联系{phone}核实。",
    )[form]


def _unit(kind: str, street: int) -> str:
    offices = {
        "供水管道破裂": "WT01", "水压不足": "WT01", "停水": "WT01", "水质浑浊": "WT01", "停电": "PW01",
        "道路破损": "CM12", "道路积水": "CM12", "排水管道堵塞破裂": "CM12",
        "施工扰民": "CM13", "工地扬尘": "CM13",
    }  # fmt: skip
    return offices.get(kind, f"ST0{street + 1}")


def _faults(count: int) -> dict[int, Fault]:
    planted = [
        Fault("unparsable_time", REJECTED, {"call_time": "2026年10月"}),
        Fault("repeated_row", DUPLICATE),
        Fault("missing_key", REJECTED, {"order_no": ""}),
        Fault("unknown_code", change={"class_code": "H999"}),
        Fault("repeated_row", DUPLICATE),
        Fault("closed_before_created", REJECTED, {"closed_at": "2026-10-01 12:00:00"}),
    ]
    return dict(zip(spread(len(planted), count), planted, strict=True))
