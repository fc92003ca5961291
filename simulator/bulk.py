"""The world written straight as landed events: Parquet files in the columns of the event log, block by block.

It takes the way past deliveries and contracts, so that a hundred million events are there in minutes: what a big log
costs can be measured without first landing it. One report is one case; each step that its life takes within the plan
is an event, and a record of its own. Nothing is told twice here and nothing is late: for that there are the deliveries.

Files: `events/network=<network>/block-<number>.parquet`, in order of `recorded_at`, and `bulk.json` beside them.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from simulator.clock import epoch_ms
from simulator.happenings import kinds
from simulator.happenings.kinds import KINDS
from simulator.happenings.lives import STEPS, Lives
from simulator.happenings.reports import Reports
from simulator.happenings.world import Block, World
from simulator.plan import DAY, HOUR, NETWORKS, Plan

VERBS = {
    "reported": "reported", "accepted": "accepted", "not_accepted": "not_accepted", "verified": "pre_filing_check",
    "filed": "registered", "dispatched": "dispatched", "returned": "returned_to_sender", "redispatched": "transferred",
    "signed": "signed", "extension_asked": "extension_requested", "extended": "extension_granted",
    "suspended": "suspended", "resumed": "resumed", "arrived": "arrived", "handled": "handled",
    "check_failed": "post_disposal_check_failed", "rehandled": "handled", "checked": "post_disposal_check_passed",
    "closed": "closed", "cancelled": "cancelled", "supervised": "supervised", "whistled": "whistle_blown",
    "appealed": "appealed", "appeal_granted": "appeal_granted", "called_back": "called_back",
}  # fmt: skip
# feed of a network's cases; the code set that it writes, and the code for what that set has no name for
_REGISTERS = {
    "public_security": ("police_incidents", kinds.POLICE, "609900"),
    "city_management": ("city_management_cases", kinds.CM_2026, "10099"),
    "water": ("water_repairs", kinds.WATER, "W99"),
    "power": ("power_repairs", kinds.POWER, "P9"),
    "gas": ("gas_repairs", kinds.GAS, "G99"),
    "heat": ("heat_repairs", kinds.HEAT, "H99"),
    "governance_centre": ("governance_disputes", kinds.DISPUTE, "99"),
    "hotline": ("hotline_orders", kinds.HOTLINE, "H999"),
}
_OTHER_2013 = "0699"
_LANDED_AFTER = 6 * HOUR  # the deliveries of a day land at six in the morning of the next
_ROW_GROUP = 245_760

_EVENTS = """
    select
        md5(feed || '/' || stream_key || '/' || step) as event_id,
        md5(stream_key || '/' || step || '/' || occurred_ms) as content_hash,
        'once' as identity,
        'case' as stream_type,
        stream_key,
        event_type,
        cast(1 as integer) as event_version,
        make_timestamptz(occurred_ms * 1000) as occurred_at,
        make_timestamptz(occurred_ms * 1000) as recorded_at,
        make_timestamptz(landed_ms * 1000) as observed_at,
        make_timestamptz(landed_ms * 1000) as landed_at,
        feed,
        batch_id,
        batch_id as landing_id,
        batch_id as attempt_id,
        line,
        batch_id || ':' || line as source_ref,
        stream_key || '/' || step as record_key,
        md5(stream_key || '/' || occurred_ms) as record_hash,
        category_code_set,
        category_code,
        cast(null as varchar) as nature,
        channel,
        cast(null as varchar) as level,
        nullif(org_code, '') as org_code,
        md5('person/' || caller) as actor_token,
        cast(null as varchar) as counterpart_org_code,
        case when placed then lon end as lon,
        case when placed then lat end as lat,
        'cgcs2000' as crs,
        cast(null as varchar) as lon_raw,
        cast(null as varchar) as lat_raw,
        nullif(address, '') as address,
        cast(null as varchar) as division_code,
        case when grid_code <> '' then 'unit' end as grid_scheme_given,
        nullif(grid_code, '') as grid_code_given,
        nullif(component_code, '') as component_code,
        cast(null as varchar) as appeal_type,
        case when step = 'reported' then nullif(said, '') end as text,
        '{}' as attributes
    from told
