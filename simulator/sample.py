"""Write the sample city: `python -m simulator.sample --out cities/sandbox`, the same bytes every time.

Writes deliveries/, reference/, truth.json and truth_records.csv below the folder, and takes away the files of
these two folders that it did not write. Contracts, city.yml and the README are written by hand and left alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from simulator import reference
from simulator.centres import city_management, governance, hotline, police, power, water
from simulator.district import District
from simulator.files import csv_bytes, json_bytes
from simulator.outbox import OUTCOMES, Outbox
from simulator.world import DAYS, START, happen

SEED = 20261005
_CENTRES = (police, city_management, water, power, governance, hotline)


def make() -> dict[str, bytes]:
    """All files of the sample as path -> bytes.

    Each part draws from a stream of its own, so that a change to one centre leaves the others as they were; streams
    are RandomState, whose numbers NumPy promises never to change.
    """
    district = District(np.random.RandomState(SEED))
    world = happen(np.random.RandomState(SEED + 1), district)
    outbox = Outbox()
    reference.deliver(district, outbox)
    for number, centre in enumerate(_CENTRES, start=2):
        centre.deliver(np.random.RandomState(SEED + number), district, world, outbox)
    return outbox.files | {
        "truth.json": json_bytes(_truth(outbox), indent=1),
        "truth_records.csv": csv_bytes(outbox.records),
    }


def write(out: Path) -> int:
    """Write the sample below `out`; returns how many files it has."""
    files = make()
    for folder in ("deliveries", "reference"):
        for path in sorted((out / folder).rglob("*")):
            if path.is_file() and path.relative_to(out).as_posix() not in files:
                path.unlink()
    for name, data in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return len(files)


def _truth(outbox: Outbox) -> dict[str, Any]:
    feeds = {}
    for feed, deliveries in outbox.counts.items():
        parts = ("fetched", *OUTCOMES)
        total = {part: sum(counts[part] for counts in deliveries.values()) for part in parts}
        feeds[feed] = {"deliveries": len(deliveries)} | total
        if not feed.startswith("ref_"):
            feeds[feed]["records"] = len(outbox.recorded[feed])
    return {
        "made_by": "python -m simulator.sample --out cities/sandbox",
        "seed": SEED,
        "begins": str(START),
        "days": DAYS,
        "feeds": feeds,
        "deliveries": dict(outbox.counts),
        "defects": outbox.defects,
        "personal_values": {kind: sorted(values) for kind, values in sorted(outbox.personal.items())},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the city, such as cities/sandbox")
    count = write(parser.parse_args().out)
    print(f"{count} files")
