"""Files on an SFTP server: the way of all files, over one connection a pull, to a host whose key is known."""

import base64
import io
import logging
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath

import paramiko

from ingest.connections import Connection, connection
from ingest.connectors import Ask
from ingest.connectors.files import Entry
from ingest.connectors.files import deliveries as deliveries_of_folder
from ingest.errors import SourceError
from ingest.sources import SftpSource
from ingest.vault import Delivery

CONNECT_SECONDS = 15.0
READ_SECONDS = 60.0
MOST_FILES = 200_000
REFUSED = "Failure"  # the server's one word for all that went wrong on its side
_LOST = (OSError, EOFError, paramiko.SSHException)


def deliveries(ask: Ask) -> Iterator[Delivery]:
    """What is new on the server. Raises SourceError where it can't be reached, is not the known host, or refuses us."""
    source = ask.contract.source
    assert isinstance(source, SftpSource)  # the dispatch by kind brought us here
    feed = ask.contract.feed
    try:
        with session(connection(source.connection)) as client:
            yield from deliveries_of_folder(ask, RemoteFolder(client, source.path))
    except SourceError as error:
        text = str(error)
        raise error if text.startswith("feed ") else SourceError(f"feed {feed}: {text}") from None


@contextmanager
def session(known: Connection) -> Iterator[paramiko.SFTPClient]:
    """An SFTP session. The connection's extra holds `host_key` ("<type> <base64>") and may hold `private_key` (PEM)."""
    where = f"{known.host}:{known.port or 22}"
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it logs names and banners
    client = paramiko.SSHClient()
    client.get_host_keys().add(_host_name(known), *_host_key(known))
    client.set_missing_host_key_policy(_RefuseOthers())
    try:
        client.connect(
            known.host,
            known.port or 22,
            username=known.login,
            password=known.password or None,
            pkey=_private_key(known),
            timeout=CONNECT_SECONDS,
            banner_timeout=CONNECT_SECONDS,
            auth_timeout=CONNECT_SECONDS,
            allow_agent=False,
            look_for_keys=False,
        )
        sftp = client.open_sftp()
        channel = sftp.get_channel()
        if channel is not None:
            channel.settimeout(READ_SECONDS)
    except (paramiko.BadHostKeyException, _OtherKeyError):
        client.close()
        raise SourceError(
            f"{where} shows another host key than the connection {known.name!r} knows; nothing was sent there. "
            f"If the centre changed its server, put the new key into the extra host_key of {known.variable}"
        ) from None
    except paramiko.AuthenticationException:
        client.close()
        raise SourceError(f"{where} refuses the credentials; mend the connection {known.name!r}") from None
    except _LOST as error:
        client.close()
        kind = type(error).__name__
        raise SourceError(f"{where} can't be reached over SFTP ({kind}); the next pull asks again") from None
    try:
        yield sftp
    finally:
        with suppress(*_LOST):
            client.close()


class _OtherKeyError(Exception):
    """The server has no key of the kind that is known of it."""


class _RefuseOthers(paramiko.MissingHostKeyPolicy):
    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        raise _OtherKeyError


def _host_name(known: Connection) -> str:
    return known.host if (known.port or 22) == 22 else f"[{known.host}]:{known.port}"


def _host_key(known: Connection) -> tuple[str, paramiko.PKey]:
    told = str(known.extra.get("host_key", "")).split()
    if len(told) < 2:
        raise SourceError(
            f"the connection {known.name!r} knows no host key; ask the centre for it and put '<type> <base64>' "
            f"into the extra host_key of {known.variable}"
        )
    try:
        return told[0], paramiko.PKey.from_type_string(told[0], base64.b64decode(told[1]))
    except Exception:
        where = f"the host_key of the connection {known.name!r}"
        raise SourceError(f"{where} is no public key; mend {known.variable}") from None


def _private_key(known: Connection) -> paramiko.PKey | None:
    text = known.extra.get("private_key")
    if not text:
        return None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with suppress(paramiko.SSHException, ValueError):
            return kind.from_private_key(io.StringIO(str(text)), password=known.extra.get("private_key_passphrase"))
    raise SourceError(f"the private_key of the connection {known.name!r} can't be read; mend {known.variable}")


