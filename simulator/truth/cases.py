"""What an office knows of each record: its newest state among the rows that were delivered and understood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from simulator.truth.reading import OWN
from simulator.truth.readings import READINGS, Reading
from simulator.truth.tables import Row, rows, told

_ENDS = ("cancelled", "not_accepted", "not_registered", "retracted")


@dataclass
class Record:
    """A record as told last. at: moments of its steps by verb, local. more: cells that indicators read, by role."""

    feed: str
    reading: str
    key: str
    network: str
    stream: str
    incident: str
    at: dict[str, datetime]
    code_set: str
    kind: str
    code: str
    collector: str
    org: str
    grade: str
    told_grid: str
    told_division: str
    told_point: tuple[str, str]
    frame: str
    withdrawn: bool
    versions: int
    found: str
    channel: str = ""
    more: dict[str, str] = field(default_factory=dict)
    grid: str = ""
    street: str = ""

    @property
    def tells(self) -> Mapping[str, str]:
        """The steps that its feed tells at all."""
        return READINGS[self.reading].steps

    @property
    def opened(self) -> datetime | None:
        """When it was reported, planned, blown …: its first step by the order of the feed."""
        return self.at.get(next(iter(self.tells)))

    @property
    def is_cancelled(self) -> bool:
        """Not accepted, called off, taken back: no office had to mend it."""
        return self.withdrawn or any(verb in self.at for verb in _ENDS)

    @property
    def ended(self) -> datetime | None:
        """When it was closed or cancelled."""
        ends = [self.at[verb] for verb in ("closed", *_ENDS) if verb in self.at]
        return max(ends) if ends else None

    @property
    def began_to_count(self) -> datetime | None:
        """When the time to handle begins: with the dispatch, and not with the signing for it."""
        for verb in ("dispatched", "registered", "accepted", "reported"):
            if verb in self.at:
                return self.at[verb]
        return None

    @property
    def handled(self) -> datetime | None:
        """End of the last act of disposal, unless it was sent back after that; rework is bundled into it."""
        acts = [self.at[verb] for verb in ("handled", "rehandled") if verb in self.at]
        failed = self.at.get("post_disposal_check_failed")
        if not acts or (failed is not None and failed >= max(acts)):
            return None
        return max(acts)

    @property
    def stopped(self) -> datetime | None:
        """When the time to handle ends: with the disposal, or with the close where none is told."""
        return self.handled or self.at.get("closed")

    @property
    def pauses(self) -> list[tuple[datetime, datetime | None]]:
        """Suspensions."""
        since = self.at.get("suspended")
        return [(since, self.at.get("resumed") or self.ended)] if since else []

    @property
    def extensions(self) -> int:
        """Extensions granted, each as long as the limit."""
        return 1 if "extension_granted" in self.at else 0


def records(folder: Path) -> Iterator[Record]:
    """The records of all feeds, by feed and key."""
    for name in sorted(READINGS):
        how, found = READINGS[name], dict[str, list[Row]]()
        for row in rows(folder / "told" / f"{how.feed or name}.csv"):
            if row["_outcome"] == "recorded" and (not how.where[0] or row[how.where[0]] == how.where[1]):
                found.setdefault(row[how.key], []).append(row)
        for key in sorted(found):
            yield newest(name, found[key])


def newest(name: str, versions: Iterable[Row]) -> Record:
    """A record from its versions: the one changed last counts, and of those changed at once the one told last."""
    how, known = READINGS[name], list(versions)
    row = max(known, key=lambda one: (_updated(how, one), int(one["_delivered"]), int(one["_position"])))
    at = {verb: told(row[column], how.times) for verb, column in how.steps.items()}
    return Record(
        feed=how.feed or name,
        reading=name,
        key=row[how.key],
        network=how.network,
        stream=how.stream,
        incident=row["_incident"],
        at={verb: moment for verb, moment in at.items() if moment is not None},
        code_set=how.code_sets.get(row.get(how.code_set_column, ""), "") or how.code_set,
        kind=how.code_kinds.get(row.get(how.code_set_column, ""), ""),
        code=row.get(how.code, ""),
        collector=row.get(how.collector, ""),
        org=row.get(how.org, "") or how.desk,
        grade=how.grades.get(row.get(how.rating, ""), ""),
        told_grid=row.get(how.grid, ""),
        told_division=row.get(how.division, ""),
        told_point=(row.get(how.lon, ""), row.get(how.lat, "")),
        frame=how.frame,
        withdrawn=row["_gone"] == "1" and how.stream == "case",
        versions=len(known),
        found=how.found if not how.channel else "own" if row.get(how.channel, "") in OWN else "public",
        channel=row.get(how.channel, "") or how.way,
        more={role: row.get(column, "") for role, column in how.more.items()},
    )


def _updated(how: Reading, row: Row) -> datetime:
    return (told(row[how.updated], how.times) if how.updated else None) or datetime.min
