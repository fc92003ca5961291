"""What is packed, unpacked in memory: `.gz`, and archives (`.zip`, `.tar`, `.tar.gz`, `.tgz`) by the contract's word.

Nothing is written to a disk. What it would unfold to is counted before it is unfolded; an archive with a member that
is no plain file below its own root is refused whole, whichever members were asked for.
"""

import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import IO, Any

from ingest.contract import Archive
from ingest.decode.reading import MEGABYTE, UnreadableError

MOST_UNPACKED = 256 * MEGABYTE
FREELY_UNPACKED = 32 * MEGABYTE  # up to here nobody asks how closely it was packed
MOST_TIMES = 100  # as large as it was packed
MOST_MEMBERS = 100_000
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
_NESTED = (*ARCHIVES, ".gz", ".7z", ".rar", ".bz2", ".xz")
_STEP = 1 << 20
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, zlib.error, NotImplementedError, ValueError,
           RuntimeError, IndexError, KeyError, OverflowError, MemoryError, lzma.LZMAError, struct.error)  # fmt: skip


@dataclass(frozen=True)
class Member:
    """A file out of an archive, or the delivery itself."""

    name: str
    data: bytes


def is_archive(name: str) -> bool:
    return name.lower().endswith(ARCHIVES)


def is_zip(data: bytes) -> bool:
    return data.startswith(b"PK\x03\x04")


def plain_name(name: str) -> str:
    """The name that a format's `files` is held against: without the `.gz` of a single packed file."""
    return name[:-3] if name.lower().endswith(".gz") and not is_archive(name) else name


def unpack(name: str, data: bytes, archive: Archive, most: int = MOST_UNPACKED) -> list[Member]:
    """The files in a delivery, at most `most` bytes: the members that the contract chose, in the order of their names.

    Raises UnreadableError with the reason why none is taken.
    """
    small = name.lower()
    if small.endswith(".zip"):
        members = _unzip(data, archive, most)
    elif is_archive(name):
        plain = data if small.endswith(".tar") else gunzip(data, most)
        members = _untar(plain, archive)
    elif small.endswith(".gz"):
        return [Member(plain_name(name), gunzip(data, most))]
    else:
        return [Member(name, data)]
    if not members:
        raise UnreadableError("archive_without_member")
    if len(members) > 1 and archive.several == "refuse":
        raise UnreadableError("archive_with_several_members")
    return members


def gunzip(data: bytes, most: int = MOST_UNPACKED) -> bytes:
    """What a `.gz` holds; counted first, so that a bomb takes no memory. Raises UnreadableError."""
    bound = _bound(len(data), most)
    try:
        count = 0
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while part := stream.read(_STEP):
                count += len(part)
                if count > bound:
                    raise UnreadableError("unpacks_too_far")
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return _read(stream, count)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableError("unreadable_delivery") from error


def look_through(data: bytes, most: int = MOST_UNPACKED) -> int:
    """How many bytes a zip archive unfolds to. Raises UnreadableError: too many, or not those its directory says."""
    with _opened(data) as archive:
        members = _checked_sizes(archive, len(data), most)
        for member in members:
            with archive.open(member) as stream:
                while stream.read(_STEP):
                    pass
        return sum(member.file_size for member in members)


def _bound(packed: int, most: int) -> int:
    return min(most, max(FREELY_UNPACKED, packed * MOST_TIMES))


def _read(stream: IO[bytes] | gzip.GzipFile, size: int) -> bytes:
    """`size` bytes, held once."""
    whole = io.BytesIO()
    while whole.tell() < size and (part := stream.read(min(_STEP, size - whole.tell()))):
        whole.write(part)
    return whole.getvalue()


@contextmanager
def _opened(data: bytes) -> Iterator[zipfile.ZipFile]:
    """A zip archive; every way in which it can be broken is `unreadable_delivery`."""
    try:
        try:  # names that are not marked as UTF-8 were written by a Chinese desktop, or are plain
            archive = zipfile.ZipFile(io.BytesIO(data), metadata_encoding="gb18030")
        except UnicodeError:
            archive = zipfile.ZipFile(io.BytesIO(data))
        yield archive
    except _BROKEN as error:
        raise UnreadableError("unreadable_delivery") from error


def _checked_sizes(archive: zipfile.ZipFile, packed: int, most: int) -> list[zipfile.ZipInfo]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MOST_MEMBERS:
        raise UnreadableError("archive_with_several_members")
    if sum(member.file_size for member in members) > _bound(packed, most):
        raise UnreadableError("unpacks_too_far")
    return members


def _unzip(data: bytes, archive: Archive, most: int) -> list[Member]:
    with _opened(data) as opened:
        members = _checked_sizes(opened, len(data), most)
        for member in members:
            kind = stat.S_IFMT(member.external_attr >> 16) if member.create_system == 3 else 0
            if kind not in (0, stat.S_IFREG):
                raise UnreadableError("archive_with_special_member")
            if member.flag_bits & 0x1:
                raise UnreadableError("archive_is_locked")
        chosen = _chosen([(_readable(member.orig_filename), member) for member in members], archive)
        return [Member(name, _member(opened, member)) for name, member in chosen]


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as stream:
        data = _read(stream, member.file_size)
        stream.read(1)  # the end of a member is where its sum is checked
        return data


def _untar(data: bytes, archive: Archive) -> list[Member]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as opened:
            members = []
            for member in opened:
                if member.isdir():
                    _check_name(member.name)
                    continue
                if not member.isreg() or member.issparse():
                    raise UnreadableError("archive_with_special_member")
                members.append((_readable(member.name), member))
                if len(members) > MOST_MEMBERS:
                    raise UnreadableError("archive_with_several_members")
            return [Member(name, _extracted(opened, member)) for name, member in _chosen(members, archive)]
    except _BROKEN as error:
        raise UnreadableError("unreadable_delivery") from error


def _extracted(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    data = _read(stream, member.size) if stream else b""
    if len(data) != member.size:
        raise UnreadableError("unreadable_delivery")
    return data


def _chosen(members: Iterable[tuple[str, Any]], archive: Archive) -> Iterator[tuple[str, Any]]:
    """The members that the contract asks for, in the order of their names; all of them are looked at."""
    found: dict[str, Any] = {}
    for name, member in members:
        last = _check_name(name).name
        if last.startswith(".") or name.startswith("__MACOSX/"):
            continue  # what a desktop puts beside the files
        if not fnmatchcase(last, archive.members):
            continue
        if name in found:
            raise UnreadableError("archive_repeats_a_name")
        found[name] = member
    for name in sorted(found):
        if name.lower().endswith(_NESTED):
            raise UnreadableError("archive_in_archive")
    return iter(sorted(found.items()))


def _readable(name: str) -> str:
    """A name as text: bytes that are no UTF-8 were written by a Chinese desktop, or are nothing."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("gb18030", errors="replace")
    return name


def _check_name(name: str) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\0" in name or name[1:2] == ":":
        raise UnreadableError("archive_leads_outside")
    return path
