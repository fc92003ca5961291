"""Times in parameters and records: `iso`, `epoch_s`, `epoch_ms` or a strftime format, in a zone."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo


def written(moment: datetime, form: str, zone: str) -> str:
    """A moment as a parameter's text."""
    if form == "epoch_s":
        return str(int(moment.timestamp()))
    if form == "epoch_ms":
        return str(int(moment.timestamp() * 1000))
    local = moment.astimezone(ZoneInfo(zone))
    return local.isoformat(timespec="seconds").replace("+00:00", "Z") if form == "iso" else local.strftime(form)


def moment_of(value: Any, form: str, zone: str) -> datetime | None:
    """A record's value as a moment (UTC), None where it is none; a text without offset is in `zone`."""
    try:
        if form == "epoch_s":
            return datetime.fromtimestamp(float(value), UTC)
        if form == "epoch_ms":
            return datetime.fromtimestamp(float(value) / 1000, UTC)
        told = datetime.fromisoformat(str(value)) if form == "iso" else datetime.strptime(str(value), form)
        return (told if told.tzinfo else told.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
