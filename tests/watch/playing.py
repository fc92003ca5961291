"""Histories of a feed, made by hand: hours of a wall clock, so many records in each."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ingest.city import open_city
from ingest.contract import FeedContract
from watch.history import Arrival, History

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday, eight in the morning in Shanghai
ZONE = "Asia/Shanghai"
SAMPLE_CITY = Path(__file__).resolve().parents[2] / "cities" / "sandbox"
HOLIDAYS = {date(2026, 4, 4), date(2026, 4, 5), date(2026, 4, 6)}


def contract(**changes: Any) -> FeedContract:
    """A contract of the sandbox with some keys changed; hourly, of a database, unless told otherwise."""
    return open_city(SAMPLE_CITY).contract("hotline_orders").model_copy(update=changes)


def workday(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def at(hour: float) -> datetime:
    return BEGIN + timedelta(hours=hour)


def hourly(hours: int, count: Callable[[datetime], int]) -> dict[int, int]:
    """Hour of the epoch → records that came in it; `count` is asked with the local time of the hour."""
    local = timedelta(hours=8)
    return {int(at(h).timestamp()) // 3600: count(at(h) + local) for h in range(hours) if count(at(h) + local)}


def office_hours(moment: datetime) -> int:
    """Forty an hour in office hours of a working day, six at other hours."""
    return 40 if workday(moment.date()) and 8 <= moment.hour < 18 else 6


def history(
    arrivals: Iterable[Arrival] = (), new: dict[int, int] | None = None, told: FeedContract | None = None, **more: Any
) -> History:
    return History(told or contract(), ZONE, list(arrivals), new or {}, **more)


def steady(count: int, every: float = 1, begin: float = 0, **more: Any) -> list[Arrival]:
    """So many deliveries, one each `every` hours, each of ten records that differ from the last one's."""
    plain = {"records": 10, "lag": 300.0}
    return [Arrival(at(begin + n * every), **({**plain, "content": str(n)} | more)) for n in range(count)]


def asked(hours: Iterable[float], result: str = "new", reason: str = "") -> list[dict[str, Any]]:
    return [{"at": at(hour).isoformat(), "result": result, "reason": reason} for hour in hours]
