"""What really happened, whoever was told of it: figures of the world, from the tables of a truth folder.

It reads incidents.csv, places.csv and happened.csv and writes world.csv: figure, by, member, and an exact fraction as
numerator and denominator (counts have none). Run it as `python -m simulator.truth.world FOLDER`.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from simulator.truth.tables import Row, read, rows, write

FIGURES = ("figure", "by", "member", "numerator", "denominator")
Line = tuple[str, str, str, int, int | None]


def weigh(folder: Path) -> None:
    """Read what happened in a truth folder, and write its figures."""
    incidents = list(rows(folder / "incidents.csv"))
    reports = list(rows(folder / "happened.csv"))
    places: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in rows(folder / "places.csv"):
        places[row["incident"]].append((int(row["from_day"]), row["grid"]))
    found = [*_incidents(incidents, reports, places), *_reports(incidents, reports)]
    found.sort(key=_order)
    write(folder / "world.csv", FIGURES, found)


def _incidents(incidents: list[Row], reports: list[Row], places: dict[str, list[tuple[int, str]]]) -> Iterator[Line]:
    """How many there were, of which kind and where; how many came back; how often each was told and by how many."""
    told = Counter(row["incident"] for row in reports)
    networks = Counter(incident for incident, _ in {(row["incident"], row["network"]) for row in reports})
    count = len(incidents)
    yield "incidents", "district", "", count, None
    yield "recurrences", "district", "", sum(row["recurrence_of"] != "" for row in incidents), count
    yield "siblings", "district", "", sum(row["sibling_of"] != "" for row in incidents), count
    yield "told once", "district", "", sum(told[row["incident"]] == 1 for row in incidents), count
    yield "told by several networks", "district", "", sum(networks[row["incident"]] > 1 for row in incidents), count
    yield "reports an incident", "district", "", len(reports), count
    for kind, number in Counter(row["kind"] for row in incidents).items():
        yield "incidents", "kind", kind, number, None
    for grid, number in Counter(places[row["incident"]][0][1] for row in incidents if places[row["incident"]]).items():
        yield "incidents", "founding grid", grid, number, None


def _reports(incidents: list[Row], reports: list[Row]) -> Iterator[Line]:
    """Of each network: reports, how late they were told, how many cases took which turn of life."""
    began = {row["incident"]: row["at"] for row in incidents}
    by_network: dict[str, list[Row]] = defaultdict(list)
    for row in reports:
        by_network[row["network"]].append(row)
    for network, told in by_network.items():
        count = len(told)
        yield "reports", "network", network, count, None
        seconds = sum(_seconds(began[row["incident"]], row["reported"]) for row in told)
        yield "seconds from happening to telling", "network", network, seconds, count
        yield "told under the right kind", "network", network, sum(row["right_kind"] == "1" for row in told), count
        yield (
            "first office is the right one",
            "network",
            network,
            sum(row["right_office"] == "1" for row in told),
            count,
        )
        for step in ("handled", "closed", "returned", "extended", "suspended", "check_failed", "cancelled"):
            yield f"cases {step}", "network", network, sum(row[step] != "" for row in told), count


def _order(line: Line) -> tuple[str, str, str]:
    return line[:3]


def _seconds(since: str, until: str) -> int:
    first, last = read(since), read(until)
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    return int((last - first).total_seconds())


if __name__ == "__main__":
    weigh(Path(sys.argv[1]))
