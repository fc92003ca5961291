"""Where a REST source stands: what of a position still holds, and from when to ask.

A position is plain JSON without secrets. `watermark` (the largest value of `changed_since.field`), `until` (the end of
the last whole window) and `after` (the last key) speak of what is sealed in full; `resume` says how far a reading that
is not finished has come, `begun` and `ends` which stretch of time it reads.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ingest.files import canonical_json
from ingest.http_sources import ChangedSince, RestSource, Window


@dataclass(frozen=True)
class Span:
    """A stretch of time to read whole: None at either end where the contract asks by no time."""

    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True)
class Position:
    """See the module. `sweeping` is set while the longer stretch of a sweep is read."""

    asked: str
    watermark: datetime | None = None
    until: datetime | None = None
    after: dict[str, Any] | None = None
    swept_at: datetime | None = None
    sweeping: bool = False
    begun: datetime | None = None
    ends: datetime | None = None
    highest: datetime | None = None
    resume: dict[str, Any] | None = None
    validators: dict[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """The position as the manifest keeps it; what is not set is left out."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        texts = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in told.items() if v not in (None, False)}
        return {"kind": "rest", **texts}

    def finished(self, started: datetime) -> "Position":
        """The position once the stretch under way was read whole.

        A watermark never stands in the future: one record dated 2099 must not silence the feed.
        """
        told = [moment for moment in (self.watermark, self.highest) if moment is not None]
        return replace(
            self,
            watermark=min(max(told), started) if told else None,
            until=self.ends,
            swept_at=started if self.sweeping or self.swept_at is None else self.swept_at,
            sweeping=False,
            begun=None,
            ends=None,
            highest=None,
            resume=None,
        )


def asked_of(source: RestSource) -> str:
    """A short hash of what the source is asked for: a position made under another question is not gone on from."""
    told = source.model_dump(mode="json", include={"connection", "path", "params", "pages", "changed_since"})
    return hashlib.sha256(canonical_json(told)).hexdigest()[:16]


def read_position(told: dict[str, Any] | None, source: RestSource) -> Position:
    """The position to begin from; a new one where the last pull asked something else."""
    fresh = Position(asked_of(source))
    if not told or told.get("kind") != "rest" or told.get("asked") != fresh.asked:
        return fresh
    moments = {"watermark", "until", "swept_at", "begun", "ends", "highest"}
    known: dict[str, Any] = {name: value for name, value in told.items() if name in fresh.__dataclass_fields__}
    for name in moments & known.keys():
        known[name] = datetime.fromisoformat(known[name])
    return Position(**known)


def spans(source: RestSource, position: Position, started: datetime) -> Iterator[Span]:
    """The stretches of time to read from a position, oldest first; one without ends where no time is asked by.

    Where the answer comes in pages, a stretch begins on a grid as wide as it reaches back, so that the borders of the
    pages stand still from pull to pull and only those at the end bring something new.
    """
    rule = rule_of(source)
    if rule is None:
        yield Span()
        return
    begins = rule.start
    reached = position.until if isinstance(rule, Window) else position.watermark
    if reached is not None:
        back = rule.sweep.back if rule.sweep and sweep_due(source, position, started) else rule.overlap
        begins = min(reached, started) - back
        if rule is source.changed_since and source.pages.kind != "none" and back:
            begins = rule.start + (begins - rule.start) // back * back
        begins = max(rule.start, begins)
    if not isinstance(rule, Window):
        yield Span(begins)
        return
    while begins < started:
        ends = min(begins + rule.step, started)
        yield Span(begins, ends)
        begins = ends


def rule_of(source: RestSource) -> Window | ChangedSince | None:
    """The rule by which a source is asked for a stretch of time."""
    return source.pages if isinstance(source.pages, Window) else source.changed_since


def sweep_due(source: RestSource, position: Position, started: datetime) -> bool:
    """Whether the longer stretch is to be read again; the first reading of all counts as a sweep."""
    rule = rule_of(source)
    if rule is None or rule.sweep is None or position.swept_at is None:
        return False
    return started - position.swept_at >= rule.sweep.every
