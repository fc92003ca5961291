"""The clock that limits run by: a walk from shift to shift, day by day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

# unit of a limit -> seconds, and whether they only pass in working hours
UNITS = {
    "urgent_hour": (3_600, False),
    "natural_day": (86_400, False),
    "work_hour": (3_600, True),
    "work_day": (8 * 3_600, True),
}
_LONGEST_DAYS = 4_000  # a deadline that lies farther off is none
Pause = tuple[datetime, datetime | None]  # from, to; None while it lasts
Shift = tuple[int, int]  # minutes after midnight


@dataclass(frozen=True)
class Clock:
    """exceptions: day -> whether it is worked, where that is not plain from the weekday. shifts: of a working day."""

    exceptions: dict[date, bool]
    shifts: Sequence[Shift]

    def is_worked(self, day: date) -> bool:
        """Whether offices work on a day."""
        return self.exceptions.get(day, day.weekday() < 5)

    def worked(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of working time from a moment on."""
        for number in range(_LONGEST_DAYS):
            day = since.date() + timedelta(days=number)
            if not self.is_worked(day):
                continue
            for first, last in sorted(self.shifts):
                begin = datetime.combine(day, time()) + timedelta(minutes=first)
                end = datetime.combine(day, time()) + timedelta(minutes=last)
                if end > since:
                    yield max(begin, since), end

    def due(self, since: datetime, limit: int, in_hours: bool, pauses: Iterable[Pause] = ()) -> datetime | None:
        """The first moment at which so many seconds have passed.

        Inputs: local moments; the limit in seconds; whether only working hours count; suspensions in order, during
        which the clock stands. None while a suspension lasts that began before the limit was used up.
        """
        left = limit
        stretches = self.worked(since) if in_hours else iter([(since, datetime.max)])
        for begin, end in stretches:
            for first, last in _without(begin, end, pauses):
                if (last - first).total_seconds() >= left:
                    return first + timedelta(seconds=left)
                left -= int((last - first).total_seconds())
        return None


def _without(begin: datetime, end: datetime, pauses: Iterable[Pause]) -> Iterator[tuple[datetime, datetime]]:
    """What is left of a stretch when the pauses are cut out."""
    for since, until in pauses:
        if until is not None and until <= begin:
            continue
        if since >= end:
            break
        if since > begin:
            yield begin, since
        if until is None:
            return
        begin = until
        if begin >= end:
            return
    if begin < end:
        yield begin, end
