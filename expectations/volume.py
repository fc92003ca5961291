"""Whether a delivery brings as much as deliveries of its feed usually do at that hour of such a day.

Usual is the median of the earlier deliveries of the same local hour on the same kind of day (working day or weekend).
Single outliers move neither a median nor the median absolute deviation, scaled to a standard deviation (Hampel, The
Influence Curve and its Role in Robust Estimation, JASA 69, 1974). By ten records at least, a delivery is unusual that

- is beyond six deviations and less than a fifth or more than five times as much (of ten and more: many times a handful
  is one incident that many report; and more than three times the newest: a storm builds up);
- or lies below a third of the least of them (of 16 and more, one in 16 left out as an outlier); what lies above the
  most may be a storm;
- or falls off from where the feed had got to: less than a fifth of the median of the newest eight, beyond three
  deviations of such ratios and well below the least of them. Each delivery stands there in logarithm beside those just
  before it, so that a feed that grew in its first weeks has no wider bounds for it (differencing, Box and Jenkins, Time
  Series Analysis, 1970).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import log
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

ENOUGH = 8  # earlier deliveries, before anything is called usual
NEWEST = 60  # so many of them are looked at
DEVIATIONS = 6.0
TIMES = 5.0
BEYOND = 3.0
FEWEST = 4  # deliveries that one is set beside
FALL_DEVIATIONS = 3.0
FALL = 0.7  # of the least ratio that was ever seen
OUTLIER = 16
LEAST = 10
_SCALE = 1.4826  # of a median absolute deviation to a standard deviation


def unusual_volumes(receipts: Sequence[Mapping[str, Any]], time_zone: str) -> set[str]:
    """The landings (by id) of one feed, in receipt order, that bring far fewer or far more records than is usual.

    Receipts need landing_id, batch_id, observed_at (ISO, with zone) and fetched. A batch that lands again counts once.
    """
    zone = ZoneInfo(time_zone)
    batches: dict[str, tuple[datetime, int]] = {}
    for receipt in receipts:
        moment = datetime.fromisoformat(receipt["observed_at"]).astimezone(zone)
        batches.setdefault(receipt["batch_id"], (moment, receipt["fetched"]))
    found: set[str] = set()
    known: dict[tuple[int, bool], list[int]] = defaultdict(list)
    for batch, (moment, fetched) in sorted(batches.items(), key=lambda item: (item[1][0], item[0])):
        earlier = known[moment.hour, moment.weekday() >= 5]
        if is_unusual(fetched, earlier[-NEWEST:]):
            found.add(batch)
        earlier.append(fetched)
    return {receipt["landing_id"] for receipt in receipts if receipt["batch_id"] in found}


def is_unusual(count: int, earlier: Sequence[int]) -> bool:
    """Whether a count is far from those before it; never where there are too few of them."""
    if len(earlier) < ENOUGH:
        return False
    middle = median(earlier)
    apart = abs(count - middle)
    newest = sorted(earlier[-ENOUGH:])
    is_far = count * TIMES < middle or (count > TIMES * max(middle, LEAST) and count > BEYOND * newest[-2])
    is_beyond = count * BEYOND < sorted(earlier)[len(earlier) // OUTLIER]
    is_unlike = is_beyond or (is_far and apart > DEVIATIONS * _deviation(earlier))
    return (apart >= LEAST and is_unlike) or _falls_off(count, earlier)


def _falls_off(count: int, earlier: Sequence[int]) -> bool:
    """Whether a count breaks off what the newest before it had got to."""
    recent = median(earlier[-ENOUGH:])
    if recent - count < LEAST or count * TIMES >= recent:
        return False
    ratios = [
        log((value + 1) / (median(earlier[max(0, number - ENOUGH) : number]) + 1))
        for number, value in enumerate(earlier)
        if number >= FEWEST
    ]
    if len(ratios) < ENOUGH:
        return False
    ratio = log((count + 1) / (recent + 1))
    return ratio < min(ratios) + log(FALL) and ratio < median(ratios) - FALL_DEVIATIONS * _deviation(ratios)


def _deviation(values: Sequence[float]) -> float:
    """The median absolute deviation, scaled to a standard deviation."""
    middle = median(values)
    return _SCALE * median(abs(value - middle) for value in values)
