"""供电企业: the open outages of each morning as one JSON list; what is over just stands there no more."""

from __future__ import annotations

import numpy as np

from simulator.district import District, community_name
from simulator.files import json_list_bytes
from simulator.outbox import DUPLICATE, Fault, Outbox, Sheet, rows_of, spread, stamp
from simulator.world import DAY, DAYS, HOUR, KINDS, MINUTE, START, Incidents

FEED = "power_outages"
QUIET_DAY = 20  # nothing is out on this morning: an empty list is an answer, too
REPEATING_DAY = 10
MORNING = 7 * HOUR + 30 * MINUTE
_OFFSET_MS = 8 * HOUR * 1000  # the list gives UTC milliseconds, the world's clock is local


def deliver(random: np.random.RandomState, district: District, world: Incidents, outbox: Outbox) -> None:
    """One list a day at 07:30; three outages are missing from one list and stand in the next again."""
    chosen = np.flatnonzero(np.array([kind.power for kind in KINDS])[world.kind])
    count = len(chosen)
    began = world.at[chosen] // MINUTE * MINUTE
    planned = random.random_sample(count) < 0.3
    hours = np.exp(random.standard_normal(count) * 0.9 + np.where(planned, 2.6, 2.9))
    # three outages last for days; the list of their second morning forgets them, and the next one has them again
    forgotten = np.array(spread(3, count))
    hours[forgotten] = 80.0
    ended = began + (hours * HOUR).astype(int)
    first = (began - MORNING + DAY) // DAY * DAY + MORNING
    gone = {position: int(first[position]) + DAY for position in forgotten.tolist()}
    quiet = QUIET_DAY * DAY + MORNING
    ended = np.where((began <= quiet) & (ended >= quiet), quiet - MINUTE, ended)
    users = random.randint(12, 900, count)
    community = np.array([grid.community for grid in district.grids])[world.grid[chosen]]
    fixed = rows_of(
        {
            "outage_id": [f"TD{number:05d}" for number in range(1, count + 1)],
            "cause": np.where(planned, "P1", "P2").astype(object),
            "area": [f"{community_name(place)}部分台区" for place in community],
            "feeder": [f"云汀{number}线" for number in random.randint(11, 30, count)],
            "start": _milliseconds(began),
            "planned_end": _milliseconds(began + (hours * HOUR * 0.9).astype(int) // MINUTE * MINUTE),
            "lon": world.lon[chosen].tolist(),
            "lat": world.lat[chosen].tolist(),
        }
    )
    mornings = [day * DAY + MORNING for day in range(1, DAYS + 1)]
    seen = [np.flatnonzero((began <= morning) & (ended > morning)) for morning in mornings]
    for morning, open_now in zip(mornings, seen, strict=True):
        sheet = Sheet(FEED, f"outages_{stamp(morning)}.json", key="outage_id")
        for position in open_now.tolist():
            if gone.get(position) == morning:
                continue
            # part of the users is switched back while the outage lasts
            left = users[position] >> int((morning - began[position]) // DAY)
            sheet.take(fixed[position] | {"users": max(int(left), 1)}, _fault(position, open_now, morning))
        head = {"time": str(START + np.timedelta64(morning, "s")).replace("T", " ")}
        outbox.send(sheet, json_list_bytes(head, "list", sheet.rows))
    listed = np.unique(np.concatenate(seen))
    outbox.truth(
        FEED,
        [fixed[position]["outage_id"] for position in listed],
        chosen[listed],
        lon=world.lon[chosen][listed],
        lat=world.lat[chosen][listed],
        grid=district.code_at(world.grid[chosen], world.u[chosen], began)[listed],
    )


def _milliseconds(at: np.ndarray) -> list[int]:
    return ((START + at.astype("timedelta64[s]")).astype("datetime64[ms]").astype(int) - _OFFSET_MS).tolist()


def _fault(position: int, open_now: np.ndarray, morning: int) -> Fault | None:
    """On one morning the first item stands there twice."""
    first = morning // DAY == REPEATING_DAY and position == open_now[0]
    return Fault("repeated_row", DUPLICATE) if first else None
