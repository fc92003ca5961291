"""Retire what nobody needs any more, and leave the chains whole.

All editions stay for 7 days, the last of each local day for 90, and for ever those that a closing or a draft of one
refers to, the newest and the current one. A retired edition keeps its manifest (the chain of hashes runs through it)
and its project, so `onegrid build --as-of` can still make it again; its tables and its report go. Cuts for audiences
go with their edition, or when another cut of it took their place; public editions stay. A build stays while an edition
of the last 7 days was made from it or it is newer than that of the current edition. What goes is first recorded in a
hash-chained log, which `onegrid verify` asks where it misses files.
"""

import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ingest import faults
from ingest.chain import Chain
from ingest.files import one_at_a_time
from ingest.home import Home
from reporting.audience import PUBLIC, cut_folders
from reporting.build import SNAPSHOT
from reporting.closing import act_of, chain_of, closings
from reporting.edition import CURRENT, edition_numbers, verify_edition
from reporting.sealed import MANIFEST, file_hash

logger = logging.getLogger(__name__)

KEEP_ALL, KEEP_DAILY = timedelta(days=7), timedelta(days=90)
_KEPT = (MANIFEST, SNAPSHOT)
_GONE = ".retired-"


@dataclass(frozen=True)
class Retired:
    """What is retired: `kind` edition, cut or build, its name, why, and the bytes that no other file shares."""

    kind: str
    name: str
    why: str
    bytes: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def retire(home: Home, apply: bool = False) -> list[Retired]:
    """What the rules retire now; with `apply` it is done, else only told.

    May be killed anywhere: what is recorded and not yet gone goes with the next call.
    """
    with (
        one_at_a_time(home.editions / ".lock"),
        one_at_a_time(home.audiences / ".lock"),
        one_at_a_time(home.closings / ".lock"),
        one_at_a_time(home.builds / ".lock"),
    ):
        found = [*_editions(home), *_cuts(home), *_builds(home)]
        told = [Retired(kind, name, why, _bytes(path)) for kind, name, why, path in found]
        if apply:
            for one, (_, _, _, path) in zip(told, found, strict=True):
                _go(home, one, path)
                logger.info("%s %s is retired: %s", one.kind, one.name, one.why)
            faults.point("retire.after_records")
            _empty(home)
        return told


def _go(home: Home, one: Retired, path: Path) -> None:
    if one.kind == "build":
        gone = path.with_name(f"{_GONE}{path.name}")
        path.rename(gone)
        shutil.rmtree(gone)
        return
    record = {**one.to_dict(), "manifest_sha256": file_hash(path / MANIFEST), "at": home.now().isoformat()}
    same = (one.kind, one.name)
    _chain(home).append_unless(lambda _: record, lambda told: (told["kind"], told["name"]) == same)
    faults.point("retire.after_record")
    _empty_folder(path)


def _empty(home: Home) -> None:
    """Finish what earlier calls recorded and did not end."""
    for path in retired_folders(home):
        _empty_folder(path)
    for path in home.builds.glob(f"{_GONE}*"):
        shutil.rmtree(path)


