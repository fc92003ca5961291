"""A log of many millions of events without landing them: the bulk of the simulator, committed as landings.

What a build or a gate costs on a big log is measured on it. The reference data are landed as they always are; of the
bulk each block of a network is one batch with a receipt that balances and a verdict. Its digests are empty, so such a
log is not for `onegrid verify`.
"""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.town import Town, deliver, found_town, ingest
from ingest.errors import OnegridError
from ingest.log import EVENT_SCHEMA, Log, Verdict
from simulator.bulk import Bulk, write_events
from simulator.plan import DAY, Plan

FEEDS = (
    "police_incidents", "city_management_cases", "water_repairs", "power_repairs", "gas_repairs", "heat_repairs",
    "governance_disputes", "hotline_orders",
)  # fmt: skip


def bulk_town(root: Path, plan: Plan, processes: int = 2) -> tuple[Town, Bulk]:
    """A town whose log holds the bulk of a plan, and what was written. OnegridError where any is refused."""
    town = found_town(root, plan, (), silent=FEEDS)
    town.set_clock(plan.end + DAY)
    for feed, found in town.drafts.items():
        deliver(town, feed, found)
    errors = ingest(town, sorted(town.drafts))
    if errors:
        raise OnegridError("; ".join(errors))
    bulk = write_events(plan, root / "bulk", processes)
    log = Log(town.home)
    for path in sorted((root / "bulk" / "events").rglob("*.parquet")):
        _commit(town, log, path)
    shutil.rmtree(root / "bulk")
    return town, bulk


def _commit(town: Town, log: Log, path: Path) -> None:
    rows = pq.ParquetFile(path).read()
    network = pa.repeat(pa.scalar(path.parent.name.removeprefix("network=")), rows.num_rows)
    rows = rows.append_column("network", network).select(EVENT_SCHEMA.names).cast(EVENT_SCHEMA)
    feed, batch = rows["feed"][0].as_py(), rows["batch_id"][0].as_py()
    records = pc.count_distinct(rows["line"]).as_py()
    newest = pc.max(rows["observed_at"]).as_py().isoformat()
    log.append("events", rows)
    log.commit(
        {
            "feed": feed, "network": network[0].as_py(), "batch_id": batch, "batch_name": path.name,
            "manifest_seq": len(log.receipts(feed)) + 1, "landing_id": batch, "attempt_id": batch,
            "observed_at": newest, "landed_at": newest,
            "fetched": records, "recorded": records, "duplicate": 0, "rejected": 0, "filtered": 0,
            "filtered_by_reason": {}, "events": rows.num_rows, "events_digest": "", "rejections_digest": "",
            "unknown_columns": [], "read_rows": records, "unfilled": {}, "reading": {},
            "contract_version": 1, "contract_hash": town.city.contract(feed).content_hash,
            "code_version": 0, "key_version": 0,
        }
    )  # fmt: skip
    log.record_verdicts(feed, [Verdict(batch, "pass", [])])
