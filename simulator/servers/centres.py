"""All centres of the district, started together: folders, an SFTP server, two HTTP interfaces, a front-end database.

Whoever pulls from them finds addresses and logins in `environment`: connections as Airflow writes them
(AIRFLOW_CONN_<NAME>), the folders SANDBOX_DROPS and SANDBOX_RECEIPTS, and the clock ONEGRID_NOW.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, urlencode

import numpy as np

from simulator.faults import transport
from simulator.feeds.channel import Channel, Drop, Rest, Table
from simulator.ledger import Ledger
from simulator.plan import ZONE_HOURS, Plan
from simulator.servers import api
from simulator.servers.api import Interface
from simulator.servers.drops import Drops
from simulator.servers.front_database import FrontDatabase
from simulator.servers.resource import Resource
from simulator.servers.sftp import SftpServer
from simulator.servers.web import WebServer

STALL_SECONDS = 6.0  # longer than the read timeout of the sandbox's contracts


class Centres:
    """A context manager: inside it the centres are up. They tell all up to `clock`, a second of the world."""

    def __init__(
        self,
        plan: Plan,
        ledgers: Mapping[str, Ledger],
        channels: Mapping[str, Channel],
        root: Path,
        clock: int = -1,
        database_url: str = "",
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        """Inputs: a ledger and a channel a feed; an empty folder; the URL of a database to use in place of SQLite."""
        self.receipts = root / "receipts"
        self.receipts.mkdir(parents=True, exist_ok=True)
        password = secrets.token_hex(16)
        drops = {f: (c, ledgers[f]) for f, c in channels.items() if isinstance(c, Drop)}
        tables = {f: (c, ledgers[f]) for f, c in channels.items() if isinstance(c, Table)}
        self._drops = Drops(plan, drops, root / "drops", root / "sftp")
        self._sftp = SftpServer(root / "sftp", "district", password)
        database = database_url or f"sqlite:///{root.resolve() / 'front.db'}"
        self._database = FrontDatabase(database, tables)
        self.interfaces = {
            name: _interface(plan, name, ledgers, channels, password, stall_seconds) for name in ("police", "hotline")
        }
        self._servers = {
            "police": WebServer(api.police(self.interfaces["police"])),
            "hotline": WebServer(api.hotline(self.interfaces["hotline"])),
        }
        sftp = f"sftp://district:{password}@127.0.0.1:{self._sftp.port}?" + urlencode({"host_key": self._sftp.host_key})
        self._environment = {
            "SANDBOX_DROPS": str(root.resolve() / "drops"),
            "SANDBOX_RECEIPTS": str(self.receipts.resolve()),
            "AIRFLOW_CONN_WATER_SFTP": sftp,
            "AIRFLOW_CONN_GAS_SFTP": sftp,
            "AIRFLOW_CONN_CITY_FRONT": _connection(database),
            **{
                f"AIRFLOW_CONN_{name.upper()}_API": f"http://district:{password}@127.0.0.1:{server.port}"
                for name, server in self._servers.items()
            },
        }
        self._plan, self._clock = plan, clock

    @property
    def environment(self) -> dict[str, str]:
        """Variables for whoever pulls; ONEGRID_NOW is the moment up to which everything is told, as its clock."""
        now = self._plan.start + np.timedelta64(max(self._clock, 0), "s") - np.timedelta64(ZONE_HOURS, "h")
        return {**self._environment, "ONEGRID_NOW": f"{now}+00:00"}

    @property
    def clock(self) -> int:
        """Second of the world's clock up to which everything is told."""
        return self._clock

    @clock.setter
    def clock(self, now: int) -> None:
        if now < self._clock:
            raise ValueError("what was told can't be taken back")
        self._drops.move(now)
        self._database.move(now)
        for interface in self.interfaces.values():
            for resource in interface.resources.values():
                resource.move(now)
        self._clock = now

    def __enter__(self) -> Centres:
        self.clock = self._clock
        self._sftp.start()
        for server in self._servers.values():
            server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers.values():
            server.stop()
        self._sftp.stop()
        self._database.close()


def _interface(
    plan: Plan,
    name: str,
    ledgers: Mapping[str, Ledger],
    channels: Mapping[str, Channel],
    password: str,
    stall_seconds: float,
) -> Interface:
    own = {feed: channel for feed, channel in channels.items() if isinstance(channel, Rest) and channel.api == name}
    return Interface(
        resources={channel.path: Resource(channel, ledgers[feed]) for feed, channel in own.items()},
        transports={channel.path: transport(plan, feed) for feed, channel in own.items()},
        login="district",
        password=password,
        stall_seconds=stall_seconds,
    )


def _connection(url: str) -> str:
    """A database URL as an Airflow connection's URI: a file's path is its schema, with its slashes escaped."""
    scheme, _, rest = url.partition("://")
    return f"sqlite:///{quote(rest.removeprefix('/'), safe='')}" if scheme == "sqlite" else url
