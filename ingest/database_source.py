"""A table of a front-end database (前置库) as a source: read by time of change, or whole for a snapshot."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, model_validator

from ingest.base import ConnectionName, Duration, Strict
from ingest.http_sources import Sweep


class ChangeCursor(Strict):
    """Where to go on: rows in order of (time, key), from the newest time sealed less `overlap`.

    `time` is the column of the last change and `key` one that tells rows of one moment apart. What is committed late,
    or by a clock that was set back, is found again within the overlap, and from further back by the `sweep`; a row
    that was sealed is not sealed again. A time in the future does not move the cursor beyond the pull's own clock.
    """

    time: str
    key: str
    overlap: Duration = timedelta(minutes=10)
    start: datetime | None = None
    sweep: Sweep | None = None


class KeyListing(Strict):
    """Every so often all keys are listed, so that rows taken away without a mark are seen.

    A row that was sealed and is not listed comes once more as it was, with the time of the listing in the column
    `gone`. What is listed and was not sealed so is read as well. Where more than the share `most_gone` (0 … 1) of the
    rows seems gone, the listing is not believed.
    """

    every: Duration = timedelta(days=1)
    gone: str
    most_gone: float = Field(default=0.2, gt=0, le=1)


class DatabaseSource(Strict):
    """A table or view behind any SQLAlchemy URL; only the contract's columns are ever asked for."""

    kind: Literal["database"]
    connection: ConnectionName
    table: str
    db_schema: str | None = Field(default=None, alias="schema")
    cursor: ChangeCursor | None = None
    keys: KeyListing | None = None
    batch_rows: int = Field(default=5000, ge=1, le=100_000)
    statement_timeout: Duration = timedelta(seconds=60)

    @model_validator(mode="after")
    def _listed(self) -> "DatabaseSource":
        if self.keys is not None and self.cursor is None:
            raise ValueError("keys goes with a cursor; a table that is read whole shows what is gone by itself")
        return self
