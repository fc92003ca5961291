"""One machine's Airflow: its folder, its settings, its processes.

SQLite metadata, LocalExecutor, three processes bound to loopback only. The settings travel as environment
variables, so that nothing in the operator's own AIRFLOW_HOME or airflow.cfg has a say. All secrets are made
here and stay in `<home>/airflow`, readable by the owner alone.
"""

import fcntl
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import psutil  # type: ignore[import-untyped]

from ingest.connections import PREFIX as CONNECTIONS
from ingest.errors import OnegridError
from onegrid.networks import REPOSITORY

log = logging.getLogger(__name__)

USER = "admin"
COMPONENTS = ("api-server", "scheduler", "dag-processor")
# Imported once, by the process that tasks are forked from; only what starts no thread when it is imported.
# Great Expectations alone would cost every gate task three to five seconds. What these start (the threads of Delta
# and DuckDB) starts at their first use, which is inside a task.
PRELOAD = (
    "airflow.executors.local_executor",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.dag_processing.dagbag",
    "airflow.dag_processing.bundles.manager",
    "airflow.providers.standard.decorators.python",
    "great_expectations",
    "pandas",
    "onegrid.workflow",
    "expectations.gate",
)


class AirflowStartError(OnegridError):
    """Airflow could not be started, or one of its processes ended by itself."""


@dataclass(frozen=True)
class Credentials:
    """What this Airflow's processes share, and the password of its one user."""

    fernet_key: str
    jwt_secret: str
    secret_key: str
    password: str


