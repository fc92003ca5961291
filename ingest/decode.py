"""Bytes of deliveries to columns of text: one Arrow table for many deliveries, the file's own words untouched.

Columns: `batch` (index into the given deliveries), `line` (record number in the delivery, from 1), `fault` (null, or
the code of why this record could not be read), then the source's columns, all text. A delivery that cannot be read at
all yields one row, line 0, fault `unreadable_delivery`: nothing is dropped without a word.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import duckdb
import fastexcel
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from lxml import etree

from ingest.contract import FeedContract, Format
from ingest.errors import ContractError
from ingest.privacy import literal

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
MAX_DECOMPRESSED = 2 * 1024**3


@dataclass(frozen=True)
class Decoded:
    """`table` as the module says; `unknown` names, per batch index, columns that the contract does not declare."""

    table: pa.Table
    unknown: dict[int, list[str]]


class _UnreadableError(Exception):
    """A delivery that is not what its format says; the code is its reason."""


@dataclass(frozen=True)
class Encoded:
    """The bytes of one delivery: as the centre named and wrote it, or (`admitted`) as `admitted_lines` left it."""

    name: str
    data: bytes
    admitted: bool = False


ADMITTED = Format(kind="jsonl")  # lines of {"line", "fault", "record"}: what a contract admitted of a delivery


def decode(deliveries: Sequence[Encoded], contract: FeedContract) -> Decoded:
    """Decode deliveries by the contract's formats; one whose name fits none is the fault `no_format_for_name`."""
    columns = sorted(set(contract.source_columns.values()))
    parts: list[pa.Table] = []
    unknown: dict[int, list[str]] = {}
    documents: list[tuple[int, str, Format]] = []
    for index, encoded in enumerate(deliveries):
        if encoded.admitted:
            documents.append((index, encoded.data.decode(), ADMITTED))
            continue
        try:
            form = contract.format_for(encoded.name.removesuffix(".gz"))
        except ContractError:  # this delivery waits for a mended contract; it does not keep the others from landing
            parts.append(_fault_row(index, "no_format_for_name", columns))
            continue
        try:
            plain = _gunzip(encoded.data) if encoded.name.endswith(".gz") else encoded.data
            if form.kind in ("json", "jsonl"):
                documents.append((index, _text(plain, form).decode(), form))
                continue
            table = _READERS[form.kind](plain, form)
        except _UnreadableError as error:
            parts.append(_fault_row(index, str(error), columns))
            continue
        parts.append(_framed(table, index, columns, form))
        extra = sorted(set(table.column_names) - set(columns) - {"fault", "line"} - set(form.rename))
        if extra:
            unknown[index] = extra
    if documents:
        table, extra_by_batch = _json(documents, columns)
        parts.append(table)
        unknown.update(extra_by_batch)
    if not parts:
        parts = [_fault_row(0, "unreadable_delivery", columns).slice(0, 0)]
    return Decoded(pa.concat_tables(parts), unknown)


def _gunzip(data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            plain = stream.read(MAX_DECOMPRESSED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _UnreadableError("unreadable_delivery") from error
    if len(plain) > MAX_DECOMPRESSED:
        raise _UnreadableError("delivery_too_large")
    return plain


def _text(data: bytes, form: Format) -> bytes:
    """UTF-8 bytes without BOM; bytes that the declared encoding does not know become U+FFFD and are found later."""
    encoding = "utf-8-sig" if form.encoding.startswith("utf-8") else form.encoding
    try:
        text = data.decode(encoding)
    except UnicodeError:
        text = data.decode(encoding, errors="replace")
    return text.removeprefix("\ufeff").encode("utf-8", errors="replace")


def _read_delimited(data: bytes, form: Format) -> pa.Table:
    """CSV or TSV with a header row; rows with the wrong number of cells become faults."""
    text = _text(data, form)
    delimiter = form.delimiter or ("\t" if form.kind == "tsv" else ",")
    head = io.StringIO(text[: 1 << 20].decode(errors="ignore"), newline="")
    rows = csv.reader(head, delimiter=delimiter)
    try:
        header = [next(rows) for _ in range(form.header_row)][-1]
    except (StopIteration, csv.Error) as error:
        raise _UnreadableError("empty_delivery") from error
    names = _distinct(header)
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
            raise _UnreadableError("unreadable_delivery") from error
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
    table = table.append_column("fault", _undecodable(table, names) if REPLACEMENT.encode() in text else fault)
    return pa.concat_tables([table, broken]) if len(spots) else table


def _undecodable(table: pa.Table, names: list[str]) -> pa.Array:
    """`undecodable_bytes` for the rows in which the declared encoding did not know some bytes, else null."""
    found = [pc.match_substring(table[name], REPLACEMENT) for name in names]
    marked = reduce(pc.or_, [pc.fill_null(mask, False) for mask in found])
    return pc.if_else(marked, "undecodable_bytes", pa.scalar(None, pa.string()))


def _read_xlsx(data: bytes, form: Format) -> pa.Table:
    try:
        sheet = fastexcel.read_excel(data).load_sheet(form.sheet, header_row=form.header_row - 1, dtypes="string")
        batch = sheet.to_arrow()
    except Exception as error:  # the reader raises its own kinds for each way a workbook can be broken
        raise _UnreadableError("unreadable_delivery") from error
    table = pa.Table.from_batches([batch])
    table = table.rename_columns(_distinct(table.column_names))
    return table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))


