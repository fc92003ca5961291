"""One request after another to one source: bounded, patient, and only where the contract lets it go.

Messages name the path and what went wrong, never a query, a header, a body or a credential.
"""

import email.utils
import json
import logging
import ssl
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx
import tenacity

from ingest import faults
from ingest.connections import Connection
from ingest.connectors.rest.auth import Authenticator, authenticator, parameter
from ingest.connectors.rest.bodies import BrokenBodyError
from ingest.connectors.rest.hosts import ForbiddenHostError, Hosts
from ingest.errors import SourceError
from ingest.http_sources import BearerAuth, RestSource

TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 5
CHUNK = 1 << 16
sleep = time.sleep  # the one place that waits

T = TypeVar("T")


class StatusError(SourceError):
    """The source refused this very request; asking it again would not help."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class PageError(SourceError):
    """The source lives, but gave no sound answer to this request, however often it was asked."""


class _AgainError(Exception):
    """Asking again may help; `after` is the source's own word on when, in seconds; `alive`: something did answer."""

    def __init__(self, message: str, after: float | None = None, alive: bool = False) -> None:
        super().__init__(message)
        self.after, self.alive = after, alive


@dataclass(frozen=True)
class Target:
    """What to ask for: an address without its query, and the parameters."""

    url: str
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Address and parameters as one text."""
        return self.url + ("?" + urlencode(self.params) if self.params else "")


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers, the plain body, and the Link header's rel="next"."""

    status: int
    headers: httpx.Headers
    body: bytes
    next_link: str | None = None


def base_url(connection: Connection) -> str:
    """The address that a connection names, without a slash at its end. Raises SourceError where it names none."""
    scheme = "https" if "https" in (connection.scheme, connection.schema) else "http"
    prefix = "" if connection.schema in ("", "http", "https") else "/" + connection.schema.strip("/")
    host = connection.host.rstrip("/")
    if not host:
        raise SourceError(f"the connection {connection.name!r} has no host; mend {connection.variable}")
    if "://" not in host:
        host = f"{scheme}://" + (f"[{host}]" if ":" in host else host)
    return host + (f":{connection.port}" if connection.port else "") + prefix


