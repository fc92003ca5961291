"""Whether a record stays in the deliveries of its feed for as long as it usually does.

Deliveries that overlap tell a record several times. Where parts of each are missing, most records still come, in one
or another, and the number of new ones hardly falls; but each is told less often. How long a record stays follows from
counts alone: the mean number that deliveries hold, divided by how many arrive in a unit of time (Little, A Proof for
the Queuing Formula L = λW, Operations Research 9, 1961). What arrives is counted half a stay earlier, so that a busy
day moves both sides alike; the demand cancels out, and what is left hardly varies by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPAN = timedelta(days=5)  # deliveries that are looked at together
STEP = timedelta(hours=12)  # between two such spans
EARLIER = 10  # spans, before anything is called usual
AGAIN = 1.5  # times that a record is told, or deliveries do not overlap
LEAST_NEW = 30.0  # records that arrive in a span
SHORT = 0.8  # of the usual stay
DEVIATIONS = 6.0
_SCALE = 1.4826  # of a median absolute deviation to a standard deviation


@dataclass(frozen=True)
class ShortStay:
    """Since when records stay shorter, and for how long they do and usually did (hours)."""

    since: datetime
    hours: float
    usual: float


def short_stay(
    deliveries: Sequence[tuple[datetime, int]],
    new: Mapping[int, int],
    now: datetime,
    since: datetime | None = None,
) -> ShortStay | None:
    """What is found at `now`; None where records stay as they did, or too little is known.

    `deliveries`: when each came and how many records it held, in order of time; `new`: hour of the epoch → records that
    came first in it. `since`: it stands open since then, and what came later is not called usual.
    """
    if not deliveries or not new:
        return None
    at = np.array([moment.timestamp() for moment, _ in deliveries])
    held = np.concatenate([[0.0], np.cumsum([records for _, records in deliveries], dtype=np.float64)])
    # what came with the first delivery is a history
    begin, end = float(at[0]) + 3600, now.timestamp()
    hours = np.array(
        sorted(hour for hour in new if begin < (hour + 1) * 3600.0 and hour * 3600.0 < end), dtype=np.float64
    )
    if not len(hours):
        return None
    came = np.cumsum([new[int(hour)] for hour in hours], dtype=np.float64)
    span, step = SPAN.total_seconds(), STEP.total_seconds()

    def arrived(moment: float) -> float:
        return float(np.interp(moment, (hours + 0.5) * 3600.0, came, left=0.0))

    def stay(until: float, length: float, early: float) -> float | None:
        first, last = np.searchsorted(at, [until - length, until], "right")
        count = arrived(until - early) - arrived(until - length - early)
        if last == first or count < LEAST_NEW:
            return None
        return float((held[last] - held[first]) / (last - first) / (count / length))

    whole = stay(end, end - begin, 0.0)
    if whole is None or whole > span or held[-1] - held[1] < AGAIN * came[-1]:
        return None
    stays = {}
    for number in range(int((end - begin - span - whole) // step) + 1):
        found = stay(end - number * step, span, whole / 2)
        if found is not None:
            stays[number] = found
    clean = end - span if since is None else min(since.timestamp(), end - span)
    before = [found for number, found in stays.items() if end - number * step <= clean]
    if 0 not in stays or len(before) < EARLIER:
        return None
    usual = median(before)
    bound = min(SHORT * usual, usual - DEVIATIONS * _SCALE * median(abs(one - usual) for one in before))
    if stays[0] >= (SHORT * usual if since is not None else bound):
        return None
    low = 0
    while stays.get(low + 1, usual) < SHORT * usual:
        low += 1
    begun = since or now - low * STEP - SPAN / 2
    return ShortStay(begun, stays[0] / 3600, usual / 3600)
