"""How soon the watch names a dead feed and one that falls to half, and how often it cries for nothing.

    python -m benchmarks.watch --days 60 --seeds 7

Plays the feeds of a made-up district on a simulated clock: as many days as it takes to learn, then thirty that are
judged. Each feed is asked every cadence of its contract, or its files appear when its centre makes them. Then each dies
at several moments (its source is out of reach; or it answers and has nothing new), and is thinned to one half; what is
measured is how long it takes until the watch says so. Promise 16 stands with its figures at the end, and the feeds that
miss a part of it by name.
"""

import argparse
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from ingest.city import City, open_city
from simulator.calendar import is_workday
from simulator.deliver import drafts
from simulator.feeds.channel import Drop
from simulator.happenings.world import World
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR, Plan
from simulator.told import CHANNELS, told
from watch.finding import KINDS
from watch.history import Arrival, History
from watch.look import look

ROOT = Path(__file__).resolve().parent.parent
ZONE = "Asia/Shanghai"
JUDGED = 30  # days
STEP = 15 * 60  # seconds between two looks
UTC_OFFSET = 8 * HOUR
NAMES = ("source_failing", "silent", "volume_low")


@dataclass(frozen=True)
class Played:
    """A feed as it was delivered: seconds of the world's clock, and how many versions came first then."""

    feed: str
    at: np.ndarray
    records: np.ndarray
    new: np.ndarray


@dataclass
class Score:
    """What was measured of one feed; hours."""

    feed: str
    cadence: float
    a_day: float
    false_alarms: list[str] = field(default_factory=list)
    unreachable: list[float] = field(default_factory=list)
    nothing_new: list[float] = field(default_factory=list)
    halved: list[float] = field(default_factory=list)


def play(plan: Plan, ledger: Ledger, cadence: int, until: int, kept: np.ndarray | None = None) -> Played:
    """The deliveries of a feed; `kept` says which versions its source shows."""
    shown = ledger if kept is None else ledger.take(kept)
    channel = CHANNELS[ledger.feed]
    first = np.full(len(shown), np.iinfo(np.int64).max)
    at, records = [], []
    if isinstance(channel, Drop):
        for draft in drafts(plan, shown, channel, until):
            first[draft.rows] = np.minimum(first[draft.rows], draft.at)
            at.append(draft.at)
            records.append(len(draft.rows))
        moments = np.array(at, dtype=np.int64)
        new = np.array([(first == moment).sum() for moment in moments], dtype=np.int64)
        return Played(ledger.feed, moments, np.array(records, dtype=np.int64), new)
    asked = np.arange(cadence, until, cadence)
    number = np.searchsorted(asked, shown.told_at)
    counts = np.bincount(number[number < len(asked)], minlength=len(asked))
    some = counts > 0
    return Played(ledger.feed, asked[some], counts[some], counts[some])


def moment(plan: Plan, second: int) -> datetime:
    """A second of the world's clock as UTC."""
    begin = datetime.fromisoformat(plan.begins.isoformat()).replace(tzinfo=UTC)
    return begin + timedelta(seconds=second - UTC_OFFSET)


