"""What the indicators of cases would be if every report had been written down at once, rightly and completely.

It reads the same plain tables as the judge of what was told, but happened.csv in place of the records, and writes
world_indicators.csv. The gap between the two is what the offices' telling does to the figures: it is printed, not held
against anybody. Run it as `python -m simulator.truth.ideal FOLDER`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from simulator.truth.as_told import FIGURES, Places, figures, mark_recurrences
from simulator.truth.cases import Record
from simulator.truth.categories import Categories
from simulator.truth.conditions import Judged
from simulator.truth.deadlines import Rules, clocks, deadlines
from simulator.truth.reading import BAD, FAIR, GOOD
from simulator.truth.readings import READINGS
from simulator.truth.tables import read, rows, write

# step of a life -> verb of the event log
_VERBS = {
    "reported": "reported", "accepted": "accepted", "not_accepted": "not_accepted", "verified": "pre_filing_check",
    "filed": "registered", "dispatched": "dispatched", "returned": "returned_to_sender", "redispatched": "transferred",
    "signed": "signed", "extension_asked": "extension_requested", "extended": "extension_granted",
    "suspended": "suspended", "resumed": "resumed", "arrived": "arrived", "handled": "handled",
    "check_failed": "post_disposal_check_failed", "rehandled": "rehandled", "checked": "post_disposal_check_passed",
    "closed": "closed", "cancelled": "cancelled", "supervised": "supervised", "appealed": "appealed",
    "appeal_granted": "appeal_granted", "called_back": "called_back",
}  # fmt: skip
_GRADES = {"0": BAD, "1": BAD, "2": FAIR, "3": GOOD, "4": GOOD}


def idealise(folder: Path) -> None:
    """Write world_indicators.csv of a truth folder: figures of cases, by the same rules, of what really happened."""
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    begins = datetime.fromisoformat(plan["begins"])
    now = begins + timedelta(seconds=plan["until"])
    places = Places(folder, begins)
    codes = {(row["kind"], row["code_set"]): row["code"] for row in rows(folder / "codes.csv")}
    rules = Rules(
        list(rows(folder / "reference" / "limit.csv")),
        clocks(rows(folder / "reference" / "calendar.csv"), rows(folder / "reference" / "shift.csv")),
        list(rows(folder / "reference" / "rework_rule.csv")),
    )
    categories = Categories(rows(folder / "reference" / "category.csv"), rows(folder / "reference" / "crosswalk.csv"))
    judged = []
    for record in _records(folder, codes, plan["edition_from"], now):
        grid = places.grid(record)
        place = places.place(grid)
        due = deadlines(record, rules, now)
        judged.append(Judged(record, place, {one.stage: one for one in due}, now, categories.name(record)))
    mark_recurrences(judged)
    write(folder / "world_indicators.csv", FIGURES, figures(judged))


def _records(folder: Path, codes: Mapping[tuple[str, str], str], switch: str, now: datetime) -> Iterator[Record]:
    """Every report as its life really went, up to the moment that it is."""
    kinds = {row["incident"]: row["kind"] for row in rows(folder / "incidents.csv")}
    for row in rows(folder / "happened.csv"):
        steps = {verb: read(row[step]) for step, verb in _VERBS.items()}
        at = {verb: moment for verb, moment in steps.items() if moment is not None and moment <= now}
        if not at:
            continue
        kind, edition = kinds[row["incident"]], "2013" if row["reported"][:10] < switch else "2026"
        lists = _lists(row["network"], edition)
        feed, code_set = next((one for one in lists if (kind, one[1]) in codes), lists[-1])
        told = READINGS[feed].steps
        yield Record(
            feed=feed,
            reading=feed,
            key=row["report"],
            network=row["network"],
            stream="case",
            incident=row["incident"],
            at={verb: moment for verb, moment in at.items() if verb in told},
            code_set=code_set,
            kind=READINGS[feed].code_kinds.get(edition, ""),
            code=codes.get((kind, code_set), ""),
            collector="",
            org=row["org"] if row["dispatched"] else READINGS[feed].desk,
            grade=_GRADES.get(row["rating"], "") if "called_back" in at and READINGS[feed].rating else "",
            told_grid="",
            told_division="",
            told_point=("", ""),
            frame="",
            withdrawn=False,
            versions=1,
            found="own" if row["network"] == "city_management" else READINGS[feed].found,
        )


def _lists(network: str, edition: str) -> list[tuple[str, str]]:
    """The case feeds of a network with the code list that each goes by; a list that does not fit stands last."""
    return [
        (feed, how.code_sets.get(edition, how.code_set))
        for feed, how in READINGS.items()
        if how.network == network and how.stream == "case"
    ]


if __name__ == "__main__":
    idealise(Path(sys.argv[1]))
