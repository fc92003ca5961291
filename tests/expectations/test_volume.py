"""How much is usual: by the hour and the kind of day, never by a single outlier, and only with enough history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from expectations.volume import is_unusual, unusual_volumes

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine in the morning in Shanghai


@pytest.mark.parametrize(
    ("count", "earlier", "unusual"),
    [
        (0, [100, 104, 98, 101, 99, 103, 97, 100], True),
        (600, [100, 104, 98, 101, 99, 103, 97, 100], True),
        (60, [100, 104, 98, 101, 99, 103, 97, 100], False),  # a quiet day is no fault
        (0, [100, 104, 98, 101, 99, 103, 97], False),  # too little is known
        (31, [2, 2, 2, 3, 3, 2, 1, 4], False),  # one incident that thirty report
        (0, [4, 7, 3, 9, 5, 6, 4, 8], False),  # so few tell nothing
        (0, [100, 0, 300, 20, 250, 0, 180, 5], False),  # this feed is never the same
        (30, [900, 200, 1500, 400, 1300, 300, 950, 120], True),  # nor this one, but it never was as low as that
        (10, [97, *range(220, 260, 2), 30], True),  # the first day brought little, and tells little
        (60, [900, 200, 1500, 400, 1300, 300, 950, 120], False),
        (3000, [900, 200, 1500, 400, 1300, 300, 950, 120], False),  # a storm, perhaps
        (0, [100, 104, 98, 5000, 99, 103, 97, 100], True),  # one outlier moves nothing
        (29, [18, 37, 73, 74, 144, 183, 152, 142, 225, 254, 228, 203, 106, 272, 303, 272, 211, 128], True),  # it grew
        (60, [18, 37, 73, 74, 144, 183, 152, 142, 225, 254, 228, 203, 106, 272, 303, 272, 211, 128], False),
        (4, [30, 4, 41, 5, 28, 3, 35, 30, 4, 33, 5, 36, 40, 31], False),  # this feed has such days
        (9, [88, 91, 92, 96, 27, 29, 35, 46], False),  # two days of many deliveries have no trend
        (66, [7, 10, 9, 6, 10, 11, 46, 48], False),  # a storm that builds up
        (660, [7, 10, 9, 6, 10, 11, 46, 48], True),
    ],
)
def test_what_is_far_off_is_unusual(count: int, earlier: list[int], unusual: bool) -> None:
    assert is_unusual(count, earlier) is unusual


def receipt(day: int, hour: int, fetched: int, again: str = "") -> dict[str, Any]:
    moment = MONDAY + timedelta(days=day, hours=hour)
    batch = f"{day}-{hour}"
    return {"landing_id": batch + again, "batch_id": batch, "observed_at": moment.isoformat(), "fetched": fetched}


def test_weekends_and_hours_are_measured_by_themselves() -> None:
    weeks = [receipt(day, hour, 200 if day % 7 < 5 and hour == 0 else 10) for day in range(28) for hour in (0, 12)]
    assert unusual_volumes(weeks, "Asia/Shanghai") == set()
    assert unusual_volumes([*weeks, receipt(28, 0, 10)], "Asia/Shanghai") == {"28-0"}  # a Monday morning like a Sunday


def test_a_batch_that_lands_again_is_counted_once_and_named_both_times() -> None:
    days = [receipt(day, 0, 200) for day in range(5)] + [receipt(day, 0, 200) for day in range(7, 12)]
    found = unusual_volumes([*days, receipt(14, 0, 3), receipt(14, 0, 3, "-again")], "Asia/Shanghai")
    assert found == {"14-0", "14-0-again"}
