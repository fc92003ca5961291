"""How the rows of a feed are read: the form of a reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SPACED, ISO, SLASHED, COMPACT = "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S"
EPOCH_MS = "epoch_ms"  # UTC milliseconds since 1970, a number


@dataclass(frozen=True)
class Reading:
    """One feed.

    network: whose. stream: what a row is about; rows of `case` are cases. key: column of the record's key. steps: verb
    of the event log -> column of its time, in the order of a life. times: form of these columns, local time. updated:
    column of the last change, '' where rows tell none. code_set, code: the set, and the column of the category; where
    the set changes, `code_sets` has the set for each word in `code_set_column`, and `code_kinds` the kind of its codes.
    collector: column of the collector who found it. org: column of the office that acts.
    lon, lat, frame: of the place as told. grid: column of a unit grid as told. division: column of a community or
    street as told. desk: the office that has what is told without one. channel: column of the way by which it came.
    way, found: the way, and who found it, where no column says so. state, ends: column of the state's word, and the
    words of those from which nothing goes on. rating, grades: column of the satisfaction, and what its words count as.
    more: other columns that an indicator reads, by role. feed: where the reading's name is not the feed's, as of a
    feed whose rows speak of several things; where: column and word that tell this reading's rows.
    """

    network: str
    key: str
    steps: Mapping[str, str]
    times: str
    stream: str = "case"
    updated: str = ""
    code_set: str = ""
    code_set_column: str = ""
    code_sets: Mapping[str, str] = field(default_factory=dict)
    code_kinds: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    collector: str = ""
    org: str = ""
    lon: str = ""
    lat: str = ""
    frame: str = ""
    grid: str = ""
    division: str = ""
    desk: str = ""
    channel: str = ""
    way: str = ""
    found: str = "public"
    state: str = ""
    ends: tuple[str, ...] = ()
    rating: str = ""
    grades: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)
    feed: str = ""
    where: tuple[str, str] = ("", "")

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read."""
        single = (
            self.key,
            self.updated,
            self.code_set_column,
            self.code,
            self.collector,
            self.org,
            self.lon,
            self.lat,
            self.grid,
            self.division,
            self.channel,
            self.rating,
            self.where[0],
        )
        return tuple(name for name in (*single, *self.steps.values(), *self.more.values()) if name)

    @property
    def began(self) -> str:
        """Column of the first step."""
        return next(iter(self.steps.values()))


# ways by which the own network found what it tells
OWN = ("监督员上报", "视频发现")
# what the words of a satisfaction count as
GOOD, FAIR, BAD = "satisfied", "fairly satisfied", "dissatisfied"
CHINESE = {
    "满意": GOOD, "非常满意": GOOD, "基本满意": FAIR, "一般": FAIR, "不满意": BAD, "非常不满意": BAD,
}  # fmt: skip
