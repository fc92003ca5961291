"""Delimited text (CSV, TSV) to columns of text; a row with the wrong number of cells is a fault of its own."""

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from ingest.contract import Format
from ingest.decode.encodings import as_utf8
from ingest.decode.reading import (
    MAX_RECORD,
    REPLACEMENT,
    Reading,
    UnreadableError,
    distinct,
    has_long_stretch,
    undecodable,
)


def read_delimited(data: bytes, form: Format) -> Reading:
    """CSV or TSV with a header row; rows with the wrong number of cells become faults."""
    if has_long_stretch(data, (b"\n", b"\r")):
        raise UnreadableError("record_too_large")
    text, notes = as_utf8(data, form)
    delimiter = form.delimiter or ("\t" if form.kind == "tsv" else ",")
    head = io.StringIO(text[: 1 << 20].decode(errors="ignore"), newline="")
    rows = csv.reader(head, delimiter=delimiter)
    try:
        header = [next(rows) for _ in range(form.header_row)][-1]
    except (StopIteration, csv.Error) as error:
        raise UnreadableError("empty_delivery") from error
    if not header:
        raise UnreadableError("no_header")
    names = distinct(header)
    header_lines = rows.line_num
    bad: list[int] = []

    def note(row: pa_csv.InvalidRow) -> str:
        bad.append(row.number or 0)
        return "skip"

    try:
        table = pa_csv.read_csv(
            pa.BufferReader(text),
            read_options=pa_csv.ReadOptions(
                column_names=names,
                skip_rows=header_lines,
                use_threads=False,
                block_size=max(len(text) + 1, 1 << 20),
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                invalid_row_handler=note,
                ignore_empty_lines=True,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            table = pa.table({name: pa.array([], pa.string()) for name in names})
        else:
            raise UnreadableError("unreadable_delivery") from error
    numbers = np.arange(1, table.num_rows + 1)
    spots = np.sort(np.array([number - header_lines for number in bad], dtype=np.int64))
    if len(spots):
        numbers = numbers + np.searchsorted(spots - np.arange(len(spots)), numbers, side="right")
        broken = pa.table(
            {
                **{name: pa.nulls(len(spots), pa.string()) for name in names},
                "line": pa.array(spots, pa.int64()),
                "fault": pa.array(["wrong_number_of_cells"] * len(spots)),
            }
        )
    fault = pa.nulls(table.num_rows, pa.string())
    table = table.append_column("line", pa.array(numbers, pa.int64()))
    table = table.append_column("fault", undecodable(table, names) if REPLACEMENT.encode() in text else fault)
    if len(text) > MAX_RECORD and any(
        (pc.max(pc.binary_length(table[name])).as_py() or 0) > MAX_RECORD for name in names
    ):
        raise UnreadableError("record_too_large")
    return Reading(pa.concat_tables([table, broken]) if len(spots) else table, notes)
