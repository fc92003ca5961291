"""Assessed months of a made-up town: the marts that a closing freezes and a restatement compares, from few cases."""

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from ingest.home import Home, open_home
from reporting.build import WAREHOUSE
from reporting.edition import publish
from tests.reporting.town import Town, _insert

RULES = {"reported": "2026-11", "handled_on_time_rate": "2026-11"}
DDL = """
create table mart.rpt_indicator (
    indicator varchar, subject_kind varchar, subject_code varchar, period_kind varchar, period_start timestamp,
    numerator bigint, denominator bigint, rule_version varchar
);
create table mart.rpt_indicator_item (
    indicator varchar, item_id varchar, feed varchar, network varchar, stream_type varchar, stream_key varchar,
    org_code varchar, grid_code varchar, community_code varchar, street_code varchar, counted_at_local timestamp,
    also_counted_at_local timestamp, numerator bigint, denominator bigint
);
create table mart.rpt_item_basis (
    item_id varchar, feed varchar, stream_type varchar, stream_key varchar, event_count bigint, events_told varchar
);
create table mart.rpt_scorecard (
    scorecard varchar, month date, ratee_code varchar, score bigint, maximum bigint, ranking bigint
);
alter table mart.fct_case add column category_code_set_told varchar;
alter table mart.fct_case add column category_code_told varchar;
alter table mart.fct_case add column category_code varchar;
alter table mart.fct_case add column lon double;
alter table mart.fct_case add column grid_code_told varchar;
alter table mart.fct_case add column org_code_told varchar;
alter table mart.fct_case add column org_code varchar;
alter table mart.fct_case add column handle_started_at timestamp;
alter table mart.fct_case add column handle_limit_value bigint;
alter table mart.fct_case add column handle_due_at timestamp;
"""
# The figures are the sums of the items, as in dbt: a thing with two moments counts once in a month that holds both.
FIGURES = """
insert into mart.rpt_indicator
with counted as (
    select item.*, rules.version, unnest(list_distinct([
        date_trunc('month', counted_at_local), coalesce(date_trunc('month', also_counted_at_local),
        date_trunc('month', counted_at_local))])) as month
    from mart.rpt_indicator_item as item
    inner join rules using (indicator)
),
told as (
    from counted select *, 'district' as kind, 'district' as code
    union all from counted select *, 'network', network
    union all from counted select *, 'organisation', org_code
    union all from counted select *, 'street', street_code
    union all from counted select *, 'grid', grid_code
    union all from counted select *, 'post', network || '/desk' where indicator = 'reported'
)
select indicator, kind, code, 'month', month, sum(numerator), sum(denominator), max(version)
from told where month is not null group by all
"""
# A point for each disposal on time.
SCORES = """
insert into mart.rpt_scorecard
select
    'streets', month, street_code, sum(numerator), count(*),
    rank() over (partition by month order by sum(numerator) desc)
from (
    select *, cast(date_trunc('month', counted_at_local) as date) as month
    from mart.rpt_indicator_item
    where indicator = 'handled_on_time_rate' and counted_at_local is not null
)
group by month, street_code
"""


@dataclass(frozen=True)
class Case:
    """A case as an edition knows it. `events`: (type, UTC wall time, what is told of it)."""

    key: str
    events: tuple[tuple[str, str, str], ...]
    grid: str = "G1"
    org: str = "O1"
    org_told: str = "O1"
    category: str = "k1"
    limit_days: int = 2
    lon: float | None = 120.1

    @property
    def case_id(self) -> str:
        return hashlib.sha256(self.key.encode()).hexdigest()

    def moment(self, event_type: str) -> datetime | None:
        return next((datetime.fromisoformat(at) for told, at, _ in self.events if told == event_type), None)

    @property
    def events_told(self) -> str:
        return " ".join(
            sorted(
                f"{kind}@{int((datetime.fromisoformat(at) - datetime(1970, 1, 1)).total_seconds()) * 1_000_000}"
                f"#{_hash(self.key + kind)}:{_hash(at + told)}"
                for kind, at, told in self.events
            )
        )


