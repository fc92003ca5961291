"""What databases do to a reader: they are slow, refuse, fall over in the middle, and keep their own time."""

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ingest.city import open_city
from ingest.connections import connection
from ingest.connectors.database_table import connected
from ingest.database_source import DatabaseSource
from ingest.errors import SourceError
from ingest.home import open_home
from ingest.pull import pull
from tests.ingest.front import Front, connection_json, utc
from tests.servers import PASSWORD, Relay

SLOW = {
    "postgresql": "select 'C1' rec_id, 'A' event_type, 'x' rec_desc, 0 is_deleted, "
    "timestamp '2026-11-01 08:00:00' update_time from pg_sleep(30)",
    "mysql": "select 'C1' rec_id, 'A' event_type, 'x' rec_desc, sleep(30) is_deleted, "
    "timestamp '2026-11-01 08:00:00' update_time",
    "sqlite": "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000000) "
    "select max(i) rec_id, 'A' event_type, 'x' rec_desc, 0 is_deleted, '2026-11-01 08:00:00' update_time from n",
}
SOURCE = DatabaseSource(kind="database", connection="front", table="to_rec")
COLUMNS = "rec_id varchar(9) primary key, event_type varchar(9), rec_desc varchar(9), is_deleted integer"
on_a_server = pytest.mark.parametrize("front", ["postgresql", "mariadb"], indirect=True)


def many(front: Front, count: int) -> None:
    told = [{"key": f"C{n:05}", "time": f"2026-11-01 {8 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}"}
            for n in range(count)]  # fmt: skip
    front.run(f"insert into to_rec values (:key, 'A', '{'井盖缺失' * 30}', 0, :time, '15400001234')", *told)


def test_a_slow_statement_is_cut_and_the_next_pull_works(front: Front) -> None:
    front.put(("C1", "2026-11-01 08:00:00"))
    front.run("drop view if exists slow_rec")
    front.run(f"create view slow_rec as {SLOW[front.engine.dialect.name]}")
    front.contract("front_cases", {"table": "slow_rec", "statement_timeout": "PT0.5S"})
    with pytest.raises(SourceError, match=r"a statement ran longer than source\.statement_timeout; the next pull"):
        front.ingest()
    front.run("drop view slow_rec")
    front.contract("front_cases", {"statement_timeout": "PT5S"})
    assert front.ingest().batches == 1


def test_the_session_can_not_write(front: Front) -> None:
    shown = {
        "postgresql": ("show transaction_read_only", "on"),
        "mysql": ("select @@session.tx_read_only", 1),
        "sqlite": ("pragma query_only", 1),
    }
    question, answer = shown[front.engine.dialect.name]
    with connected(connection("front"), SOURCE) as database:
        assert database.exec_driver_sql(question).scalar() == answer
        with pytest.raises(sa.exc.DatabaseError, match=r"(?i)read.?only"):
            database.exec_driver_sql("delete from to_rec")
    with (
        connected(connection("front"), SOURCE) as database,
        pytest.raises(sa.exc.DatabaseError, match=r"(?i)read.?only"),
    ):
        database.exec_driver_sql("create table written (n integer)")


@on_a_server
def test_a_server_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(front: Front) -> None:
    many(front, 2000)
    front.contract("front_cases", {"batch_rows": 500})
    with Relay(front.server.port, 500_000, front.server.kill) as relay:
        front.connect(connection_json(front.url.set(port=relay.port)))
        with pytest.raises(SourceError, match=r"the database can't be reached or refuses us .*; the next pull asks"):
            front.ingest()
    sealed = len(front.manifests())
    assert 1 <= sealed < 4, "it fell over after some batches and before the last"
    front.connect(connection_json(front.url))
    with pytest.raises(SourceError, match="the database can't be reached"):
        front.ingest()
    front.server.start()
    front.ingest()
    assert front.counted() == {"fetched": 2000, "recorded": 2000, "duplicate": 0, "rejected": 0}
    assert front.ingest().batches == 0


@on_a_server
def test_a_transaction_that_is_open_holds_nobody_up_and_comes_once_it_is_committed(front: Front) -> None:
    front.put(("C1", "2026-11-01 08:00:00"))
    with front.engine.begin() as writer:
        told = "insert into to_rec values ('late', 'A', 'x', 0, '2026-11-01 08:00:30', '')"
        writer.exec_driver_sql(told)
        front.put(("C2", "2026-11-01 08:01:00"))
        assert front.ingest().batches == 1
    assert [front.ingest().batches for _ in range(2)] == [1, 0]
    assert front.counted()["fetched"] == 3


@on_a_server
def test_a_wrong_password_is_told_without_it(front: Front) -> None:
    front.connect(connection_json(front.url.set(password="falsch-0815")))
    with pytest.raises(SourceError, match="can't be reached or refuses us") as error:
        front.ingest()
    assert not [word for word in ("falsch", PASSWORD, str(front.url.username)) if word in str(error.value)]
    assert error.value.__cause__ is None
    told = (front.town.root / "home" / "vault" / "outcomes" / "front_cases.jsonl").read_text(encoding="utf-8")
    assert "falsch" not in told


