"""Real servers for tests: PostgreSQL, MariaDB and OpenSSH on free ports of loopback, each in a folder of its own.

Nothing of a server that the machine itself runs is touched. Started by root they run as `daemon`, since PostgreSQL and
MariaDB refuse root; else as the user of the tests. Each is stopped by the process id that it was started with.
"""

import io
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import paramiko
import pytest
import sqlalchemy as sa

READY_SECONDS = 60.0
UNPRIVILEGED = "daemon"  # of every Debian; not nobody, whom OpenSSH takes to be locked where systemd names the users
LOGIN, PASSWORD = "front_reader", "geheim-4711/%@"


def _program(name: str, package: str) -> str:
    """The path of a program; the test is skipped, with a clear word, where it is absent."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *map(str, places)])
    found = shutil.which(name, path=path)
    if found is None:
        pytest.skip(f"{package} is not installed")
    return found


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Server:
    """A server's process, its folder and port. `start` waits until it answers; `kill` is a crash, `stop` an end."""

    name: str
    folder: Path
    command: list[str] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def _as(self) -> dict[str, Any]:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        common: dict[str, Any] = {"cwd": self.folder, "env": environment, "stdin": subprocess.DEVNULL}
        if os.geteuid() != 0:
            return common
        return {**common, "user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": []}

    def prepare(self, *command: str) -> None:
        """Run a command that must succeed, as the server's own user."""
        done = subprocess.run(
            command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **self._as
        )
        assert done.returncode == 0, f"{command[0]}: {done.stdout}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        until = time.monotonic() + READY_SECONDS
        self._launch()
        while not self.answers():
            assert time.monotonic() < until, f"{self.name} does not answer: {self._told()}"
            if self.process is not None and self.process.poll() is not None:
                time.sleep(0.3)  # what a killed server left may still be going away
                self._launch()
            time.sleep(0.05)

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, **self._as)

    def answers(self) -> bool:
        """Whether it lets us in."""
        raise NotImplementedError

    def kill(self) -> None:
        """End it at once, as a crash does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=READY_SECONDS)

    def stop(self) -> None:
        """End it in good order."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT if self.name == "PostgreSQL" else signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()

    def _told(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:] if self.log.exists() else "no log"


@dataclass
class DatabaseServer(Server):
    """A database server with one database and one login."""

    driver: str = ""
    database: str = ""

    @property
    def url(self) -> sa.URL:
        """The SQLAlchemy URL, password and all."""
        return sa.URL.create(self.driver, LOGIN, PASSWORD, "127.0.0.1", self.port, self.database)

    def answers(self) -> bool:
        engine = sa.create_engine(self.url, poolclass=sa.pool.NullPool)
        try:
            with engine.connect() as connection:
                return bool(connection.execute(sa.text("select 1")).scalar() == 1)
        except sa.exc.OperationalError:
            return False
        finally:
            engine.dispose()


@dataclass
class SshServer(Server):
    """OpenSSH with its own host key and SFTP alone, for one user with one key, over one folder.

    `host_key` is what a client must know (type and base64), `private_key` the PEM text of the login's key, `files` the
    folder that is worked in: a path of the server that is a path of this machine too.
    """

    login: str = ""
    host_key: str = ""
    private_key: str = ""

    @property
    def files(self) -> Path:
        return self.folder / "files"

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def sessions(self) -> list[int]:
        """Process ids below the listening one: those of the sessions."""
        assert self.process is not None
        parents = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                told = status.read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue  # it ended meanwhile
            parents[int(status.parent.name)] = int(told.rpartition(")")[2].split()[1])
        found = [self.process.pid]
        for parent in found:
            found += [one for one, its in parents.items() if its == parent]
        return found[1:]

    def kill_sessions(self) -> None:
        """End every session's process at once; the server goes on listening."""
        for one in self.sessions():
            os.kill(one, signal.SIGKILL)


class Relay:
    """A port of loopback that hands everything on to another, and does something once `after` bytes have come back."""

    def __init__(self, port: int, after: int, then: Callable[[], None]) -> None:
        self._to, self._after, self._then = port, after, then
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []

    def __enter__(self) -> "Relay":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for one in [self._listener, *self._open]:
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            self._open += [client, server]
            threading.Thread(target=self._hand_on, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._hand_on, args=(server, client, True), daemon=True).start()

    def _hand_on(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        passed, done = 0, False
        try:
            while data := source.recv(65536):
                passed += len(data)
                if counts and not done and passed >= self._after:
                    done = True
                    self._then()
                target.sendall(data)
        except OSError:
            pass  # either side has hung up
        finally:
            with suppress(OSError):
                target.shutdown(socket.SHUT_RDWR)


def _folder(name: str) -> Path:
    """A new folder that the server's user owns; outside of pytest's own, which nobody else may enter."""
    folder = Path(tempfile.mkdtemp(prefix=f"onegrid-{name}-"))
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o755)
    return folder


