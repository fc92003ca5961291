"""A world as a folder: what every centre delivers, and the truth beside it; no server needed.

`deliveries/<feed>/<file>` as the centres drop them (interfaces and tables as a file a day), `truth/` (see
simulator.truth.write), and `simulated.json`: the plan and what was written.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from simulator.faults import spoil
from simulator.happenings.world import World
from simulator.plan import DAY, Plan
from simulator.telling import Telling, as_files
from simulator.told import CHANNELS, reference_ledgers, told, told_by_block
from simulator.truth.write import write_truth


@dataclass(frozen=True)
class Simulated:
    """What was written: files and their rows by feed, bytes in all, and the seconds it took."""

    files: dict[str, int]
    rows: dict[str, int]
    bytes: int
    seconds: float


def simulate(plan: Plan, out: Path, truth: bool = True, processes: int = 1) -> Simulated:
    """Write the deliveries of a plan below `out`, and the truth unless told not to.

    The deliveries are made block by block, so that memory is bounded whatever the number of days; with several
    processes each makes some of the feeds. The truth is made of the whole world at once. The same plan gives the same
    bytes. Raises FileExistsError where `out` holds anything.
    """
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty; give a new folder")
    out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    if processes == 1:
        parts = [_write_deliveries(plan, out, list(CHANNELS))]
    else:
        groups = [list(CHANNELS)[number::processes] for number in range(processes)]
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            parts = list(pool.map(_write_deliveries, [plan] * processes, [out] * processes, groups))
    counted = {feed: counts for part in parts for feed, counts in part.items()}
    if truth:
        world = World(plan)
        write_truth(world, told(world), CHANNELS, out / "truth")
    done = Simulated(
        files={feed: counted[feed][0] for feed in CHANNELS},
        rows={feed: counted[feed][1] for feed in CHANNELS},
        bytes=sum(counts[2] for counts in counted.values()),
        seconds=round(time.monotonic() - began, 1),
    )
    stated = asdict(plan) | {"begins": plan.begins.isoformat(), "faults": dict(plan.faults)}
    told_of = {"plan": stated, "files": done.files, "rows": done.rows, "bytes": done.bytes}
    (out / "simulated.json").write_text(json.dumps(told_of, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return done


def _write_deliveries(plan: Plan, out: Path, feeds: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Files, rows and bytes by feed."""
    world = World(plan)
    tellings = {
        feed: Telling(plan, feed, CHANNELS[feed], spoil(plan, feed, as_files(feed, CHANNELS[feed]))) for feed in feeds
    }
    counts = dict.fromkeys(feeds, (0, 0, 0))
    for feed, ledger in reference_ledgers(world).items():
        if feed in tellings:
            tellings[feed].add(ledger)
    for number, ledgers in zip(world.blocks, told_by_block(world, feeds), strict=True):
        complete = plan.end if number == world.blocks[-1] else world.last_day(number) * DAY - DAY
        for feed, telling in tellings.items():
            if feed in ledgers:
                telling.add(ledgers[feed])
            counts[feed] = _added(counts[feed], _write(telling, complete, out / "deliveries" / feed))
    return counts


def _write(telling: Telling, until: int, folder: Path) -> Iterable[tuple[int, int, int]]:
    for file in telling.files(until):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file.name).write_bytes(file.data)
        yield 1, len(file.rows), len(file.data)


def _added(counts: tuple[int, int, int], more: Iterable[tuple[int, int, int]]) -> tuple[int, int, int]:
    files, rows, size = counts
    for file, row, length in more:
        files, rows, size = files + file, rows + row, size + length
    return files, rows, size
