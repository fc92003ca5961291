"""Seconds of the world's clock as the texts that source systems print; -1 (never) prints as an empty text."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from simulator.plan import HOUR, ZONE_HOURS, Plan


def spaced(plan: Plan, at: np.ndarray) -> pd.Series:
    """`YYYY-MM-DD HH:MM:SS`, local time."""
    return _text(plan, at, "s").str.replace("T", " ", regex=False)


def iso(plan: Plan, at: np.ndarray) -> pd.Series:
    """`YYYY-MM-DDTHH:MM:SS`, local time, no zone."""
    return _text(plan, at, "s")


def slashed_minutes(plan: Plan, at: np.ndarray) -> pd.Series:
    """`YYYY/MM/DD HH:MM`, local time, as spreadsheets of the field print it."""
    return _text(plan, at, "m").str.replace("T", " ", regex=False).str.replace("-", "/", regex=False)


def compact(plan: Plan, at: np.ndarray) -> pd.Series:
    """`YYYYMMDDHHMMSS`, local time."""
    return _text(plan, at, "s").str.replace("[-:T]", "", regex=True)


def compact_day(plan: Plan, at: np.ndarray) -> pd.Series:
    """`YYYYMMDD`, local day."""
    return _text(plan, at, "D").str.replace("-", "", regex=False)


def epoch_ms(plan: Plan, at: np.ndarray) -> np.ndarray:
    """UTC milliseconds since 1970 (int64)."""
    start = int(plan.start.astype("datetime64[s]").astype(np.int64))
    return (np.asarray(at, dtype=np.int64) + start - ZONE_HOURS * HOUR) * 1000


def stamp(plan: Plan, at: int) -> str:
    """One moment as it stands in file names: `YYYYMMDDTHHMM`, local time."""
    return str(plan.start + np.timedelta64(int(at), "s"))[:16].replace("-", "").replace(":", "")


def _text(plan: Plan, at: np.ndarray, unit: Literal["s", "m", "D"]) -> pd.Series:
    moments = np.asarray(at, dtype=np.int64)
    written = np.datetime_as_string(plan.start + np.maximum(moments, 0).astype("timedelta64[s]"), unit=unit)
    texts = pd.Series(written, dtype="str")
    return texts.where(moments >= 0, "")
