"""How a request shows who asks: every way that centres have, with secrets from the connection alone.

An authenticator changes the parameters and headers of one attempt, so that a repeated request carries a fresh
timestamp and nonce. The names in `hidden` are taken out of every address and query that is kept or followed.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ingest.connections import Connection
from ingest.connectors.rest.bodies import at_path
from ingest.errors import SourceError
from ingest.http_sources import ApiKeyAuth, Auth, BasicAuth, BearerAuth, HeaderAuth, SignedAuth

TokenRequest = Callable[[BearerAuth, dict[str, str]], Any]  # asks token_path and gives the answer's JSON


class Authenticator:
    """One that asks for nothing; the others build on it."""

    hidden: frozenset[str] = frozenset()

    def sign(self, params: dict[str, Any], headers: dict[str, str]) -> None:
        """Add what this attempt needs to its own copies of parameters and headers."""

    def renew(self) -> bool:
        """After a 401: whether asking once more makes sense."""
        return False


class Basic(Authenticator):
    def __init__(self, connection: Connection) -> None:
        told = f"{connection.login}:{connection.password}".encode()
        self._header = "Basic " + base64.b64encode(told).decode()

    def sign(self, params: dict[str, Any], headers: dict[str, str]) -> None:
        headers["Authorization"] = self._header


class Header(Authenticator):
    def __init__(self, rule: HeaderAuth, connection: Connection) -> None:
        self._name, self._value = rule.name, rule.prefix + connection.password

    def sign(self, params: dict[str, Any], headers: dict[str, str]) -> None:
        headers[self._name] = self._value


class ApiKey(Authenticator):
    def __init__(self, rule: ApiKeyAuth, connection: Connection) -> None:
        self.hidden = frozenset({rule.param})
        self._name, self._value = rule.param, connection.password

    def sign(self, params: dict[str, Any], headers: dict[str, str]) -> None:
        params[self._name] = self._value


class Bearer(Authenticator):
    """A token that is asked for when there is none or it has nearly run out, and once more after a 401."""

    def __init__(self, rule: BearerAuth, connection: Connection, ask: TokenRequest) -> None:
        self._rule, self._connection, self._ask = rule, connection, ask
        self._token = None if rule.token_path else connection.password
        self._ends = float("inf")

    def sign(self, params: dict[str, Any], headers: dict[str, str]) -> None:
        if self._token is None or time.monotonic() >= self._ends:
            self._renew()
        headers["Authorization"] = f"Bearer {self._token}"

    def renew(self) -> bool:
        if self._rule.token_path is None:
            return False
        self._token = None
        return True

    def _renew(self) -> None:
        rule = self._rule
        told = {rule.login_param: self._connection.login, rule.password_param: self._connection.password}
        answer = self._ask(rule, {**rule.token_params, **told})
        token, seconds = at_path(answer, rule.token), at_path(answer, rule.expires_in)
        if not isinstance(token, str) or not token:
            raise SourceError(f"{rule.token_path} gave no token at {rule.token}; mend source.auth")
        self._token = token
        try:
            lasts = float(seconds)
        except (TypeError, ValueError):
            lasts = float("inf")
        self._ends = time.monotonic() + lasts - min(30.0, lasts / 10 if lasts != float("inf") else 0)


class Signed(Authenticator):
    """App key, timestamp and nonce beside the parameters, and an HMAC over all of them in the order of their names."""

    def __init__(self, rule: SignedAuth, connection: Connection, zone: str) -> None:
        self.hidden = frozenset({rule.app_key, rule.timestamp, rule.nonce, rule.sign})
        self._rule, self._connection, self._zone = rule, connection, zone

    def sign(self, params: dict[str, Any], headers: dict[str, str]) -> None:
        rule = self._rule
        told = {
            rule.app_key: self._connection.login,
            rule.timestamp: _timestamp(rule.timestamp_format, self._zone),
            rule.nonce: secrets.token_hex(16),
        }
        text = signed_text({**params, **told})
        digest = rule.algorithm.removeprefix("hmac-")
        signature = hmac.new(self._connection.password.encode(), text.encode(), digest).hexdigest()
        told[rule.sign] = signature.upper() if rule.upper_case else signature
        if rule.place == "params":
            params.update(told)
        else:
            headers.update(told)


def signed_text(params: dict[str, Any]) -> str:
    """Parameters sorted by name, `k=v` joined by `&`, as they are before percent signs are put in."""
    return "&".join(f"{name}={parameter(params[name])}" for name in sorted(params))


def parameter(value: Any) -> str:
    """A parameter's value as its text in a query."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _timestamp(form: str, zone: str) -> str:
    """The machine's clock (UTC), in milliseconds, seconds, or by a strftime format in the feed's zone."""
    now = datetime.now(UTC)
    if form in ("epoch_ms", "epoch_s"):
        return str(int(now.timestamp() * (1000 if form == "epoch_ms" else 1)))
    return now.astimezone(ZoneInfo(zone)).strftime(form)


def authenticator(rule: Auth, connection: Connection, zone: str, ask: TokenRequest) -> Authenticator:
    """The authenticator of a source. Raises SourceError where the connection lacks what it needs."""
    needs_login = isinstance(rule, (BasicAuth, SignedAuth)) or (isinstance(rule, BearerAuth) and rule.token_path)
    if rule.kind != "none" and not connection.password:
        raise SourceError(f"the connection {connection.name!r} has no password; {connection.variable} must hold one")
    if needs_login and not connection.login:
        raise SourceError(f"the connection {connection.name!r} has no login; {connection.variable} must hold one")
    if isinstance(rule, SignedAuth) and rule.algorithm == "hmac-sm3" and "sm3" not in hashlib.algorithms_available:
        raise SourceError("this machine's OpenSSL has no SM3; install one that has, or ask for SHA-256")
    if isinstance(rule, BasicAuth):
        return Basic(connection)
    if isinstance(rule, HeaderAuth):
        return Header(rule, connection)
    if isinstance(rule, ApiKeyAuth):
        return ApiKey(rule, connection)
    if isinstance(rule, BearerAuth):
        return Bearer(rule, connection, ask)
    if isinstance(rule, SignedAuth):
        return Signed(rule, connection, zone)
    return Authenticator()
