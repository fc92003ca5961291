"""What a feed brought in the last weeks and what its source answered: all that the watch judges by.

One pass of SQL over the log's newest weeks, whatever the number of feeds; from there on only counts by delivery, hour
and day.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb

from ingest.city import City
from ingest.contract import FeedContract
from ingest.home import Home
from ingest.lint_history import breaks, landed_contract
from ingest.log import Log, file_list, session
from ingest.vault import Vault

WEEKS = timedelta(days=56)  # so far back the rhythm is learned
WARM_UP = timedelta(days=8)  # before that, only to tell what is new from what is told again
LISTS = 28  # days that the entries of lists are followed over

Workday = Callable[[date], bool]


@dataclass(frozen=True)
class Arrival:
    """One delivery. `lag`: seconds from the time of its newest record to `at`, None where it has no record.

    `content` tells deliveries that say the same; `empty`: columns of the contract without any value in it; `unknown`:
    columns that the contract does not have.
    """

    at: datetime
    records: int
    content: str = ""
    lag: float | None = None
    empty: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True)
class History:
    """A feed as the watch sees it; all times UTC.

    `arrivals` in order of time; `new`: hour since the epoch → record versions that came first in it (not counted for
    snapshots); `outcomes`: newest pulls, oldest first; `code_sets`: (day, code set) → records; `redated`: local hour
    → (items seen in two lists on end, those of them that took another time); `returned`: items that came back into the
    list; `breaks`: how the contract breaks with what has landed; `held`: when what waits for a decision had landed.
    """

    contract: FeedContract
    zone: str
    arrivals: list[Arrival] = field(default_factory=list)
    new: Mapping[int, int] = field(default_factory=dict)
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    code_sets: Mapping[tuple[date, str], int] = field(default_factory=dict)
    redated: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    returned: int = 0
    held: list[datetime] = field(default_factory=list)
    breaks: list[str] = field(default_factory=list)

    @property
    def promised(self) -> bool:
        """Whether each period brings a delivery, and not only the chance of one: a list is never nothing."""
        return self.contract.mode == "snapshot"


def read_histories(city: City, home: Home, now: datetime) -> tuple[dict[str, History], Workday]:
    """The history of every feed of the city as the home has it at `now` (UTC), and its calendar.

    A feed that cannot be read any more (a broken contract) is left out; lint names it. Raises duckdb.Error where the
    log cannot be read.
    """
    log, vault, zone = Log(home), Vault(home), city.settings.time_zone
    start = now - WEEKS
    with session() as connection:
        files = log.files("events")
        if files:
            connection.execute(
                f"create temp view event as select * from read_parquet({file_list(files)}, hive_partitioning = true, "
                f"union_by_name = true) where observed_at > timestamptz '{start - WARM_UP}' "
                f"and observed_at <= timestamptz '{now}'"
            )
            told = _told(connection, start, now, zone)
            workday = _calendar(connection, files)
        else:
            told, workday = _Told(), _weekday
    histories = {}
    for feed in city.feeds:
        try:
            contract = city.contract(feed)
        except Exception:
            continue
        contents = {m["batch_id"]: m.get("content") or m["blob"] for m in vault.manifests.of(feed).records()}
        newest = {verdict["landing_id"]: verdict["verdict"] for verdict in log.verdicts(feed)}
        arrivals: dict[str, Arrival] = {}
        held = []
        for receipt in log.receipts(feed):
            at = datetime.fromisoformat(receipt["observed_at"]).astimezone(UTC)
            if newest.get(receipt["landing_id"]) == "held":
                held.append(datetime.fromisoformat(receipt["landed_at"]).astimezone(UTC))
            if receipt["batch_id"] in arrivals or not start < at <= now:
                continue
            own = told.newest.get((feed, receipt["landing_id"]))
            arrivals[receipt["batch_id"]] = Arrival(
                at,
                receipt["fetched"],
                contents.get(receipt["batch_id"], ""),
                (at - own).total_seconds() if own else None,
                frozenset(c for c, rows in receipt.get("unfilled", {}).items() if rows == receipt["read_rows"]),
                frozenset(receipt.get("unknown_columns", ())),
            )
        histories[feed] = History(
            contract, zone, sorted(arrivals.values(), key=lambda arrival: arrival.at), told.new.get(feed, {}),
            [o for o in vault.outcomes(feed) if datetime.fromisoformat(o["at"]) <= now],
            told.code_sets.get(feed, {}), told.redated.get(feed, {}), told.returned.get(feed, 0), held,
            breaks(contract, landed_contract(home, feed)),
        )  # fmt: skip
    return histories, workday


@dataclass
class _Told:
    new: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    newest: dict[tuple[str, str], datetime] = field(default_factory=dict)
    code_sets: dict[str, dict[tuple[date, str], int]] = field(default_factory=lambda: defaultdict(dict))
    redated: dict[str, dict[int, tuple[int, int]]] = field(default_factory=lambda: defaultdict(dict))
    returned: Counter[str] = field(default_factory=Counter)


def _told(connection: duckdb.DuckDBPyConnection, start: datetime, now: datetime, zone: str) -> _Told:
    told = _Told()
    rows = connection.execute(
        f"""
        select feed, cast(floor(epoch(first_at) / 3600) as bigint), count(*)
        from (
            select feed, record_key, record_hash, min(observed_at) as first_at from event
            where event_type not in ('snapshot_taken', 'item_observed') group by all
        )
        where first_at > timestamptz '{start}' group by all
        """
    ).fetchall()
    for feed, hour, count in rows:
        told.new[feed][hour] = count
    rows = connection.execute(
        """
        select feed, landing_id,
            max(case when recorded_at is distinct from observed_at then recorded_at else occurred_at end)
        from event where event_type <> 'snapshot_taken' group by all
        """
    ).fetchall()
    told.newest = {(feed, landing): at.astimezone(UTC) for feed, landing, at in rows if at is not None}
    rows = connection.execute(
        """
        select feed, cast(observed_at as date), category_code_set, count(distinct record_key)
        from event where category_code_set is not null group by all
        """
    ).fetchall()
    for feed, day, code_set, count in rows:
        told.code_sets[feed][day, code_set] = count
    rows = connection.execute(
        f"""
        with looks as (
            select feed, batch_id, observed_at,
                row_number() over (partition by feed order by observed_at, batch_id) as look
            from event
            where event_type = 'snapshot_taken' and observed_at > timestamptz '{now - timedelta(days=LISTS)}'
            qualify row_number() over (partition by feed, batch_id order by landing_id) = 1
        ),
        items as (
            select looks.feed, looks.look, looks.observed_at, event.stream_key, min(event.occurred_at) as dated_at
            from event inner join looks on event.feed = looks.feed and event.batch_id = looks.batch_id
            where event.event_type = 'item_observed' group by all
        ),
        paired as (
            select *, lag(look) over item as look_before, lag(dated_at) over item as dated_before from items
            window item as (partition by feed, stream_key order by look)
        )
        select feed, hour(timezone('{zone}', observed_at)), count(*) filter (look_before = look - 1),
            count(*) filter (look_before = look - 1 and dated_before <> dated_at),
            count(distinct stream_key) filter (look_before < look - 1)
        from paired group by all
        """
    ).fetchall()
    for feed, hour, seen, changed, returned in rows:
        told.redated[feed][hour] = (seen, changed)
        told.returned[feed] += returned
    return told


def _weekday(day: date) -> bool:
    return day.weekday() < 5


def _calendar(connection: duckdb.DuckDBPyConnection, files: list[str]) -> Workday:
    """Working days as the reference data of the log tell them (holidays, 调休); else Monday to Friday."""
    rows = connection.execute(
        f"""
        select attributes ->> 'day', max_by(attributes ->> 'is_workday', (recorded_at, observed_at, batch_id, line))
        from read_parquet({file_list(files)}, hive_partitioning = true, union_by_name = true)
        where event_type = 'reference_stated' and stream_type = 'reference:calendar' group by all
        """
    ).fetchall()
    told = {date.fromisoformat(day): str(word).lower() in ("true", "1") for day, word in rows if day}
    return lambda day: told.get(day, _weekday(day))
