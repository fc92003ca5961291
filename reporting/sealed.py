"""Folders that are published once and never change: their files, hashes, seal, and what they share with one another."""

import filecmp
import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

from ingest.files import sync_folder

logger = logging.getLogger(__name__)

MANIFEST = "manifest.json"


def files_of(folder: Path) -> list[str]:
    """Every file of a published folder but its manifest, as paths inside it."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if name != MANIFEST)


def file_hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def seal(folder: Path) -> None:
    """Make every file read-only and see that files and folders are on the disk."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            sync_folder(path)
            continue
        path.chmod(0o444)
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    sync_folder(folder)


def share(folder: Path, files: dict[str, str], earlier: Path | None) -> int:
    """Put links to equal files of an earlier published folder in the place of files of this one; returns how many.

    `files` are this folder's files with their hashes. What is equal by hash is compared byte by byte first, so a file
    that was damaged since is not taken over. Where the disk knows no links (or no more of them) the file stays a copy.
    """
    if earlier is None or not (earlier / MANIFEST).is_file():
        return 0
    told: dict[str, Any] = json.loads((earlier / MANIFEST).read_bytes())
    by_hash = {digest: name for name, digest in told["files"].items()}
    shared = 0
    for name, digest in files.items():
        known = earlier / by_hash.get(digest, "")
        if digest not in by_hash or not known.is_file() or not filecmp.cmp(known, folder / name, shallow=False):
            continue
        beside = folder / f"{name}.link"
        try:
            os.link(known, beside)
        except OSError as error:
            logger.info("%s is kept as a copy: %s", name, error.strerror)
            continue
        os.replace(beside, folder / name)
        shared += 1
    return shared
