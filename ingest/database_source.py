"""A table of a front-end database (前置库) as a source: read by time of change, or whole for a snapshot."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from ingest.base import ConnectionName, Duration, Strict


class ChangeCursor(Strict):
    """Where to go on: rows in order of (time, key), from the newest time sealed less `overlap`.

    `time` is the column of the last change and `key` one that tells rows of one moment apart. What is committed late,
    or by a clock that was set back, is found again within the overlap; a row that was sealed is not sealed again.
    """

    time: str
    key: str
    overlap: Duration = timedelta(minutes=10)
    start: datetime | None = None


class DatabaseSource(Strict):
    """A table or view behind any SQLAlchemy URL; only the contract's columns are ever asked for."""

    kind: Literal["database"]
    connection: ConnectionName
    table: str
    db_schema: str | None = Field(default=None, alias="schema")
    cursor: ChangeCursor | None = None
    batch_rows: int = Field(default=5000, ge=1, le=100_000)
    statement_timeout: Duration = timedelta(seconds=60)
