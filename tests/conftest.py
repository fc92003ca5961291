"""What every test stands on: loopback only, keys of its own, and no test skipped without a word."""

import base64
import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.figures import FIGURES
from tests.servers import mariadb, openssh, postgresql
from tests.town import make_town, town

__all__ = ["make_town", "mariadb", "openssh", "postgresql", "town"]  # fixtures for every folder

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


class ByFile(LoadScopeScheduling):
    """What a file has set up is not set up again by another worker; files that share a warehouse count as one.

    (`--dist loadgroup` of pytest-xdist 3.8 groups nothing under pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return "warehouse" if path.startswith("tests/warehouse/") else path


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes name no test: a compressed file carries the second in which it was made, and two workers must agree."""
    return argname if isinstance(val, bytes) else None


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """The scheduler of `-n`; files go out in the order of their names."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """The table of the real feeds and the fate of their defects; every skip and its reason, which CI may refuse."""
    if FIGURES:
        terminalreporter.section("real feeds")
        terminalreporter.write_line(
            f"{'feed':34} {'deliv.':>6} {'fetched':>8} {'recorded':>8} {'dupl.':>6} {'rej.':>6} {'events':>8} "
            f"{'seconds':>7}  rejections and warnings"
        )
        for line in sorted(set(FIGURES)):
            terminalreporter.write_line(line)
        terminalreporter.write_line("what became of their defects:")
        for outcome in ("passed", "failed"):
            for report in terminalreporter.stats.get(outcome, []):
                if report.when == "call" and report.nodeid.startswith("tests/real/"):
                    place, _, name = report.nodeid.removeprefix("tests/real/test_").partition(".py::test_")
                    terminalreporter.write_line(f"  {outcome:6} {place}: {name.replace('_', ' ')}")
    skips = terminalreporter.stats.get("skipped", [])
    wrong = [skip for skip in skips if SHARED_DATA_ABSENT not in str(skip.longrepr)]
    terminalreporter.write_line(f"skipped: {len(skips)}, for another reason than absent real feeds: {len(wrong)}")
    if wrong and os.environ.get("ONEGRID_NO_SKIPS"):
        for skip in wrong:
            terminalreporter.write_line(f"not allowed here: {skip.nodeid}: {skip.longrepr}", red=True)


def pytest_testnodedown(node: Any, error: Any) -> None:
    """A worker is done: take over the lines that its tests left."""
    FIGURES.extend(getattr(node, "workeroutput", {}).get("figures", []))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = FIGURES
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("ONEGRID_NO_SKIPS") or exitstatus != 0:
        return
    skips = reporter.stats.get("skipped", [])
    if any(SHARED_DATA_ABSENT not in str(skip.longrepr) for skip in skips):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
