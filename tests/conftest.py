"""What every test stands on: loopback only, keys of its own, and no test skipped without a word."""

import base64
import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.town import make_town, town

__all__ = ["make_town", "town"]  # fixtures for every folder

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA_ABSENT = "shared data absent"


@pytest.fixture(scope="session", autouse=True)
def _keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A key pair of the session, so that no test makes a development pair on the machine."""
    names = ("ONEGRID_VAULT_KEY", "ONEGRID_TOKEN_KEY", "XDG_CONFIG_HOME")
    before = {name: os.environ.get(name) for name in names}
    os.environ["ONEGRID_VAULT_KEY"] = base64.b64encode(b"v" * 32).decode()
    os.environ["ONEGRID_TOKEN_KEY"] = base64.b64encode(b"t" * 32).decode()
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))
    yield
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """A test that reaches for any address but loopback fails at once."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host.split("%", maxsplit=1)[0]).is_loopback:
                raise AssertionError(f"a test reached for {host}: only loopback is contacted")
        return connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real feeds; the test is skipped, with a clear word, where it is absent."""
    folder = Path(os.environ.get("ONEGRID_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"{SHARED_DATA_ABSENT}: the real feeds are not in this checkout's neighbourhood")
    return folder


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Name every skip and its reason; in CI any but the absent real feeds turns the run red."""
    skips = terminalreporter.stats.get("skipped", [])
    wrong = [skip for skip in skips if SHARED_DATA_ABSENT not in str(skip.longrepr)]
    terminalreporter.write_line(
        f"skipped: {len(skips)}, of them for another reason than absent real feeds: {len(wrong)}"
    )
    if wrong and os.environ.get("ONEGRID_NO_SKIPS"):
        for skip in wrong:
            terminalreporter.write_line(f"not allowed here: {skip.nodeid}: {skip.longrepr}", red=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("ONEGRID_NO_SKIPS") or exitstatus != 0:
        return
    skips = reporter.stats.get("skipped", [])
    if any(SHARED_DATA_ABSENT not in str(skip.longrepr) for skip in skips):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
