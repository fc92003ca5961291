"""The sandbox's front-end database on real servers: what is pulled from it, hour after hour, is what it ever told."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
import yaml

from ingest.land import land
from ingest.pull import pull
from simulator.happenings.world import World
from simulator.ledger import RECORDED, Ledger, joined
from simulator.plan import DAY, ZONE_HOURS, Plan
from simulator.servers.front_database import FrontDatabase
from simulator.told import CHANNELS, told_by_block
from tests.conftest import REPOSITORY
from tests.ingest.front import connection_json
from tests.town import Town

PLAN = Plan(days=4, incidents_a_day=40, faults={"late_row": 0.1, "deletion": 0.1, "equal_timestamps": 0.1})
CASES, ACTIONS = "city_management_cases", "city_management_actions"
KEYS = {"every": "P1D", "gone": "gone_at", "most_gone": 0.5}


@pytest.fixture(scope="module")
def ledgers() -> dict[str, Ledger]:
    blocks = list(told_by_block(World(PLAN), (CASES, ACTIONS)))
    return {feed: joined([block[feed] for block in blocks]) for feed in (CASES, ACTIONS)}


@pytest.mark.parametrize("server", ["sqlite", "postgresql", "mariadb"])
def test_what_is_pulled_is_what_was_told(
    server: str,
    ledgers: dict[str, Ledger],
    make_town: Callable[[str], Town],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    town = make_town("district")
    file = sa.URL.create("sqlite", database=str(tmp_path / "front.db"))
    url = file if server == "sqlite" else request.getfixturevalue(server).url
    monkeypatch.setenv("AIRFLOW_CONN_CITY_FRONT", connection_json(url))
    for feed in ledgers:
        told = yaml.safe_load((REPOSITORY / "cities" / "sandbox" / "feeds" / f"{feed}.yml").read_text(encoding="utf-8"))
        told["source"] |= {"batch_rows": 40, "keys": KEYS}
        told["fields"]["gone_at"] = {"type": "timestamp"}
        told["events"].append({"type": "retracted", "at": "gone_at"})
        text = yaml.safe_dump(told, allow_unicode=True)
        (town.root / "city" / "feeds" / f"{feed}.yml").write_text(text, encoding="utf-8")
    database = FrontDatabase(url.render_as_string(hide_password=False), {f: (CHANNELS[f], ledgers[f]) for f in ledgers})
    end = int(max(ledger.told_at.max() for ledger in ledgers.values())) + DAY
    for now in range(DAY, end + DAY, DAY):
        database.move(now)
        moment = PLAN.start + np.timedelta64(now, "s") - np.timedelta64(ZONE_HOURS, "h")
        monkeypatch.setenv("ONEGRID_NOW", f"{moment}+00:00")
        for feed in ledgers:
            pull(town.city, town.home, feed)
    database.close()
    for feed, ledger in ledgers.items():
        land(town.city, town.home, feed)
        town.let_through(feed)
        newest = ledger.current(end)
        sound = newest.outcome == RECORDED
        alive, gone = newest.take(sound & ~newest.gone), newest.take(sound & newest.gone)
        seen = town.visible(
            f"""
            select stream_key, strftime(max(recorded_at) + interval 8 hour, '%Y-%m-%d %H:%M:%S'),
                max_by(is_gone, (recorded_at, observed_at))
            from (select *, max(event_type = 'retracted') over (partition by batch_id, line) as is_gone from log.event)
            where feed = '{feed}' and event_type <> 'record_without_event' group by 1
            """
        )
        told = dict(zip(alive.rows[alive.key], alive.rows[CHANNELS[feed].updated], strict=True))
        assert {key: at for key, at, is_gone in seen if not is_gone and key in told} == told
        assert {key for key, _, is_gone in seen if is_gone} >= set(gone.rows[gone.key]) & {key for key, _, _ in seen}
        assert not [key for key, _, is_gone in seen if is_gone and key in told]
        assert len(told) > 50
    assert sum(receipt["fetched"] for receipt in town.log.receipts(ACTIONS)) == len(ledgers[ACTIONS])
