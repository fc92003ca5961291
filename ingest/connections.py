"""Credentials by connection name: from the environment, or from what the caller put in its place (Airflow's secrets).

`AIRFLOW_CONN_<NAME>` holds a connection as Airflow writes it: a URI, or a JSON object. A contract names a connection
and never holds one; neither `repr` nor any message of this module shows a login, a password or an extra.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ingest.errors import SourceError

PREFIX = "AIRFLOW_CONN_"
Lookup = Callable[[str], str | None]


@dataclass(frozen=True)
class Connection:
    """Where a system is and how to be let in. Its repr shows name, scheme, host and port, and nothing else."""

    name: str
    scheme: str
    host: str = ""
    port: int | None = None
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    schema: str = field(default="", repr=False)
    extra: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def variable(self) -> str:
        """The environment variable that sets this connection."""
        return PREFIX + self.name.upper()


_lookup: ContextVar[Lookup | None] = ContextVar("connection_lookup", default=None)


@contextmanager
def looked_up_by(lookup: Lookup) -> Iterator[None]:
    """Within this block, ask `lookup` (name to URI or JSON, None where unknown) before the environment."""
    token = _lookup.set(lookup)
    try:
        yield
    finally:
        _lookup.reset(token)


def connection(name: str) -> Connection:
    """The connection of that name. Raises SourceError, naming the variable to set, where it is missing or wrong."""
    lookup = _lookup.get()
    told = (lookup(name) if lookup else None) or os.environ.get(PREFIX + name.upper())
    if not told:
        raise SourceError(
            f"there is no connection {name!r}; set {PREFIX}{name.upper()} to its URI "
            "(scheme://login:password@host:port), or add it to Airflow's connections"
        )
    try:
        return _of_json(name, told) if told.lstrip().startswith("{") else _of_uri(name, told)
    except (ValueError, TypeError, AttributeError):
        raise SourceError(
            f"the connection {name!r} is neither a URI nor a JSON object as Airflow writes them; "
            f"mend {PREFIX}{name.upper()}"
        ) from None


def _of_json(name: str, text: str) -> Connection:
    told = json.loads(text)
    extra = told.get("extra") or {}
    port = told.get("port")
    return Connection(
        name,
        told.get("conn_type") or "",
        told.get("host") or "",
        int(port) if port not in (None, "") else None,
        told.get("login") or "",
        told.get("password") or "",
        told.get("schema") or "",
        dict(json.loads(extra) if isinstance(extra, str) else extra),
    )


def _of_uri(name: str, text: str) -> Connection:
    """Airflow's reading of a URI: percent signs undone, `__extra__` or the query as the extra, `http://https://host`."""
    scheme, found, rest = text.partition("://")
    if not found or not scheme:
        raise ValueError("no scheme")
    protocol, nested, after = rest.partition("://")
    if nested and not set(protocol) & set("@:/?"):
        parts, front = urlsplit("//" + after), protocol + "://"
    else:
        parts, front = urlsplit("//" + rest), ""
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    extra = json.loads(query["__extra__"]) if "__extra__" in query else query
    host = parts.netloc.rpartition("@")[2]
    host = host[: host.index("]") + 1].strip("[]") if host.startswith("[") else host.partition(":")[0]
    return Connection(
        name,
        scheme.lower(),
        front + unquote(host),
        parts.port,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        unquote(parts.path[1:]),
        dict(extra),
    )
