"""Writers whose bytes depend on nothing but their input: no clock, no compressor release."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

Row = Mapping[str, Any]
Columns = Mapping[str, Sequence[Any]]  # of one length; None is a missing value

_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELS = (
    f'<Relationships xmlns="{_PACKAGE}">'
    f'<Relationship Id="rId1" Type="{_RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_WORKBOOK_RELS = (
    f'<Relationships xmlns="{_PACKAGE}">'
    f'<Relationship Id="rId1" Type="{_RELATION}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_RELATION}/styles" Target="styles.xml"/></Relationships>'
)
_STYLES = (  # style 1 is the built-in date format 14
    f'<styleSheet xmlns="{_SHEET}"><fonts count="1"><font><sz val="11"/><name val="SimSun"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_BARE_STYLES = (
    f'<styleSheet xmlns="{_SHEET}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


def csv_bytes(rows: Sequence[Row], *, encoding: str = "utf-8") -> bytes:
    """Rows as CSV with a header taken from the first row; `None` is written as nothing."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def json_bytes(value: Any, *, indent: int | None = None) -> bytes:
    """One JSON document with a closing line feed; Chinese stays readable."""
    separators = None if indent else (",", ":")
    return (json.dumps(value, ensure_ascii=False, indent=indent, separators=separators) + "\n").encode()


def json_list_bytes(head: Mapping[str, Any], name: str, rows: Sequence[Row]) -> bytes:
    """An envelope object whose list `name` holds one row a line, so that changes can be read in a diff."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    front = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1]
    return f'{front},"{name}":[\n{lines}\n]}}\n'.encode()


def jsonl_gz_bytes(rows: Iterable[Row]) -> bytes:
    """JSON Lines in a gzip frame of stored blocks, so that no compressor release decides the bytes."""
    data = b"".join(json_bytes(row) for row in rows)
    size = 0xFFFF
    blocks = [data[start : start + size] for start in range(0, len(data), size)] or [b""]
    body = b"".join(
        struct.pack("<BHH", position == len(blocks) - 1, len(block), len(block) ^ size) + block
        for position, block in enumerate(blocks)
    )
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # gzip, deflate, no time stamp, no operating system
    return head + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def columns_csv(columns: Columns, *, encoding: str = "utf-8") -> bytes:
    """Columns as CSV with a header; a missing value is written as nothing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue().encode(encoding)


def columns_json(head: Mapping[str, Any], name: str, columns: Columns) -> bytes:
    """An envelope object whose list `name` holds one row a line; a missing value is null."""
    names = list(columns)
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return json_list_bytes(head, name, rows)


def columns_xml(path: str, columns: Columns) -> bytes:
    """A document whose rows stand at `path` (`root/rows/row`), one a line, a column as a child element.

    A missing value is an element without text.
    """
    *around, row = path.split("/")
    opened = [f"<{name}>{{}}</{name}>" for name in columns]
    pieces = [
        [shape.format("" if value is None else escape(str(value))) for value in values]
        for shape, values in zip(opened, columns.values(), strict=True)
    ]
    lines = "".join(f"<{row}>{''.join(cells)}</{row}>\n" for cells in zip(*pieces, strict=True))
    front, back = "".join(f"<{name}>" for name in around), "".join(f"</{name}>" for name in reversed(around))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{front}\n{lines}{back}\n'.encode()


def columns_xlsx(columns: Columns, *, sheet: str, title: str) -> bytes:
    """A workbook of one sheet: a title in row 1, the header in row 2, then the rows. Dates are date cells."""
    return _workbook([[title], list(columns), *zip(*columns.values(), strict=True)], sheet)


def xlsx_bytes(rows: Sequence[Row], *, sheet: str, title: str) -> bytes:
    """A workbook of one sheet: a title in row 1, the header in row 2, then the rows."""
    header = list(rows[0])
    return _workbook([[title], header, *([row[name] for name in header] for row in rows)], sheet, _BARE_STYLES)


def _workbook(table: Sequence[Sequence[Any]], sheet: str, styles: str = _STYLES) -> bytes:
    body = "".join(
        f'<row r="{line}">{"".join(_cell(line, column, value) for column, value in enumerate(cells))}</row>'
        for line, cells in enumerate(table, start=1)
    )
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELS,
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_RELATION}"><sheets>'
        f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _WORKBOOK_RELS,
        "xl/styles.xml": styles,
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEET}"><sheetData>{body}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            part = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            part.create_system = 0  # the same byte on every operating system
            archive.writestr(part, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + text)
    return out.getvalue()


def _cell(line: int, column: int, value: Any) -> str:
    if value is None or value == "":
        return ""
    where = f"{_letters(column)}{line}"
    if isinstance(value, date):
        return f'<c r="{where}" s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{where}"><v>{value!r}</v></c>'
    return f'<c r="{where}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


@cache
def _letters(column: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    return (_letters(column // 26 - 1) if column >= 26 else "") + chr(ord("A") + column % 26)