Started = TypeVar("Started", bound=Server)


@contextmanager
def _running(server: Started) -> Iterator[Started]:
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[DatabaseServer]:
    """PostgreSQL in UTF-8 whose own clock stands in Shanghai."""
    initdb, postgres = _program("initdb", "PostgreSQL"), _program("postgres", "PostgreSQL")
    server = DatabaseServer("PostgreSQL", _folder("postgresql"), driver="postgresql+psycopg2", database="postgres")
    data, secret = server.folder / "data", server.folder / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    rights = ("-U", LOGIN, "-A", "scram-sha-256", f"--pwfile={secret}")
    server.prepare(initdb, "-D", str(data), *rights, "-E", "UTF8", "--locale=C", "--no-sync")
    settings = {
        "listen_addresses": "127.0.0.1", "port": server.port, "unix_socket_directories": server.folder,
        "fsync": "off", "shared_buffers": "16MB", "timezone": "Asia/Shanghai", "max_connections": 20,
    }  # fmt: skip
    server.command = [postgres, "-D", str(data), *(f"--{name}={value}" for name, value in settings.items())]
    with _running(server):
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[DatabaseServer]:
    """MariaDB in utf8mb4 whose own clock stands in Shanghai."""
    install, mariadbd = _program("mariadb-install-db", "MariaDB"), _program("mariadbd", "MariaDB")
    server = DatabaseServer("MariaDB", _folder("mariadb"), driver="mysql+pymysql", database="front")
    data, first = server.folder / "data", server.folder / "first.sql"
    server.prepare(install, "--no-defaults", f"--datadir={data}", "--skip-test-db", "--skip-log-bin")
    first.write_text(
        f"create database if not exists front character set utf8mb4;\n"
        f"create user if not exists '{LOGIN}'@'127.0.0.1' identified by '{PASSWORD}';\n"
        f"grant all on *.* to '{LOGIN}'@'127.0.0.1';\n",
        encoding="utf-8",
    )
    settings = {
        "datadir": data, "port": server.port, "bind-address": "127.0.0.1", "socket": server.folder / "socket",
        "pid-file": server.folder / "pid", "init-file": first, "innodb-buffer-pool-size": "32M",
        "innodb-flush-log-at-trx-commit": 2, "default-time-zone": "+08:00", "skip-name-resolve": 1,
    }  # fmt: skip
    server.command = [mariadbd, "--no-defaults", *(f"--{name}={value}" for name, value in settings.items())]
    with _running(server):
        yield server


@pytest.fixture(scope="session")
def openssh() -> Iterator[SshServer]:
    """OpenSSH on a port of its own: no password, no shell, files alone."""
    sshd = _program("sshd", "OpenSSH")
    with _running(ssh_server(sshd)) as server:
        yield server


def ssh_server(sshd: str) -> SshServer:
    """An OpenSSH server that is not started yet. `sshd`: path of the program."""
    server = SshServer("OpenSSH", _folder("openssh"))
    server.login = UNPRIVILEGED if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    server.files.mkdir()
    server.files.chmod(0o777)
    host, login = paramiko.RSAKey.generate(2048), paramiko.ECDSAKey.generate()
    server.host_key = f"{host.get_name()} {host.get_base64()}"
    told = io.StringIO()
    login.write_private_key(told)
    server.private_key = told.getvalue()
    host.write_private_key_file(str(server.folder / "host_key"))
    keys = server.folder / "authorized_keys"
    keys.write_text(f"{login.get_name()} {login.get_base64()}\n", encoding="utf-8")
    settings = server.folder / "sshd_config"
    settings.write_text(
        f"""
        ListenAddress 127.0.0.1
        Port {server.port}
        HostKey {server.folder}/host_key
        AuthorizedKeysFile {keys}
        PidFile none
        StrictModes no
        UsePAM no
        PasswordAuthentication no
        MaxStartups 100
        Subsystem sftp internal-sftp
        ForceCommand internal-sftp
        """,
        encoding="utf-8",
    )
    if os.geteuid() == 0:
        os.chown(server.folder / "host_key", pwd.getpwnam(UNPRIVILEGED).pw_uid, -1)
    server.command = [sshd, "-D", "-e", "-f", str(settings)]
    return server
