"""Linking on real public feeds: what it finds where a truth was withheld from it, and pairs for a person to judge.

    python -m benchmarks.linking_real                     # all cities: counts, and a sample of pairs with evidence
    python -m benchmarks.linking_real --cities bay_area --sample 30

The feeds lie outside the project (ONEGRID_SHARED_DATA, by default ../shared/data) and have no licence: what is printed
stays on the screen, only counts go into the documentation. They are pulled and landed by the contracts in cities/, and
told to the linking models as they stand. The weights were fitted to the simulator and know none of these cities.

- San Francisco: requests whose notes name a parent request, without that reference; and each unit that a fire call sent
  as a telling of its own, without the number of the call.
- Bay Area: the fire dispatch of a county against the electricity company's outages in it. Nobody says which are one.
- Messages of citizens: those of one writer with one subject, sent again.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.linking_models import MODELS, ROOT, run_models
from ingest.city import City
from ingest.home import Home
from ingest.log import Log, file_list
from onegrid.workflow import gate_landings, land, pull

DATA = "ONEGRID_SHARED_DATA"
CITIES = ("san_francisco", "bay_area", "citizen_messages")
EVIDENCES = ("place", "area", "time", "matter", "words", "person", "thing", "ended", "teller")
_TELLING = """
    create schema intermediate;
    create table intermediate.int_link_telling (
        case_id varchar, feed varchar, stream_key varchar, network varchar, channel_kind varchar,
        opened_at timestamp, closed_at timestamp, canonical_name varchar, category_key varchar,
        lon double, lat double, address varchar, text varchar, community_code varchar, token varchar,
        component_code varchar
    );
    create table intermediate.stg_mount as select timestamp '2026-11-28' as clock_at;
    create table intermediate.int_link_rule (earlier_no bigint, later_no bigint, rule varchar, reason varchar);
    create table truth (case_id varchar, incident varchar);
"""
# one telling a stream: of its first event, closed by the last that closes it
_STREAMS = """
    insert into intermediate.int_link_telling
    with firsts as (
        select *, row_number() over (partition by feed, stream_key order by observed_at, occurred_at, line) as place
        from event
        where event_type = 'FIRST'
    ),
    lasts as (
        select feed, stream_key, max(occurred_at) as closed_at from event where event_type = 'closed' group by all
    )
    select
        feed || '/' || stream_key, feed, stream_key, network, 'public', occurred_at, closed_at, null,
        category_code_set || '//' || category_code, lon, lat, address, text, division_code, actor_token, component_code
    from firsts left join lasts using (feed, stream_key)
    where place = 1 and (FEEDS)
"""
_UNITS = """
    insert into intermediate.int_link_telling
    select
        'unit/' || stream_key || '/' || row_number() over (partition by stream_key order by occurred_at, event_id),
        feed, stream_key || '/' || row_number() over (partition by stream_key order by occurred_at, event_id),
        network, 'public', occurred_at, null, null, category_code_set || '//' || category_code,
        lon, lat, address, null, null, null, null
    from event
    where feed = 'fire_calls' and event_type = 'unit_dispatched'
"""
_COUNTY = """
    feed = 'fire_dispatch' or (
        feed = 'power_outages'
        and lon between (select quantile_cont(lon, 0.01) from event where feed = 'fire_dispatch')
        and (select quantile_cont(lon, 0.99) from event where feed = 'fire_dispatch')
        and lat between (select quantile_cont(lat, 0.01) from event where feed = 'fire_dispatch')
        and (select quantile_cont(lat, 0.99) from event where feed = 'fire_dispatch')
    )
"""
# pairs of the truth, what became of them: was it held against each other, is it linked
_FOUND = """
    with same as (SAME)
    select count(*), count(pairs.score), count(*) filter (one.incident_no = another.incident_no)
    from same
    inner join intermediate.int_link_case as earlier on same.one_id = earlier.case_id
    inner join intermediate.int_link_case as later on same.other_id = later.case_id
    inner join intermediate.int_link_settled as one on earlier.case_no = one.case_no
    inner join intermediate.int_link_settled as another on later.case_no = another.case_no
    left join intermediate.int_link_pair as pairs
        on pairs.earlier_no = least(one.case_no, another.case_no)
        and pairs.later_no = greatest(one.case_no, another.case_no)
"""
_PARENTS = """
    select distinct 'service_requests/' || stream_key as one_id,
        'service_requests/' || json_extract_string(attributes, '$.duplicate_number') as other_id
    from event
    where feed = 'service_requests' and event_type = 'duplicate_of'
        and coalesce(json_extract_string(attributes, '$.duplicate_number_kind'), 'request') = 'request'
"""
_CALLS = """
    select one.case_id as one_id, another.case_id as other_id
    from intermediate.int_link_telling as one
    inner join intermediate.int_link_telling as another
        on split_part(one.stream_key, '/', 1) = split_part(another.stream_key, '/', 1)
        and one.stream_key < another.stream_key
    where one.feed = 'fire_calls' and another.feed = 'fire_calls'
