"""The clock that limits run by: a walk from shift to shift or, where days are counted, from day to day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

# unit of a limit -> seconds, and whether they only pass in working hours
UNITS = {
    "urgent_minute": (60, False),
    "urgent_hour": (3_600, False),
    "natural_day": (86_400, False),
    "urgent_day": (86_400, False),
    "work_minute": (60, True),
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

    def seconds(self, since: datetime, until: datetime, in_hours: bool) -> int:
        """Seconds that passed between two local moments, all of them or those of working hours."""
        if not in_hours:
            return int((until - since).total_seconds())
        passed = 0
        for begin, end in self.worked(since):
            if begin >= until:
                break
            passed += int((min(end, until) - begin).total_seconds())
        return passed

    def days(self, since: date, until: date, *, on_workdays: bool) -> int:
        """Days after the one up to and with the other, all of them or those that are worked."""
        following = (since + timedelta(days=number) for number in range(1, (until - since).days + 1))
        return sum(1 for day in following if not on_workdays or self.is_worked(day))

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

    def due_on(
        self,
        since: datetime,
        days: int,
        *,
        on_workdays: bool,
        end_minute: int | None = None,
        rolls_over: bool = False,
        pauses: Sequence[Pause] = (),
    ) -> datetime | None:
        """The end of the last of so many days, the day of the start not counted.

        Inputs: a local moment; the limit in days; whether only working days count; the minute of the day at which the
        last one ends (None: with its last shift, or with itself where all days count); whether it is put off to a
        working day; suspensions. A day that ends in a suspension does not count and is nobody's last day. None while a
        suspension lasts.
        """
        if end_minute is None:
            end_minute = max(last for _, last in self.shifts) if on_workdays else 24 * 60
        for number in range(1, _LONGEST_DAYS):
            day = since.date() + timedelta(days=number)
            end = datetime.combine(day, time()) + timedelta(minutes=end_minute)
            if any(first < end and (last is None or end <= last) for first, last in pauses):
                continue
            days -= not on_workdays or self.is_worked(day)
            if days <= 0 and (not rolls_over or self.is_worked(day)):
                return end
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
