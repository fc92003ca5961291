"""What every model of the contract language stands on: unknown keys are errors, durations are ISO 8601."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


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
