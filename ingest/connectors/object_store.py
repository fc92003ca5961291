"""Files in an object store (S3, OSS, Google, Azure, whatever fsspec knows): the way of all files, by connection name.

The connection's scheme is fsspec's protocol, its login and password are the credentials; nothing is taken from the
machine's own configuration. An object is not read again while its ETag (or its size and time of change) stands.
"""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import fsspec

from ingest.connections import Connection, connection
from ingest.connectors import Ask
from ingest.connectors.files import Entry
from ingest.connectors.files import deliveries as deliveries_of_folder
from ingest.errors import SourceError
from ingest.sources import ObjectSource
from ingest.vault import Delivery

MOST_OBJECTS = 200_000
PROTOCOLS = {"aws": "s3", "google_cloud_platform": "gs", "gcs": "gs", "wasb": "abfs", "az": "abfs"}  # Airflow's words
EXTRAS = {"s3": "s3", "oss": "oss", "gs": "gs", "abfs": "azure"}
_ETAGS = ("ETag", "etag")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "created")
T = TypeVar("T")


def deliveries(ask: Ask) -> Iterator[Delivery]:
    """What is new in the store. Raises SourceError where it can't be reached, refuses us, or has no such bucket."""
    source = ask.contract.source
    assert isinstance(source, ObjectSource)  # the dispatch by kind brought us here
    try:
        yield from deliveries_of_folder(ask, ObjectFolder(connection(source.connection), source.path))
    except SourceError as error:
        text = str(error)
        raise error if text.startswith("feed ") else SourceError(f"feed {ask.contract.feed}: {text}") from None


