"""What can go wrong, by name: where it is planted, how often unless told otherwise, and what must become of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from simulator.feeds.channel import Channel, Drop, Rest, Table
from simulator.ledger import DUPLICATE, FILTERED, RECORDED, REJECTED
from simulator.truth.readings import COMPACT, EPOCH_MS, Reading

Level = Literal["row", "delivery", "transport", "source"]
Touches = Callable[[str, Reading | None, Channel], bool]


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    level: `row` of a ledger, whole `delivery`, HTTP `transport`, or the `source` as a whole. outcome: what must become
    of the rows that it touches, and the rejection's code. touches: whether a feed (name, reading, channel) can have it.
    rate: the usual share of rows, of files, of requests, or of the days (source). sentence: what it is.
    """

    level: Level
    outcome: str
    code: str
    touches: Touches
    rate: float
    sentence: str


def _known(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return reading is not None


def _textual(feed: str, reading: Reading | None, channel: Channel) -> bool:
    """The first time is a text: no number, and not the column by which a table is asked."""
    typed = "" if isinstance(channel, Drop) else channel.updated
    return reading is not None and reading.times != EPOCH_MS and reading.began != typed


def _log(feed: str, reading: Reading | None, channel: Channel) -> bool:
    """Sources that write a row once more instead of in its place."""
    return isinstance(channel, Drop) or (isinstance(channel, Table) and channel.append)


def _register(feed: str, reading: Reading | None, channel: Channel) -> bool:
    """Rows that change and say when they did."""
    return reading is not None and reading.updated != "" and not _append(channel)


def _timed_log(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return _register(feed, reading, channel) and isinstance(channel, Drop)


def _append(channel: Channel) -> bool:
    return (isinstance(channel, Drop) and channel.mode == "append") or (isinstance(channel, Table) and channel.append)


def _moving(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return reading is not None and not _list(feed, reading, channel)


def _list(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return isinstance(channel, Drop) and channel.mode == "snapshot"


def _table(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return isinstance(channel, Table) and not channel.append


def _placed(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return reading is not None and bool(reading.lon) and reading.stream == "case"


def _coded(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return reading is not None and bool(reading.code) and reading.stream == "case"


def _editions(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return reading is not None and bool(reading.code_sets)


def _worded(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return reading is not None and bool(reading.state)


def _ended(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return _worded(feed, reading, channel) and reading is not None and bool(reading.ends)


def _closed(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return (
        reading is not None and reading.stream == "case" and "closed" in reading.steps and "reported" in reading.steps
    )


def _labelled(feed: str, reading: Reading | None, channel: Channel) -> bool:
    """Times written as texts to which a zone can be put: not in cells of a workbook, not without a colon."""
    return reading is not None and reading.times not in (EPOCH_MS, COMPACT) and reading.stream == "case"


def _police(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return feed == "police_incidents"


def _file(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return isinstance(channel, Drop) and not feed.startswith("ref_")


def _case_file(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return _known(feed, reading, channel) and isinstance(channel, Drop) and channel.mode != "snapshot"


def _http(feed: str, reading: Reading | None, channel: Channel) -> bool:
    return isinstance(channel, Rest)


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "repeated_row": Fault(
            "row", DUPLICATE, "", _log, 0.01, "A row stands twice in a delivery, the same to the letter."
        ),
        "shifting_pages": Fault(
            "transport", RECORDED, "", _http, 0.02, "A page begins some rows early, as when rows were added meanwhile."
        ),
        "late_row": Fault(
            "row", RECORDED, "", _moving, 0.01, "A row can be read hours or days after the step that it tells."
        ),
        "out_of_order": Fault(
            "row", RECORDED, "", _timed_log, 0.01, "An older state of a record is told after a newer one."
        ),
        "correction": Fault(
            "row", RECORDED, "", _register, 0.01, "After its last step a record is changed: it had the wrong category."
        ),
        "deletion": Fault("row", RECORDED, "", _table, 0.005, "A record is deleted at the source."),
        "vanished_item": Fault(
            "row", RECORDED, "", _list, 0.05, "An item of a list of what is open leaves it before its time."
        ),
        "returned_item": Fault(
            "row", RECORDED, "", _list, 0.05, "An item that had left the list stands in it again for a while."
        ),
        "equal_timestamps": Fault(
            "row", RECORDED, "", _register, 0.02, "Many rows carry one time of change, that of a batch job."
        ),
        "clock_skew": Fault("row", RECORDED, "", _register, 0.01, "The time of change is up to twenty minutes off."),
        "false_utc": Fault(
            "row", RECORDED, "", _labelled, 0.002, "The times of a row are local and say that they are UTC."
        ),
        "wrong_crs": Fault(
            "row", RECORDED, "", _placed, 0.01, "A place stands in another frame than the feed's, 300 to 600 m off."
        ),
        "swapped_lonlat": Fault(
            "row", RECORDED, "", _placed, 0.01, "Longitude and latitude stand in each other's place."
        ),
        "zero_coordinates": Fault("row", RECORDED, "", _placed, 0.01, "Both coordinates are 0."),
        "other_edition_code": Fault(
            "row", RECORDED, "", _editions, 0.01, "The code is that of the other edition of the list."
        ),
        "enum_drift": Fault(
            "row", RECORDED, "", _worded, 0.005, "The state is called by a word that nobody announced."
        ),
        "contradictory_flags": Fault(
            "row", RECORDED, "", _ended, 0.005, "The state says that it is over, and no end is told."
        ),
        "impossible_order": Fault(
            "row", REJECTED, "closed_before_created", _closed, 0.003, "A case is closed before it was reported."
        ),
        "missing_key": Fault(
            "row", REJECTED, "missing_required", _known, 0.003, "A row stands there once more without its key."
        ),
        "unparsable_time": Fault(
            "row", REJECTED, "not_a_timestamp", _textual, 0.003, "The first time of a row cannot be read."
        ),
        "over_supply": Fault(
            "row",
            FILTERED,
            "",
            _police,
            0.02,
            "A row of a class that the warehouse must not have, with an identity number.",
        ),
        "renamed_column": Fault(
            "delivery",
            REJECTED,
            "missing_required",
            _case_file,
            0.01,
            "In one file the column of the first time has another name.",
        ),
        "added_column": Fault("delivery", RECORDED, "", _file, 0.03, "One file has a column that nobody announced."),
        "wrong_encoding": Fault(
            "delivery", REJECTED, "unreadable_delivery", _case_file, 0.01, "One file is written in another encoding."
        ),
        "half_written": Fault(
            "delivery",
            RECORDED,
            "",
            _file,
            0.03,
            "An upload broke off and left half a file under a passing name; the whole one follows.",
        ),
        "http_429": Fault("transport", RECORDED, "", _http, 0.02, "The server says that there are too many requests."),
        "http_500": Fault("transport", RECORDED, "", _http, 0.02, "The server fails."),
        "http_timeout": Fault("transport", RECORDED, "", _http, 0.005, "The server does not answer in time."),
        "truncated_body": Fault("transport", RECORDED, "", _http, 0.01, "An answer breaks off in the middle."),
        "quiet_feed": Fault("source", RECORDED, "", _known, 0.1, "The source tells nothing for some days on end."),
        "volume_collapse": Fault(
            "source", RECORDED, "", _known, 0.1, "For some days most of the records never reach the interface."
        ),
    }
)


def every() -> dict[str, float]:
    """All faults at their usual rates, for Plan.faults."""
    return {name: fault.rate for name, fault in FAULTS.items()}


def checked(faults: Mapping[str, float]) -> dict[str, float]:
    """The same switches. Raises ValueError for a name that is no fault and for a rate that is no share."""
    for name, rate in faults.items():
        if name not in FAULTS:
            raise ValueError(f"no fault is called {name}; there are: {', '.join(FAULTS)}")
        if not 0.0 <= rate <= 1.0:
            raise ValueError(f"the rate of {name} must lie between 0 and 1, not {rate}")
    return dict(faults)
