"""What a perfect office computes from the records that were delivered.

It reads the plain tables of a truth folder and writes more of them: records.csv, lives.csv, deadlines.csv,
indicators.csv, what is asked every morning and what the core mechanisms count. Run it as
`python -m simulator.truth.as_told FOLDER`.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

from simulator.truth.cases import Record, records
from simulator.truth.categories import Categories
from simulator.truth.conditions import AMOUNTS, CONDITIONS, WEIGHTS, Judged, months
from simulator.truth.deadlines import Deadline, Rules, clocks, deadlines
from simulator.truth.indicators import BY, INDICATORS, Indicator
from simulator.truth.mechanisms import count
from simulator.truth.mornings import ask
from simulator.truth.places import UNKNOWN, Grids, Place
from simulator.truth.readings import READINGS
from simulator.truth.tables import rows, write, written

RECORDS = ("feed", "key", "network", "stream", "incident", "recurrence_of", "lon", "lat", "grid", "street")
DEADLINES = ("feed", "key", "stage", "since", "value", "unit", "extensions", "due", "stopped", "met", "first_met")
FIGURES = ("indicator", "by", "member", "month", "numerator", "denominator")
VERBS = tuple(dict.fromkeys(verb for reading in READINGS.values() for verb in reading.steps))
LIVES = ("feed", "key", "network", "status", "code_set", "code", "org", "grade", *VERBS)


def judge(folder: Path) -> None:
    """Read what was told in a truth folder, and write what follows from it."""
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    begins = datetime.fromisoformat(plan["begins"])
    now = begins + timedelta(seconds=plan["until"])
    incidents = {row["incident"]: row for row in rows(folder / "incidents.csv")}
    places = Places(folder, begins)
    grids = Grids(rows(folder / "reference" / "grid.csv"))
    rules = Rules(
        list(rows(folder / "reference" / "limit.csv")),
        clocks(rows(folder / "reference" / "calendar.csv"), rows(folder / "reference" / "shift.csv")),
        list(rows(folder / "reference" / "rework_rule.csv")),
    )
    categories = Categories(rows(folder / "reference" / "category.csv"), rows(folder / "reference" / "crosswalk.csv"))
    judged = []
    for record in records(folder):
        record.grid = places.grid(record)
        record.street = places.street(record.grid)
        due = deadlines(record, rules, now) if record.stream == "case" else []
        place = grids.place(record)
        judged.append(Judged(record, place, {one.stage: one for one in due}, now, categories.name(record)))
    mark_recurrences(judged)
    cases = {(one.record.network, one.record.key): one.record for one in judged if one.record.stream == "case"}
    for one in judged:
        one.about = cases.get((one.record.network, one.record.more.get("order", "")))
    write(folder / "records.csv", RECORDS, (_place(one.record, incidents) for one in judged))
    write(folder / "lives.csv", LIVES, (_life(one.record) for one in judged if one.record.stream == "case"))
    write(
        folder / "deadlines.csv", DEADLINES, (_due(one.record, due) for one in judged for due in one.deadlines.values())
    )
    write(folder / "indicators.csv", FIGURES, figures(judged))
    ask(folder, judged, begins, now)
    count(folder, judged, grids, begins, now)


def mark_recurrences(judged: Sequence[Judged]) -> None:
    """A case came back where one of its category was closed in its grid, thirty days or less before it was told."""
    closed: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    cases = [one for one in judged if one.record.stream == "case" and one.record.code and one.place.is_known]
    for one in cases:
        if one.at("closed") is not None and not one.record.is_cancelled:
            closed[one.place.grid, one.record.code_set, one.record.code].append(one.record.at["closed"])
    for one in cases:
        opened = one.record.opened
        ends = closed[one.place.grid, one.record.code_set, one.record.code]
        one.recurs = opened is not None and any(timedelta(0) < opened - end <= timedelta(days=30) for end in ends)


class Places:
    """In which unit grid each incident really lies, on each day: grids split, merge and move."""

    def __init__(self, folder: Path, begins: datetime) -> None:
        self.begins = begins
        self.known = {row["grid"]: row for row in rows(folder / "grids.csv")}
        self.grids: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for row in rows(folder / "places.csv"):
            self.grids[row["incident"]].append((int(row["from_day"]), row["grid"]))

    def grid(self, record: Record) -> str:
        """The grid of the true place when the record began; the one told where it speaks of no incident."""
        day = (record.opened - self.begins).days if record.opened else 0
        held = [grid for since, grid in self.grids.get(record.incident, ()) if since <= max(day, 0)]
        return held[-1] if held else record.told_grid

    def street(self, grid: str) -> str:
        """The street that a grid belongs to, '' where it is not known."""
        return self.known[grid]["street"] if grid in self.known else ""

    def place(self, grid: str) -> Place:
        """The member that a figure counts what lies in a grid under."""
        row = self.known.get(grid)
        if row is None:
            return Place(grid, grid[:12] or UNKNOWN, UNKNOWN)
        return Place(grid, grid[:12], row["street"] or UNKNOWN, row["unit"], row["kind"])


def figures(judged: Sequence[Judged]) -> Iterator[tuple[object, ...]]:
    """All indicators of all subjects, in all and by month; exact numerators as fractions."""
    for indicator in INDICATORS:
        above: dict[tuple[str, str, str], int | Fraction] = defaultdict(int)
        below: dict[tuple[str, str, str], int] = defaultdict(int)
        for one in judged:
            if one.record.stream != indicator.stream or (indicator.tells and indicator.tells not in one.record.tells):
                continue
            if any(CONDITIONS[word](one) for word in indicator.exclusions):
                continue
            counts = not indicator.denominator or CONDITIONS[indicator.denominator](one)
            met = counts and CONDITIONS[indicator.numerator](one)
            if not counts or not (indicator.denominator or met):
                continue
            amount = AMOUNTS[indicator.numerator](one) if met and indicator.numerator in AMOUNTS else int(met)
            weight = WEIGHTS[indicator.weight](one) if indicator.weight else 1
            for month in ["", *months(indicator.window, one)]:
                for by, member in zip(BY, _members(indicator, one), strict=True):
                    if member:
                        below[by, member, month] += weight
                        above[by, member, month] += amount
        for by, member, month in sorted(below):
            known = below[by, member, month] if indicator.denominator else None
            yield indicator.name, by, member, month, above[by, member, month], known


def _members(indicator: Indicator, one: Judged) -> tuple[str, ...]:
    """Whom a figure counts a record for, in the order of BY; '' where the figure is not one of that kind of subject."""
    record, place = one.record, one.place
    post = f"{record.network}/{indicator.post}" if indicator.post else ""
    office = record.org or UNKNOWN
    collector = f"{record.network}/{record.collector}" if record.collector else ""
    place_members = place.street, place.community, place.grid, place.unit, place.kind
    return "district", record.network, *place_members, office, post, one.category, collector


def _place(record: Record, incidents: dict[str, dict[str, str]]) -> tuple[object, ...]:
    true = incidents.get(record.incident, {})
    where = (true.get("recurrence_of", ""), true.get("lon", ""), true.get("lat", ""))
    return record.feed, record.key, record.network, record.stream, record.incident, *where, record.grid, record.street


def _life(record: Record) -> tuple[object, ...]:
    status = "cancelled" if record.is_cancelled else "closed" if "closed" in record.at else "open"
    head = (record.feed, record.key, record.network, status, record.code_set, record.code, record.org, record.grade)
    return *head, *(written(record.at.get(verb)) for verb in VERBS)


def _due(record: Record, one: Deadline) -> tuple[object, ...]:
    met, first_met = ("" if word is None else str(word).lower() for word in (one.met, one.first_met))
    head = (record.feed, record.key, one.stage, written(one.since), one.value, one.unit, one.extensions)
    return *head, written(one.due), written(one.stopped), met, first_met


if __name__ == "__main__":
    judge(Path(sys.argv[1]))
