"""How a feed's ledger reaches the district: as dropped files, over HTTP or as a table of a front-end database.

All durations and offsets are seconds of the world's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from simulator.plan import DAY


@dataclass(frozen=True)
class Drop:
    """Files that the source puts somewhere.

    name: the file's name without date and ending; a file is `<name>_<YYYYMMDDTHHMM>.<kind>`, stamped with the local
    moment at which it was made and whose state of things it tells. cadence: seconds between two files. first: second
    of the world's clock of the first one. delay: seconds from the making of a file to the moment when it can be read
    (a gateway holds it back). mode: `append` files hold the versions told since the file before, `upsert` files the
    newest version of each record that changed within `overlap`, `snapshot` files the newest version of every record
    that is there. encoding: of csv; json and xml are UTF-8. records: json, name of the list in the envelope; xml, path
    of a row (`root/rows/row`). sheet, title: xlsx, name of the sheet and the line above the header. via: how the file
    travels. keep_empty: write a file, too, when there is no row for it.
    """

    name: str
    kind: Literal["csv", "xlsx", "json", "xml"]
    mode: Literal["append", "upsert", "snapshot"]
    cadence: int = DAY
    first: int = DAY
    delay: int = 0
    overlap: int = 0
    encoding: str = "utf-8"
    records: str = "list"
    sheet: str = "Sheet1"
    title: str = ""
    via: Literal["local", "sftp", "gateway"] = "local"
    keep_empty: bool = True

    def __post_init__(self) -> None:
        if self.cadence <= 0 or self.delay < 0:
            raise ValueError(f"{self.name}: a cadence is above 0 seconds and a delay is not below")
        if self.mode == "upsert" and self.overlap < self.cadence:
            raise ValueError(f"{self.name}: an overlap shorter than the cadence loses changes")


@dataclass(frozen=True)
class Rest:
    """A resource of an HTTP interface that gives the newest version of each record, by time of change.

    api: name of the server that offers it. path: of the resource. updated: column with the time of the last change.
    size: rows a page. params: what the server calls its parameters, where it differs from its other resources.
    """

    api: Literal["police", "hotline"]
    path: str
    updated: str
    size: int = 200
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A table of the front-end database.

    updated: column with the time of the last change. append: rows are only added; otherwise the table holds the newest
    version of each record. tombstone: column that marks a deleted record, "" where a deleted row is just gone.
    """

    name: str
    updated: str
    append: bool = False
    tombstone: str = ""


Channel = Drop | Rest | Table