def _empty_folder(folder: Path) -> None:
    """Leave manifest and project of a published folder. Who has a file of it open goes on reading it."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in _KEPT:
            path.unlink()
            faults.point("retire.after_file")


def _chain(home: Home) -> Chain:
    return Chain(home.log / "chain" / "retirements" / "published")


def _path_of(home: Home, kind: str, name: str) -> Path:
    return (home.editions if kind == "edition" else home.audiences) / name


def retired_folders(home: Home) -> dict[Path, str]:
    """Folders of retired editions and cuts → the hash of the manifest that each keeps."""
    return {_path_of(home, r["kind"], r["name"]): r["manifest_sha256"] for r in _chain(home).records()}


def kept_editions(home: Home) -> dict[int, str]:
    """Number → why an edition stays. Those that are not in it are to be retired, or are already."""
    manifests = {number: _manifest(home.editions / str(number)) for number in edition_numbers(home.editions)}
    kept: dict[int, str] = {}
    days: dict[str, int] = {}
    for number, manifest in manifests.items():
        age = home.now() - datetime.fromisoformat(manifest["published_at"])
        if age < KEEP_ALL:
            kept[number] = "younger than 7 days"
        elif age < KEEP_DAILY:
            days[_day(manifest)] = number
    kept |= {number: "the last of its day" for number in days.values() if number not in kept}
    laid_open = (record for record in chain_of(home).records() if act_of(record) in ("draft", "closing"))
    kept |= {record["edition"]: f"{act_of(record)} of {record['month']}" for record in laid_open}
    if manifests:
        kept[max(manifests)] = "the newest"
    current = home.editions / CURRENT
    if current.is_symlink():
        kept[int(current.readlink().name)] = "current"
    return kept


def _day(manifest: dict[str, Any]) -> str:
    published = datetime.fromisoformat(manifest["published_at"])
    return published.astimezone(ZoneInfo(manifest["time_zone"])).date().isoformat()


def _manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    return manifest


def _editions(home: Home) -> Iterator[tuple[str, str, str, Path]]:
    kept, gone = kept_editions(home), retired_folders(home)
    for number in edition_numbers(home.editions):
        path = home.editions / str(number)
        if number not in kept and path not in gone:
            yield "edition", str(number), f"published {_manifest(path)['published_at'][:10]}", path


def _cuts(home: Home) -> Iterator[tuple[str, str, str, Path]]:
    kept, gone = kept_editions(home), retired_folders(home)
    for folder in cut_folders(home):
        audience = folder.relative_to(home.audiences).as_posix()
        if audience == PUBLIC:
            continue
        current = (folder / CURRENT).readlink().name if (folder / CURRENT).is_symlink() else ""
        later: set[int] = set()
        for number in reversed(edition_numbers(folder)):
            path = folder / str(number)
            edition = _manifest(path)["cut_from"]["edition"]
            why = f"edition {edition} is retired" if edition not in kept else ""
            why = why or (f"edition {edition} was cut again by other rules" if edition in later else "")
            later.add(edition)
            if why and str(number) != current and path not in gone:
                yield "cut", f"{audience}/{number}", why, path


def _builds(home: Home) -> Iterator[tuple[str, str, str, Path]]:
    """Builds by when their record was written; without one of the current edition all stay."""
    current = home.editions / CURRENT
    if not current.exists():
        return
    needed = {_manifest(current.resolve())["build_id"]}
    for number in edition_numbers(home.editions):
        manifest = _manifest(home.editions / str(number))
        if home.now() - datetime.fromisoformat(manifest["published_at"]) < KEEP_ALL:
            needed.add(manifest["build_id"])
    record = home.builds / _manifest(current.resolve())["build_id"] / "build.json"
    if not record.is_file():
        return
    for path in sorted(home.builds.iterdir()):
        own = path / "build.json"
        if path.is_dir() and path.name not in needed and own.is_file() and own.stat().st_mtime < record.stat().st_mtime:
            yield "build", path.name, "no edition of the last 7 days was made from it", path


def _bytes(folder: Path) -> int:
    """Bytes that are free when a folder's tables go: files that another folder shares stay."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink() and path.name not in _KEPT)
    return sum(path.stat().st_size for path in files if path.stat().st_nlink == 1)


def verify_published(home: Home) -> list[str]:
    """Everything wrong with editions, cuts and the record of what was retired, as sentences."""
    found = list(_chain(home).faults())
    gone = retired_folders(home)
    for path, digest in gone.items():
        if not (path / MANIFEST).is_file():
            found.append(f"{_name(home, path)}: it is retired, and its manifest, which stays, is missing")
        elif file_hash(path / MANIFEST) != digest:
            found.append(f"{_name(home, path)}: its manifest is not the one that was retired")
    folders = [home.editions / str(number) for number in edition_numbers(home.editions)]
    folders += [folder / str(number) for folder in cut_folders(home) for number in edition_numbers(folder)]
    for path in folders:
        name = _name(home, path)
        found += [f"{name}: {fault}" for fault in verify_edition(path, retired=path in gone)]
        found += [f"{name}: {fault}" for fault in _source_faults(home, path)]
    return found


def _name(home: Home, path: Path) -> str:
    if path.parent == home.editions:
        return f"edition {path.name}"
    return f"cut {path.relative_to(home.audiences).as_posix()}"


def _source_faults(home: Home, path: Path) -> Iterator[str]:
    """Whether a cut is of the edition, or of the closings, that it says."""
    try:
        told = _manifest(path).get("cut_from")
    except (OSError, ValueError):
        return  # said already
    if told is None:
        return
    for one in told.get("closings", []):
        records = {(c.record["month"], c.record["number"]): c.record["hash"] for c in closings(home)}
        if records.get((one["month"], one["number"])) != one["sha256"]:
            yield f"closing {one['month']}/{one['number']} is not the one that it was cut from"
    edition = home.editions / str(told["edition"]) / MANIFEST
    if "manifest_sha256" in told and (not edition.is_file() or file_hash(edition) != told["manifest_sha256"]):
        yield f"edition {told['edition']} is not the one that it was cut from"
