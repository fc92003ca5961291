"""How much of what goes wrong the gates and the watch see, and how often they cry over sound data.

    python -m benchmarks.gate_strength --clean 20 --processes 2

Makes sound worlds, delivers them as files, lands, gates, builds and judges them with nothing planted: whatever is said
then is a false alarm. Then each defect of benchmarks/defects.py is planted alone, in the newest deliveries or in the
built marts, and what saw it is printed: the decoder (the delivery or its records are rejected, flagged or counted as
told before), the landing gate, the watch or the mart gate. Marts are judged against a published edition, and rest on
some rejected records and a held delivery; whatever did not pass is offered for publication all the same. Promises 14
and 15 stand with their figures at the end, misses by name.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import duckdb

from benchmarks.defects import DELIVERIES, MARTS, DeliveryDefect, MartDefect, cells
from benchmarks.town import MORNING, Town, deliver, found_town, ingest
from expectations.gate import WAREHOUSE, judge_marts
from ingest.errors import PublishError
from ingest.log import Log, file_list
from onegrid import workflow
from reporting.edition import edition_numbers, publish
from simulator.plan import DAY, Plan
from watch.finding import KINDS
from watch.history import read_histories
from watch.look import look

FEEDS = (
    "city_management_cases", "hotline_orders", "gas_repairs", "water_repairs", "power_outages", "police_incidents",
)  # fmt: skip
DAYS = 28


def plan_of(seed: int) -> Plan:
    return Plan(seed=seed, days=DAYS, begins=date(2026, 10, 13), incidents_a_day=60)


def sound_town(root: Path, seed: int) -> Town:
    """A city of six centres over four weeks."""
    return found_town(root, plan_of(seed), FEEDS)


def said_of(town: Town, feed: str, after: int) -> set[str]:
    """What was said of the landings of a feed from that receipt on, and by the watch of it now."""
    log = Log(town.home)
    fresh = {r["landing_id"]: r for r in log.receipts(feed)[after:]}
    said = {"decoder: records rejected" for r in fresh.values() if r["rejected"]}
    said |= {"decoder: over-supply left out" for r in fresh.values() if r["filtered"]}
    said |= {"decoder: counted as told before" for r in fresh.values() if r["duplicate"]}
    files = log.files("rejections")
    if files:
        with duckdb.connect() as connection:
            flagged = connection.execute(
                f"select distinct code, landing_id from read_parquet({file_list(files)}) "
                "where feed = ? and severity = 'warn'",
                [feed],
            ).fetchall()
        said |= {f"decoder: {code} flagged" for code, landing in flagged if landing in fresh}
    for verdict in log.verdicts(feed):
        if verdict["landing_id"] in fresh:
            said |= {f"landing gate: {r['check']} ({r['severity']})" for r in verdict["reasons"]}
    histories, workday = read_histories(town.city, town.home, town.home.now())
    found = look(histories[feed], town.home.now(), workday)
    return said | {f"watch: {one.code}" for one in found if KINDS[one.code].severity == "alert"}


def sound(town: Town) -> dict[str, set[str]]:
    """Land everything and judge it day by day where it counts; what is said of each feed."""
    town.set_clock(DAYS * DAY + MORNING)
    for feed, found in town.drafts.items():
        deliver(town, feed, found)
    errors = ingest(town, sorted(town.drafts, key=lambda feed: not feed.startswith("ref_")))
    said = {feed: said_of(town, feed, 0) for feed in town.drafts}
    # the codes of the first days come under the edition that ends then: a change that the watch rightly tells
    for feed in said:
        said[feed] -= {"watch: code_set_changed"}
    if errors:
        said["errors"] = set(errors)
    return {feed: told_ for feed, told_ in said.items() if told_}


def build(town: Town) -> Path:
    return Path(workflow.build(town.city, town.home).path)


@dataclass(frozen=True)
class Planted:
    """What was said of one defect, how many seconds it took, and whether a build that did not pass was published."""

    name: str
    critical: bool
    said: set[str]
    seconds: float
    refused: bool = False
    published: bool = False


def plant_delivery(town: Town, defect: DeliveryDefect, scratch: Path, plain: dict[str, set[str]]) -> Planted:
    """Deliver all but the newest days soundly, those with the defect; what is said that was not said without it."""
    begun = time.monotonic()
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(town.root, scratch, ignore=shutil.ignore_patterns("home"))
    hurt = Town(town.plan, scratch, town.drafts)
    feed, known = defect.feed, town.drafts[defect.feed]
    shutil.copytree(before_place(town, defect), scratch / "home")
    folder = scratch / "city" / "drop" / feed
    if defect.long:
        for draft in known[: -defect.newest]:
            deliver(hurt, feed, defect.long(draft))
    for draft in known[-defect.newest :]:
        (folder / draft.name).unlink(missing_ok=True)
        deliver(hurt, feed, defect.change(draft))
    hurt.set_clock(DAYS * DAY + MORNING)
    after = len(Log(hurt.home).receipts(feed))
    errors = ingest(hurt, [feed])
    said = {"decoder: the delivery is refused" for _ in errors}
    said = (said | said_of(hurt, feed, after)) - plain.get(feed, set())
    return Planted(defect.name, defect.critical, said, time.monotonic() - begun)


def before_place(town: Town, defect: DeliveryDefect) -> Path:
    """The home that lacks the newest deliveries of the feed; one for all defects that need the same."""
    return town.root.parent / "before" / defect.feed / f"{defect.newest}{'-long' if defect.long else ''}"


def before(town: Town, number: int) -> None:
    """Make that home for a defect (by its number), with the reference data that all of them share."""
    defect = DELIVERIES[number]
    place, feed = before_place(town, defect), defect.feed
    scratch = place.with_name(f"making-{place.name}")
    shutil.copytree(town.root, scratch, ignore=shutil.ignore_patterns("home"))
    references = town.root.parent / "references"
    if references.exists():
        shutil.copytree(references, scratch / "home")
    made = Town(town.plan, scratch, town.drafts)
    for draft in town.drafts[feed][-defect.newest :]:
        (scratch / "city" / "drop" / feed / draft.name).unlink()
    if defect.long:
        for draft in town.drafts[feed][: -defect.newest]:
            deliver(made, feed, defect.long(draft))
    made.set_clock(DAYS * DAY + MORNING)
    ingest(made, [feed])
    shutil.move(scratch / "home", place)
    shutil.rmtree(scratch)


def lay_references(town: Town) -> None:
    """A home with the reference data alone."""
    scratch = town.root.parent / "making"
    shutil.copytree(town.root, scratch, ignore=shutil.ignore_patterns("home"))
    made = Town(town.plan, scratch, town.drafts)
    made.set_clock(DAYS * DAY + MORNING)
    ingest(made, sorted(name for name in town.drafts if name.startswith("ref_")))
    shutil.move(scratch / "home", town.root.parent / "references")
    shutil.rmtree(scratch)


def mart_base(folder: Path) -> Path:
    """A build whose log has some rejected records and a held delivery."""
    town = sound_town(folder / "town", 1)
    for feed, change in (("gas_repairs", cells("报修单号", "", 0.34)), ("police_incidents", cells("jjdbh", "", 0.01))):
        town.drafts[feed][-1:] = change(town.drafts[feed][-1])
    sound(town)
    return build(town)


def plant_mart(built: Path, edition: Path, mart: MartDefect, scratch: Path) -> Planted:
    """Change a copy of the marts, judge them, and try to publish them where they did not pass."""
    begun = time.monotonic()
    shutil.rmtree(scratch, ignore_errors=True)
    build = scratch / "builds" / built.name
    build.mkdir(parents=True)
    for name in (WAREHOUSE, "mount.json", "build.json"):
        shutil.copy(built / name, build / name)
    with duckdb.connect(str(build / WAREHOUSE)) as connection:
        connection.execute(mart.sql)
    verdict = judge_marts(build, edition=edition)
    said = {f"mart gate: {row['check']}" for row in verdict.results if not row["success"]}
    said |= {"mart gate: crashed, so nothing is published"} if verdict.crashed else set()
    refused = False
    if not verdict.passed:
        try:
            publish(build, scratch)
        except PublishError:
            refused = True
    published = not verdict.passed and bool(not refused or edition_numbers(scratch / "editions"))
    return Planted(mart.name, mart.critical, said, time.monotonic() - begun, refused, published)


@dataclass
class Clean:
    """What was said of a sound world by feed, which checks of its marts failed, and (where kept) its edition."""

    said: dict[str, set[str]]
    broken: set[str]
    edition: Path | None = None


@dataclass
class Result:
    """Everything that was seen and missed."""

    alarms: Counter[str] = field(default_factory=Counter)
    planted: list[Planted] = field(default_factory=list)


def clean_world(folder: Path, seed: int, keep: bool) -> Clean:
    """Found, land, build and judge one sound world."""
    town = sound_town(folder / "town", seed)
    said = sound(town)
    built = build(town)
    verdict = judge_marts(built)
    broken = {row["check"] for row in verdict.results if not row["success"]}
    if keep:
        return Clean(said, broken, publish(built, town.home.root).path)
    shutil.rmtree(folder)
    return Clean(said, broken)


def set_clock() -> None:
    """The moment at which all is judged, in this process."""
    Town(plan_of(1), Path()).set_clock(DAYS * DAY + MORNING)


def worker_folder(folder: Path) -> Path:
    """Where this process plants."""
    return folder / f"hurt-{os.getpid()}"


def delivered(folder: Path, town: Town, number: int, plain: dict[str, set[str]]) -> Planted:
    return plant_delivery(town, DELIVERIES[number], worker_folder(folder), plain)


def marted(folder: Path, base: Path, edition: Path, mart: MartDefect) -> Planted:
    return plant_mart(base, edition, mart, worker_folder(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clean", type=int, default=20, help="sound worlds, each of another seed")
    parser.add_argument("--only", default="", help="plant only defects with these words in their name")
    parser.add_argument("--processes", type=int, default=2, help="worlds and defects at a time")
    parser.add_argument("--folder", type=Path, default=None, help="where to work; by default thrown away")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onegrid-strength-") as throwaway:
        sys.exit(run(given.folder or Path(throwaway), given.clean, given.only, given.processes))


def run(folder: Path, clean: int, only: str, processes: int) -> int:
    """Everything, printed; 1 where a promise is missed."""
    begun = time.monotonic()
    result = Result()
    set_clock()
    with ProcessPoolExecutor(processes, get_context("spawn"), set_clock) as pool:
        worlds = [pool.submit(clean_world, folder / f"world{seed}", seed, seed == 1) for seed in range(1, clean + 1)]
        marts = [mart for mart in MARTS if only in mart.name]
        based = pool.submit(mart_base, folder / "marts") if marts else None
        first = worlds[0].result()
        assert first.edition is not None
        town = Town(plan_of(1), folder / "world1" / "town", sound_town(folder / "founding", 1).drafts)
        numbers = [number for number, defect in enumerate(DELIVERIES) if only in defect.name]
        lay_references(town)
        homes = {before_place(town, DELIVERIES[number]): number for number in numbers}
        for made in [pool.submit(before, town, number) for number in homes.values()]:
            made.result()
        planted = [pool.submit(delivered, folder, town, number, first.said) for number in numbers]
        for seed, world in enumerate(worlds, 1):
            _tell_clean(seed, world.result(), result)
        for one in planted:
            _tell(one.result(), result)
        if based is not None:
            base = based.result()
            standing = marted(folder, base, first.edition, MartDefect("nothing", "select 1")).said
            print(f"marts stand on a log with rejected records and a held delivery: {sorted(standing)}", flush=True)
            for one in [pool.submit(marted, folder, base, first.edition, mart) for mart in marts]:
                _tell(_without(one.result(), standing), result)
    told = _score(result, clean)
    print(f"{time.monotonic() - begun:.0f} s")
    return told


def _tell_clean(seed: int, world: Clean, result: Result) -> None:
    for feed, words in world.said.items():
        result.alarms.update(f"{feed}: {word}" for word in words)
    result.alarms.update(f"mart gate: {check}" for check in world.broken)
    print(f"sound world {seed}: {world.said or 'nothing said'}, marts: {sorted(world.broken) or 'green'}", flush=True)


def _without(planted: Planted, standing: set[str]) -> Planted:
    return replace(planted, said=planted.said - standing)


def _tell(planted: Planted, result: Result) -> None:
    result.planted.append(planted)
    head = f"{'seen  ' if planted.said else 'MISSED'} {'critical' if planted.critical else '        '}"
    print(f"{head} {planted.name} ({planted.seconds:.0f} s): {'; '.join(sorted(planted.said)) or '-'}", flush=True)


def _score(result: Result, clean: int) -> int:
    """Promises 14 and 15 with their figures; 1 where one is missed."""
    missed = [one for one in result.planted if not one.said]
    critical = [one for one in result.planted if one.critical]
    unseen = [one for one in critical if not one.said]
    by = Counter(gate for one in result.planted for gate in {word.split(":")[0] for word in one.said})
    refused, published = (
        [one for one in result.planted if one.refused], [one for one in result.planted if one.published],
    )  # fmt: skip
    crashed = [one for one in refused if "mart gate: crashed, so nothing is published" in one.said]
    total, caught = len(result.planted), len(result.planted) - len(missed)
    print("\nseen by (a defect may be seen by several): " + ", ".join(f"{gate} {n}" for gate, n in by.most_common()))
    for one in missed:
        print(f"MISSED{' (critical)' if one.critical else ''}: {one.name}")
    for one in published:
        print(f"PUBLISHED though its gate did not pass: {one.name}")
    print(
        f"promise 14: {len(refused) + len(published)} builds did not pass ({len(crashed)} by a crash), "
        f"{len(published)} were published"
    )
    print(
        f"promise 15: {len(critical) - len(unseen)} of {len(critical)} critical defects seen, {caught} of {total} in "
        f"all ({100 * caught / max(total, 1):.1f} %); {sum(result.alarms.values())} false alarms in {clean} sound "
        f"worlds: {dict(result.alarms) or 'none'}"
    )
    return int(bool(unseen or published or result.alarms) or caught < 0.95 * total)


if __name__ == "__main__":
    main()
