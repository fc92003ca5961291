"""What the models of sources cannot see alone: a source against the formats, the mode and the zone of its feed."""

import re
from collections.abc import Callable

from ingest.contract import FeedContract, PostReceipt
from ingest.database_source import DatabaseSource
from ingest.http_sources import Link, Open311Source, RestSource, Window
from ingest.sources import Files

SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie"}
SECRET_NAME = re.compile(r"(token|secret|passw|api[_-]?key|signature)", re.IGNORECASE)
Fault = Callable[[str, str], None]  # place, message


def lint_source(contract: FeedContract, fault: Fault) -> None:
    """Report what is wrong with the source of a contract."""
    source = contract.source
    if isinstance(contract.receipt, PostReceipt) and not isinstance(source, (RestSource, Open311Source)):
        fault("receipt", "a receipt is posted with the source's connection, so the source must be an HTTP interface")
    if isinstance(source, DatabaseSource):
        _lint_database(contract, source, fault)
    if isinstance(source, Files) and source.archive_to is not None:
        path, archive = (part.strip("/") + "/" for part in (source.path, source.archive_to))
        if archive.startswith(path):
            fault("source.archive_to", "lies below source.path, so what is archived would be found there again")
    if isinstance(source, (RestSource, Open311Source)):
        _lint_rest(contract, source.as_rest if isinstance(source, Open311Source) else source, fault)


def _lint_database(contract: FeedContract, source: DatabaseSource, fault: Fault) -> None:
    if {form.kind for form in contract.formats} != {"jsonl"}:
        fault("formats", "rows of a table are sealed as lines of JSON: `formats: [{kind: jsonl}]`")
    if contract.mode == "snapshot" and source.cursor is not None:
        fault("source.cursor", "a snapshot is the whole table; it is not read by time of change")
    if contract.mode in ("append", "upsert") and source.cursor is None:
        fault("source.cursor", f"is missing: mode {contract.mode} goes on from the newest time of change")
    if source.cursor is not None and (contract.admit.fields == "listed" or contract.admit.records is not None):
        for place, column in (("time", source.cursor.time), ("key", source.cursor.key)):
            if column not in contract.source_columns.values():
                fault(f"source.cursor.{place}", f"{column!r} must be the column of a field, else admit leaves it out")
    if source.keys is not None and source.cursor is not None:
        columns = {column: contract.fields[name] for name, column in contract.source_columns.items()}
        if source.keys.gone not in columns or columns[source.keys.gone].type != "timestamp":
            fault("source.keys.gone", f"{source.keys.gone!r} must be the column of a field of type timestamp")
        key = [contract.source_columns.get(name) for name in contract.key] if isinstance(contract.key, list) else []
        if key != [source.cursor.key]:
            fault("source.keys", "goes with a `key` that is the column of source.cursor.key alone")


def _lint_rest(contract: FeedContract, source: RestSource, fault: Fault) -> None:
    for name in sorted(source.headers):
        if name.lower() in SECRET_HEADERS or SECRET_NAME.search(name):
            fault(f"source.headers.{name}", "credentials come from the connection; say how with source.auth")
    for name in sorted(source.params):
        if SECRET_NAME.search(name):
            fault(f"source.params.{name}", "credentials come from the connection; say how with source.auth")
    kinds = {form.kind for form in contract.formats}
    pages = source.pages.within if isinstance(source.pages, Window) else source.pages
    by_header = isinstance(pages, Link) and pages.next is None
    if len(kinds) > 1:
        fault("formats", "the pages of one interface have one format")
    if kinds != {"json"}:
        if pages.kind != "none" and not by_header:
            fault("source.pages", f"paging by {pages.kind} looks into the pages, so they must be json")
        if source.changed_since is not None:
            fault("source.changed_since", "it looks for a field of the records, so the pages must be json")
        if source.success is not None:
            fault("source.success", "it looks into the answer, so the pages must be json")
        if isinstance(source.pages, Window) and source.pages.full is not None:
            fault("source.pages.full", "it counts records, so the pages must be json")
    if contract.mode == "snapshot":
        if source.changed_since is not None or isinstance(source.pages, Window):
            fault("source", "a snapshot is the whole list; it is not asked for by time")
        if kinds != {"json"} and pages.kind != "none":
            fault("source.pages", "a list in several pages must be json, so that they can be read as one")
