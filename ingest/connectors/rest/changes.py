"""Feeds that are told page by page: each page is a delivery, sealed before the next one is asked for.

Where pages are counted (by number or offset), a record that goes away or moves while they are read shifts the others,
and one may slip through between two pages. So such a list is read again until a reading brings no record that the
earlier ones should have brought; only then does the watermark move.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ingest.connectors import Ask
from ingest.connectors.rest.bodies import at_path
from ingest.connectors.rest.fetch import StatusError
from ingest.connectors.rest.position import Span, read_position, rule_of, spans, sweep_due
from ingest.connectors.rest.reading import Page, Reading, conditions_of, latest
from ingest.connectors.rest.sealed import Sealed
from ingest.connectors.rest.times import moment_of, written
from ingest.errors import SourceError
from ingest.http_sources import ChangedSince, RestSource, Window
from ingest.vault import Delivery

MOST_READINGS = 5
SHORTEST_WINDOW = timedelta(seconds=4)


def changes(ask: Ask, source: RestSource, reading: Reading) -> Iterator[Delivery]:
    """Pages from where the last pull stood, each with the position after it."""
    yield from _Changes(ask, source, reading).deliveries()


class _Changes:
    def __init__(self, ask: Ask, source: RestSource, reading: Reading) -> None:
        self.ask, self.source, self.reading = ask, source, reading
        self.position = read_position(ask.last, source)
        self.rule = rule_of(source)
        self.records = 0
        self.sealed = Sealed(ask, reading.form, None)
        self.zone = (self.rule.zone if self.rule else None) or ask.contract.time.dated[-1].zone

    def deliveries(self) -> Iterator[Delivery]:
        if self.position.resume is not None:
            yield from self._resumed()
            if self.rule is None:
                return
        sweeping = sweep_due(self.source, self.position, self.ask.started)
        for span in spans(self.source, self.position, self.ask.started):
            yield from self._window(span, sweeping)

    def _window(self, span: Span, sweeping: bool) -> Iterator[Delivery]:
        """Read a stretch; where it brings as many records as the source ever tells at once, each half of it too."""
        self.position = replace(self.position, sweeping=sweeping, begun=span.begins, ends=span.ends)
        before, came = self.position, self.records
        for delivery in self._read(span, {}, 1):
            if not self._is_full(self.records - came):
                yield delivery
                continue
            self.position = before  # not read whole: what came is sealed, and the halves tell the rest
            yield replace(delivery, position=before.to_json())
        if not self._is_full(self.records - came):
            return
        for half in self._halves(span):
            yield from self._window(half, sweeping)

    def _is_full(self, records: int) -> bool:
        return isinstance(self.rule, Window) and self.rule.full is not None and records >= self.rule.full

    def _halves(self, span: Span) -> list[Span]:
        assert span.begins is not None  # only windows are halved
        assert span.ends is not None
        middle = span.begins + (span.ends - span.begins) / 2
        if span.ends - span.begins < SHORTEST_WINDOW:
            raise SourceError(
                f"the few seconds from {written(span.begins, 'iso', self.zone)} on hold more records than the source "
                "tells at once (source.pages.full); ask for paging"
            )
        return [Span(span.begins, middle), Span(middle, span.ends)]

    def _resumed(self) -> Iterator[Delivery]:
        """Go on with a reading that broke off; from its first page where the source knows its place no more."""
        span, resume = Span(self.position.begun, self.position.ends), self.position.resume or {}
        before = self.reading.count
        try:
            yield from self._read(span, resume["state"], resume["reading"])
        except SourceError as error:
            refused = isinstance(error, StatusError) and error.status in (401, 403)
            if self.reading.count > before or refused:
                raise
            yield from self._read(span, {}, 1)

    def _read(self, span: Span, state: dict[str, Any], number: int) -> Iterator[Delivery]:
        """Read one stretch whole, as often as its paging needs."""
        params = {**self._first_params(), **self._time_params(span)}
        request = self.reading.request_hash(params)
        self.sealed = Sealed(self.ask, self.reading.form, span.begins)
        seen: set[bytes] = set()
        known_to: datetime | None = None  # the highest value when the reading before this one ended
        before, readings = self.records, 1
        resumed = bool(state) or number > 1
        while True:
            pages, missed = 0, False
            conditions = None if resumed or number > 1 else conditions_of(self.position.validators, request)
            changed = False
            for page in self.reading.pages(params, state, conditions, leave_out=True):
                changed, pages = True, pages + 1
                self.records += len(page.body.records or [])
                if self.reading.left_out:
                    yield self._delivery(page)  # sealed, but the position stays before the page that was left out
                    continue
                missed |= self._take(page, seen, known_to) and number > 1
                again = (
                    self.rule is not None
                    and self.reading.pager.shifts
                    and (pages > 1 or resumed)
                    and (number == 1 or missed)
                )
                single = page if pages == 1 and number == 1 and not resumed else None
                self._move(page, number, again, single, request)
                yield self._delivery(page)
            if self.reading.left_out:
                left = f"pages left out: {len(self.reading.left_out)}; the others were sealed"
                raise SourceError(f"{self.reading.left_out[0]} ({left})")
            if not changed:
                self.ask.notes.unchanged += 1  # 304
                return
            if not again:
                break
            readings += 1
            if readings > MOST_READINGS:
                raise SourceError(
                    f"its records kept moving between the pages through {MOST_READINGS} readings; all are sealed, "
                    "but some may have slipped through: ask for a cursor, or page by keyset"
                )
            number, state, known_to, resumed = number + 1, {}, self.position.highest, False
        rule = self.source.changed_since
        if rule is not None and self.records > before and self.position.watermark is None:
            raise SourceError(f"no record has a time at {rule.field} in the format {rule.format!r}; mend changed_since")

    def _move(self, page: Page, number: int, again: bool, single: Page | None, request: str) -> None:
        """The position after a page."""
        if page.following is not None:
            self.position = replace(self.position, resume={"reading": number, "state": page.following})
        elif again:
            self.position = replace(self.position, resume={"reading": number + 1, "state": {}})
        else:
            validators = {"request": request, **single.validators} if single and single.validators else None
            self.position = replace(self.position, validators=validators).finished(self.ask.started)

    def _take(self, page: Page, seen: set[bytes], known_to: datetime | None) -> bool:
        """Learn a page's records; whether it has one that an earlier reading should have brought."""
        rule = self.source.changed_since
        missed = False
        highest = self.position.highest
        digests = page.body.digests if self.reading.pager.shifts else [b""] * len(page.body.records or [])
        for record, digest in zip(page.body.records or [], digests, strict=True):
            moment = self._moment(record, rule)
            highest = latest(highest, moment)
            if digest and digest not in seen:
                seen.add(digest)
                missed |= moment is None or known_to is None or moment <= known_to
        after = page.following.get("after") if page.following else None
        self.position = replace(self.position, highest=highest, after=after or self.position.after)
        return missed

    def _moment(self, record: Any, rule: ChangedSince | None) -> datetime | None:
        return moment_of(at_path(record, "$." + rule.field), rule.format, self.zone) if rule else None

    def _first_params(self) -> dict[str, Any]:
        """Parameters of every page; a keyset without a time goes on after the last key of all."""
        going_on = self.position.after if self.rule is None and self.position.after else {}
        return {**self.source.params, **going_on}

    def _time_params(self, span: Span) -> dict[str, str]:
        rule = self.rule
        if isinstance(rule, Window) and span.begins and span.ends:
            names = {rule.from_param: span.begins, rule.to_param: span.ends}
            return {name: written(moment, rule.format, self.zone) for name, moment in names.items()}
        if isinstance(rule, ChangedSince) and span.begins:
            return {rule.param: written(span.begins, rule.format, self.zone)}
        return {}

    def _delivery(self, page: Page) -> Delivery:
        return Delivery(
            self.reading.name(self.reading.count),
            page.body.data,
            self.ask.started,
            self.reading.origin(page),
            position=self.position.to_json(),
            content=page.body.content,
            says_nothing_new=self.sealed.says_nothing_new(page.body),
        )
