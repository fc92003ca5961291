"""A small SFTP server over one folder, for one user; a client may read what lies there and put files below `in/`."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path, PurePosixPath

import paramiko

WRITABLE = "in"


class SftpServer:
    """Listens on a free port of loopback from `start` to `stop`. `host_key`: for clients to check, type and base64."""

    def __init__(self, folder: Path, login: str, password: str) -> None:
        self._folder, self._login, self._password = folder.resolve(), login, password
        (self._folder / WRITABLE).mkdir(parents=True, exist_ok=True)
        self._key = paramiko.ECDSAKey.generate()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.host_key = f"{self._key.get_name()} {self._key.get_base64()}"
        self._transports: list[paramiko.Transport] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up on everyone."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=10)
        for transport in self._transports:
            transport.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(self._key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, self._folder)
            try:
                transport.start_server(server=_Gate(self._login, self._password))
            except (paramiko.SSHException, EOFError):
                transport.close()
                continue
            self._transports = [one for one in self._transports if one.is_active()] + [transport]


class _Gate(paramiko.ServerInterface):
    def __init__(self, login: str, password: str) -> None:
        self._login, self._password = login, password

    def check_auth_password(self, username: str, password: str) -> int:
        right = (username, password) == (self._login, self._password)
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class _Files(paramiko.SFTPServerInterface):
    """The folder as `/`. Paths that would lead out of it do not exist."""

    def __init__(self, server: paramiko.ServerInterface, folder: Path) -> None:
        super().__init__(server)
        self._folder = folder

    def _real(self, path: str) -> Path:
        told = PurePosixPath(self.canonicalize(path))
        return self._folder.joinpath(*told.parts[1:])

    def _may_write(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._folder / WRITABLE)

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        real = self._real(path)
        if not real.is_dir():
            return paramiko.SFTP_NO_SUCH_FILE
        return [paramiko.SFTPAttributes.from_stat(one.stat(), one.name) for one in sorted(real.iterdir())]

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        real = self._real(path)
        return (
            paramiko.SFTPAttributes.from_stat(real.stat(), real.name) if real.exists() else paramiko.SFTP_NO_SUCH_FILE
        )

    lstat = stat

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        real = self._real(path)
        writes = bool(flags & (os.O_WRONLY | os.O_RDWR))
        if writes and not self._may_write(real):
            return paramiko.SFTP_PERMISSION_DENIED
        if not writes and not real.is_file():
            return paramiko.SFTP_NO_SUCH_FILE
        file = real.open("wb" if writes else "rb")
        handle = paramiko.SFTPHandle(flags)
        if writes:
            handle.writefile = file
        else:
            handle.readfile = file
        return handle

    def rename(self, oldpath: str, newpath: str) -> int:
        old, new = self._real(oldpath), self._real(newpath)
        if not (self._may_write(old) and self._may_write(new)):
            return paramiko.SFTP_PERMISSION_DENIED
        if new.exists():
            return paramiko.SFTP_FAILURE
        old.rename(new)
        return paramiko.SFTP_OK

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        old, new = self._real(oldpath), self._real(newpath)
        if not (self._may_write(old) and self._may_write(new)):
            return paramiko.SFTP_PERMISSION_DENIED
        old.replace(new)
        return paramiko.SFTP_OK