"""
_AGAIN = """
    select one.case_id as one_id, another.case_id as other_id
    from (SUBJECTS) as one inner join (SUBJECTS) as another
        on one.actor_token = another.actor_token and one.subject = another.subject and one.case_id < another.case_id
    where abs(epoch(one.occurred_at) - epoch(another.occurred_at)) <= 604800
""".replace(
    "SUBJECTS",
    "select feed || '/' || stream_key as case_id, actor_token, occurred_at, "
    "trim(json_extract_string(attributes, '$.subject')) as subject from event where event_type = 'reported'",
)
_LINKED = """
    select
        earlier.case_id as one_id, later.case_id as other_id, earlier.feed as one_feed, later.feed as other_feed,
        pairs.*
    from intermediate.int_link_pair as pairs
    inner join intermediate.int_link_case as earlier on pairs.earlier_no = earlier.case_no
    inner join intermediate.int_link_case as later on pairs.later_no = later.case_no
    inner join intermediate.int_link_settled as one on pairs.earlier_no = one.case_no
    inner join intermediate.int_link_settled as another on pairs.later_no = another.case_no
    where one.incident_no = another.incident_no
"""


@dataclass(frozen=True)
class Found:
    """What linking found in a city, as (what is counted, the count), and the warehouse that it is in."""

    city: str
    warehouse: Path
    counts: dict[str, int]


def land_city(name: str, home: Path) -> Home:
    """A home with the feeds of a real city, pulled and landed by its contracts."""
    city, own = City(ROOT / "cities" / name), Home(home)
    for feed in city.contracts:
        pull(city, own, feed)
        land(city, own, feed)
        gate_landings(city, own, feed)
    return own


def link_city(name: str, home: Home, folder: Path) -> Found:
    """Tell the linking models what the log of a city has, run them in a warehouse in `folder`, and count."""
    folder.mkdir(parents=True, exist_ok=True)
    warehouse = folder / "onegrid.duckdb"
    warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set timezone = 'UTC'; set memory_limit = '3GB'; set enable_progress_bar = false")
        _events(connection, home)
        connection.execute(_TELLING)
        for told in _tellings(name):
            connection.execute(told)
    run_models([(warehouse, 0)], MODELS)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        counts = _counts(connection)
        for what, same in _truths(name).items():
            known, held, linked = connection.execute(_FOUND.replace("SAME", same)).fetchall()[0]
            counts |= {f"{what}: pairs": known, f"{what}: held against each other": held, f"{what}: linked": linked}
        counts |= _others(connection, name)
    return Found(name, warehouse, counts)


def _events(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    log = Log(home)
    sources = {
        table: f"read_parquet({file_list(log.files(table))}, hive_partitioning = true, union_by_name = true)"
        for table in ("receipts", "events")
    }
    naive = ", ".join(f"timezone('UTC', {moment}) as {moment}" for moment in ("occurred_at", "observed_at"))
    connection.execute(
        f"create table event as select event_id, feed, network, stream_key, event_type, line, category_code_set, "
        f"category_code, lon, lat, address, text, division_code, actor_token, component_code, attributes, {naive} "
        f"from {sources['events']} where attempt_id in (select attempt_id from {sources['receipts']})"
    )


def _tellings(name: str) -> list[str]:
    if name == "san_francisco":
        feeds = "feed in ('service_requests', 'police_incidents')"
        return [_STREAMS.replace("FIRST", "reported").replace("FEEDS", feeds), _UNITS]
    if name == "bay_area":
        return [_STREAMS.replace("FIRST", "item_observed").replace("FEEDS", _COUNTY)]
    return [_STREAMS.replace("FIRST", "reported").replace("FEEDS", "true")]


def _truths(name: str) -> dict[str, str]:
    return {
        "san_francisco": {"requests that name a parent": _PARENTS, "units of one fire call": _CALLS},
        "bay_area": {},
        "citizen_messages": {"messages sent again within a week": _AGAIN},
    }[name]


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    row = connection.execute(
        f"""
        with linked as ({_LINKED})
        select
            (select count(*) from intermediate.int_link_case), (select count(*) from intermediate.int_link_pair),
            (select count(distinct incident_no) from intermediate.int_link_settled),
            count(*), count(*) filter (score >= automatic_from), count(*) filter (one_feed <> other_feed)
        from intermediate.int_link_model left join linked on true
        """
    ).fetchall()[0]
    names = (
        "cases", "pairs held against each other", "incidents", "linked pairs", "linked pairs in the automatic band",
        "linked pairs of two feeds",
    )  # fmt: skip
    return dict(zip(names, row, strict=True))


def _others(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, int]:
    """What a city is asked beside its truth."""
    if name == "san_francisco":
        two_calls = (
            "one_feed = 'fire_calls' and other_feed = 'fire_calls' "
            "and split_part(one_id, '/', 2) <> split_part(other_id, '/', 2)"
        )
        asked = {
            "linked pairs of units of two fire calls": two_calls,
            "of these in the automatic band": f"{two_calls} "
            "and score >= (select automatic_from from intermediate.int_link_model)",
        }
    elif name == "bay_area":
        asked = {"linked pairs of a fire call and an outage": "one_feed <> other_feed"}
    else:
        asked = {"linked pairs of two writers": "person_level <> 'same'"}
    counts = {
        what: connection.execute(f"select count(*) from ({_LINKED}) where {which}").fetchall()[0][0]
        for what, which in asked.items()
    }
    if name == "san_francisco":
        rows = connection.execute(f"select count(*) from ({_PARENTS})").fetchall()
        counts["requests that name a parent, in the sample or not"] = rows[0][0]
    if name == "bay_area":
        told = connection.execute(
            "select count(*) filter (feed = 'power_outages'), count(*) filter (feed = 'fire_dispatch'), "
            "count(*) filter (feed = 'fire_dispatch' and lon is not null), count(*) filter (feed = 'fire_dispatch' "
            "and regexp_matches(category_key, '(?i)wires|pole fire|gas main')) from intermediate.int_link_telling"
        ).fetchall()[0]
        names = ("outages in the county", "fire cases", "fire cases with a point", "fire cases about wires, poles, gas")
        counts |= dict(zip(names, told, strict=True))
        rows = connection.execute(
            f"select count(distinct later_no) from ({_NEAR}) where gap_s <= 43200 and metres <= 300"
        ).fetchall()
        counts["of these with an outage within 300 m and 12 hours"] = rows[0][0]
    return counts


# every fire case about wires, poles or gas with a point, against every outage: for a person, whatever the score
_NEAR = """
    select
        fire.case_no as later_no, fire.case_id, outage.case_id as outage_id,
        abs(fire.opened_s - outage.opened_s) as gap_s,
        sqrt((fire.x_dm - outage.x_dm) ** 2 + (fire.y_dm - outage.y_dm) ** 2) / 10 as metres
    from intermediate.int_link_case as fire
    inner join intermediate.int_link_case as outage
        on outage.feed = 'power_outages' and abs(fire.opened_s - outage.opened_s) <= 86400
        and abs(fire.x_dm - outage.x_dm) <= 10000 and abs(fire.y_dm - outage.y_dm) <= 10000
    where fire.feed = 'fire_dispatch' and regexp_matches(fire.category_key, '(?i)wires|pole fire|gas main')
