"""JSON documents and JSON Lines to columns of text, many deliveries in one statement of the engine."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from ingest.contract import Format
from ingest.decode.reading import MAX_RECORD, has_long_stretch
from ingest.privacy import literal

ADMITTED = Format(kind="jsonl")  # lines of {"line", "fault", "record"}: what a contract admitted of a delivery


def is_too_long(data: bytes, form: Format) -> bool:
    """Whether a line, or a text within a document, is longer than a record may be."""
    return has_long_stretch(data, (b"\n",) if form.kind == "jsonl" else (b'"',))


def joined(texts: Sequence[str], form: Format) -> str:
    """Several documents as one that is read as one list (RFC 7464), or lines after lines."""
    if len(texts) == 1:
        return texts[0]
    if form.kind == "jsonl":
        return "".join(text if text.endswith("\n") else text + "\n" for text in texts)
    return "".join("\x1e" + text for text in texts)


def read_documents(
    documents: list[tuple[int, str, Format]], columns: list[str]
) -> tuple[pa.Table, dict[int, list[str]]]:
    """Documents (batch, text, form) to the columns asked for, and by batch the names that nobody asked for."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'; set enable_external_access = false")
    parts: list[pa.Table] = []
    unknown: dict[int, list[str]] = {}
    for form in {id(f): f for _, _, f in documents}.values():
        mine = [(index, text) for index, text, f in documents if f is form]
        texts = pa.table({"batch": pa.array([i for i, _ in mine], pa.int32()), "doc": pa.array([t for _, t in mine])})
        connection.register("texts", texts)
        connection.execute(f"create or replace temp table items as {_bounded_sql(form)}")
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


def _bounded_sql(form: Format) -> str:
    """The items; one that is longer than a record may be is a fault, and its text goes no further."""
    too_long = f"strlen(item) > {MAX_RECORD}"
    return f"""
        select batch, line, case when {too_long} then null else item end as item,
            case when {too_long} then 'record_too_large' else fault end as fault
        from ({_items_sql(form)}) as told
    """


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
