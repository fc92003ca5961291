"""Reads pages one after another, and refuses to go round in circles."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest import faults
from ingest.connectors import Ask
from ingest.connectors.rest.bodies import Body, read_body
from ingest.connectors.rest.fetch import Answer, Fetcher, PageError, Target
from ingest.connectors.rest.pages import Pager, State, pager_of
from ingest.errors import SourceError
from ingest.files import canonical_json
from ingest.http_sources import RestSource, Window


@dataclass(frozen=True)
class Page:
    """One page as it came; `following` is the state of the next one, None after the last."""

    body: Body
    target: Target
    status: int
    headers: dict[str, str]
    following: State | None

    @property
    def validators(self) -> dict[str, str]:
        """What a later request may be made conditional by."""
        names = {"etag": "etag", "last-modified": "last_modified"}
        return {key: self.headers[name] for name, key in names.items() if name in self.headers}


class Reading:
    """All pages that one pull asks a source for; counts them and bounds them."""

    def __init__(self, ask: Ask, source: RestSource, fetcher: Fetcher) -> None:
        self.ask, self.source, self.fetcher = ask, source, fetcher
        pages = source.pages
        self.pager: Pager = pager_of(pages.within if isinstance(pages, Window) else pages)
        self.count = 0
        self.left_out: list[str] = []
        kind = ask.contract.formats[0].kind
        self.suffix = "json" if kind == "json" else kind
        self.form = ask.contract.format_for(self.name(1))

    def name(self, number: int) -> str:
        """What a page is called: the pull's clock and the page's number in this pull."""
        return f"{self.ask.started:%Y%m%dT%H%M%SZ}-p{number:04d}.{self.suffix}"

    def pages(
        self,
        params: dict[str, Any],
        state: State,
        conditions: dict[str, str] | None = None,
        leave_out: bool = False,
    ) -> Iterator[Page]:
        """Pages from a state on. Nothing comes where a condition was given and the source says: not changed.

        With `leave_out` a page that cannot be read is noted in `left_out`, and the next ones are read all the same,
        where the way of paging knows how to get there. Raises SourceError where a page leads back to one read before,
        or repeats the page before it.
        """
        visited: set[bytes] = set()
        before: str | None = None
        following: State | None = state
        while following is not None:
            try:
                page = self._page(params, following, conditions)
            except PageError as error:
                beyond = self.pager.beyond(following) if leave_out and before is not None else None
                if beyond is None:
                    raise
                self.left_out.append(str(error))
                before, following = None, beyond
                continue
            if page is None:
                return
            visited.add(canonical_json(following))
            told = page.body.content or hashlib.sha256(page.body.data).hexdigest()
            if told == before and page.body.records != []:
                self._fail("two pages after each other hold the very same records; does it know the paging parameter?")
            if page.following is not None and canonical_json(page.following) in visited:
                self._fail("a page leads back to one that was read before; more records share one key than fit a page?")
            faults.point("pull.after_page")
            yield page
            before, following, conditions = told, page.following, None

    def request_hash(self, params: dict[str, Any]) -> str:
        """A short hash of a first request, without its credentials."""
        told = [self.source.path, self.fetcher.shown({**params, **self.pager.params({})})]
        return hashlib.sha256(canonical_json(told)).hexdigest()[:16]

    def _page(self, params: dict[str, Any], state: State, conditions: dict[str, str] | None) -> Page | None:
        if self.count >= self.source.limits.pages:
            self._fail(f"it has more pages than limits.pages allows one pull ({self.count}); the next pull goes on")
        target = self.fetcher.target(self.source.path, {**params, **self.pager.params(state)})
        if "link" in state:
            target = self.fetcher.linked(state["link"], target)

        def read(answer: Answer) -> tuple[Answer, Body | None]:
            if answer.status == 304:
                return answer, None
            return answer, read_body(answer.body, self.form, self.source.success)

        answer, body = self.fetcher.ask(target, read, conditions)
        if body is None:
            return None
        self.count += 1
        following = self.pager.following(state, body, answer.next_link)
        if following is not None and "link" in following:
            following = {"link": self.fetcher.linked(following["link"], target).address}
        return Page(body, target, answer.status, dict(answer.headers), following)

    def _fail(self, message: str) -> None:
        raise SourceError(f"feed {self.ask.contract.feed}: {self.source.path}: {message}")

    def origin(self, page: Page) -> dict[str, Any]:
        """What the manifest says of a page: where it came from, without credentials."""
        origin = {
            "kind": self.source.kind,
            "path": self.source.path,
            "query": self.fetcher.shown(page.target.params),
            "page": self.count,
            "sha256": hashlib.sha256(page.body.data).hexdigest(),
            "status": page.status,
        }
        if page.body.records is not None:
            origin["records"] = len(page.body.records)
        return {**origin, **page.validators}


def conditions_of(validators: dict[str, str] | None, request: str) -> dict[str, str] | None:
    """Headers that make a request conditional, where the validators were given for this very request."""
    if not validators or validators.get("request") != request:
        return None
    told = {"If-None-Match": validators.get("etag"), "If-Modified-Since": validators.get("last_modified")}
    return {name: value for name, value in told.items() if value} or None


def latest(*moments: datetime | None) -> datetime | None:
    """The latest of some moments, None where there is none."""
    return max((moment for moment in moments if moment is not None), default=None)
