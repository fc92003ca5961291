"""Faults in whole files: what a feed's drafts become before they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from simulator.deliver import Draft
from simulator.faults.registry import FAULTS, checked
from simulator.faults.windows import window
from simulator.feeds.channel import Drop
from simulator.ledger import FILTERED, RECORDED, REJECTED
from simulator.plan import Plan
from simulator.truth.readings import READINGS, Reading

UNFINISHED = ".filepart"  # how a passing name ends
_UNREADABLE, _UNDECODABLE, _MISSING = "unreadable_delivery", "undecodable_bytes", "missing_required"
_STRANGE_COLUMN = "备用字段1"


class Spoiler:
    """The hook of `deliver.deliveries` for one feed; `counts` is how many files each fault has touched so far."""

    def __init__(self, plan: Plan, feed: str, drop: Drop) -> None:
        rates, reading = checked(plan.faults), READINGS.get(feed)
        self._plan, self._feed, self._reading = plan, feed, reading
        self._rates = {
            name: rates[name]
            for name in _CHANGES
            if rates.get(name) and FAULTS[name].touches(feed, reading, drop) and not _barred(name, drop)
        }
        quiet = rates.get("quiet_feed", 0.0) if FAULTS["quiet_feed"].touches(feed, reading, drop) else 0.0
        self._quiet = window(plan, "quiet_feed", feed, quiet)
        self.counts: Counter[str] = Counter()

    def __call__(self, draft: Draft) -> Iterator[Draft]:
        """None, one or several files for a draft. At most one fault a file."""
        begin, end = self._quiet
        if begin <= draft.made < end:
            self.counts["quiet_feed"] += 1
            return
        name = self._drawn(draft.number)
        if not name or not len(draft.rows):
            yield draft
            return
        self.counts[name] += 1
        yield from _CHANGES[name](draft, self._reading)

    def _drawn(self, number: int) -> str:
        roll = float(self._plan.stream("faults", "files", self._feed, number).random_sample())
        for name, rate in self._rates.items():
            if roll < rate:
                return name
            roll -= rate
        return ""


def spoil(plan: Plan, feed: str, drop: Drop) -> Spoiler:
    """The hook that plants the plan's faults of files in the deliveries of a feed."""
    return Spoiler(plan, feed, drop)


def _barred(name: str, drop: Drop) -> bool:
    return name == "wrong_encoding" and drop.kind == "xlsx"


def _renamed(draft: Draft, reading: Reading | None) -> Iterator[Draft]:
    assert reading is not None
    table = draft.table.rename(columns={reading.began: f"{reading.began}_1"})
    yield _rejected(replace(draft, table=table), "renamed_column", np.full(len(draft.rows), _MISSING, dtype=object))


def _added(draft: Draft, reading: Reading | None) -> Iterator[Draft]:
    strange = np.array([f"B{number % 7}" for number in range(len(draft.rows))], dtype=object)
    yield _marked(replace(draft, table=draft.table.assign(**{_STRANGE_COLUMN: strange})), "added_column")


def _recoded(draft: Draft, reading: Reading | None) -> Iterator[Draft]:
    """CSV in the other one of UTF-8 and GB18030: each line is hurt by itself. XML in GB18030, JSON in UTF-16, both
    saying nothing of it: nothing can be read."""
    if draft.drop.kind == "csv":
        declared = draft.drop.encoding
        other = "utf-8" if declared == "gb18030" else "gb18030"
        data = draft.written().decode(declared).encode(other)
        lines = data.decode(declared, errors="replace").split("\r\n")[1:-1]
        codes = np.array([_UNDECODABLE if "\ufffd" in line else _MISSING for line in lines], dtype=object)
        yield _rejected(replace(draft, data=data), "wrong_encoding", codes)
        return
    data = draft.written().decode().encode("gb18030" if draft.drop.kind == "xml" else "utf-16")
    whole = replace(draft, table=draft.table.iloc[:1], rows=np.array([-1]), data=data)
    whole = replace(whole, outcomes=np.array([RECORDED], dtype=object), codes=draft.codes[:1], faults=draft.faults[:1])
    yield _rejected(whole, "wrong_encoding", np.array([_UNREADABLE], dtype=object))


def _half(draft: Draft, reading: Reading | None) -> Iterator[Draft]:
    data, none = draft.written(), draft.take(np.zeros(0, dtype=np.int64))
    yield replace(none, name=draft.name + UNFINISHED, data=data[: len(data) // 2])
    yield _marked(draft, "half_written")


def _rejected(draft: Draft, name: str, codes: np.ndarray) -> Draft:
    """All rows rejected, but for those that are not admitted anyway."""
    stays = draft.outcomes == FILTERED
    return replace(
        draft,
        outcomes=np.where(stays, FILTERED, REJECTED).astype(object),
        codes=np.where(stays, "", codes),
        faults=np.where(stays, draft.faults, name),
    )


def _marked(draft: Draft, name: str) -> Draft:
    """The sound rows of a file that was touched and is sound all the same."""
    sound = (draft.faults == "") & (draft.outcomes == RECORDED)
    return replace(draft, faults=np.where(sound, name, draft.faults))


_CHANGES: dict[str, Callable[[Draft, Reading | None], Iterator[Draft]]] = {
    "renamed_column": _renamed,
    "added_column": _added,
    "wrong_encoding": _recoded,
    "half_written": _half,
}