class EmbeddedAirflow:
    """Airflow of one home, as a context: entering starts it, leaving stops every process that it started.

    `timetable` False takes the ingest DAGs off their schedules: they run when asked.
    Raises AirflowStartError when the same home is served already or a process does not come up.
    """

    def __init__(self, city: Path, home: Path, *, timetable: bool, port: int | None = None) -> None:
        self.folder = home.resolve() / "airflow"
        self.logs = self.folder / "logs"
        self.port = _free_port(port)
        self.url = f"http://127.0.0.1:{self.port}"
        self._city = city.resolve()
        self._home = home.resolve()
        self._timetable = timetable
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lock: IO[str] | None = None

    @property
    def password(self) -> str:
        return _credentials(self.folder).password

    @property
    def password_file(self) -> Path:
        return _password_file(self.folder)

    def __enter__(self) -> "EmbeddedAirflow":
        (self.folder / "components").mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            environment = self.environment()
            self._migrate(environment)
            for component in COMPONENTS:
                self._start(component, environment)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def check_alive(self) -> None:
        """Raises AirflowStartError with the last words of a process that ended by itself."""
        for component, process in self._processes.items():
            if process.poll() is not None:
                raise AirflowStartError(
                    f"Airflow's {component} ended with code {process.returncode}. Its last lines, "
                    f"from {self._component_log(component)}:\n{_tail(self._component_log(component))}"
                )

    def stop(self) -> None:
        """End the processes this object started and all their children, politely and then firmly.

        A task that is cut off by it has lost nothing: what it had not committed, its next run does again.
        """
        mine: list[psutil.Process] = []
        for process in self._processes.values():
            try:
                parent = psutil.Process(process.pid)
                mine += [parent, *parent.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs(mine, timeout=3)
        for child in alive:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(alive, timeout=5)
        for process in self._processes.values():
            process.wait()
        self._processes.clear()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        """One Airflow a home. Its processes inherit the lock: one that outlived its parent still holds it.

        What a killed starter left behind is ended here; a live starter is respected.
        """
        lock = (self.folder / "lock").open("a+")
        if not _locked(lock):
            lock.seek(0)
            starter = lock.read().partition(" ")[0]
            if not starter.isdigit() or psutil.pid_exists(int(starter)):
                lock.close()
                raise AirflowStartError(
                    f"an Airflow of {self._home} is running already (process {starter or 'unknown'}): "
                    "wait for it, end it, or give another --home"
                )
            self._end_orphans(int(starter))
            if not _locked(lock):
                lock.close()
                raise AirflowStartError(f"another run of {self._home} was faster: wait for it, or give another --home")
        lock.truncate(0)
        lock.write(f"{os.getpid()}")
        lock.flush()
        self._lock = lock

    def _end_orphans(self, starter: int) -> None:
        """End the processes that carry this AIRFLOW_HOME: nothing but an Airflow of this home does."""
        orphans = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("AIRFLOW_HOME") == str(self.folder) and process.pid != os.getpid():
                    orphans.append(process)
            except psutil.Error:
                continue
        log.warning("process %s was killed; %s processes of its Airflow are ended now", starter, len(orphans))
        for process in orphans:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(orphans, timeout=10)

    def _migrate(self, environment: dict[str, str]) -> None:
        """Make or upgrade the metadata database; skipped when this version of Airflow did it before."""
        from importlib.metadata import version

        done = self.folder / "migrated"
        wanted = version("apache-airflow")
        if done.is_file() and (self.folder / "airflow.db").is_file() and done.read_text() == wanted:
            return
        path = self._component_log("db-migrate")
        with path.open("ab") as out:
            code = subprocess.run(
                _airflow("db", "migrate"), env=environment, stdout=out, stderr=subprocess.STDOUT, check=False
            ).returncode
        if code:
            raise AirflowStartError(
                f"Airflow's database {self.folder / 'airflow.db'} could not be made (code {code}); "
                f"move it away to begin anew. Last lines:\n{_tail(path)}"
            )
        done.write_text(wanted)

    def _start(self, component: str, environment: dict[str, str]) -> None:
        arguments = {
            "api-server": ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"],
            "scheduler": ["--skip-serve-logs"],  # logs lie on this disk; its server would listen on every address
            "dag-processor": [],
        }[component]
        assert self._lock is not None
        with self._component_log(component).open("ab") as out:
            self._processes[component] = subprocess.Popen(
                _airflow(component, *arguments),
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone: we end them in order
                pass_fds=(self._lock.fileno(),),
            )
        self._lock.write(f" {self._processes[component].pid}")
        self._lock.flush()

    def _component_log(self, component: str) -> Path:
        return self.folder / "components" / f"{component}.log"

    def environment(self) -> dict[str, str]:
        """What its processes see: our environment, of the operator's AIRFLOW… only connections, and the settings."""
        made = _credentials(self.folder)
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("AIRFLOW") or name.startswith(CONNECTIONS)
        }
        settings = {
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": str(max(2, min(os.cpu_count() or 2, 8))),
            "CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__DEFAULT_TASK_RETRY_DELAY": "300" if self._timetable else "2",
            "CORE__FERNET_KEY": made.fernet_key,
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_password_file(self.folder)),
            "API__BASE_URL": self.url,
            "API__HOST": "127.0.0.1",
            "API__PORT": str(self.port),
            "API__SECRET_KEY": made.secret_key,
            "API_AUTH__JWT_SECRET": made.jwt_secret,
            "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.folder / 'airflow.db'}",
            "LOGGING__BASE_LOG_FOLDER": str(self.logs),
            "LOGGING__COLORED_CONSOLE_LOG": "False",
            "LOGGING__NAMESPACE_LEVELS": "great_expectations=WARNING",
            "DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60" if self._timetable else "3600",
            "SCHEDULER__MP_START_METHOD": "forkserver",
            "SCHEDULER__MP_FORKSERVER_PRELOAD": ",".join(PRELOAD),
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "1" if self._timetable else "0.2",
            # Also how long a supervisor may oversee that its task has ended.
            "WORKERS__MIN_HEARTBEAT_INTERVAL": "5" if self._timetable else "1",
        }
        return {
            **inherited,
            **{f"AIRFLOW__{name}": value for name, value in settings.items()},
            "AIRFLOW_HOME": str(self.folder),
            "ONEGRID_CITY": str(self._city),
            "ONEGRID_HOME": str(self._home),
            "ONEGRID_TIMETABLE": "on" if self._timetable else "off",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "PYTHONUNBUFFERED": "1",
        }


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _airflow(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *arguments]


def _free_port(wanted: int | None) -> int:
    """The wanted port where it is free, else one that the system gives."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError:
            return _free_port(None)
        return int(probe.getsockname()[1])


def _password_file(folder: Path) -> Path:
    return folder / "simple_auth_manager_passwords.json"


def _credentials(folder: Path) -> Credentials:
    """The secrets of this home, made on first use; files of mode 0600."""
    path = folder / "secrets.json"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        made = Credentials(
            fernet_key=urlsafe_b64encode(os.urandom(32)).decode(),
            jwt_secret=secrets.token_urlsafe(48),
            secret_key=secrets.token_urlsafe(48),
            password=secrets.token_urlsafe(12),
        )
        _write_private(path, json.dumps(vars(made)))
    kept = Credentials(**json.loads(path.read_text()))
    _write_private(_password_file(folder), json.dumps({USER: kept.password}))
    return kept


def _write_private(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


def _tail(path: Path, lines: int = 20) -> str:
    if not path.is_file():
        return "(nothing was logged)"
    return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:])