def open_store(known: Connection) -> Any:
    """The store of a connection, as an fsspec file system. Raises SourceError where its package is not installed."""
    protocol = PROTOCOLS.get(known.scheme, known.scheme)
    for name in ("fsspec", "s3fs", "ossfs", "gcsfs", "botocore", "azure"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # they log requests, signatures among them
    try:
        return fsspec.filesystem(
            protocol, skip_instance_cache=True, use_listings_cache=False, **_credentials(known, protocol)
        )
    except ImportError:
        raise SourceError(
            f"the connection {known.name!r} is of the kind {protocol!r}, whose package is not installed; "
            f"install onegrid[{EXTRAS.get(protocol, protocol)}]"
        ) from None
    except Exception as error:
        raise SourceError(
            f"the connection {known.name!r} opens no store of the kind {protocol!r} ({type(error).__name__}); "
            f"mend {known.variable}"
        ) from None


def _credentials(known: Connection, protocol: str) -> dict[str, Any]:
    """The options that fsspec's package of the protocol is opened with; the extra's `options` have the last word."""
    options: dict[str, Any] = {}
    where = known.host if "://" in known.host else f"https://{known.host}"
    endpoint = known.extra.get("endpoint_url") or (
        where + (f":{known.port}" if known.port else "") if known.host else ""
    )
    if protocol == "s3":
        options = {"key": known.login, "secret": known.password} if known.login else {"anon": True}
        options |= {"client_kwargs": {"endpoint_url": endpoint}} if endpoint else {}
    elif protocol == "oss":
        options = {"key": known.login, "secret": known.password, "endpoint": endpoint}
    elif protocol == "gs":
        options = {"token": _json(known, "keyfile_dict") or "anon"}
    elif protocol in ("file", "local"):
        options = {"auto_mkdir": True}
    elif protocol == "abfs":
        options = {"account_name": known.login, "account_key": known.password}
    return options | (_json(known, "options") or {})


def _json(known: Connection, name: str) -> dict[str, Any] | None:
    told = known.extra.get(name)
    try:
        found = json.loads(told) if isinstance(told, str) and told else told
    except ValueError:
        found = told
    if found and not isinstance(found, dict):
        raise SourceError(f"{name} in the extra of {known.variable} is no JSON object; mend it")
    return found or None


class ObjectFolder:
    """The objects below a path (`bucket/prefix`) of a store."""

    def __init__(self, known: Connection, path: str) -> None:
        self._known, self._told = known, path
        self._store = open_store(known)
        self._path = str(self._store._strip_protocol(self._told)).rstrip("/")

    def entries(self) -> Iterator[Entry]:
        """All objects below the path. Raises SourceError where there is no such bucket, or there are too many."""
        try:
            found = self._asked(lambda: self._store.find(self._path, detail=True))
            is_there = bool(found) or self._asked(self._has_bucket)
        except FileNotFoundError:
            is_there = False
        if not is_there:
            raise SourceError(
                f"{self._told!r} is no place that the connection {self._known.name!r} may list; "
                "mend source.path or the rights"
            )
        if len(found) > MOST_OBJECTS:
            raise SourceError(f"{self._told} holds more than {MOST_OBJECTS} objects; have old ones moved away")
        for path, info in found.items():
            name = path[len(self._path) :].lstrip("/")
            if name and info.get("type") == "file" and not info.get("islink") and ".." not in name.split("/"):
                yield _entry(name, info)

    def _has_bucket(self) -> bool:
        first = self._told.strip("/").split("/")[0]
        return bool(self._store.exists(self._path) or self._store.exists(first))

    def is_busy(self, entry: Entry) -> bool:
        """An object appears whole or not at all."""
        return False

    def read(self, entry: Entry, most: int) -> bytes | None:
        """The bytes; None where the object is another one meanwhile, gone, or larger than `most`."""
        if entry.size > most:
            return None
        path = f"{self._path}/{entry.name}"

        def now() -> Entry:
            return _entry(entry.name, self._store.info(path))

        try:
            before = self._asked(now)
            data = self._asked(lambda: self._store.cat_file(path, start=0, end=entry.size + 1)) if entry.size else b""
            after = self._asked(now)
        except FileNotFoundError:
            return None
        is_listed = before.size == entry.size == len(data) and abs(before.changed - entry.changed) < 1
        return bytes(data) if is_listed and before.mark == after.mark else None  # lists tell times more finely

    def move(self, entry: Entry, to: str) -> None:
        """Copy below another path of the store, then delete; a copy that a broken move left behind is not doubled."""
        path, number = f"{self._path}/{entry.name}", 1
        folder = self._store._strip_protocol(to).rstrip("/")
        target = f"{folder}/{entry.name}"

        def is_taken() -> bool:
            return bool(self._store.exists(target))

        def is_same() -> bool:
            return bool(self._store.cat_file(target) == self._store.cat_file(path))

        try:
            while taken := self._asked(is_taken):
                if self._asked(is_same):
                    break
                number += 1
                target = f"{folder}/{entry.name}.{number}"
            if not taken:
                self._asked(lambda: self._store.cp_file(path, target))
            self._asked(lambda: self._store.rm_file(path))
        except FileNotFoundError:
            raise SourceError(f"{entry.name} went away while it was archived; the next pull asks again") from None

    def _asked(self, question: Callable[[], T]) -> T:
        """The store's answer. Its own errors may hold addresses and signatures, so only their kind is told."""
        try:
            return question()
        except FileNotFoundError:
            raise
        except PermissionError:
            raise SourceError(
                f"the store of the connection {self._known.name!r} does not allow this; mend {self._known.variable} or "
                "the rights"
            ) from None
        except Exception as error:
            raise SourceError(
                f"the store of the connection {self._known.name!r} can't be asked ({type(error).__name__}); "
                "the next pull asks again"
            ) from None


def _entry(name: str, info: dict[str, Any]) -> Entry:
    size = int(info.get("size") or 0)
    etag = next((str(info[key]).strip('"') for key in _ETAGS if info.get(key)), "")
    changed = next((_seconds(info[key]) for key in _TIMES if info.get(key) is not None), 0.0)
    return Entry(name, size, changed, f"{size}:{etag}" if etag else f"{size}:{changed:.6f}")


def _seconds(moment: Any) -> float:
    """Seconds since 1970, UTC, of a time as the stores tell it."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return float(moment)
