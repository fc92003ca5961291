"""Stop notices as the waterworks and the gas company publish them: an area and an interval, not a point.

A planned stop is announced ahead, may be put off once or called off, and ends; a stop by a fault is announced when it
is there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulator.feeds.chance import Chance
from simulator.feeds.versions import Versions, versions
from simulator.happenings.kinds import KINDS
from simulator.happenings.world import Block
from simulator.plan import DAY, HOUR, MINUTE


@dataclass(frozen=True)
class Notices:
    """Entry i of each array is notice i; `starts` and `ends` are one entry a version.

    ids: whole numbers, not below 0. planned: announced ahead. incident: true incident of a fault, -1 of a planned
    stop. communities: rows of the district's communities. households: without supply. known: versions by the steps
    published, postponed, restored, cancelled. starts, ends: of the interval as it was announced last.
    """

    ids: np.ndarray
    planned: np.ndarray
    incident: np.ndarray
    communities: pd.DataFrame
    area: np.ndarray
    households: np.ndarray
    known: Versions
    starts: np.ndarray
    ends: np.ndarray


def notices(block: Block, chance: Chance, code_set: str, code: str, share: float, ahead: int, rate: float) -> Notices:
    """The notices of a block.

    Inputs: the code of the faults that end in a notice and the share of them that do; seconds by which a planned stop
    is announced ahead at least; planned stops a community and day.
    """
    days = np.arange(block.first_day, block.last_day, dtype=np.int64)
    count = len(block.district.communities)
    pairs = (days[:, None] * count + np.arange(count)).ravel()
    ids = pairs[chance.roll(pairs, "planned") < rate]
    bursts = np.array([kind.codes.get(code_set) == code for kind in KINDS])[block.incidents.kind]
    faults = block.incidents.take(np.flatnonzero(bursts & (chance.roll(block.incidents.id, "fault") < share)))
    planned = np.arange(len(ids) + len(faults.id)) < len(ids)
    where = np.concatenate([ids % count, faults.places.community])
    # numbers of faults and of planned stops are kept apart by their last digit
    own = np.concatenate([ids * 2, faults.id * 2 + 1])
    published = np.concatenate([ids // count * DAY + 9 * HOUR, faults.at + 40 * MINUTE])
    published = (published + chance.whole(own, "minute", 0, 60) * MINUTE) // MINUTE * MINUTE
    night = -(-(published + ahead - 22 * HOUR) // DAY) * DAY + 22 * HOUR  # the first ten in the evening after that
    begins = np.where(planned, night, published)
    lasts = chance.whole(own, "lasts", 4, 11) * HOUR
    put_off = planned & (chance.roll(own, "postponed") < 0.12)
    dropped = planned & ~put_off & (chance.roll(own, "cancelled") < 0.05)
    known = versions(
        {
            "published": published,
            "postponed": np.where(put_off, begins - 3 * HOUR, -1),
            "restored": np.where(dropped, -1, _over(chance, own, begins + put_off * DAY, lasts)),
            "cancelled": np.where(dropped, begins - 2 * HOUR, -1),
        }
    )
    shift = known.knows("postponed") * DAY
    communities = block.district.communities.iloc[where].reset_index(drop=True)
    first = chance.whole(own, "house", 1, 20)
    houses = first.astype(str).astype(object) + "幢至" + (first + 6).astype(str).astype(object) + "幢"
    return Notices(
        ids=own,
        planned=planned,
        incident=np.concatenate([np.full(len(ids), -1, dtype=np.int64), faults.id]),
        communities=communities,
        area=communities["name"].to_numpy(dtype=object) + houses,
        households=chance.whole(own, "households", 20, 800),
        known=known,
        starts=begins[known.case] + shift,
        ends=(begins + lasts)[known.case] + shift,
    )


def _over(chance: Chance, ids: np.ndarray, begins: np.ndarray, lasts: np.ndarray) -> np.ndarray:
    """When the supply is back: mostly in time, sometimes hours late."""
    return begins + (lasts * (0.7 + 0.6 * chance.roll(ids, "over"))).astype(np.int64) // MINUTE * MINUTE
