"""Deliveries byte by byte, in forms that no writer at hand makes: dBASE tables, old workbooks, archives."""

import io
import struct
import tarfile
import zipfile
from collections.abc import Sequence

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def dbf(
    columns: Sequence[tuple[str, str, int]], rows: Sequence[Sequence[bytes]], marks: str = "", encoding: str = "gb18030"
) -> bytes:
    """A dBASE III table: columns of (name, kind, width), cells as bytes, a mark a row (`*`: deleted)."""
    width = 1 + sum(size for _, _, size in columns)
    first = 32 + 32 * len(columns) + 1
    head = struct.pack("<BBBBIHH20x", 3, 126, 11, 1, len(rows), first, width)
    fields = b"".join(
        struct.pack("<11sc4xBB14x", name.encode(encoding), kind.encode(), size, 0) for name, kind, size in columns
    )
    body = b"".join(
        mark.encode() + b"".join(cell.ljust(size) for cell, (_, _, size) in zip(row, columns, strict=True))
        for mark, row in zip(marks or " " * len(rows), rows, strict=True)
    )
    return head + fields + b"\r" + body + b"\x1a"


def xls(rows: Sequence[Sequence[str | float]]) -> bytes:
    """A workbook as Excel 97 wrote it: one sheet, texts and numbers, in a compound file."""
    globals_end = _record(0x0A)
    bof = struct.pack("<HHII", 0x0DBB, 0x07CC, 0, 6)
    name = "台账".encode("utf-16-le")

    def book(at: int) -> bytes:
        sheet = struct.pack("<IBBBB", at, 0, 0, 2, 1) + name
        return (
            _record(0x809, struct.pack("<HH", 0x600, 5) + bof)
            + _record(0x42, struct.pack("<H", 1200))
            + _record(0x85, sheet)
            + globals_end
        )

    cells = b"".join(_cell(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row))
    size = _record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    sheet = _record(0x809, struct.pack("<HH", 0x600, 0x10) + bof) + size + cells + _record(0x0A)
    return _compound(book(len(book(0))) + sheet)


def _cell(row: int, column: int, value: str | float) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        return _record(0x204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
    return _record(0x203, place + struct.pack("<d", value))


def _record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _compound(stream: bytes) -> bytes:
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // SECTOR)
    fat = [FAT, END, *range(3, sectors + 2), END]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0)
    head += struct.pack("<I", 0) + struct.pack("<I", FREE) * 108
    table = struct.pack(f"<{len(fat)}I", *fat) + struct.pack("<I", FREE) * (128 - len(fat))
    folder = _entry("Root Entry", 5, 1, END, 0) + _entry("Workbook", 2, FREE, 2, len(stream)) + bytes(256)
    return head + table + folder + stream.ljust(sectors * SECTOR, b"\0")


def _entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    return head + struct.pack("<III", FREE, FREE, child) + bytes(36) + struct.pack("<IQ", first, size)


class _OldName(zipfile.ZipInfo):
    """A member whose name stands as a Chinese desktop writes it, without the mark of UTF-8."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  the library's own name
        return self.filename.encode("gb18030"), self.flag_bits


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(_OldName(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()
