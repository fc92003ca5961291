"""The ways from one page to the next, as states of plain JSON: a state says which page to ask for.

A pager knows nothing of requests: `params` gives what a state adds to the query, `following` the state after a page
(None: it was the last one). States are kept in positions, so that a pull that broke off goes on at its page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ingest.connectors.rest.bodies import Body, at_path
from ingest.errors import SourceError
from ingest.http_sources import Cursor, Keyset, Link, Offset, OnePage, PageNumber

State = dict[str, Any]
Paging = OnePage | PageNumber | Offset | Cursor | Link | Keyset


@dataclass(frozen=True)
class Pager:
    """One way of paging; `shifts` says whether records may move between pages while they are read.

    `beyond` gives the state behind a page that cannot be read, where the way of paging lets it be left out.
    """

    params: Callable[[State], dict[str, Any]]
    following: Callable[[State, Body, str | None], State | None]
    shifts: bool = False
    beyond: Callable[[State], State | None] = lambda _: None


def pager_of(pages: Paging) -> Pager:
    """The pager of a contract's `pages`. A state {} asks for the first page."""
    size: dict[str, Any] = {}
    if not isinstance(pages, OnePage) and pages.size_param and pages.size:
        size = {pages.size_param: pages.size}
    if isinstance(pages, PageNumber):
        return _numbered(pages, size)
    if isinstance(pages, Offset):
        return _offset(pages, size)
    if isinstance(pages, Cursor):
        return _cursor(pages, size)
    if isinstance(pages, Link):
        return _link(pages, size)
    if isinstance(pages, Keyset):
        return _keyset(pages, size)
    return Pager(lambda _: {}, lambda _state, _body, _link: None)


def _numbered(pages: PageNumber, size: dict[str, Any]) -> Pager:
    def following(state: State, body: Body, _: str | None) -> State | None:
        count = state.get("count", 0) + len(body.records or [])
        if not body.records or _all_told(pages, body, count):
            return None
        return {"page": state.get("page", pages.first) + 1, "count": count}

    def beyond(state: State) -> State:
        return {"page": state.get("page", pages.first) + 1, "count": state.get("count", 0) + (pages.size or 0)}

    return Pager(lambda state: {**size, pages.param: state.get("page", pages.first)}, following, pages.reread, beyond)


def _offset(pages: Offset, size: dict[str, Any]) -> Pager:
    def following(state: State, body: Body, _: str | None) -> State | None:
        count = state.get("offset", 0) + len(body.records or [])
        return None if not body.records or _all_told(pages, body, count) else {"offset": count}

    def beyond(state: State) -> State | None:
        return {"offset": state.get("offset", 0) + pages.size} if pages.size else None

    return Pager(lambda state: {**size, pages.param: state.get("offset", 0)}, following, pages.reread, beyond)


def _all_told(pages: PageNumber | Offset, body: Body, count: int) -> bool:
    if pages.until != "total":
        return False
    total = at_path(body.document, pages.total)
    try:
        return count >= int(str(total))
    except ValueError:
        raise SourceError(f"the answer has no number at {pages.total}; mend source.pages.total") from None


def _cursor(pages: Cursor, size: dict[str, Any]) -> Pager:
    def params(state: State) -> dict[str, Any]:
        return {**size, pages.param: state["cursor"]} if "cursor" in state else size

    def following(_state: State, body: Body, _link: str | None) -> State | None:
        told = at_path(body.document, pages.next)
        return {"cursor": str(told)} if told not in (None, "", False) else None

    return Pager(params, following)


def _link(pages: Link, size: dict[str, Any]) -> Pager:
    def following(_state: State, body: Body, link: str | None) -> State | None:
        told = link if pages.next is None else at_path(body.document, pages.next)
        return {"link": str(told)} if told else None

    return Pager(lambda state: {} if "link" in state else size, following)


def _keyset(pages: Keyset, size: dict[str, Any]) -> Pager:
    def following(_state: State, body: Body, _link: str | None) -> State | None:
        if not body.records:
            return None
        told = {param: at_path(body.records[-1], "$." + name) for param, name in pages.after.items()}
        missing = sorted(pages.after[param] for param, value in told.items() if value is None)
        if missing:
            raise SourceError(f"the last record of a page has no {', '.join(missing)}; mend source.pages.after")
        return {"after": told}

    return Pager(lambda state: {**size, **state.get("after", {})}, following)