"""


def show(found: Found, sample: int) -> list[str]:
    """Lines for a person: the counts, and `sample` linked pairs that the models are least and most sure of."""
    lines = [f"\n{found.city}", *(f"  {count:>9,}  {what}" for what, count in found.counts.items())]
    levels = ", ".join(f"{evidence}_level, {evidence}_points" for evidence in EVIDENCES)
    with duckdb.connect(str(found.warehouse), read_only=True) as connection:
        rows = connection.execute(
            f"""
            with linked as ({_LINKED}),
            placed as (
                select *, row_number() over (order by one_feed <> other_feed desc, md5(one_id || other_id)) as place
                from linked
            )
            select one_id, other_id, score, gap_s, distance_dm, {levels}
            from placed where place <= {sample} order by score, one_id, other_id
            """
        ).fetchall()
        for one, other, score, gap, distance, *told in rows:
            metres = "no distance" if distance is None else f"{distance / 10:.0f} m"
            lines.append(f"\n  score {score:+,}, {gap // 60:,} min, {metres}")
            lines += [f"    {_described(connection, case)}" for case in (one, other)]
            pairs = zip(EVIDENCES, told[::2], told[1::2], strict=True)
            lines.append("    " + "; ".join(f"{name} {level} {points:+}" for name, level, points in pairs))
        if found.city == "bay_area":
            lines.append("\n  fire cases about wires, poles or gas, and outages within 1 km and a day")
            near = connection.execute(
                f"select * from ({_NEAR}) as near order by md5(case_id || outage_id) limit {sample}"
            ).fetchall()
            for _, fire, outage, gap, metres in near:
                lines.append(f"\n  {gap // 60:,} min, {metres:.0f} m")
                lines += [f"    {_described(connection, case)}" for case in (fire, outage)]
    return lines


def _described(connection: duckdb.DuckDBPyConnection, case_id: str) -> str:
    row: Any = connection.execute(
        "select opened_at, feed, category_key, address, left(coalesce(text, ''), 80) "
        "from intermediate.int_link_telling where case_id = $1",
        [case_id],
    ).fetchall()[0]
    opened, feed, category, address, text = row
    return f"{opened} {feed:16} {category or 'no category'} | {address or 'no address'} | {' '.join(text.split())}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Land and link the cities asked for and print what was found; returns the exit code: 2 without the feeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cities", default=",".join(CITIES))
    parser.add_argument("--sample", type=int, default=10, help="pairs that are shown of each city")
    told = parser.parse_args(arguments)
    data = Path(os.environ.get(DATA, ROOT.parent / "shared" / "data"))
    if not data.is_dir():
        print(f"there are no real feeds in {data}: set {DATA} to the folder that has them")
        return 2
    os.environ[DATA] = str(data.resolve())
    with tempfile.TemporaryDirectory() as made:
        for name in told.cities.split(","):
            home = land_city(name, Path(made) / name)
            print("\n".join(show(link_city(name, home, Path(made) / f"{name}-links"), told.sample)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
