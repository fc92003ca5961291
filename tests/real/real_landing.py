"""A city of real feeds, pulled and landed for the tests, and the table of figures that they print."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ingest.city import City
from ingest.home import Home
from ingest.log import Log, file_list, session
from onegrid.workflow import GateReport, LandReport, PullReport, build, gate_landings, land, pull
from tests.figures import FIGURES

ROOT = Path(__file__).parents[2]


@dataclass
class Landed:
    """A city whose feeds were pulled and landed; `rows` asks the log (views event, rejection, receipt; times UTC)."""

    city: City
    home: Home
    pulls: dict[str, PullReport] = field(default_factory=dict)
    lands: dict[str, LandReport] = field(default_factory=dict)
    gates: dict[str, GateReport] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    connection: duckdb.DuckDBPyConnection = field(default_factory=session)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def one(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def issues(self, feed: str) -> dict[str, int]:
        """Code of each rejection or warning of a feed, and how many records it names."""
        return dict(
            self.rows(f"select code, count(*) from rejection where feed = '{feed}' group by code order by code")
        )


def land_real_city(city_name: str, home: Path) -> Landed:
    landed = Landed(City(ROOT / "cities" / city_name), Home(home))
    for feed in landed.city.contracts:
        began = time.monotonic()
        landed.pulls[feed] = pull(landed.city, landed.home, feed)
        landed.lands[feed] = land(landed.city, landed.home, feed)
        landed.seconds[feed] = time.monotonic() - began
        landed.gates[feed] = gate_landings(landed.city, landed.home, feed)
    _open_views(landed)
    for feed, report in landed.lands.items():
        events = landed.one(f"select count(distinct event_id) from event where feed = '{feed}'")
        issues = ", ".join(f"{code} {count}" for code, count in landed.issues(feed).items()) or "none"
        FIGURES.append(
            f"{city_name + '/' + feed:34} {landed.pulls[feed].batches:>6} {report.fetched:>8} {report.recorded:>8} "
            f"{report.duplicate:>6} {report.rejected:>6} {events:>8} {landed.seconds[feed]:>7.1f}  {issues}"
        )
    return landed


def _open_views(landed: Landed) -> None:
    """Views over the rows of attempts that a receipt names; times as naive UTC."""
    log = Log(landed.home)
    sources = {
        view: f"read_parquet({file_list(log.files(table))}, hive_partitioning = true, union_by_name = true)"
        for table, view in (("receipts", "receipt"), ("events", "event"), ("rejections", "rejection"))
        if log.files(table)
    }
    naive = ", ".join(
        f"timezone('UTC', {c}) as {c}" for c in ("occurred_at", "recorded_at", "observed_at", "landed_at")
    )
    for view, source in sources.items():
        named = "" if view == "receipt" else " where attempt_id in (select attempt_id from receipt)"
        replaced = f" replace ({naive})" if view == "event" else ""
        landed.connection.execute(f"create view {view} as select *{replaced} from {source}{named}")
    if "rejection" not in sources:
        landed.connection.execute("create table rejection (feed varchar, code varchar, severity varchar, line bigint)")


@dataclass
class Built:
    """A city's warehouse, open for reading, and the seconds that its build took."""

    connection: duckdb.DuckDBPyConnection
    seconds: float

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()


@contextmanager
def build_real_city(landed: Landed) -> Iterator[Built]:
    """Build the marts of a landed city, all dbt tests included."""
    began = time.monotonic()
    report = build(landed.city, landed.home)
    seconds = time.monotonic() - began
    FIGURES.append(f"{landed.city.name}: built by dbt in {seconds:.1f} s")
    with duckdb.connect(str(report.path / "onegrid.duckdb"), read_only=True) as connection:
        yield Built(connection, seconds)
