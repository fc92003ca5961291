"""What a sample of an unknown feed looks like: its format, its columns, and what fits their values."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import fastexcel
import pyarrow as pa

from ingest.contract import Archive, FeedContract, Format
from ingest.decode import Encoded, decode
from ingest.decode.reading import UnreadableError
from ingest.decode.unpack import Member, is_archive, unpack
from ingest.decode.workbook import read_workbook
from ingest.errors import ContractError, SourceError
from ingest.landing_sql import DATE_FORMATS, TIMESTAMP_FORMATS
from ingest.log import session
from ingest.privacy import literal, quoted

MOSTLY = 0.95  # of the told values must fit a guess
FEW = 12  # different values at most, for a closed list
KINDS = {
    ".csv": "csv", ".tsv": "tsv", ".txt": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".xlsx": "xlsx", ".xls": "xls", ".xml": "xml", ".geojson": "geojson", ".dbf": "dbf",
}  # fmt: skip
# ID number check (GB 11643): weights of the first seventeen digits; the sum modulo 11 picks the last character
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_SUM = " + ".join(f"cast(substr(v, {i}, 1) as integer) * {w}" for i, w in enumerate(_ID_WEIGHTS, start=1))
_IS_ID = (
    "case when regexp_full_match(v, '[0-9]{17}[0-9Xx]') "
    f"then upper(right(v, 1)) = substr('10X98765432', ({_ID_SUM}) % 11 + 1, 1) else false end"
)
_IS_PHONE = r"regexp_full_match(regexp_replace(v, '[ -]', '', 'g'), '(\+?86)?1[3-9][0-9]{9}|0[0-9]{9,11}')"


@dataclass(frozen=True)
class Column:
    """What one column of the sample looks like; shares are of the told (not empty) values."""

    name: str
    told: int
    distinct: int
    rows: int
    shares: dict[str, float]
    values: list[str]
    low: float | None
    high: float | None
    middle: str | None

    def fits(self, kind: str) -> bool:
        return self.told > 0 and self.shares[kind] >= MOSTLY


def form_of(sample: Path) -> dict[str, Any]:
    if not sample.is_file():
        raise SourceError(f"there is no sample {sample}; give the path of a delivery as the centre sends it")
    inside = _first_inside(sample)
    kind = KINDS.get(Path(inside.name).suffix.lower())
    if kind is None:
        raise SourceError(
            f"{sample.name}: the ending names no format that is known ({', '.join(sorted(KINDS))}); "
            "rename a copy of the sample"
        )
    form: dict[str, Any] = {"kind": kind}
    data = inside.data
    if is_archive(sample.name):
        form["archive"] = {"members": f"*{Path(inside.name).suffix}"}
    if kind in ("csv", "tsv", "jsonl", "json", "geojson"):
        form |= _encoding(data, sample.name)
    if kind == "dbf":
        form["encoding"] = "detect"
    if kind in ("xlsx", "xls"):
        form |= _header_row(data, sample.name)
    if kind == "json":
        form["records"] = _records_path(data.decode(form.get("encoding", "utf-8")))
    if kind == "csv":
        head = data[: 1 << 16].decode(form.get("encoding", "utf-8"), errors="ignore").splitlines()[:1]
        counts = {mark: head[0].count(mark) for mark in (",", ";", "|", "\t")} if head else {}
        best = max(counts, key=lambda mark: counts[mark], default=",")
        form |= {"delimiter": best} if counts and best != "," and counts[best] else {}
    return form


def _first_inside(sample: Path) -> Member:
    """The sample itself, or the first file of a packed one whose ending is known."""
    try:
        members = unpack(sample.name, sample.read_bytes(), Archive(several="append"))
    except UnreadableError as error:
        raise SourceError(f"{sample.name} can't be unpacked: {error}; ask the centre for it again") from error
    return next((one for one in members if Path(one.name).suffix.lower() in KINDS), members[0])


def _encoding(data: bytes, name: str) -> dict[str, str]:
    for encoding in ("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8", "gb18030", "utf-16"):
        try:
            data.decode(encoding)
        except UnicodeError:
            continue
        return {} if encoding == "utf-8" else {"encoding": encoding}
    raise SourceError(f"{name} is neither UTF-8 nor GB18030 nor UTF-16; ask the centre how it is written")


def _header_row(data: bytes, name: str) -> dict[str, int]:
    """The row of a workbook's first sheet with the most different names: registers like to begin with a title."""
    try:
        read_workbook(data, Format(kind="xlsx"))  # by the process that may fall
    except UnreadableError as error:
        raise SourceError(f"{name} is no workbook that can be read ({error}); ask the centre for it again") from error
    rows = fastexcel.read_excel(data).load_sheet(0, header_row=None, n_rows=10, dtypes="string").to_arrow().to_pylist()
    filled = [len({cell for cell in row.values() if cell}) for row in rows]
    best = filled.index(max(filled)) + 1 if filled else 1
    return {"header_row": best} if best > 1 else {}