def case(key: str, day: int, handled_after_days: float | None = 1, told: str = "", **attributes: Any) -> Case:
    """A case reported at 02:00 UTC of a day of October 2026, and handled so many days later."""
    reported = datetime(2026, 10, day, 2)
    events = [("reported", str(reported), told)]
    if handled_after_days is not None:
        events.append(("handled", str(reported + timedelta(days=handled_after_days)), told))
    return Case(key, tuple(events), **attributes)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class MonthTown:
    """A town whose editions are made of cases."""

    town: Town

    @property
    def home(self) -> Home:
        return open_home(self.town.home)

    def publish(self, cases: Iterable[Case], rules: dict[str, str] | None = None, held: int = 0) -> Path:
        """The next edition, of these cases."""
        builds = self.town.home / "builds"
        plain = builds / f"plain{held}-p1"
        if not plain.is_dir():
            self.town.build(plain.name, held=held)
        number = sum(1 for path in builds.iterdir() if path.name.startswith("v"))
        build = self.town.another(plain, f"v{number + 1}-p1", extra=0)
        with duckdb.connect(str(build / WAREHOUSE)) as connection:
            connection.execute(DDL)
            fill(connection, list(cases), RULES if rules is None else rules)
        made = publish(build, self.town.home)
        return made.path

    def change(self, build_id: str, new_id: str, sql: str) -> Path:
        """Publish a copy of a build after a change by hand."""
        build = self.town.another(self.town.home / "builds" / build_id, new_id, extra=0)
        with duckdb.connect(str(build / WAREHOUSE)) as connection:
            connection.execute(sql)
        return publish(build, self.town.home).path

    def copy(self, root: Path) -> "MonthTown":
        shutil.copytree(self.town.root, root, symlinks=True)
        return MonthTown(Town(root))


def fill(connection: duckdb.DuckDBPyConnection, cases: list[Case], rules: dict[str, str]) -> None:
    """The marts of these cases: two indicators, one counted by its report, one by disposal or deadline."""
    local = timedelta(hours=8)
    items: list[list[Any]] = []
    for one in cases:
        reported, handled = one.moment("reported"), one.moment("handled")
        assert reported is not None
        due = reported + timedelta(days=one.limit_days)
        place = [one.org, one.grid, "C1", f"S{one.grid[1:]}"]
        who = [one.case_id, "water_cases", "water", "case", one.key, *place]
        items.append(["reported", *who, reported + local, None, 1, None])
        on_time = int(handled is not None and handled <= due)
        also = due + local
        items.append(["handled_on_time_rate", *who, handled and handled + local, also, on_time, 1])
        connection.execute(
            "insert into mart.fct_case by name select ? as case_id, 'water' as network, ? as grid_code, "
            "'closed' as status, false as is_open, false as is_overdue, ?::date as opened_on, "
            "'town' as category_code_set_told, 'k' as category_code_told, ? as category_code, ?::double as lon, "
            "? as org_code_told, ? as org_code, ?::timestamp as handle_started_at, ?::bigint as handle_limit_value, "
            "?::timestamp as handle_due_at",
            [
                one.case_id,
                one.grid,
                reported,
                one.category,
                one.lon,
                one.org_told,
                one.org,
                reported,
                one.limit_days,
                due,
            ],
        )
        connection.execute(
            "insert into mart.rpt_item_basis values (?, 'water_cases', 'case', ?, ?, ?)",
            [one.case_id, one.key, len(one.events), one.events_told],
        )
    _insert(connection, "mart.rpt_indicator_item", items)
    connection.execute("create temp table rules (indicator varchar, version varchar)")
    connection.executemany("insert into rules values (?, ?)", [list(rule) for rule in rules.items()])
    connection.execute(FIGURES)
    connection.execute(SCORES)