class RemoteFolder:
    """A folder on the server."""

    def __init__(self, client: paramiko.SFTPClient, path: str) -> None:
        self._client, self._path = client, PurePosixPath(path)

    def entries(self) -> Iterator[Entry]:
        """All files below the folder. Raises SourceError where there is none, or more of them than can be right."""
        folders, count = [PurePosixPath()], 0
        while folders:
            below = folders.pop()
            try:
                found = self._client.listdir_attr(str(self._path / below))
            except FileNotFoundError:
                raise SourceError(f"the folder {self._path} does not exist on the server; mend source.path") from None
            except PermissionError:
                place = self._path / below
                raise SourceError(f"the server does not let {place} be listed; ask the centre for the right") from None
            except _LOST as error:
                raise _broke(error) from None
            for one in found:
                mode, name = one.st_mode or 0, below / one.filename
                if stat.S_ISDIR(mode):
                    folders.append(name)
                elif stat.S_ISREG(mode):
                    count += 1
                    if count > MOST_FILES:
                        raise SourceError(f"{self._path} holds more than {MOST_FILES} files; have old ones moved away")
                    yield Entry(str(name), one.st_size or 0, float(one.st_mtime or 0))

    def is_busy(self, entry: Entry) -> bool:
        """Nobody tells over SFTP: the settling time, the marker and the passing names decide."""
        return False

    def read(self, entry: Entry, most: int) -> bytes | None:
        """The bytes; None where size or time of change moved meanwhile. Raises PermissionError where we may not."""
        path = str(self._path / entry.name)
        try:
            with self._client.open(path, "rb") as file:
                file.prefetch(entry.size)
                data = file.read(most + 1)
            after = self._client.stat(path)
        except FileNotFoundError:
            return None
        except PermissionError:
            raise
        except _LOST as error:
            raise _broke(error) from None
        same = len(data) == entry.size == after.st_size and float(after.st_mtime or 0) == entry.changed
        return bytes(data) if same else None

    def move(self, entry: Entry, to: str) -> None:
        """Rename into another folder of the server; a name that is taken there gets a number."""
        folder, name = PurePosixPath(to), PurePosixPath(entry.name)
        try:
            self._make(folder / name.parent)
            target, number = folder / name, 1
            while self._exists(str(target)):
                number += 1
                target = folder / name.with_name(f"{name.name}.{number}")
            self._client.rename(str(self._path / entry.name), str(target))
        except PermissionError:
            raise SourceError(f"the server does not let {entry.name} go to {to}; mend source.archive_to") from None
        except _LOST as error:
            if str(error) == REFUSED:
                raise SourceError(f"the server can't move {entry.name} to {to}; is it on the same disk?") from None
            raise _broke(error) from None

    def _make(self, folder: PurePosixPath) -> None:
        for part in [*reversed(folder.parents), folder]:
            if str(part) not in ("/", ".") and not self._exists(str(part)):
                self._client.mkdir(str(part))

    def _exists(self, path: str) -> bool:
        try:
            self._client.stat(path)
        except FileNotFoundError:
            return False
        return True


def put(client: paramiko.SFTPClient, folder: str, name: str, data: bytes) -> None:
    """Write a file of the server whole or not at all: under a name that is no delivery yet, then renamed.

    Raises SourceError where the folder is missing, the server refuses, or the connection breaks.
    """
    target, beside = PurePosixPath(folder) / name, PurePosixPath(folder) / f".{name}.tmp"
    try:
        with client.open(str(beside), "wb") as file:
            file.write(data)
        client.posix_rename(str(beside), str(target))
    except FileNotFoundError:
        raise SourceError(f"there is no folder {folder} on the server; create it or mend receipt.path") from None
    except PermissionError:
        raise SourceError(f"the server does not let us write to {folder}; ask the centre for the right") from None
    except _LOST as error:
        if str(error) == REFUSED:
            raise SourceError(f"the server could not write a file to {folder}; is its disk full?") from None
        raise _broke(error) from None


def _broke(error: BaseException) -> SourceError:
    return SourceError(f"the SFTP connection broke ({type(error).__name__}); the next pull asks again")
