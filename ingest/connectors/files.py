"""The file connector: deliveries dropped into a folder, each taken once it is whole."""

import errno
import fcntl
import gzip
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ingest import faults
from ingest.city import City
from ingest.connectors import Ask
from ingest.contract import FeedContract
from ingest.errors import SourceError
from ingest.files import canonical_json
from ingest.sources import FileSource
from ingest.vault import Delivery, sha256_hex

_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")


@dataclass(frozen=True)
class Dropped:
    """A file that may be read, by its path and its name below the drop folder."""

    path: Path
    name: str


def deliveries(ask: Ask) -> Iterator[Delivery]:
    """Deliveries of the drop folder that were not sealed yet; one file that can't be read does not stop the others."""
    origins = [manifest["source"] for manifest in ask.manifests]
    seen = {(o["name"], o["sha256"], o.get("part")) for o in origins if "name" in o}
    whole = {(o["name"], o["sha256"]) for o in origins if "name" in o and o.get("part") == o.get("parts")}
    ready, waiting = ready_files(ask.contract, ask.city)
    ask.notes.waiting.extend(waiting)
    for dropped in ready:
        data = read_whole(dropped)
        if data is None:
            ask.notes.waiting.append(dropped.name)
            continue
        if (dropped.name, sha256_hex(data)) in whole:
            ask.notes.unchanged += 1
            continue
        faults.point("pull.after_read")
        try:
            for delivery in deliveries_of(dropped, data, ask.contract, ask.started):
                if (delivery.source["name"], delivery.source["sha256"], delivery.source.get("part")) not in seen:
                    yield delivery
        except SourceError as error:
            ask.notes.broken.append(str(error))


def _source(contract: FeedContract) -> FileSource:
    assert isinstance(contract.source, FileSource)  # the dispatch by kind brought us here
    return contract.source


def ready_files(contract: FeedContract, city: City) -> tuple[list[Dropped], list[str]]:
    """Files of the drop folder in name order, and the names of those still being written.

    Raises SourceError where the folder is missing: an empty folder is a quiet feed, a missing one is a broken source.
    """
    source = _source(contract)
    folder = city.source_path(source.path)
    if not folder.is_dir():
        raise SourceError(
            f"feed {contract.feed}: the drop folder {source.path!r} does not exist; create it or mend source.path"
        )
    ready: list[Dropped] = []
    waiting: list[str] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.name.startswith(".") or path.name.endswith(_UNFINISHED):
            continue
        if not any(fnmatchcase(path.name, pattern) for pattern in source.patterns):
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            continue  # a link that leads out of the drop folder is nobody's delivery
        (ready.append(Dropped(path, name)) if is_whole(path, source) else waiting.append(name))
    return ready, waiting


def is_whole(path: Path, source: FileSource) -> bool:
    """Whether nobody is writing the file any more, by the contract's rule."""
    if source.ready.rule == "marker":
        return path.with_name(path.name + source.ready.suffix).exists()
    settled = time.time() - path.stat().st_mtime >= source.ready.settle_seconds
    return settled and not _open_for_writing(path)


def _open_for_writing(path: Path) -> bool:
    """Whether some process of this machine holds the file open for writing: a read lease is refused then (Linux)."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN  # other file systems and owners know no leases: the settling time decides
    finally:
        os.close(handle)
    return False


def read_whole(dropped: Dropped) -> bytes | None:
    """The bytes of a file, or None where it changed while it was read."""
    before = dropped.path.stat()
    data = dropped.path.read_bytes()
    after = dropped.path.stat()
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) and len(data) == after.st_size
    return data if same else None


def deliveries_of(dropped: Dropped, data: bytes, contract: FeedContract, pulled_at: datetime) -> Iterator[Delivery]:
    """The deliveries in a file: one, or one a line where the contract says that it is a history.

    Raises SourceError where a name holds no date though the contract says so, or a history cannot be split.
    """
    source = _source(contract)
    origin: dict[str, Any] = {"name": dropped.name, "sha256": sha256_hex(data)}
    if source.split is None:
        yield Delivery(dropped.name, data, _observed_at(dropped.name, contract, pulled_at), origin)
        return
    try:
        text = gzip.decompress(data) if dropped.name.endswith(".gz") else data
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (OSError, EOFError, ValueError) as error:
        raise SourceError(
            f"feed {contract.feed}: {dropped.name} is no history of JSON lines; ask for the file again"
        ) from error
    for part, line in enumerate(lines, start=1):
        told, payload = _at(line, source.split.observed_at), _at(line, source.split.payload)
        if told is None or payload is None:
            raise SourceError(
                f"feed {contract.feed}: line {part} of {dropped.name} has no {source.split.observed_at} or "
                f"{source.split.payload}; mend source.split or the file"
            )
        body = payload.encode() if isinstance(payload, str) else canonical_json(payload)
        observed = datetime.fromisoformat(str(told)).astimezone(UTC)
        stem = dropped.name.removesuffix(".gz").removesuffix(".jsonl")
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


def _at(value: Any, path: str) -> Any:
    """The value at a path such as $.observed_at."""
    for part in path.removeprefix("$").strip(".").split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value
