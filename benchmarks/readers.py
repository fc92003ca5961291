"""Readers of editions and cuts while editions are published one after the other, and publishers are killed on the way.

    python -m benchmarks.readers --home var --city cities/sandbox --publications 50 --connections 200

Takes the newest build of a home (`make run` makes one of the sandbox) and publishes it again and again into a home of
its own, changed a little each time, with the cuts for the city's audiences and the report site of each. Meanwhile the
readers read: each connection opens what is `current`, of the editions or of an audience, compares two marts in both
forms and a page of the site with the manifest that stands beside them, closes and begins again. An error is anything
that is raised; a torn read is a table, file or page that is not that of the edition it says it is. Told besides: what a
publication takes beside the readers and before there are any, and the longest that a reader took.

The connections are threads of a few processes, each with a DuckDB connection of its own that stands open while it
reads: two cores could not start two hundred interpreters in reasonable time. Connections of one process to one file
share DuckDB's cache of it, as those of a BI server do.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ingest.city import City, open_city
from ingest.home import Home, open_home
from ingest.privacy import literal, quoted
from onegrid import workflow
from reporting.audience import cut_folders
from reporting.build import WAREHOUSE
from reporting.checksums import checksum
from reporting.edition import edition_numbers
from reporting.sealed import MANIFEST, file_hash

ROOT = Path(__file__).resolve().parent.parent
CHANGED = "dq_feed"  # the mart that differs between any two of the publications
KILLS = ("publish.before_rename", "publish.before_swap", "audience.before_rename", "audience.before_swap")


@dataclass
class Report:
    """What was met: `editions` are the numbers that readers read, `most_open` connections that stood open at once."""

    publications: int = 0
    kills: int = 0
    connections: int = 0
    most_open: int = 0
    reads: int = 0
    errors: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    editions: int = 0
    seconds: float = 0.0
    size: str = ""
    alone: float = 0.0
    beside: list[float] = field(default_factory=list)
    longest: float = 0.0
    pages: int = 0

    def lines(self) -> list[str]:
        killed = f"{self.kills} of them killed on the way and published again"
        opened = f"up to {self.most_open} open at once"
        medians = statistics.median(self.beside) if self.beside else 0.0
        return [
            self.size,
            f"a publication with its cuts: {self.alone:.1f} s alone, {medians:.1f} s beside the readers (median)",
            f"{self.publications} publications, {killed}, in {self.seconds:.0f} s",
            f"{self.connections} connections, {opened}: {self.reads} reads of {self.editions} editions and their cuts",
            f"{self.pages} of the reads with a page; the longest read took {self.longest:.1f} s",
            f"{len(self.errors)} errors, {len(self.torn)} torn reads",
            *sorted({*self.errors, *self.torn})[:10],
        ]


class Reader:
    """The connections of one process. Threads take turns in Python; DuckDB reads outside its lock."""

    def __init__(self, root: Path, stop: Path, connections: int, seed: int) -> None:
        self._home, self._stop = open_home(root), stop
        self._connections, self._seed = connections, seed
        self._lock = threading.Lock()
        self._open = 0
        self.told: dict[str, Any] = {
            "reads": 0, "errors": [], "torn": [], "numbers": [], "most_open": 0, "longest": 0.0, "pages": 0,
        }  # fmt: skip

    def run(self) -> dict[str, Any]:
        threads = [threading.Thread(target=self._read_on, args=(number,)) for number in range(self._connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.told["numbers"] = sorted(set(self.told["numbers"]))
        return self.told

    def _read_on(self, number: int) -> None:
        dice = random.Random(self._seed * 1000 + number)
        while not self._stop.exists():
            begun = time.monotonic()
            try:
                place = dice.choice([self._home.editions, *cut_folders(self._home)])
                torn = self._visit(place, dice)
            except Exception as error:
                with self._lock:
                    self.told["errors"].append(f"{type(error).__name__}: {error}"[:300])
                continue
            with self._lock:
                self.told["reads"] += 1
                self.told["longest"] = max(self.told["longest"], time.monotonic() - begun)
                self.told["torn"] += torn

    def _visit(self, place: Path, dice: random.Random) -> list[str]:
        """Open what is current in a folder and compare two marts, in both forms, and a page with the manifest there."""
        folder = (place / "current").resolve()
        manifest = json.loads((folder / MANIFEST).read_bytes())
        marts = {mart["name"]: mart for mart in manifest["marts"]}
        chosen = [marts[name] for name in {CHANGED, dice.choice(sorted(marts))} if name in marts]
        torn = [] if manifest["number"] == int(folder.name) else [f"{folder}: manifest of {manifest['number']}"]
        with duckdb.connect(str(folder / WAREHOUSE), read_only=True, config={"threads": 1}) as connection:
            with self._lock:
                self._open += 1
                self.told["most_open"] = max(self.told["most_open"], self._open)
            try:
                for mart in chosen:
                    table, file = f"mart.{quoted(mart['name'])}", f"read_parquet({literal(str(folder / mart['file']))})"
                    for relation in (table, file):
                        if checksum(connection, relation) != (mart["rows"], mart["checksum"]):
                            torn.append(f"{folder}: {relation}")
            finally:
                with self._lock:
                    self._open -= 1
        pages = sorted(name for name in manifest["files"] if name.startswith("report/") and name.endswith(".html"))
        page = dice.choice(pages) if pages else ""
        if page and file_hash(folder / page) != manifest["files"][page]:
            torn.append(f"{folder}: {page}")
        with self._lock:
            self.told["pages"] += bool(page)
        if place == self._home.editions:
            with self._lock:
                self.told["numbers"].append(manifest["number"])
        return torn


def run(build: Path, city: City, root: Path, publications: int, connections: int, processes: int, kills: int) -> Report:
    """Publish `publications` versions of a build below `root` while connections read; see the module."""
    home = open_home(root)
    stop = root / "stop"
    own = home.builds / "v1"
    shutil.copytree(build, own)
    begun = time.monotonic()
    _publish(home, city, own, 1)
    alone = time.monotonic() - begun
    each = -(-connections // processes)
    call = [sys.executable, "-m", "benchmarks.readers", "--read", str(root), "--connections", str(each), "--seed"]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    readers = [
        subprocess.Popen(
            [*call, str(seed)], cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
        )
        for seed in range(processes)
    ]
    report = Report(publications=publications, connections=each * processes, size=_size(home), alone=alone)
    begun = time.monotonic()
    every = max(1, publications // (kills + 1))
    try:
        for number in range(2, publications + 2):
            fault = KILLS[report.kills % len(KILLS)] if number % every == 0 and report.kills < kills else ""
            if fault:
                _change(own, number)
                _publish_in_child(city, root, own, fault)
                report.kills += 1
            before = time.monotonic()
            _publish(home, city, own, number)
            report.beside.append(time.monotonic() - before)
    finally:
        report.seconds = time.monotonic() - begun
        stop.touch()
    told = [json.loads(reader.communicate(timeout=300)[0]) for reader in readers]
    for one in told:
        report.reads += one["reads"]
        report.errors += one["errors"]
        report.torn += one["torn"]
        report.most_open += one["most_open"]
        report.pages += one["pages"]
        report.longest = max(report.longest, one["longest"])
    report.editions = len({number for one in told for number in one["numbers"]})
    if edition_numbers(home.editions)[-1] != publications + 1:
        report.errors.append(f"{edition_numbers(home.editions)[-1]} editions stand, expected {publications + 1}")
    return report


def _size(home: Home) -> str:
    """What is published, in words: marts, rows, bytes and cuts of edition 1."""
    edition = home.editions / "1"
    marts = json.loads((edition / MANIFEST).read_bytes())["marts"]
    size = sum(path.stat().st_size for path in edition.rglob("*") if path.is_file()) / 1e6
    rows = sum(mart["rows"] for mart in marts)
    return f"an edition of {rows:,} rows in {len(marts)} marts, {size:,.0f} MB, and {len(cut_folders(home))} cuts of it"


def _change(build: Path, number: int) -> None:
    """Make the build the next one: another id, and other rows in a mart."""
    record = json.loads((build / "build.json").read_bytes())
    if record["build_id"] == f"v{number}":
        return
    with duckdb.connect(str(build / WAREHOUSE)) as connection:
        connection.execute(f"update mart.{CHANGED} set fetched = fetched + 1")
    (build / "build.json").write_text(json.dumps({**record, "build_id": f"v{number}"}), encoding="utf-8")


def _publish(home: Home, city: City, build: Path, number: int) -> None:
    _change(build, number)
    workflow.publish(city, home, build.name)


def _publish_in_child(city: City, root: Path, build: Path, fault: str) -> None:
    """A publisher that dies at a point; raises RuntimeError where it did not."""
    code = (
        "import sys, pathlib as p; from onegrid import workflow; city, home = map(p.Path, sys.argv[1:3]); "
        "workflow.publish(workflow.open_city(city), workflow.open_home(home), sys.argv[3])"
    )
    call = [sys.executable, "-c", code, str(city.root), str(root), build.name]
    done = subprocess.run(call, cwd=ROOT, env={**os.environ, "ONEGRID_FAULT": fault}, capture_output=True, check=False)
    if done.returncode >= 0:
        raise RuntimeError(f"the publisher was to die at {fault}: {done.stderr.decode()[-500:]}")


def _newest_build(home: Path) -> Path:
    builds = [path.parent for path in (home / "builds").glob("*/build.json")]
    if not builds:
        raise SystemExit(f"{home} holds no build; run `make run` first, or name another --home")
    return max(builds, key=lambda path: (path / "build.json").stat().st_mtime)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, default=Path("var"))
    parser.add_argument("--city", type=Path, default=Path("cities/sandbox"))
    parser.add_argument("--publications", type=int, default=50)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.read:
        os.nice(10)  # many readers shall not starve the one publisher of a small machine
        print(json.dumps(Reader(told.read, told.read / "stop", told.connections, told.seed).run()))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "home"
        counts = (told.publications, told.connections, told.processes, told.kills)
        report = run(_newest_build(told.home), open_city(told.city), root, *counts)
    print("\n".join(report.lines()))
    return 1 if report.errors or report.torn else 0


if __name__ == "__main__":
    sys.exit(main())