class Feed:
    """One feed on the simulated clock, asked every cadence."""

    def __init__(self, plan: Plan, city: City, played: Played) -> None:
        self.plan, self.contract, self.played = plan, city.contract(played.feed), played
        self.cadence = int(self.contract.cadence.total_seconds())
        # lists that say nothing new are still lists: what they say is not played here, only that they come
        self.arrivals = [
            Arrival(moment(plan, int(at)), int(count), str(number))
            for number, (at, count) in enumerate(zip(played.at, played.records, strict=True))
        ]
        self.new: Counter[int] = Counter()
        for at, count in zip(played.at, played.new, strict=True):
            self.new[int(moment(plan, int(at)).timestamp()) // HOUR] += int(count)

    def history(self, now: int, failing_since: int | None = None) -> History:
        known = bisect_right(self.played.at, now)
        until = now if failing_since is None else failing_since
        asked = [now - now % self.cadence - k * self.cadence for k in range(3, -1, -1)]
        outcomes: list[dict[str, Any]] = [
            {"at": moment(self.plan, at).isoformat(), "result": "unchanged" if at <= until else "failed", "reason": "-"}
            for at in asked
            if at > 0
        ]
        return History(self.contract, ZONE, self.arrivals[:known], self.new, outcomes)

    def found(
        self, now: int, opened: dict[tuple[str, str], datetime], failing: int | None = None
    ) -> dict[str, datetime]:
        said = look(self.history(now, failing), moment(self.plan, now), workday, opened)
        return {f.code: f.since for f in said if KINDS[f.code].severity == "alert"}


def workday(day: date) -> bool:
    return is_workday(day)


def false_alarms(feed: Feed, begin: int, end: int) -> Iterator[str]:
    """What is said, day and code, of a feed that nothing is wrong with."""
    opened: dict[tuple[str, str], datetime] = {}
    for now in range(begin, end, HOUR):
        said = feed.found(now, opened)
        for code in said.keys() - {code for code, _ in opened}:
            yield f"{code} on day {now / DAY:.1f}"
        opened = {(code, ""): opened.get((code, ""), since) for code, since in said.items()}


def named_after(feed: Feed, dies: int, most: int, step: int = STEP, failing: bool = False) -> float:
    """Hours from `dies` until the watch names it; infinite where it does not within `most` seconds."""
    opened: dict[tuple[str, str], datetime] = {}
    for now in range(dies + step, dies + most, step):
        said = feed.found(now, opened, dies if failing else None)
        if any(name in said for name in NAMES):
            return (now - dies) / HOUR
    return float("inf")


def measure(plan: Plan, city: City, ledger: Ledger, trials: int, only_false: bool = False) -> Score | None:
    """The score of one feed, None where nothing came in the days that are judged."""
    cadence = int(city.contract(ledger.feed).cadence.total_seconds())
    end, begin = plan.end, plan.end - JUDGED * DAY
    played = play(plan, ledger, cadence, end)
    if not (played.at < begin).any():
        return None
    feed = Feed(plan, city, played)
    score = Score(ledger.feed, cadence / HOUR, float(played.new[played.at >= begin].sum()) / JUDGED)
    score.false_alarms = list(false_alarms(feed, begin, end))
    if only_false:
        return score
    random = plan.stream("watch", ledger.feed)
    keys = ledger.rows[ledger.key].factorize()[0]
    for dies in np.sort(random.randint(begin, end - 10 * DAY, trials)):
        # it dies when it has just been asked, or has just delivered: the worst moment
        last = played.at[played.at <= dies][-1] if isinstance(CHANNELS[ledger.feed], Drop) else dies - dies % cadence
        rest = Feed(
            plan,
            city,
            Played(feed.played.feed, *(a[played.at <= last] for a in (played.at, played.records, played.new))),
        )
        most = max(6 * cadence, 6 * DAY)
        score.nothing_new.append(named_after(rest, int(last), most))
        score.unreachable.append(named_after(rest, int(last), most, failing=True))
        kept = (ledger.told_at < dies) | (random.random_sample(keys.max() + 1)[keys] < 0.5)
        half = Feed(plan, city, play(plan, ledger, cadence, end, kept))
        score.halved.append(named_after(half, int(dies), min(14 * DAY, end - int(dies)), HOUR))
    return score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=70, help="days of the world; the last thirty are judged")
    parser.add_argument("--seeds", type=int, nargs="+", default=[7], help="worlds")
    parser.add_argument("--trials", type=int, default=4, help="deaths and falls of each feed in each world")
    parser.add_argument("--incidents", type=int, default=60, help="a day, in the district")
    parser.add_argument("--only-false", action="store_true", help="count false alarms, nothing else")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    given = parser.parse_args()
    city = open_city(ROOT / "cities" / "sandbox")
    scores: dict[str, list[Score]] = {}
    for seed in given.seeds:
        plan = Plan(seed=seed, days=given.days, begins=date(2026, 8, 3), incidents_a_day=given.incidents)
        for ledger in told(World(plan)).values():
            if ledger.feed not in city.feeds or city.contract(ledger.feed).mode == "reference":
                continue
            score = measure(plan, city, ledger, given.trials, given.only_false)
            if score is not None:
                scores.setdefault(ledger.feed, []).append(score)
    print(json.dumps(summary(scores), indent=1) if given.json else f"{table(scores)}\n\n{promise(scores)}")


def summary(scores: dict[str, list[Score]]) -> dict[str, Any]:
    """By feed: false alarms in thirty days, and the medians and worst of the hours until it was named."""
    found = {}
    for feed, runs in sorted(scores.items()):

        def worst(name: str, runs: list[Score] = runs) -> list[float]:
            return sorted(hours for run in runs for hours in getattr(run, name))

        found[feed] = {
            "cadence": runs[0].cadence,
            "a_day": round(float(np.mean([run.a_day for run in runs])), 1),
            "false_alarms": round(float(np.mean([len(run.false_alarms) for run in runs])), 2),
            "said": [said for run in runs for said in run.false_alarms],
            **{name: worst(name) for name in ("unreachable", "nothing_new", "halved")},
        }
    return found


def table(scores: dict[str, list[Score]]) -> str:
    head = f"{'feed':28}{'cadence h':>10}{'a day':>8}{'false/30 d':>11}{'unreachable':>13}{'nothing new':>13}"
    lines = [f"{head}{'halved':>16}   hours until it was named: median/worst"]
    for feed, row in summary(scores).items():
        cells = [
            f"{median(row[n]):.1f}/{row[n][-1]:.1f}" if row[n] else "-"
            for n in ("unreachable", "nothing_new", "halved")
        ]
        lines.append(
            f"{feed:28}{row['cadence']:>10.1f}{row['a_day']:>8}{row['false_alarms']:>11}"
            f"{cells[0]:>13}{cells[1]:>13}{cells[2]:>16}  {'; '.join(row['said'])}"
        )
    return "\n".join(lines)


def promise(scores: dict[str, list[Score]]) -> str:
    """Promise 16: by part, of how many feeds every trial kept it, and which feeds did not."""
    rows = summary(scores)
    parts = {
        "a source out of reach is named within two periods": lambda row: row["unreachable"][-1] <= 2 * row["cadence"],
        "a source with nothing new is named within two periods": lambda row: (
            row["nothing_new"][-1] <= 2 * row["cadence"]
        ),
        "a fall to one half is named within a day": lambda row: row["halved"][-1] <= 24,
        "at most one false alarm in thirty days": lambda row: row["false_alarms"] <= 1,
    }
    lines = []
    for part, is_kept in parts.items():
        asked = {feed: row for feed, row in rows.items() if row["unreachable"] or "false" in part}
        missed = [f"{feed} ({row['a_day']:g} a day)" for feed, row in asked.items() if not is_kept(row)]
        kept = f"{len(asked) - len(missed)} of {len(asked)} feeds"
        lines.append(f"promise 16: {part}: {kept}{'; not ' + ', '.join(missed) if missed else ''}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