@on_a_server
def test_an_instant_is_the_same_whatever_zone_the_server_keeps(front: Front) -> None:
    kind, session, anywhere, home, away = {
        "postgresql": ("timestamptz", "set time zone 8", "alter role current_user set timezone = '{}'",
                       "Asia/Shanghai", "America/Bogota"),
        "mysql": ("timestamp null", "set time_zone = '+08:00'", "set global time_zone = '{}'", "+08:00", "-05:00"),
    }[front.engine.dialect.name]  # fmt: skip
    front.run("drop table to_rec")
    front.run(f"create table to_rec ({COLUMNS}, update_time {kind})")

    def put(key: str, time: str) -> None:
        with front.engine.begin() as database:
            database.exec_driver_sql(session)
            database.exec_driver_sql(f"insert into to_rec values ('{key}', 'A', 'x', 0, '{time}')")

    put("C1", "2026-11-01 08:00:00")
    front.ingest()
    front.run(anywhere.format(away))
    try:
        put("C2", "2026-11-01 08:05:00")
        assert [front.ingest().batches for _ in range(2)] == [1, 0]
    finally:
        front.run(anywhere.format(home))
    assert front.told() == [("C1", utc("2026-11-01 08:00:00")), ("C2", utc("2026-11-01 08:05:00"))]
    assert front.counted()["fetched"] == 2


@on_a_server
def test_a_time_without_zone_is_of_the_feeds_own(front: Front) -> None:
    front.put(("C1", "2026-11-01 08:00:00.250"))
    front.contract("front_cases", time={"zone": "America/New_York"})
    front.ingest()
    [(_, occurred)] = front.told()
    assert occurred.replace(microsecond=0).isoformat() == "2026-11-01T13:00:00"


@on_a_server
def test_values_of_every_sort_are_texts(front: Front) -> None:
    kinds: dict[str, dict[str, tuple[str, str, Any]]] = {
        "postgresql": {
            "n": ("numeric(12,2)", "1000000.50", "1000000.50"), "u": ("uuid", "'0e37df36-f698-11e6-8dd4-cb9ced3df976'",
            "0e37df36-f698-11e6-8dd4-cb9ced3df976"), "j": ("jsonb", """'{"b": [1], "a": "甲"}'""",
            '{"a":"甲","b":[1]}'), "t": ("time", "'08:30:00'", "08:30:00"), "i": ("interval", "'50 hours'", "50:00:00"),
            "b": ("boolean", "true", "true"), "d": ("date", "'2026-11-01'", "2026-11-01"),
            "f": ("double precision", "'NaN'", None),
        },
        "mysql": {
            "n": ("decimal(12,2)", "1000000.50", "1000000.50"), "t": ("time", "'-50:00:01'", "-50:00:01"),
            "d": ("date", "'2026-11-01'", "2026-11-01"), "y": ("year", "2026", "2026"),
            "e": ("enum('甲', '乙')", "'乙'", "乙"), "j": ("json", """'{"a": "甲"}'""", '{"a": "甲"}'),
        },
    }  # fmt: skip
    told = kinds[front.engine.dialect.name]
    front.run("drop table to_rec")
    columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in told.items())
    front.run(f"create table to_rec ({COLUMNS}, update_time varchar(19), {columns})")
    values = ", ".join(value for _, value, _ in told.values()).replace(":", r"\:")
    front.run(rf"insert into to_rec values ('C1', 'A', 'x', 0, '2026-11-01 08\:00\:00', {values})")
    front.contract("front_cases", fields={name: {} for name in told}, event={"attributes": list(told)})
    front.ingest()
    names = ", ".join(f"attributes ->> '{name}'" for name in told)
    assert front.told(names) == [tuple(answer for _, _, answer in told.values())]


@pytest.mark.parametrize("front", ["mariadb"], indirect=True)
def test_a_zero_date_is_no_time(front: Front) -> None:
    with front.engine.begin() as database:
        database.exec_driver_sql("set session sql_mode = ''")
        database.exec_driver_sql("insert into to_rec values ('C0', 'A', 'x', 0, '0000-00-00 00:00:00', '')")
    front.put(("C1", "2026-11-01 08:00:00"))
    front.ingest()
    assert front.ingest().batches == 0
    assert front.counted() == {"fetched": 2, "recorded": 1, "duplicate": 0, "rejected": 1}


@pytest.mark.parametrize("front", ["sqlite"], indirect=True)
def test_times_as_texts_are_compared_as_they_are_written(front: Front) -> None:
    front.put(*((f"C{n}", "2026-11-01 08:00:00") for n in range(7)), ("junk", "昨天"), ("empty", ""))
    front.ingest()
    front.put(("later", "2026-11-01 08:00:01"))
    assert [front.ingest().batches for _ in range(2)] == [1, 0]
    assert front.counted() == {"fetched": 10, "recorded": 8, "duplicate": 0, "rejected": 2}


@pytest.mark.parametrize("point", ["pull.after_rows:2", "vault.after_blob:2", "chain.manifests.after:2"])
def test_a_pull_that_was_killed_goes_on_where_it_had_sealed(front: Front, point: str) -> None:
    front.put(*((f"C{n}", "2026-11-01 08:00:00") for n in range(8)))
    assert front.town.command("pull", "front_cases", fault=point).returncode == -9
    front.ingest()
    assert front.counted() == {"fetched": 8, "recorded": 8, "duplicate": 0, "rejected": 0}
    assert len(front.told()) == 8


def _pull(root: Path) -> None:
    pull(open_city(root / "city"), open_home(root / "home"), "front_cases")


@pytest.mark.parametrize("front", ["postgresql"], indirect=True)
def test_pullers_that_race_double_nothing(front: Front) -> None:
    front.contract("front_cases", {"cursor": {"overlap": "PT1H"}})
    context = multiprocessing.get_context("spawn")
    for letter in "CD":
        front.put(*((f"{letter}{n:02}", f"2026-11-01 08:{n:02}:00") for n in range(40)))
        pullers = [context.Process(target=_pull, args=(front.town.root,)) for _ in range(4)]
        for puller in pullers:
            puller.start()
        for puller in pullers:
            puller.join()
        assert [puller.exitcode for puller in pullers] == [0] * 4
    front.ingest()
    assert front.counted() == {"fetched": 80, "recorded": 80, "duplicate": 0, "rejected": 0}
    assert front.ingest().batches == 0