"""


@dataclass(frozen=True)
class Bulk:
    """What was written (events and cases in all, events by network, files), in how many seconds and processes."""

    events: int
    cases: int
    by_network: dict[str, int]
    files: int
    seconds: float
    processes: int


def write_events(plan: Plan, out: Path, processes: int = 2, words: bool = False) -> Bulk:
    """Write the events of the whole plan below `out`, in so many processes, each with one block in memory at a time.

    words: write addresses and texts too (four times as slow). Files of an earlier run with other blocks are left alone:
    give an empty folder. The same plan gives the same rows in the same order, however many processes there are.
    """
    began = time.monotonic()
    (out / "events").mkdir(parents=True, exist_ok=True)
    numbers = list(World(plan).blocks)
    if processes == 1:
        worker = _Worker(plan, out, words)
        done = [worker.write(number) for number in numbers]
    else:
        with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (plan, out, words)) as pool:
            done = list(pool.map(_write, numbers))
    by_network = {network: sum(counts.get(network, (0, 0))[0] for counts in done) for network in NETWORKS}
    bulk = Bulk(
        events=sum(by_network.values()),
        cases=sum(cases for counts in done for _, cases in counts.values()),
        by_network=by_network,
        files=sum(len(counts) for counts in done),
        seconds=round(time.monotonic() - began, 1),
        processes=processes,
    )
    told = {"plan": _plain(plan), "bulk": asdict(bulk)}
    (out / "bulk.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return bulk


class _Worker:
    """What a process keeps between blocks."""

    def __init__(self, plan: Plan, out: Path, words: bool) -> None:
        self.world, self.out, self.words = World(plan), out, words
        self.connection = duckdb.connect()
        self.connection.execute(
            "set timezone = 'UTC'; set threads = 1; set memory_limit = '3GB'; set enable_progress_bar = false"
        )

    def write(self, number: int) -> dict[str, tuple[int, int]]:
        """Write a block; events and cases by network."""
        counts = {}
        for network, cases, told in _tables(self.world.block(number, self.words)):
            folder = self.out / "events" / f"network={network}"
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"block-{number:05d}.parquet"
            part = path.with_suffix(".part")
            self.connection.register("told", told)
            self.connection.execute(
                f"copy ({_EVENTS}) to '{part}' (format parquet, compression zstd, row_group_size {_ROW_GROUP})"
            )
            os.replace(part, path)
            counts[network] = (told.num_rows, cases)
        return counts


_workers: list[_Worker] = []  # the one of this process


def _begin(plan: Plan, out: Path, words: bool) -> None:
    _workers[:] = [_Worker(plan, out, words)]


def _write(number: int) -> dict[str, tuple[int, int]]:
    return _workers[0].write(number)


def _tables(block: Block) -> Iterator[tuple[str, int, pa.Table]]:
    """Of each network with any report: its cases, and one row a step that they took within the plan, by time."""
    for number, network in enumerate(NETWORKS):
        reports = block.reports.take(np.flatnonzero(block.reports.network == number))
        if len(reports):
            lives = block.lives[network]
            yield network, len(reports), _steps(block.plan, lives, _cases(block, network, reports, lives))


def _cases(block: Block, network: str, reports: Reports, lives: Lives) -> pa.Table:
    feed, code_set, other = _REGISTERS[network]
    incidents = block.incidents.take(reports.incident)
    codes = np.array([kind.codes.get(code_set, other) for kind in KINDS], dtype=object)[reports.kind]
    sets = np.full(len(reports), code_set, dtype=object)
    if network == "city_management":
        old = reports.told_at < block.plan.edition_day * DAY
        former = np.array([kind.codes.get(kinds.CM_2013, _OTHER_2013) for kind in KINDS], dtype=object)[reports.kind]
        sets, codes = np.where(old, kinds.CM_2013, sets), np.where(old, former, codes)
    collected = network == "city_management"  # collectors stand in the grid that they name
    grid = block.district.unit_at(incidents.places, reports.told_at) if collected else np.full(len(reports), "")
    return pa.table(
        {
            "stream_key": pa.array(np.char.add(f"{feed[:2].upper()}", reports.id.astype(str))),
            "feed": _same(feed, len(reports)),
            "batch_id": _same(f"{feed}-bulk-{block.number:05d}", len(reports)),
            "category_code_set": _few(sets),
            "category_code": _few(codes),
            "channel": _few(reports.channel),
            "org_code": _few(lives.org_final),
            "caller": pa.array(reports.caller),
            "placed": pa.array(reports.placed),
            "lon": reports.lon,
            "lat": reports.lat,
            "address": pa.array(np.asarray(reports.address, dtype=object), pa.string()),
            "said": pa.array(np.asarray(reports.text, dtype=object), pa.string()),
            "grid_code": _few(np.asarray(grid, dtype=object)),
            "component_code": _few(incidents.component),
        }
    )


def _steps(plan: Plan, lives: Lives, cases: pa.Table) -> pa.Table:
    moments = np.stack([lives.steps[step] for step in STEPS])
    step, case = np.nonzero((moments >= 0) & (moments < plan.end))
    at = moments[step, case]
    order = np.argsort(at, kind="stable")
    step, case, at = step[order].astype(np.int8), case[order].astype(np.int32), at[order]
    names, verbs = list(STEPS), [VERBS[name] for name in STEPS]
    columns = {
        "line": np.arange(1, len(at) + 1),
        "step": pa.DictionaryArray.from_arrays(pa.array(step), pa.array(names)),
        "event_type": pa.DictionaryArray.from_arrays(pa.array(step), pa.array(verbs)),
        "occurred_ms": epoch_ms(plan, at),
        "landed_ms": epoch_ms(plan, (at // DAY + 1) * DAY + _LANDED_AFTER),
    }
    told = cases.take(pa.array(case))
    return pa.table(columns | dict(zip(told.column_names, told.columns, strict=True)))


def _same(text: str, count: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, dtype=np.int8)), pa.array([text]))


def _few(texts: np.ndarray) -> pa.DictionaryArray:
    return pa.array(texts, pa.string()).dictionary_encode()


def _plain(plan: Plan) -> dict[str, object]:
    return asdict(plan) | {"begins": plan.begins.isoformat(), "faults": dict(plan.faults)}
