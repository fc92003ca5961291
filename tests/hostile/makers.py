"""How the hostile files are made: bombs, liars, climbers."""

import gzip
import io
import struct
import tarfile
import warnings
import zipfile

from tests.ingest.forms import xls

HEADER = "no,at,kind,story,lon,lat\n"
ROW = "{no},2026-11-01 08:00:00,A,积水,123.01,30.41\n"
MEGABYTE = 1 << 20
XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def gzip_of_zeros(megabytes: int) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as stream:
        for _ in range(megabytes):
            stream.write(bytes(MEGABYTE))
    return out.getvalue()


def zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _packed(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def zip_of_zeros(megabytes: int, name: str = "a.csv") -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(_packed(name), "w") as stream,
    ):
        for _ in range(megabytes):
            stream.write(bytes(MEGABYTE))
    return out.getvalue()


def nested_zip() -> bytes:
    data = zip_of_zeros(64)
    for depth in range(6):
        data = zip({f"{depth}-{copy}.zip": data for copy in range(4)})
    return data


def twice() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings(action="ignore"):
        archive.writestr("a.csv", HEADER + ROW.format(no="Z1"))
        archive.writestr("a.csv", HEADER + ROW.format(no="Z2"))
    return out.getvalue()


def lying_zip() -> bytes:
    """The directory says ten bytes; the member holds a hundred megabytes."""
    data = bytearray(zip_of_zeros(100))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(data)


def locked_zip() -> bytes:
    data = bytearray(zip({"a.csv": HEADER.encode()}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + offset
        data[at] |= 1
    return bytes(data)


def tar(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, link
        data = (HEADER + ROW.format(no="T1")).encode()
        member.size = len(data) if kind == tarfile.REGTYPE else 0
        archive.addfile(member, io.BytesIO(data) if member.size else None)
    return out.getvalue()


def tar_link() -> bytes:
    return tar("a.csv", tarfile.SYMTYPE, "/etc/passwd")


def tar_device() -> bytes:
    return tar("a.csv", tarfile.CHRTYPE)


def tar_with_a_hole() -> bytes:
    """A sparse member: some bytes of archive that stand for eight gigabytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("a.csv")
        member.size = 512
        member.pax_headers = {
            "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(8 << 30),
            "GNU.sparse.name": "a.csv",
        }  # fmt: skip
        archive.addfile(member, io.BytesIO(b"1\n8589934080\n512\n".ljust(512, b"\0")))
    return out.getvalue()


def dbf_of(columns: list[tuple[str, int]], width: int) -> bytes:
    """A dBASE table without rows, of columns (name, width), which says how wide its rows are."""
    fields = b"".join(struct.pack("<11sc4xBB14x", name.encode(), b"C", size, 0) for name, size in columns)
    return struct.pack("<BBBBIHH20x", 3, 126, 11, 1, 0, 33 + len(fields), width) + fields + b"\r"


_BOOK = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{SHEET}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def sheet(value: str, reference: str = "A1") -> str:
    cell = f'<c r="{reference}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<worksheet xmlns="{SHEET}"><sheetData><row r="1">{cell}</row></sheetData></worksheet>'


def corners() -> str:
    """A sheet of two cells, as far from each other as they can be."""
    cells = [
        f'<row r="{row}"><c r="{column}{row}" t="inlineStr"><is><t>no</t></is></c></row>'
        for column, row in (("A", 1), ("XFD", 1_048_576))
    ]
    return f'<worksheet xmlns="{SHEET}"><sheetData>{"".join(cells)}</sheetData></worksheet>'


def ring() -> bytes:
    """An old workbook whose last sector says that the first one follows."""
    data = bytearray(xls([["no"], ["C1"]]))
    table = 512
    last = table + 4 * (2 + 4096 // 512 - 1)
    data[last : last + 4] = struct.pack("<I", 2)
    return bytes(data)


def workbook(sheet: str) -> bytes:
    return zip({name: text.encode() for name, text in _BOOK.items()} | {"xl/worksheets/sheet1.xml": sheet.encode()})


def workbook_of_zeros() -> bytes:
    out = io.BytesIO(zip({name: text.encode() for name, text in _BOOK.items()}))
    with (
        zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(_packed("xl/worksheets/sheet1.xml"), "w") as stream,
    ):
        stream.write(f'<worksheet xmlns="{SHEET}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>'.encode())
        for _ in range(1024):
            stream.write(b"x" * MEGABYTE)
        stream.write(b"</t></is></c></row></sheetData></worksheet>")
    return out.getvalue()


def laughs() -> str:
    entities = '<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    return f"{XML_HEAD}<!DOCTYPE r [{entities}]><rows><row><no>&l9;</no></row></rows>"
