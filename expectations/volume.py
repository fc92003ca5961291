"""Whether a delivery brings as much as deliveries of its feed usually do at that hour of such a day.

Usual is the median of the earlier deliveries of the same local hour on the same kind of day (working day or weekend);
far off is beyond six times the median absolute deviation (scaled to a standard deviation), less than a fifth or more
than five times as much (of ten and more: many times a handful is one incident that many report), and by ten records at
least. Single outliers move neither median nor deviation (Hampel's rule). So is what lies below a third of the least of
them (of 16 and more, one in 16 left out as an outlier); what lies above the most may be a storm.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

ENOUGH = 8  # earlier deliveries, before anything is called usual
NEWEST = 60  # so many of them are looked at
DEVIATIONS = 6.0
TIMES = 5.0
BEYOND = 3.0
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
    deviation = _SCALE * median(abs(value - middle) for value in earlier)
    apart = abs(count - middle)
    is_far = count * TIMES < middle or count > TIMES * max(middle, LEAST)
    is_beyond = count * BEYOND < sorted(earlier)[len(earlier) // OUTLIER]
    return apart >= LEAST and (is_beyond or (is_far and apart > DEVIATIONS * deviation))
