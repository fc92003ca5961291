"""The profile: one row per landing with a number for each check, made by one pass of SQL over the log's files.

So thousands of landings are judged in one run, and what the checks read is small whatever the landings hold.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from expectations.landings import SNAPSHOT, WITHOUT_EVENT, LandingCheck, statements_sql
from ingest.contract import FeedContract
from ingest.log import EVENT_SCHEMA, REJECTION_SCHEMA, UNREADABLE_ITEM, file_list
from ingest.privacy import literal, quoted

TABLE = "profile"
STAGES = ("reported", "accepted", "registered", "dispatched", "handled", "closed")
LISTS = {  # reference table → SQL of the list that a code stands in, the attribute that is the code
    "category": ("json_extract_string(attributes, '$.code_set')", "category_code"),
    "organisation": ("''", "org_code"),
    "grid": ("json_extract_string(attributes, '$.scheme')", "grid_code"),
}
COUNTS = ("fetched", "recorded", "duplicate", "rejected", "filtered")
Receipt = Mapping[str, Any]


def make_profile(
    connection: duckdb.DuckDBPyConnection,
    contract: FeedContract,
    checks: Sequence[LandingCheck],
    receipts: Sequence[Receipt],
    event_files: Sequence[str],
    rejection_files: Sequence[str],
) -> None:
    """Create the table `profile` for some receipts of one feed, one row each, no nulls.

    The files are those of the log's tables, in folders `network=<name>`; only rows of the receipts' attempts are read.
    Raises duckdb.Error where a file is missing or does not have the log's columns.
    """
    connection.execute("set timezone = 'UTC'")
    connection.register("given_receipts", _receipts(receipts))
    connection.execute("create temp table receipts as select * from given_receipts")
    connection.unregister("given_receipts")
    _view(connection, "events", EVENT_SCHEMA, event_files, contract.network)
    _view(connection, "rejections", REJECTION_SCHEMA, rejection_files, contract.network)
    _known_codes(connection, event_files)
    connection.execute(profile_sql(contract, checks))


def profile_sql(contract: FeedContract, checks: Sequence[LandingCheck]) -> str:
    """The statement that makes the profile from `receipts`, `events` and `rejections`; pure text."""
    statements = statements_sql(contract)
    sources = {"events": "rows", "records": "records", "statements": "statements"}
    parts = []
    for over, source in sources.items():
        if over == "statements" and statements is None:
            continue
        columns = _columns(checks, over)
        parts.append(f"of_{over} as (select landing{''.join(columns)} from {source} group by landing)")
    joined = ["of_events", "of_records", *(["of_statements"] if statements else [])]
    measured = {check.profile_column: check.over for check in checks}
    values = {name: _measure(checks, name) if over == "landing" else quoted(name) for name, over in measured.items()}
    cells = [f"cast(coalesce({value}, 0) as double) as {quoted(name)}" for name, value in values.items()]
    listed = ",\n            ".join(["landing_id", "batch_id", "seq", *cells])
    moments = ", ".join(
        f"min(occurred_at) filter (where event_type = {literal(stage)}) as {stage}_at" for stage in STAGES
    )
    return f"""
        create table {TABLE} as
        with rows as (
            select receipts.landing, receipts.feed as receipt_feed, receipts.batch_id as receipt_batch_id,
                receipts.landing_id as receipt_landing_id, events.*
            from events join receipts using (attempt_id)
        ),
        lines as (
            select landing, line, record_key, record_hash,
                coalesce(bool_or(lon is not null or grid_code_given is not null or division_code is not null)
                    filter (where event_type <> {literal(WITHOUT_EVENT)}), true) as located,
                {moments},
                max(recorded_at) as changed_at, max(lon) as lon, max(lat) as lat,
                max(category_code_set) as category_code_set, max(category_code) as category_code,
                max(nullif(org_code, '')) as org_code,
                max(grid_scheme_given) as grid_scheme, max(grid_code_given) as grid_code, max(text) as text
            from rows
            where event_type <> {literal(SNAPSHOT)} and record_hash is distinct from {literal(UNREADABLE_ITEM)}
            group by landing, line, record_key, record_hash
        ),
        records as (
            select lines.*,
                count(*) over (partition by landing, record_key, record_hash) as tellings,
                count(*) over (partition by landing, record_key) as same_key,
                min(record_hash) over moment <> max(record_hash) over moment as is_contradicted,
                case when text is not null then count(*) over (partition by landing, text) end as same_text,
                {_is_known("category", "category_code_set", "category_code")} as is_code_known,
                {_is_known("organisation", "''", "org_code")} as is_office_known,
                {_is_known("grid", "grid_scheme", "grid_code")} as is_grid_known
            from lines
            window moment as (partition by landing, record_key, changed_at)
        ),
        {f"statements as ({statements})," if statements else ""}
        event_counts as (select landing, count(*) as event_rows from rows group by landing),
        line_counts as (select landing, count(distinct line) as record_lines from records group by landing),
        rejection_counts as (
            select landing, count(distinct line) as rejected_lines
            from rejections join receipts using (attempt_id) where severity = 'reject' group by landing
        ),
        whole as (
            select receipts.*, coalesce(event_rows, 0) as event_rows, coalesce(record_lines, 0) as record_lines,
                coalesce(rejected_lines, 0) as rejected_lines
            from receipts
            left join event_counts using (landing) left join line_counts using (landing)
            left join rejection_counts using (landing)
        ),
        {", ".join(parts)}
        select {listed}
        from whole {" ".join(f"left join {name} using (landing)" for name in joined)}
        order by seq
    """


def _known_codes(connection: duckdb.DuckDBPyConnection, event_files: Sequence[str]) -> None:
    """`known`: every code that the reference tables of the log have ever stated, by table and list; or nothing."""
    connection.execute("create temp table known (of_table varchar, of_list varchar, code varchar)")
    if event_files:
        files = file_list(list(event_files))
        for table, (of_list, code) in LISTS.items():
            connection.execute(
                f"insert into known select distinct {literal(table)}, {of_list}, "
                f"json_extract_string(attributes, '$.{code}') "
                f"from read_parquet({files}, hive_partitioning = true, hive_types_autocast = false) "
                f"where stream_type = {literal(f'reference:{table}')}"
            )


def _is_known(table: str, of_list: str, code: str) -> str:
    """SQL: whether the log's list has a code; null without a code, or where the log does not have the list."""
    known = f"from known where of_table = {literal(table)}"
    return (
        f"case when {code} is not null and {of_list} in (select of_list {known}) "
        f"then ({of_list}, {code}) in (select (of_list, code) {known}) end"
    )


