"""The way of files, wherever they lie: each is taken once it is whole, and once for each content that it had.

A `Folder` says what lies there and gives the bytes; the local one is in this module.
"""

import errno
import fcntl
import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from ingest import faults
from ingest.connectors import Ask
from ingest.contract import FeedContract
from ingest.decode.reading import MEGABYTE, UnreadableError
from ingest.decode.unpack import gunzip
from ingest.errors import SourceError
from ingest.files import canonical_json
from ingest.sources import Files
from ingest.vault import Delivery, sha256_hex

_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")


@dataclass(frozen=True)
class Entry:
    """A file in a folder: its name below it (with slashes), size in bytes, and time of change (seconds, UTC).

    `mark` is what the place tells of the content without its being read; it is another one when the content is.
    """

    name: str
    size: int
    changed: float
    mark: str | None = None


class Folder(Protocol):
    """Where files lie. Its methods raise SourceError where the place cannot be reached."""

    def entries(self) -> Iterable[Entry]:
        """All files, those in folders below too."""

    def is_busy(self, entry: Entry) -> bool:
        """Whether somebody is known to be writing the file now."""

    def read(self, entry: Entry, most: int) -> bytes | None:
        """The bytes; None where the file changed meanwhile or is larger than `most`.

        Raises PermissionError where we may not read it.
        """

    def move(self, entry: Entry, to: str) -> None:
        """Put a file into another folder of the same place, beside what may have its name there."""


def deliveries(ask: Ask, folder: Folder) -> Iterator[Delivery]:
    """Deliveries of a folder that were not sealed yet; one file that can't be read does not stop the others."""
    source = _source(ask.contract)
    origins = [manifest["source"] for manifest in ask.manifests]
    seen = {(o["name"], o["sha256"], o.get("part")) for o in origins if "name" in o}
    whole = {(o["name"], o["sha256"]) for o in origins if "name" in o and o.get("part") == o.get("parts")}
    marks = {(o["name"], o["mark"]) for o in origins if "mark" in o and o.get("part") == o.get("parts")}
    ready, waiting = ready_files(folder, source)
    ask.notes.waiting.extend(waiting)
    most = int(source.max_mb * 1024**2)
    for entry in ready:
        if (entry.name, entry.mark) in marks:
            ask.notes.unchanged += 1
            if source.archive_to is not None:
                folder.move(entry, source.archive_to)
            continue
        if not _is_text(entry.name):
            ask.notes.broken.append(
                f"feed {ask.contract.feed}: the name {entry.name!a} is no text in UTF-8; have the file renamed"
            )
            continue
        if entry.size > most:
            ask.notes.broken.append(
                f"feed {ask.contract.feed}: {entry.name} has {entry.size / 1024**2:.0f} MB, more than source.max_mb "
                f"({source.max_mb:g}); ask for smaller files or raise it"
            )
            continue
        try:
            data = folder.read(entry, most)
        except PermissionError:
            where = f"feed {ask.contract.feed}: {entry.name}"
            ask.notes.broken.append(f"{where} can't be read with our rights; ask the centre for them")
            continue
        if data is None:
            ask.notes.waiting.append(entry.name)
            continue
        if (entry.name, sha256_hex(data)) in whole:
            ask.notes.unchanged += 1
            if source.archive_to is not None:
                folder.move(entry, source.archive_to)
            continue
        faults.point("pull.after_read")
        try:
            for delivery in deliveries_of(entry.name, data, ask.contract, ask.started, entry.mark):
                if (delivery.source["name"], delivery.source["sha256"], delivery.source.get("part")) not in seen:
                    yield delivery
        except SourceError as error:
            ask.notes.broken.append(str(error))


def local(ask: Ask) -> Iterator[Delivery]:
    """Deliveries of a drop folder of this machine.

    Raises SourceError where the folder is missing: an empty folder is a quiet feed, a missing one is a broken source.
    """
    source = _source(ask.contract)
    path = ask.city.source_path(source.path)
    if not path.is_dir():
        raise SourceError(
            f"feed {ask.contract.feed}: the drop folder {source.path!r} does not exist; create it or mend source.path"
        )
    yield from deliveries(ask, LocalFolder(path, ask.city.source_path))


def _source(contract: FeedContract) -> Files:
    assert isinstance(contract.source, Files)  # the dispatch by kind brought us here
    return contract.source


