"""How much of what goes wrong the gates and the watch see, and how often they cry over sound data.

    python -m benchmarks.gate_strength --clean 20

Makes sound worlds, delivers them as files, lands, gates, builds and judges them with nothing planted: whatever is said
then is a false alarm. Then each defect of benchmarks/defects.py is planted alone, in the newest deliveries or in the
built marts, and what saw it is printed: the decoder (the delivery or its records are rejected, flagged or counted as
told before), the landing gate, the watch or the mart gate. Marts are judged against a published edition, and rest on
some rejected records and a held delivery. Misses stand by name at the end.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.defects import DELIVERIES, MARTS, DeliveryDefect, cells
from benchmarks.town import MORNING, Town, deliver, found_town, ingest
from expectations.gate import WAREHOUSE, judge_marts
from ingest.log import Log, file_list
from onegrid import workflow
from reporting.edition import publish
from simulator.plan import DAY, Plan
from watch.finding import KINDS
from watch.history import read_histories
from watch.look import look

FEEDS = (
    "city_management_cases", "hotline_orders", "gas_repairs", "water_repairs", "power_outages", "police_incidents",
)  # fmt: skip
DAYS = 28


def sound_town(root: Path, seed: int) -> Town:
    """A city of six centres over four weeks."""
    return found_town(root, Plan(seed=seed, days=DAYS, begins=date(2026, 10, 13), incidents_a_day=60), FEEDS)


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


def plant_delivery(town: Town, defect: DeliveryDefect, scratch: Path, plain: dict[str, set[str]]) -> set[str]:
    """Deliver all but the newest days soundly, those with the defect; what is said that was not said without it."""
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(town.root, scratch)
    hurt = Town(town.plan, scratch, town.drafts)
    feed, known = defect.feed, town.drafts[defect.feed]
    shutil.rmtree(scratch / "home")
    shutil.copytree(before(town, defect), scratch / "home")
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
    return (said | said_of(hurt, feed, after)) - plain.get(feed, set())


def before(town: Town, defect: DeliveryDefect) -> Path:
    """A home that lacks the newest deliveries of the feed; made once for all defects that need the same."""
    feed, newest = defect.feed, defect.newest
    place = town.root.parent / "before" / feed / f"{newest}{'-long' if defect.long else ''}"
    if place.exists():
        return place
    scratch = town.root.parent / "making"
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(town.root, scratch, ignore=shutil.ignore_patterns("home"))
    made = Town(town.plan, scratch, town.drafts)
    for draft in town.drafts[feed][-newest:]:
        (scratch / "city" / "drop" / feed / draft.name).unlink()
    if defect.long:
        for draft in town.drafts[feed][:-newest]:
            deliver(made, feed, defect.long(draft))
    made.set_clock(DAYS * DAY + MORNING)
    ingest(made, [*sorted(name for name in town.drafts if name.startswith("ref_")), feed])
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(scratch / "home", place)
    return place


def mart_base(folder: Path) -> Path:
    """A build whose log has some rejected records and a held delivery."""
    town = sound_town(folder / "town", 1)
    for feed, change in (("gas_repairs", cells("报修单号", "", 0.34)), ("police_incidents", cells("jjdbh", "", 0.01))):
        town.drafts[feed][-1:] = change(town.drafts[feed][-1])
    sound(town)
    return build(town)


def plant_mart(built: Path, edition: Path, sql: str, scratch: Path) -> set[str]:
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    for name in (WAREHOUSE, "mount.json", "build.json"):
        shutil.copy(built / name, scratch / name)
    with duckdb.connect(str(scratch / WAREHOUSE)) as connection:
        connection.execute(sql)
    verdict = judge_marts(scratch, edition=edition)
    said = {f"mart gate: {row['check']}" for row in verdict.results if not row["success"]}
    return said | ({"mart gate: crashed, so nothing is published"} if verdict.crashed else set())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clean", type=int, default=20, help="sound worlds, each of another seed")
    parser.add_argument("--only", default="", help="plant only defects with these words in their name")
    parser.add_argument("--folder", type=Path, default=None, help="where to work; by default thrown away")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onegrid-strength-") as throwaway:
        sys.exit(run(given.folder or Path(throwaway), given.clean, given.only))


def run(folder: Path, clean: int, only: str) -> int:
    """Everything, printed; 1 where a promise is missed."""
    begun = time.monotonic()
    alarms: Counter[str] = Counter()
    town, plain = None, {}
    for seed in range(1, clean + 1):
        one = sound_town(folder / f"world{seed}" / "town", seed)
        said = sound(one)
        built = build(one)
        verdict = judge_marts(built)
        broken = {row["check"] for row in verdict.results if not row["success"]}
        for feed, words in said.items():
            alarms.update(f"{feed}: {word}" for word in words)
        alarms.update(f"mart gate: {check}" for check in broken)
        print(f"sound world {seed}: {said or 'nothing said'}, marts: {sorted(broken) or 'green'}", flush=True)
        if town is None:
            town, plain = one, said
            edition = publish(built, one.home.root).path
        else:
            shutil.rmtree(folder / f"world{seed}")
    assert town is not None
    missed: list[tuple[str, bool]] = []
    seen: Counter[str] = Counter()
    by: Counter[str] = Counter()
    for defect in DELIVERIES:
        if only in defect.name:
            said_now = plant_delivery(town, defect, folder / "hurt", plain)
            _tell(defect.name, defect.critical, said_now, missed, seen, by)
    marts = [mart for mart in MARTS if only in mart.name]
    if marts:
        base = mart_base(folder / "marts")
        standing = plant_mart(base, edition, "select 1", folder / "hurt")
        print(f"marts stand on a log with rejected records and a held delivery: {sorted(standing)}", flush=True)
    for mart in marts:
        said_now = plant_mart(base, edition, mart.sql, folder / "hurt") - standing
        _tell(mart.name, mart.critical, said_now, missed, seen, by)
    critical = [name for name, is_critical in missed if is_critical]
    total, of_critical = sum(seen.values()), seen["critical"]
    caught = total - len(missed)
    print(f"\n{caught} of {total} defects seen ({100 * caught / total:.1f} %), of the critical ones "
          f"{of_critical - len(critical)} of {of_critical}; seen by (a defect may be seen by several): "
          + ", ".join(f"{gate} {count}" for gate, count in by.most_common()))  # fmt: skip
    for name, is_critical in missed:
        print(f"MISSED{' (critical)' if is_critical else ''}: {name}")
    print(f"{sum(alarms.values())} false alarms in {clean} sound worlds: {dict(alarms) or 'none'}")
    print(f"{time.monotonic() - begun:.0f} s")
    return int(bool(critical) or caught < 0.95 * total or bool(alarms))


def _tell(name: str, critical: bool, said: set[str], missed: list, seen: Counter[str], by: Counter[str]) -> None:
    seen["critical" if critical else "other"] += 1
    by.update({word.split(":")[0] for word in said})
    if not said:
        missed.append((name, critical))
    head = f"{'seen  ' if said else 'MISSED'} {'critical' if critical else '        '}"
    print(f"{head} {name}: {'; '.join(sorted(said)) or '-'}", flush=True)


if __name__ == "__main__":
    main()