def _records_path(text: str) -> str:
    """The path of the longest list of objects in a JSON document."""
    con = duckdb.connect()
    if not con.execute("select json_valid(?)", [text]).fetchall()[0][0]:
        raise SourceError("the sample is no JSON document; is it JSON Lines (.jsonl)?")
    if con.execute("select json_type(?)", [text]).fetchall()[0][0] == "ARRAY":
        return "$[*]"
    found = con.execute(
        "select fullkey, json_array_length(value) as n from json_tree(?) where type = 'ARRAY' "
        "and json_type(value, '$[0]') = 'OBJECT' order by n desc, fullkey limit 1",
        [text],
    ).fetchall()
    return f"{found[0][0]}[*]" if found else "$"


def texts_of(sample: Path, form: dict[str, Any]) -> pa.Table:
    """All columns of the sample as texts: read once for their names, and again with them."""
    data = sample.read_bytes()

    def read(columns: list[str]) -> tuple[pa.Table, list[str]]:
        fields = {f"f{number}": {"source": name} for number, name in enumerate(columns)} or {"nothing": {}}
        contract = FeedContract.model_validate(_SKELETON | {"fields": fields, "formats": [form]})
        decoded = decode([Encoded(sample.name, data)], contract)
        return decoded.table, decoded.unknown.get(0, [])

    try:
        Format.model_validate(form)
        table, names = read([])
        table, _ = read(names) if names else (table, [])
    except ValueError as error:
        raise ContractError(f"{sample.name}: {error}") from error
    faults = [fault for fault in set(table["fault"].to_pylist()) if fault]
    if faults and not names:
        raise SourceError(f"{sample.name} can't be read as {form['kind']}: {', '.join(faults)}")
    return table.select(names) if names else table.select([])


_SKELETON: dict[str, Any] = {
    "feed": "draft", "version": 1, "title": "draft", "network": "draft",
    "owner": {"office": "draft", "contact": "draft"}, "filled_by": "system", "mode": "append",
    "cadence": "P1D", "lateness": "P1D", "source": {"kind": "file", "path": "."},
    "time": {"zone": "UTC"}, "key": {"expression": "'1'"},
}  # fmt: skip


def columns_of_sample(table: pa.Table) -> list[Column]:
    con = session()
    con.register("sample", table)
    stamps = ", ".join(literal(form) for form in TIMESTAMP_FORMATS)
    dates = ", ".join(literal(form) for form in DATE_FORMATS)
    tests = {
        "integer": "regexp_full_match(v, '[+-]?(0|[1-9][0-9]*)')",
        "number": "try_cast(v as double) is not null",
        "epoch_ms": "regexp_full_match(v, '1[0-9]{12}')",
        "date": f"try_strptime(v, [{dates}]) is not null and length(v) <= 11",
        "timestamp": f"try_strptime(regexp_replace(v, '(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$', ''), [{stamps}]) is not null",
        "boolean": "lower(v) in ('true', 'false', '是', '否')",
        "id_number": _IS_ID,
        "phone": _IS_PHONE,
        "speaks": r"length(v) > 20 and regexp_matches(v, '1[3-9][0-9]{9}|[1-9][0-9]{16}[0-9Xx]')",
        "json": "v[1] in ('{', '[') and json_valid(v)",
    }
    sums = ", ".join(f"avg(cast({test} as integer)) as {name}" for name, test in tests.items())
    found = []
    for name in table.column_names:
        row = con.execute(
            f"""
            with told as (
                select trim({quoted(name)}) as v from sample where trim(coalesce({quoted(name)}, '')) not in ('', '-')
            )
            select count(*), count(distinct v), min(try_cast(v as double)), max(try_cast(v as double)),
                median(try_strptime(v, [{stamps}])),
                (select list(v order by n desc, v)
                    from (select v, count(*) as n from told group by v order by n desc, v limit {FEW + 1})),
                {sums}
            from told
            """
        ).fetchall()[0]
        told, distinct, low, high, middle, values, *shares = row
        named = {test: float(share or 0) for test, share in zip(tests, shares, strict=True)}
        found.append(
            Column(name, told, distinct, table.num_rows, named, list(values or []), low, high, str(middle or ""))
        )
    return found
