"""dBASE tables (`.dbf`) to columns of text: the characters as they stand, the few binary kinds as values.

Records that the file marks as deleted are left out and counted. Memo texts lie in another file and are not read: their
columns are missing here.
"""

import io
import math
import struct
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from dbfread.dbf import DBFField, DBFHeader
from dbfread.field_parser import FieldParser

from ingest.contract import Format
from ingest.decode.encodings import detect
from ingest.decode.reading import REPLACEMENT, Reading, UnreadableError, distinct, undecodable

_TEXTS = "CNFDL"
_BINARY = "IBOYT@+"
_MEMOS = "MGPW"
_END = 0x1A
_FIELD = 32


@dataclass(frozen=True)
class _Column:
    name: bytes
    kind: str
    width: int


def read_dbf(data: bytes, form: Format) -> Reading:
    """The records in their order; `line` counts those marked as deleted too. Raises UnreadableError."""
    columns, first, count, width = _head(data)
    rows = np.frombuffer(data, np.uint8, count * width, first).reshape(count, width)
    marks = rows[:, 0]
    if not np.isin(marks, (ord(" "), ord("*"))).all():
        raise UnreadableError("unreadable_delivery")
    kept = np.flatnonzero(marks == ord(" "))
    cells: list[list[bytes]] = []
    at = 1
    for column in columns:
        part = np.ascontiguousarray(rows[kept, at : at + column.width]).tobytes()
        cells.append([part[i : i + column.width] for i in range(0, len(part), column.width)])
        at += column.width
    texts = [b"\n".join(values) for column, values in zip(columns, cells, strict=True) if column.kind in _TEXTS]
    encoding: str = form.encoding
    notes: dict[str, Any] = {}
    if form.encoding == "detect":
        encoding = notes["encoding"] = detect(b"\n".join([*(column.name for column in columns), *texts]))
    if count > len(kept):
        notes["deleted_records"] = count - len(kept)
    names = distinct([column.name.decode(encoding, errors="replace") for column in columns])
    told = {
        name: pa.array(_values(column, values, encoding), pa.string())
        for name, column, values in zip(names, columns, cells, strict=True)
        if column.kind not in _MEMOS
    }
    table = pa.table({**told, "line": pa.array(kept + 1, pa.int64())})
    return Reading(table.append_column("fault", undecodable(table, list(told))), notes)


def _head(data: bytes) -> tuple[list[_Column], int, int, int]:
    """Columns, where the first record begins, how many records there are and how long each is."""
    try:
        stream = io.BytesIO(data)
        head = DBFHeader.read(stream)
        columns = []
        while stream.tell() + _FIELD <= head.headerlen and data[stream.tell()] not in (0x0D, 0x0A):
            field = DBFField.read(stream)
            kind = chr(ord(field.type))
            width = field.length + (field.decimal_count << 8 if kind == "C" else 0)  # long texts of Clipper and FoxPro
            columns.append(_Column(field.name.split(b"\0")[0], kind, width))
    except (struct.error, IndexError, TypeError) as error:
        raise UnreadableError("unreadable_delivery") from error
    first, count, width = head.headerlen, head.numrecords, head.recordlen
    left = len(data) - first - count * width
    sound = (
        columns
        and all(column.width > 0 and column.kind in _TEXTS + _BINARY + _MEMOS + "0" for column in columns)
        and width == 1 + sum(column.width for column in columns)
        and left >= 0
        and (left == 0 or data[first + count * width] in (_END, 0))
    )
    if not sound:
        raise UnreadableError("unreadable_delivery")
    return columns, first, count, width


@dataclass(frozen=True)
class _Head:
    dbversion: int = 0x30


@dataclass(frozen=True)
class _Table:
    """What the parser of binary values wants to know of its table."""

    header: _Head = _Head()
    encoding: str = "ascii"
    char_decode_errors: str = "replace"


_PARSER = FieldParser(_Table())


def _values(column: _Column, cells: list[bytes], encoding: str) -> list[str | None]:
    if column.kind == "L":
        return [cell.decode("ascii", errors="replace").strip(" ?\0") or None for cell in cells]
    if column.kind in _TEXTS:
        return [cell.rstrip(b"\0 ").decode(encoding, errors="replace").strip() or None for cell in cells]
    return [_binary(column, cell) for cell in cells]


def _binary(column: _Column, cell: bytes) -> str | None:
    if column.kind == "0":
        return None  # flags of the table itself
    try:
        value = _PARSER.parse(_Kind(column.kind), cell)
    except (struct.error, ValueError, OverflowError):
        return REPLACEMENT
    if isinstance(value, (datetime, date)):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return str(value)


@dataclass(frozen=True)
class _Kind:
    type: str
