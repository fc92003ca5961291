"""Bytes of deliveries to columns of text: one Arrow table for many deliveries, the file's own words untouched.

Columns: `batch` (index into the given deliveries), `line` (record number in the delivery, from 1), `fault` (null, or
the code of why this record could not be read), then the source's columns, all text. A delivery that cannot be read at
all yields one row, line 0, with the code of its reason: nothing is dropped without a word.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.contract import FeedContract, Format
from ingest.decode.dbf import read_dbf
from ingest.decode.delimited import read_delimited
from ingest.decode.documents import ADMITTED, admitted_lines_sql, is_too_long, joined, read_documents
from ingest.decode.encodings import as_utf8
from ingest.decode.geojson import GEOMETRY, flattened
from ingest.decode.reading import MEGABYTE, Reading, UnreadableError
from ingest.decode.unpack import Member, is_archive, plain_name, unpack
from ingest.decode.workbook import read_workbook
from ingest.decode.xml import read_xml
from ingest.errors import ContractError
from ingest.sources import Files

__all__ = ["Decoded", "Encoded", "admitted_lines_sql", "decode"]

_READERS: dict[str, Callable[[bytes, Format], Reading]] = {
    "csv": read_delimited,
    "tsv": read_delimited,
    "xlsx": read_workbook,
    "xls": read_workbook,
    "xml": read_xml,
    "dbf": read_dbf,
}


@dataclass(frozen=True)
class Decoded:
    """`table` as the module says; `unknown` names, per batch index, columns that the contract does not declare.

    `notes` tells, per batch index, what was found and not declared: the encoding, members of an archive, records that
    the file marks as deleted.
    """

    table: pa.Table
    unknown: dict[int, list[str]]
    notes: dict[int, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Encoded:
    """The bytes of one delivery: as the centre named and wrote it, or (`admitted`) as `admitted_lines` left it."""

    name: str
    data: bytes
    admitted: bool = False


def decode(deliveries: Sequence[Encoded], contract: FeedContract) -> Decoded:
    """Decode deliveries by the contract's formats; one whose name fits none is the fault `no_format_for_name`."""
    columns = sorted(set(contract.source_columns.values()))
    parts: list[pa.Table] = []
    unknown: dict[int, list[str]] = {}
    notes: dict[int, dict[str, Any]] = {}
    documents: list[tuple[int, str, Format]] = []
    for index, encoded in enumerate(deliveries):
        if encoded.admitted:
            documents.append((index, encoded.data.decode(), ADMITTED))
            continue
        try:
            form = contract.format_for(plain_name(encoded.name))
            members = unpack(encoded.name, encoded.data, form.archive, most_bytes(contract))
            found = {"members": [member.name for member in members]} if is_archive(encoded.name) else {}
            if form.kind in ("json", "jsonl", "geojson"):
                documents.append((index, joined([_document(member.data, form) for member in members], form), form))
                notes |= {index: found} if found else {}
                continue
            reading = _read(members, form)
        except ContractError:  # this delivery waits for a mended contract; it does not keep the others from landing
            parts.append(_fault_row(index, "no_format_for_name", columns))
            continue
        except UnreadableError as error:
            parts.append(_fault_row(index, str(error), columns))
            continue
        table = reading.table
        parts.append(_framed(table, index, columns, form))
        extra = sorted(set(table.column_names) - set(columns) - {"fault", "line"} - set(form.rename))
        if extra:
            unknown[index] = extra
        if found or reading.notes:
            notes[index] = found | reading.notes
    if documents:
        table, extra_by_batch = read_documents(documents, columns)
        parts.append(table)
        placed = any(column in GEOMETRY for column in columns)
        told = {index: [name for name in names if not (placed and name in GEOMETRY)]
                for index, names in extra_by_batch.items()}  # fmt: skip
        unknown.update({index: names for index, names in told.items() if names})
    if not parts:
        parts = [_fault_row(0, "unreadable_delivery", columns).slice(0, 0)]
    return Decoded(pa.concat_tables(parts), unknown, notes)


def most_bytes(contract: FeedContract) -> int:
    """How large a delivery of the feed may be once it is unpacked."""
    most = contract.source.max_mb if isinstance(contract.source, Files) else Files.model_fields["max_mb"].default
    return int(most * MEGABYTE)


def _document(data: bytes, form: Format) -> str:
    if is_too_long(data, form):
        raise UnreadableError("record_too_large")
    text, _ = as_utf8(data, form)
    return flattened(text.decode()) if form.kind == "geojson" else text.decode()


def _read(members: Sequence[Member], form: Format) -> Reading:
    """The records of all members, those of one after those of another; the notes say which has how many."""
    readings = [_READERS[form.kind](member.data, form) for member in members]
    if len(readings) == 1:
        return readings[0]
    tables: list[pa.Table] = []
    notes: dict[str, Any] = {"records": {}}
    before = 0
    for member, reading in zip(members, readings, strict=True):
        table = _numbered(reading.table)
        last = pc.max(table["line"]).as_py() or 0
        tables.append(table.set_column(table.column_names.index("line"), "line", pc.add(table["line"], before)))
        notes["records"][member.name] = last
        before += last
        for name, value in reading.notes.items():
            notes.setdefault(name, {})[member.name] = value
    return Reading(pa.concat_tables(tables, promote_options="default"), notes)


def _numbered(table: pa.Table) -> pa.Table:
    """A table with `line` and `fault`, whether its reader gave them or not."""
    rows = table.num_rows
    if "line" not in table.column_names:
        table = table.append_column("line", pa.array(np.arange(1, rows + 1), pa.int64()))
    if "fault" not in table.column_names:
        table = table.append_column("fault", pa.nulls(rows, pa.string()))
    return table


def _framed(table: pa.Table, batch: int, columns: Iterable[str], form: Format) -> pa.Table:
    """The declared columns of one delivery, the missing ones null, with batch and line."""
    if form.rename:
        table = table.rename_columns([form.rename.get(name, name) for name in table.column_names])
    table = _numbered(table)
    rows, present = table.num_rows, set(table.column_names)
    told = {name: table[name] for name in ("line", "fault")}
    cells = {name: table[name] if name in present else pa.nulls(rows, pa.string()) for name in columns}
    return pa.table({"batch": pa.array(np.full(rows, batch), pa.int32()), **told, **cells})


def _fault_row(batch: int, code: str, columns: Iterable[str]) -> pa.Table:
    cells = {name: pa.nulls(1, pa.string()) for name in columns}
    return pa.table(
        {
            "batch": pa.array([batch], pa.int32()),
            "line": pa.array([0], pa.int64()),
            "fault": pa.array([code]),
            **cells,
        }
    )