class Fetcher:
    """Asks one source, by its contract's limits. A context manager; not shared between threads."""

    def __init__(self, feed: str, source: RestSource, connection: Connection, zone: str) -> None:
        self.feed, self.source, self.base = feed, source, base_url(connection)
        self._hosts = Hosts(self.base, source.allow_redirects_to)
        self._auth = authenticator(source.auth, connection, zone, self._token)
        self._next_at = 0.0
        limits = source.limits
        read = limits.read_timeout.total_seconds()
        for name in ("httpx", "httpcore"):  # they log whole addresses, and an address may hold a key
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = httpx.Client(
            timeout=httpx.Timeout(read, connect=limits.connect_timeout.total_seconds()),
            verify=ssl.create_default_context(cafile=connection.extra.get("ca_file")),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "onegrid", "Accept-Encoding": "gzip, deflate"},
        )

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._client.close()

    def target(self, path: str, params: dict[str, Any]) -> Target:
        """A path below the connection's address."""
        return Target(self.base + path, params)

    def linked(self, link: str, came_from: Target) -> Target:
        """The target of a link that a page gave, freed of credentials. Raises SourceError where it leads elsewhere."""
        return self._elsewhere(urljoin(came_from.url, link), "links")

    def shown(self, params: dict[str, Any]) -> dict[str, str]:
        """Parameters as a manifest may keep them: texts, without what the authentication adds."""
        return {name: parameter(value) for name, value in params.items() if name not in self._auth.hidden}

    def ask(self, target: Target, read: Callable[[Answer], T], conditions: dict[str, str] | None = None) -> T:
        """What `read` makes of the answer; it may raise BrokenBodyError to have the page asked for again.

        Raises StatusError where the source refuses the request; after the retries PageError where only this page is
        broken as far as one can tell, and SourceError for all else.
        """
        faults.point("pull.before_request")
        return self._patiently(lambda: self._attempt(target, read, conditions or {}, self._auth), target)

    def post(self, path: str, document: bytes, key: str) -> None:
        """Send a JSON document; `key` is its Idempotency-Key, so that one sent again can be told from a new one.

        Raises SourceError where it was not taken.
        """
        target = self.target(path, {})

        def once() -> Answer:
            params: dict[str, Any] = {}
            headers = {**self.source.headers, "Content-Type": "application/json", "Idempotency-Key": key}
            self._auth.sign(params, headers)
            texts = {name: parameter(value) for name, value in params.items()}
            return self._send(
                self._client.build_request("POST", target.url, params=texts, headers=headers, content=document)
            )

        def attempt() -> None:
            answer = once()
            if answer.status == 401 and self._auth.renew():
                answer = once()
            if answer.status not in (201, 202):
                self._check(answer, target, False)

        self._patiently(attempt, target)

    def _patiently(self, attempt: Callable[[], T], target: Target) -> T:
        limits = self.source.limits
        longest = limits.longest_wait.total_seconds()
        jittered = tenacity.wait_random_exponential(multiplier=limits.backoff.total_seconds(), max=longest)

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            told = error.after if isinstance(error, _AgainError) else None
            return jittered(state) if told is None else told

        patient = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_AgainError),
            stop=tenacity.stop_after_attempt(limits.retries + 1),
            wait=wait,
            sleep=sleep,
            reraise=True,
        )
        try:
            return patient(attempt)
        except _AgainError as error:
            kind = PageError if error.alive else SourceError
            raise kind(
                f"{self._where(target)}: {error} ({limits.retries + 1} attempts); the next pull asks again"
            ) from None

    def _attempt(
        self, target: Target, read: Callable[[Answer], T], conditions: dict[str, str], auth: Authenticator
    ) -> T:
        answer = self._answer(target, conditions, auth)
        if answer.status == 401 and auth.renew():
            answer = self._answer(target, conditions, auth)
        self._check(answer, target, bool(conditions))
        try:
            return read(answer)
        except BrokenBodyError as error:
            raise _AgainError(str(error), alive=True) from None

    def _check(self, answer: Answer, target: Target, conditional: bool) -> None:
        status, where = answer.status, self._where(target)
        if status in (200, 203, 204) or (status == 304 and conditional):
            return
        if status in TRANSIENT:
            after = _retry_after(answer.headers)
            longest = self.source.limits.longest_wait.total_seconds()
            if after is not None and after > longest:
                raise SourceError(
                    f"{where}: it answers {status} and asks to come back in {after:.0f} s, which is longer than "
                    f"limits.longest_wait; the next pull asks again"
                )
            raise _AgainError(f"it answers {status}", after, alive=status == 500)
        if status in (401, 403):
            raise StatusError(
                f"{where}: it refuses the credentials ({status}); mend the connection {self.source.connection!r} "
                "or source.auth",
                status,
            )
        raise StatusError(f"{where}: it answers {status}; mend source.path or source.params", status)

    def _answer(self, target: Target, conditions: dict[str, str], auth: Authenticator) -> Answer:
        """One request, and up to five redirects of it, each to where the contract lets it go."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._once(target, conditions, auth)
            if answer.status not in REDIRECTS:
                return answer
            if self.source.send != "query":
                raise SourceError(f"{self._where(target)}: it redirects a POST; mend source.path")
            target = self._elsewhere(urljoin(target.url, answer.headers.get("location", "")), "redirects")
        raise SourceError(f"{self._where(target)}: it redirects more than {MOST_REDIRECTS} times")

    def _once(self, target: Target, conditions: dict[str, str], auth: Authenticator) -> Answer:
        params = dict(target.params)
        headers = {**self.source.headers, **conditions}
        if self._hosts.is_own(target.url):  # credentials go to the connection's own address and nowhere else
            auth.sign(params, headers)
        else:
            headers = conditions
        if self.source.send == "query":
            texts = {name: parameter(value) for name, value in params.items()}
            return self._send(self._client.build_request("GET", target.url, params=texts, headers=headers))
        if self.source.send == "form":
            texts = {name: parameter(value) for name, value in params.items()}
            return self._send(self._client.build_request("POST", target.url, data=texts, headers=headers))
        return self._send(self._client.build_request("POST", target.url, json=params, headers=headers))

    def _send(self, request: httpx.Request) -> Answer:
        self._pace()
        limits = self.source.limits
        ends = time.monotonic() + limits.request_timeout.total_seconds()
        try:
            response = self._client.send(request, stream=True)
            try:
                body = self._body(response, int(limits.body_mb * 1024 * 1024), ends)
            finally:
                response.close()
        except httpx.TimeoutException as error:
            raise _AgainError(f"no answer in time ({type(error).__name__})") from None
        except httpx.TransportError as error:
            raise _AgainError(f"the connection broke ({type(error).__name__})") from None
        return Answer(response.status_code, response.headers, body, response.links.get("next", {}).get("url"))

    def _body(self, response: httpx.Response, most: int, ends: float) -> bytes:
        """The plain bytes of an answer, never more than the bound, however small they were on the way."""
        where = f"feed {self.feed}: {self.source.path}"
        too_large = f"{where}: its answer is larger than limits.body_mb ({most // 1024**2} MB); ask for smaller pages"
        coding = response.headers.get("content-encoding", "identity").lower()
        if coding not in ("identity", "gzip", "deflate"):
            raise SourceError(f"{where}: it answers in the coding {coding!r}, which was not asked for")
        unpack = None if coding == "identity" else zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        parts: list[bytes] = []
        size = came = 0
        for chunk in response.iter_raw(CHUNK):
            came += len(chunk)
            try:
                part = chunk if unpack is None else unpack.decompress(chunk, most - size + 1)
            except zlib.error:
                raise _AgainError("its compressed answer is broken") from None
            size += len(part)
            if size > most or came > most:
                raise SourceError(too_large)
            if time.monotonic() > ends:
                raise _AgainError("its answer takes longer than limits.request_timeout")
            parts.append(part)
        if unpack is not None and came and not unpack.eof:
            raise _AgainError("its compressed answer is cut off")
        return b"".join(parts)

    def _pace(self) -> None:
        rate = self.source.limits.requests_per_second
        if rate is None:
            return
        now = time.monotonic()
        if now < self._next_at:
            sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + 1 / rate

    def _token(self, rule: BearerAuth, told: dict[str, str]) -> Any:
        """The JSON of the token path, asked for with login and password of the connection."""
        target = self.target(str(rule.token_path), {})
        body: dict[str, Any] = {"json": told} if rule.token_body == "json" else {"data": told}

        def attempt() -> Any:
            answer = self._send(self._client.build_request("POST", target.url, **body))
            self._check(answer, target, False)
            try:
                return json.loads(answer.body)
            except ValueError:
                raise _AgainError("its answer is no JSON") from None

        return self._patiently(attempt, target)

    def _elsewhere(self, url: str, verb: str) -> Target:
        """The target of an address that the source gave, if the contract lets it lead there; without credentials."""
        try:
            self._hosts.check(url)
        except ForbiddenHostError as error:
            raise SourceError(
                f"feed {self.feed}: {self.source.path} {verb} to {error}; nothing was asked there"
            ) from None
        parts = urlsplit(url)
        params = {k: v for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in self._auth.hidden}
        return Target(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}", params)

    def _where(self, target: Target) -> str:
        parts = urlsplit(target.url)
        return f"feed {self.feed}: {parts.path or '/'} at {parts.hostname}"


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds to wait by the Retry-After header: a number, or a date against the answer's own."""
    told = headers.get("retry-after", "").strip()
    if told.isdecimal():
        return float(told)
    try:
        until = email.utils.parsedate_to_datetime(told)
        now = email.utils.parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None
