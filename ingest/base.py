"""What every model of the contract language stands on: unknown keys are errors, durations are ISO 8601."""

import re
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Strict(BaseModel):
    """A model that refuses unknown keys and is never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", str(value))
    if not match or not any(match.groups()):
        raise ValueError(f"{value!r} is no ISO 8601 duration such as PT15M, PT24H or P2D")
    weeks, days, hours, minutes = (int(part or 0) for part in match.groups()[:4])
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=float(match.group(5) or 0))


Duration = Annotated[timedelta, BeforeValidator(_duration)]


def _json_path(text: str) -> str:
    if not re.fullmatch(r"\$(\.[\w-]+)*", text):
        raise ValueError(f"{text!r} must be a path such as $.data.nextCursor")
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone such as Asia/Shanghai") from None
    return name


ZoneName = Annotated[str, AfterValidator(_zone)]
ConnectionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
JsonPath = Annotated[str, AfterValidator(_json_path)]