def ready_files(folder: Folder, source: Files) -> tuple[list[Entry], list[str]]:
    """Files that may be read, in name order, and the names of those still being written, by the contract's rule."""
    entries = sorted(folder.entries(), key=lambda entry: entry.name)
    names = {entry.name for entry in entries}
    ready: list[Entry] = []
    waiting: list[str] = []
    for entry in entries:
        last = entry.name.rpartition("/")[2]
        if last.startswith(".") or last.endswith(_UNFINISHED):
            continue
        if not any(fnmatchcase(last, pattern) for pattern in source.patterns):
            continue
        if source.ready.rule == "marker":
            is_whole = entry.name + source.ready.suffix in names
        else:
            is_whole = time.time() - entry.changed >= source.ready.settle_seconds and not folder.is_busy(entry)
        if is_whole:
            ready.append(entry)
        else:
            waiting.append(entry.name)
    return ready, waiting


class LocalFolder:
    """A folder of this machine. `place` gives the path of another folder that a contract names."""

    def __init__(self, path: Path, place: Any) -> None:
        self._path, self._place = path, place

    def entries(self) -> Iterator[Entry]:
        for path in self._path.rglob("*"):
            if not path.is_file():
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(self._path.resolve()):
                continue  # a link that leads out of the drop folder is nobody's delivery
            stat = path.stat()
            yield Entry(path.relative_to(self._path).as_posix(), stat.st_size, stat.st_mtime)

    def is_busy(self, entry: Entry) -> bool:
        """Whether a process of this machine holds the file open for writing: a read lease is refused then (Linux)."""
        try:
            handle = os.open(self._path / entry.name, os.O_RDONLY)
        except PermissionError:
            return False  # reading it will say so
        try:
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except OSError as error:
            return error.errno == errno.EAGAIN  # other file systems and owners know no leases: settling decides
        finally:
            os.close(handle)
        return False

    def read(self, entry: Entry, most: int) -> bytes | None:
        path = self._path / entry.name
        before = path.stat()
        if before.st_size > most:
            return None
        data = path.read_bytes()
        after = path.stat()
        same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) and len(data) == after.st_size
        return data if same else None

    def move(self, entry: Entry, to: str) -> None:
        target = self._place(to) / entry.name
        target.parent.mkdir(parents=True, exist_ok=True)
        number = 1
        while target.exists():
            number += 1
            target = target.with_name(f"{Path(entry.name).name}.{number}")
        os.replace(self._path / entry.name, target)


def deliveries_of(
    name: str, data: bytes, contract: FeedContract, pulled_at: datetime, mark: str | None = None
) -> Iterator[Delivery]:
    """The deliveries in a file: one, or one a line where the contract says that it is a history.

    Raises SourceError where a name holds no date though the contract says so, or a history cannot be split.
    """
    source = _source(contract)
    origin: dict[str, Any] = {"name": name, "sha256": sha256_hex(data)} | ({"mark": mark} if mark else {})
    if source.split is None:
        yield Delivery(name, data, _observed_at(name, contract, pulled_at), origin)
        return
    try:
        text = gunzip(data, int(source.max_mb * MEGABYTE)) if name.endswith(".gz") else data
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (UnreadableError, ValueError, RecursionError) as error:
        raise SourceError(
            f"feed {contract.feed}: {name} is no history of JSON lines; ask for the file again"
        ) from error
    for part, line in enumerate(lines, start=1):
        told, payload = _at(line, source.split.observed_at), _at(line, source.split.payload)
        if told is None or payload is None:
            raise SourceError(
                f"feed {contract.feed}: line {part} of {name} has no {source.split.observed_at} or "
                f"{source.split.payload}; mend source.split or the file"
            )
        body = payload.encode() if isinstance(payload, str) else canonical_json(payload)
        observed = datetime.fromisoformat(str(told)).astimezone(UTC)
        stem = name.removesuffix(".gz").removesuffix(".jsonl")
        yield Delivery(f"{stem}#{part:06d}.json", body, observed, {**origin, "part": part, "parts": len(lines)})


def _observed_at(name: str, contract: FeedContract, pulled_at: datetime) -> datetime:
    rule = _source(contract).observed_at
    if rule.from_ == "pull":
        return pulled_at
    match = re.search(str(rule.regex), name)
    if not match:
        raise SourceError(
            f"feed {contract.feed}: the name {name!r} does not fit source.observed_at.regex; mend one of the two"
        )
    try:
        told = datetime.strptime(match.group(1), str(rule.format))
    except ValueError as error:
        raise SourceError(f"feed {contract.feed}: the date in {name!r} does not fit {rule.format!r}") from error
    return told.replace(tzinfo=ZoneInfo(contract.time.dated[-1].zone)).astimezone(UTC)


def _is_text(name: str) -> bool:
    """Whether a name can be written down: the system gives bytes that are no UTF-8 as halves of characters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _at(value: Any, path: str) -> Any:
    """The value at a path such as $.observed_at."""
    for part in path.removeprefix("$").strip(".").split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value
