"""What a changed contract would do to what has landed: every sealed batch landed again on trial, nothing written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from ingest.contract import FeedContract
from ingest.home import Home
from ingest.land import passes, prepare
from ingest.log import EVENT_SCHEMA, REJECTION_SCHEMA, Log, file_list, session
from ingest.vault import Vault

# follow the landing and not the fact
_RUN = ("attempt_id", "landing_id", "content_hash", "landed_at")
_FACTS = [name for name in EVENT_SCHEMA.names if name not in _RUN]


@dataclass
class Difference:
    """Counts against the newest landing of each batch, whatever its verdict.

    events: event type → (added, gone, changed, unchanged); columns: column → events in which it changes;
    rejections: code → (cured, new, still), counted in rejected or warned records.
    """

    feed: str
    batches: int = 0
    never_landed: int = 0
    events: dict[str, list[int]] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)
    rejections: dict[str, list[int]] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether any event or rejection would differ."""
        moved = any(sum(counts[:3]) for counts in self.events.values())
        return moved or any(sum(counts[:2]) for counts in self.rejections.values())

    def sentences(self) -> list[str]:
        """The difference as lines for a person."""
        lines = [f"{self.feed}: {self.batches} batches would land again"]
        if self.never_landed:
            lines[0] += f", {self.never_landed} of them for the first time"
        if not self.changes:
            return [*lines, "no event and no rejection would differ"]
        for kind, (added, gone, changed, same) in sorted(self.events.items()):
            if added + gone + changed:
                lines.append(f"events {kind}: {added} added, {gone} gone, {changed} changed, {same} as they are")
        lines += [f"column {name}: differs in {count} events" for name, count in sorted(self.columns.items())]
        for code, (cured, new, still) in sorted(self.rejections.items()):
            if cured + new:
                lines.append(f"rejections {code}: {cured} cured, {new} new, {still} as they are")
        return lines


def difference(contract: FeedContract, home: Home) -> Difference:
    """Compare what `contract` would land with what has landed. Erased batches are left out: they keep their rows."""
    vault, log = Vault(home), Log(home)
    newest = {receipt["batch_id"]: receipt for receipt in log.receipts(contract.feed)}
    first: dict[str, Any] = {}
    for manifest in vault.manifests.of(contract.feed).records():
        first.setdefault(manifest["batch_id"], manifest)
    found = Difference(contract.feed)
    files = {table: log.files(table) for table in ("events", "rejections")}
    for manifests, blobs in passes(list(first.values()), vault):
        rows = prepare(contract, manifests, blobs)
        receipts = [newest[m["batch_id"]] for m in manifests if m["batch_id"] in newest]
        found.batches += len(manifests)
        found.never_landed += len(manifests) - len(receipts)
        attempts = {receipt["attempt_id"]: receipt["batch_id"] for receipt in receipts}
        with session() as connection:
            _register(connection, rows.events, rows.rejections, attempts, files)
            _compare(connection, found)
    return found


def _register(
    connection: duckdb.DuckDBPyConnection,
    events: pa.Table,
    rejections: pa.Table,
    attempts: dict[str, str],
    files: dict[str, list[str]],
) -> None:
    """`new_events`, `old_events`, `new_rejections`, `old_rejections`; rejections know their batch."""
    names = {"attempt_id": pa.array(attempts, pa.string()), "batch_id": pa.array(attempts.values(), pa.string())}
    connection.register("landed", pa.table(names))
    for table, rows, schema in (("events", events, EVENT_SCHEMA), ("rejections", rejections, REJECTION_SCHEMA)):
        connection.register(f"new_{table}", rows)
        if not files[table]:
            connection.register(f"old_{table}", schema.empty_table())
            continue
        listed = f"read_parquet({file_list(files[table])}, hive_partitioning = true, union_by_name = true)"
        connection.execute(
            f"create temp table old_{table} as select * from {listed} semi join landed using (attempt_id)"
        )


def _compare(connection: duckdb.DuckDBPyConnection, found: Difference) -> None:
    # an event may be told by several lines of a batch: its place in the delivery tells the tellings apart
    connection.execute(
        """
        create temp table pairs as
        select coalesce(o.event_type, n.event_type) as event_type, o, n
        from old_events as o full join new_events as n
            on o.event_id = n.event_id and o.batch_id = n.batch_id and o.line = n.line
        """
    )
    differs = " or ".join(f'(o."{name}" is distinct from n."{name}")' for name in _FACTS)
    counts = connection.execute(
        f"""
        select event_type, count(*) filter (o.event_id is null), count(*) filter (n.event_id is null),
            count(*) filter (o.event_id is not null and n.event_id is not null and ({differs})),
            count(*) filter (o.event_id is not null and n.event_id is not null and not ({differs}))
        from pairs group by all
        """
    ).fetchall()
    for kind, *parts in counts:
        _add(found.events, kind, parts)
    for name, count in _changed_columns(connection):
        if count:
            found.columns[name] = found.columns.get(name, 0) + count
    told = connection.execute(
        """
        with pairs as (
            select coalesce(o.code, n.code) as code, o.code is not null as was, n.code is not null as will
            from old_rejections as o full join new_rejections as n
                on o.batch_id = n.batch_id and o.line = n.line and o.code = n.code
                and o.field is not distinct from n.field
        )
        select code, count(*) filter (was and not will), count(*) filter (will and not was),
            count(*) filter (was and will)
        from pairs group by code
        """
    ).fetchall()
    for code, *parts in told:
        _add(found.rejections, code, parts)


def _changed_columns(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, int]]:
    sums = ", ".join(f'count(*) filter (o."{name}" is distinct from n."{name}")' for name in _FACTS)
    row = connection.execute(
        f"select {sums} from pairs where o.event_id is not null and n.event_id is not null"
    ).fetchall()[0]
    return zip(_FACTS, row, strict=True)


def _add(counts: dict[str, list[int]], name: str, parts: list[int]) -> None:
    counts[name] = [old + new for old, new in zip(counts.get(name, [0] * len(parts)), parts, strict=True)]