def _distinct(header: Sequence[str]) -> list[str]:
    """Header cells as column names: trimmed, the empty ones numbered, repeats marked."""
    names: list[str] = []
    for number, cell in enumerate(header, start=1):
        name = re.sub(r"\s+", " ", cell.strip().strip("\ufeff")) or f"column_{number}"
        if name in ("line", "fault", "batch"):
            name = f"source_{name}"
        while name in names:
            name += "_2"
        names.append(name)
    return names


def _framed(table: pa.Table, batch: int, columns: Iterable[str], form: Format) -> pa.Table:
    """The declared columns of one delivery, the missing ones null, with batch and line."""
    if form.rename:
        table = table.rename_columns([form.rename.get(name, name) for name in table.column_names])
    rows = table.num_rows
    present = set(table.column_names)
    line = table["line"] if "line" in present else pa.array(np.arange(1, rows + 1), pa.int64())
    fault = table["fault"] if "fault" in present else pa.nulls(rows, pa.string())
    cells = {name: table[name] if name in present else pa.nulls(rows, pa.string()) for name in columns}
    return pa.table({"batch": pa.array(np.full(rows, batch), pa.int32()), "line": line, "fault": fault, **cells})


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


def _json(documents: list[tuple[int, str, Format]], columns: list[str]) -> tuple[pa.Table, dict[int, list[str]]]:
    """JSON documents and JSON Lines to columns, all in one statement of the engine."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'; set enable_external_access = false")
    parts: list[pa.Table] = []
    unknown: dict[int, list[str]] = {}
    for form in {id(f): f for _, _, f in documents}.values():
        mine = [(index, text) for index, text, f in documents if f is form]
        texts = pa.table({"batch": pa.array([i for i, _ in mine], pa.int32()), "doc": pa.array([t for _, t in mine])})
        connection.register("texts", texts)
        connection.execute(f"create or replace temp table items as {_items_sql(form)}")
        reverse = {renamed: original for original, renamed in form.rename.items()}
        shape = {name: reverse.get(name, name) for name in columns}
        structure = (
            "{" + ",".join(f'"{_escaped(original)}":"VARCHAR"' for original in dict.fromkeys(shape.values())) + "}"
        )
        cells = ", ".join(f"record.{_identifier(original)} as {_identifier(name)}" for name, original in shape.items())
        parts.append(
            connection.execute(
                f"""
                with parsed as (
                    select batch, line, fault,
                        case when fault is null then from_json(item, {literal(structure)}) end as record
                    from items
                )
                select batch, line, fault, {cells} from parsed order by batch, line
                """
            ).to_arrow_table()
        )
        known = ", ".join(literal(name) for name in shape.values())
        extra = connection.execute(
            f"""
            select batch, list_sort(list(distinct key))
            from (select batch, unnest(json_keys(item)) as key from items where fault is null)
            where key not in ({known}) group by batch
            """
        ).fetchall()
        unknown.update(dict(extra) if form is not ADMITTED else {})
    connection.close()
    frame = pa.schema(
        [
            ("batch", pa.int32()),
            ("line", pa.int64()),
            ("fault", pa.string()),
            *((name, pa.string()) for name in columns),
        ]
    )
    return pa.concat_tables([part.cast(frame) for part in parts]), unknown


def _items_sql(form: Format) -> str:
    """SQL from `texts(batch, doc)` to `(batch, line, item, fault)`, an item being one record's JSON."""
    if form is ADMITTED:
        return """
            with lines as (select batch, unnest(string_split(doc, chr(10))) as item from texts),
            told as (
                select batch, from_json(item, '{"line":"BIGINT","fault":"VARCHAR","record":"JSON"}') as entry
                from lines where item <> ''
            )
            select batch, entry.line as line, cast(entry.record as varchar) as item, entry.fault as fault from told
        """
    if form.kind == "jsonl":
        return """
            with lines as (
                select batch, unnest(string_split(doc, chr(10))) as item,
                    generate_subscripts(string_split(doc, chr(10)), 1) as line
                from texts
            ),
            told as (select batch, line::bigint as line, trim(item, ' ' || chr(13) || chr(9)) as item from lines)
            select batch, line, item,
                case when not json_valid(item) then 'not_json' when json_type(item) <> 'OBJECT' then 'not_a_record'
                    when contains(item, chr(65533)) then 'undecodable_bytes' end as fault
            from told where item <> ''
        """
    # documents one after another (RFC 7464, a list told in pages) are read as one list
    path = form.records.removesuffix("[*]")
    found = "doc" if path == "$" else f"json_extract(doc, {literal(path)})"
    return f"""
        with parts as (
            select batch, generate_subscripts(docs, 1) as part, unnest(docs) as doc
            from (
                select batch,
                    case when starts_with(doc, chr(30)) then string_split(doc, chr(30))[2:] else [doc] end as docs
                from texts
            )
        ),
        told as (
            select batch, part, case when json_valid(doc) then {found} end as list from parts
        ),
        kinds as (
            select batch, part, list,
                case when list is null then 'unreadable_delivery'
                     when json_type(list) not in ('ARRAY', 'OBJECT', 'NULL') then 'no_records_at_path' end as fault
            from told
        ),
        rows as (
            select batch, part,
                unnest(
                    case when json_type(list) = 'ARRAY' then from_json(list, '["JSON"]') else [list::json] end
                ) as item,
                generate_subscripts(
                    case when json_type(list) = 'ARRAY' then from_json(list, '["JSON"]') else [list::json] end, 1
                ) as line
            from kinds where fault is null and json_type(list) <> 'NULL'
        )
        select batch, row_number() over (partition by batch order by part, line) as line, item::varchar as item,
            case when json_type(item) <> 'OBJECT' then 'not_a_record'
                when contains(cast(item as varchar), chr(65533)) then 'undecodable_bytes' end as fault
        from rows
        union all
        select batch, 0::bigint, null, fault from kinds where fault is not null
    """


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _read_xml(data: bytes, form: Format) -> pa.Table:
    """Records at a path: attributes and child elements become columns, `a/b` for what lies deeper, lists as JSON text.

    No entity is resolved and nothing is fetched; a document with a type declaration is refused.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _UnreadableError("unreadable_delivery") from error
    if root.getroottree().docinfo.doctype:
        raise _UnreadableError("unreadable_delivery")
    top, _, below = form.records.strip("/").partition("/")
    if etree.QName(root).localname != top:
        raise _UnreadableError("no_records_at_path")
    records = [_cells(element) for element in root.iterfind("/".join(f"{{*}}{name}" for name in below.split("/")))]
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = {name: [record.get(name) for record in records] for name in names}
    told = {target: columns[name] for name, target in zip(names, _distinct(names), strict=True)}
    return pa.table({name: pa.array(values, pa.string()) for name, values in told.items()})


def _cells(record: "etree._Element") -> dict[str, str]:
    found: dict[str, list[str]] = {}

    def gather(element: "etree._Element", prefix: str) -> None:
        for name, value in element.attrib.items():
            found.setdefault(prefix + etree.QName(name).localname, []).append(str(value))
        for child in element.iterchildren(tag=etree.Element):
            name = prefix + etree.QName(child).localname
            if len(child) or child.attrib:
                gather(child, name + "/")
            if not len(child):
                found.setdefault(name, []).append("".join(map(str, child.itertext())))

    gather(record, "")
    return {
        name: values[0] if len(values) == 1 else json.dumps(values, ensure_ascii=False)
        for name, values in found.items()
    }


_READERS: dict[str, Callable[[bytes, Format], pa.Table]] = {
    "csv": _read_delimited,
    "tsv": _read_delimited,
    "xlsx": _read_xlsx,
    "xml": _read_xml,
}


def admitted_lines_sql(columns: Sequence[str]) -> str:
    """SQL from `kept(batch, line, fault, <columns>)` to one text a batch: the admitted records as decode reads them."""
    record = ", ".join(f"{_identifier(name)} := {_identifier(name)}" for name in columns)
    return f"""
        select batch,
            string_agg(
                cast(to_json(struct_pack(line := line, fault := fault, record := struct_pack({record}))) as varchar),
                chr(10)
                order by line
            ) || chr(10) as lines
        from kept group by batch
    """