def _columns(checks: Sequence[LandingCheck], over: str) -> list[str]:
    found = {check.profile_column: check.measure for check in checks if check.over == over}
    return [f",\n            {measure} as {quoted(name)}" for name, measure in found.items()]


def _measure(checks: Sequence[LandingCheck], name: str) -> str:
    return next(check.measure for check in checks if check.profile_column == name)


def _receipts(receipts: Sequence[Receipt]) -> pa.Table:
    """The receipts' numbers; a receipt that does not count its events vouches for none."""
    return pa.table(
        {
            "landing": pa.array(range(len(receipts)), pa.int32()),
            **{
                name: pa.array([receipt[name] for receipt in receipts], pa.string())
                for name in ("feed", "batch_id", "landing_id", "attempt_id")
            },
            "seq": pa.array([receipt["seq"] for receipt in receipts], pa.int64()),
            **{name: pa.array([receipt[name] for receipt in receipts], pa.int64()) for name in COUNTS},
            "receipt_events": pa.array([receipt["events"] for receipt in receipts], pa.int64()),
            **{
                name: pa.array([receipt.get(name, 0) for receipt in receipts], pa.int64())
                for name in ("volume_unusual", "new_columns", "columns_emptied")
            },
        }
    )


def _view(
    connection: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, files: Sequence[str], network: str
) -> None:
    if not files:  # nothing was ever written: an empty table of the same shape
        connection.register("shape", schema.empty_table())
        connection.execute(f"create temp table {name} as select * from shape")
        connection.unregister("shape")
        return
    columns = ", ".join(quoted(column) for column in schema.names)
    connection.execute(
        f"create temp view {name} as select {columns} "
        f"from read_parquet({file_list(list(files))}, hive_partitioning = true, hive_types_autocast = false) "
        f"where network = {literal(network)}"
    )
