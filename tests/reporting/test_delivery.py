"""An edition in a real PostgreSQL: what stands there is the edition, and readers go over to it in one step."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import psycopg2
import psycopg2.extensions
import pytest

from ingest.errors import DeliveryError, SourceError
from reporting import delivery_target
from reporting.checksums import checksum
from reporting.delivery import DeliveryReport, deliver_postgresql
from reporting.edition import publish
from reporting.postgresql import server_checksum, session
from tests.conftest import REPOSITORY
from tests.reporting.town import Town
from tests.servers import LOGIN, PASSWORD, DatabaseServer

POINTS = (
    "deliver.after_schema", "deliver.after_mart", "deliver.after_mart:4", "deliver.after_load", "deliver.after_attach",
    "deliver.before_show", "deliver.after_show", "deliver.after_detach",
)  # fmt: skip
EDITIONS = 5
SECRET = "lang-genug-0815"
LATER = """
alter table mart.dim_organisation add column short_name varchar;
drop table mart.dq_old;
create table mart.fct_incident as select case_id as incident_id from mart.fct_case;
alter table mart.rpt_timeliness alter close_due type integer;
"""


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Editions 1 to 5 of a town, of which each has more cases than the one before; the last has other columns."""
    town = Town(tmp_path_factory.mktemp("editions"))
    first = town.build()
    with duckdb.connect(str(first / "onegrid.duckdb")) as connection:
        connection.execute("create table mart.dq_old as select feed from mart.dq_feed")
        connection.execute(
            "insert into mart.odd_types values (4, true, -0.0001, -0.0, null, null, '引号\"、逗号,\n换行')"
        )
    builds = [first, *(town.another(first, f"v{number}-p1", extra=number) for number in range(2, EDITIONS + 1))]
    with duckdb.connect(str(builds[-1] / "onegrid.duckdb")) as connection:
        connection.execute(LATER)
    return [publish(build, town.home).path for build in builds]


@pytest.fixture
def server(postgresql: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a connection to an empty database, for a login that may create in it and nothing else.

    `server` is that of the server's owner, `reader` that of a role `bi_reader`.
    """
    at = f"127.0.0.1:{postgresql.port}"
    monkeypatch.setenv("AIRFLOW_CONN_SERVER", f"postgresql://{LOGIN}:{quote(PASSWORD, safe='')}@{at}/postgres")
    monkeypatch.setenv("AIRFLOW_CONN_OWNER", f"postgresql://{LOGIN}:{quote(PASSWORD, safe='')}@{at}/delivered")
    monkeypatch.setenv("AIRFLOW_CONN_BI", f"postgresql://publisher:{SECRET}@{at}/delivered")
    monkeypatch.setenv("AIRFLOW_CONN_READER", f"postgresql://bi_reader:{SECRET}@{at}/delivered")
    for sql in (
        "create database delivered", f"create role publisher login password '{SECRET}'",
        f"create role bi_reader login password '{SECRET}'", "grant create on database delivered to publisher",
    ):  # fmt: skip
        ask(sql, "server")
    yield "bi"
    for sql in ("drop database delivered with (force)", "drop role publisher", "drop role bi_reader"):
        ask(sql, "server")


def ask(sql: str, name: str = "bi") -> list[tuple[Any, ...]]:
    with session(name) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def shown() -> int:
    [(number,)] = ask("select edition from mart.publish_info")
    return int(number)


def differing(edition: Path, schema: str = "mart") -> list[str]:
    """Marts of which the database holds something else than an edition; the server's rows against the file's."""
    found = []
    with duckdb.connect(str(edition / "onegrid.duckdb"), read_only=True) as file, session("bi") as connection:
        names = [name for (name,) in file.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        for name in names:
            columns = file.execute(
                "select column_name, data_type from duckdb_columns() where table_name = ? order by column_index", [name]
            ).fetchall()
            told = server_checksum(connection.cursor(), f"{schema}.{name}", columns)
            found += [name] if told != checksum(file, f"mart.{name}") else []
    assert len(names) > 10
    return found


def deliver_in_child(edition: Path, fault: str) -> subprocess.CompletedProcess[str]:
    code = (
        "import sys, pathlib, reporting.delivery as d, reporting.delivery_target as t; t.SETTLED_AFTER_SECONDS = 1; "
        "d.deliver_postgresql(pathlib.Path(sys.argv[1]), 'bi', keep=1, retired_after=0)"
    )
    environment = {**os.environ, "ONEGRID_FAULT": fault}
    return subprocess.run(
        [sys.executable, "-c", code, str(edition)], env=environment, capture_output=True, text=True, check=False
    )


def test_what_is_delivered_is_the_edition_to_the_last_cell(server: str, editions: list[Path]) -> None:
    made = deliver_postgresql(editions[0], server, readers=("bi_reader",))
    assert made == DeliveryReport(1, "bi", "mart", made.marts, made.rows, changed=True, retired=[])
    assert differing(editions[0]) == differing(editions[0], "mart_e1") == []
    with duckdb.connect(str(editions[0] / "onegrid.duckdb"), read_only=True) as file:
        for mart in ("odd_types", "rpt_timeliness", "fct_case"):
            there = ask(f"select * from mart.{mart} order by 1, 2")
            assert repr(there) == repr(file.execute(f"from mart.{mart} order by 1, 2").fetchall())
    assert ask("select mart_version from mart.publish_info") == [("1.2.0",)]
    assert ask("select number, build_id, mart_version, is_whole from mart_store.edition") == [
        (1, "v1-p1", "1.2.0", True)
    ]
    comments = "select col_description('mart.rpt_grid_ledger'::regclass, {}), obj_description('mart.{}'::regclass)"
    assert ask(comments.format(1, "rpt_grid_ledger"))[0][0] == "网格编码 · Code of the grid's own scheme"
    keys = ask("select indexdef from pg_indexes where schemaname = 'mart_e1' order by tablename")
    assert sorted(text.partition(" USING ")[2] for (text,) in keys) == [
        "brin (opened_on) WITH (pages_per_range='32')", "btree (case_id)", "btree (grid_code, local_day, network)",
    ]  # fmt: skip


def test_a_reader_reads_the_views_and_can_do_nothing_else(server: str, editions: list[Path]) -> None:
    deliver_postgresql(editions[0], server, readers=("bi_reader",))
    deliver_postgresql(editions[4], server, readers=("bi_reader",))
    with session("reader") as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from mart.fct_case union all select count(*) from mart_e1.fct_case")
        assert [count > 100 for (count,) in cursor.fetchall()] == [True, True]
        cursor.execute("select count(*) from mart.fct_incident")
        for forbidden in (
            "delete from mart.fct_case", "delete from mart_e1.fct_case", "select * from mart_store.shown",
            "update mart_store.shown set number = 1", "create table mart.mine (a int)", "drop view mart.fct_case",
        ):  # fmt: skip
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(forbidden)


def test_again_changes_nothing_and_an_older_edition_is_shown_again_without_loading(
    server: str, editions: list[Path]
) -> None:
    assert [deliver_postgresql(path, server).changed for path in (editions[0], editions[0], editions[1])] == [
        True, False, True,
    ]  # fmt: skip
    [before] = ask("select oid, relfilenode from pg_class where oid = 'mart_e1.fct_case'::regclass")
    assert deliver_postgresql(editions[0], server).changed
    assert shown() == 1
    assert ask("select oid, relfilenode from pg_class where oid = 'mart_e1.fct_case'::regclass") == [before]
    assert differing(editions[0]) == []


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_anywhere_leaves_a_whole_edition_and_the_next_delivery_finishes(
    server: str, editions: list[Path], point: str
) -> None:
    deliver_postgresql(editions[0], server)
    killed = deliver_in_child(editions[1], point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    is_over = point in ("deliver.after_show", "deliver.after_detach")
    assert shown() == (2 if is_over else 1)
    assert differing(editions[1 if is_over else 0]) == []
    made = deliver_postgresql(editions[1], server, keep=1, retired_after=0)
    assert (made.changed, made.retired) == (not is_over, [1])
    assert differing(editions[1]) == []
    schemas = "select nspname from pg_namespace where nspname ~ '^mart' order by 1"
    assert ask(schemas) == [("mart",), ("mart_e2",), ("mart_store",)]


def test_every_kill_point_is_tried() -> None:
    files = (REPOSITORY / "reporting" / f"{name}.py" for name in ("delivery", "delivery_target"))
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    points = {point.partition(":")[0] for point in POINTS}
    assert source.count("faults.point(") == len(points)
    assert all(f'faults.point("{point}")' in source for point in points)


class Reader(threading.Thread):
    """Asks the same thing over one session until told to stop; keeps what it met that no edition holds."""

    def __init__(self, visit: Callable[[Any], tuple[int, Any]], allowed: dict[int, Any]) -> None:
        super().__init__(daemon=True)
        self._visit, self._allowed, self.stop = visit, allowed, threading.Event()
        self.met: list[int] = []
        self.torn: list[Any] = []
        self.errors: list[str] = []

    def run(self) -> None:
        with session("bi") as connection:
            while not self.stop.is_set():
                try:
                    number, told = self._visit(connection)
                except psycopg2.Error as error:
                    self.errors.append(repr(error))
                    return
                self.met.append(number)
                if told != self._allowed[number]:
                    self.torn.append((number, told))


SUMS = (
    "select (select edition from mart.publish_info), (select sum(opened) from mart.rpt_grid_ledger), "
    "(select count(*) from mart.fct_case), (select sum(opened) from mart.rpt_grid_ledger)"
)


def one_statement(connection: Any) -> tuple[int, Any]:
    with connection.cursor() as cursor:
        cursor.execute(SUMS)
        number, *told = cursor.fetchone()
    return number, told


def prepared_statement(connection: Any) -> tuple[int, Any]:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_prepared_statements where name = 'sums'")
        if cursor.fetchone() == (0,):
            cursor.execute(f"prepare sums as {SUMS}")
        cursor.execute("execute sums")
        number, *told = cursor.fetchone()
    return number, told


def one_transaction(connection: Any) -> tuple[int, Any]:
    """Several statements that have to agree, as a dashboard page or a pg_dump asks them."""
    connection.set_session(isolation_level="REPEATABLE READ", autocommit=False)
    told = []
    with connection, connection.cursor() as cursor:
        cursor.execute("select edition from mart.publish_info")
        [(number,)] = cursor.fetchall()
        for sql in ("sum(opened) from mart.rpt_grid_ledger", "count(*) from mart.fct_case"):
            cursor.execute(f"select {sql}")
            told.append(cursor.fetchone()[0])
            time.sleep(0.01)
        cursor.execute("select sum(opened) from mart.rpt_grid_ledger")
        told.append(cursor.fetchone()[0])
    return number, told


def test_readers_during_deliveries_meet_no_error_and_nothing_torn(
    server: str, editions: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_target, "SETTLED_AFTER_SECONDS", 1.0)  # one session holds its locks all the time
    allowed = {}
    for number, path in enumerate(editions[:4], start=1):
        with duckdb.connect(str(path / "onegrid.duckdb"), read_only=True) as file:
            _, *allowed[number] = file.execute(SUMS).fetchall()[0]
    assert len({told[0] for told in allowed.values()}) == 4
    deliver_postgresql(editions[0], server)
    visits = [one_statement] * 4 + [prepared_statement] * 2 + [one_transaction] * 3
    readers = [Reader(visit, allowed) for visit in visits]
    with session("bi") as held:
        # a tool that forgot to end its transaction: it keeps nobody waiting, and stays with what it saw
        held.set_session(isolation_level="REPEATABLE READ", autocommit=False)
        with held.cursor() as cursor:
            cursor.execute(SUMS)
            for reader in readers:
                reader.start()
            for number in (2, 3, 4, 1, 2, 3, 4):
                if number == 3:
                    deliver_in_child(editions[2], "deliver.before_show")
                deliver_postgresql(editions[number - 1], server, keep=4, retired_after=3600)
            cursor.execute(SUMS)
            assert cursor.fetchone() == (1, *allowed[1])
        held.rollback()
    for reader in readers:
        reader.stop.set()
    for reader in readers:
        reader.join(timeout=60)
    assert [(reader.errors, reader.torn) for reader in readers] == [([], [])] * len(readers)
    assert {number for reader in readers for number in reader.met} == {1, 2, 3, 4}
    assert all(len(reader.met) > 5 for reader in readers)
    # what nobody reads any more is retired by the rule
    assert deliver_postgresql(editions[3], server, keep=2, retired_after=0).retired == [1, 2]


def test_what_a_reader_holds_is_retired_once_it_has_let_go(
    server: str, editions: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_target, "SETTLED_AFTER_SECONDS", 0.2)
    monkeypatch.setattr(delivery_target, "DETACH_TIMEOUT", "300ms")
    deliver_postgresql(editions[0], server)
    with session("bi") as held:
        held.set_session(isolation_level="REPEATABLE READ", autocommit=False)
        with held.cursor() as cursor:
            cursor.execute(SUMS)
            before = cursor.fetchone()
            assert deliver_postgresql(editions[1], server, keep=1, retired_after=0).retired == []
            assert deliver_postgresql(editions[2], server, keep=1, retired_after=0).retired == []
            cursor.execute(SUMS)
            assert cursor.fetchone() == before
            with pytest.raises(DeliveryError, match="statement timeout"):  # half detached, it is not shown again
                deliver_postgresql(editions[0], server)
        assert shown() == 3
        held.rollback()
    assert deliver_postgresql(editions[2], server, keep=1, retired_after=0).retired == [1, 2]
    assert differing(editions[2]) == []


def test_an_edition_that_was_half_retired_is_loaded_anew(server: str, editions: list[Path]) -> None:
    deliver_postgresql(editions[0], server)
    assert deliver_in_child(editions[1], "deliver.after_detach").returncode == -signal.SIGKILL
    assert shown() == 2
    assert deliver_postgresql(editions[0], server).changed
    assert differing(editions[0]) == []


def test_marts_that_come_go_or_change_their_columns_are_shown_as_they_are(server: str, editions: list[Path]) -> None:
    deliver_postgresql(editions[0], server)
    ask("create view public.built_on_it as select org_code from mart.dim_organisation", "owner")
    deliver_postgresql(editions[4], server)
    assert differing(editions[4]) == []
    assert ask("select to_regclass('mart.dq_old'), count(*) > 0 from mart.fct_incident") == [(None, True)]
    assert len(ask("select * from public.built_on_it", "owner")) == 5
    ask("drop view public.built_on_it", "owner")  # the column that came goes again, and with it the view that has it
    assert deliver_postgresql(editions[0], server, keep=1, retired_after=0).retired == [5]
    assert differing(editions[0]) == []
    assert ask("select count(*) from pg_class where relname ~ '^fct_incident'") == [(0,)]


def test_what_others_built_on_a_mart_that_goes_keeps_the_old_edition_shown(server: str, editions: list[Path]) -> None:
    deliver_postgresql(editions[0], server)
    ask("create view public.built_on_it as select feed from mart.dq_old", "owner")
    with pytest.raises(DeliveryError, match=r"cannot drop view mart\.dq_old because other objects depend on it"):
        deliver_postgresql(editions[4], server)
    assert shown() == 1
    assert differing(editions[0]) == []


def test_rows_that_are_not_those_of_the_manifest_are_not_shown(
    server: str, editions: list[Path], tmp_path: Path
) -> None:
    deliver_postgresql(editions[0], server)
    false = tmp_path / "2"
    false.mkdir()
    for name in ("onegrid.duckdb", "project.tar"):
        (false / name).symlink_to(editions[1] / name)
    told = json.loads((editions[1] / "manifest.json").read_bytes())
    mart = next(mart for mart in told["marts"] if mart["name"] == "fct_case")
    mart["checksum"] = "0" * 64
    (false / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(DeliveryError, match="mart fct_case did not arrive in the database as it stands in edition 2"):
        deliver_postgresql(false, server)
    assert shown() == 1
    assert deliver_postgresql(editions[1], server).changed


def test_an_edition_of_another_home_does_not_pass_for_ours(server: str, editions: list[Path], tmp_path: Path) -> None:
    deliver_postgresql(editions[0], server)
    other = Town(tmp_path)
    path = publish(other.build("v9-p9"), other.home).path
    with pytest.raises(DeliveryError, match="deliver to a schema of its own"):
        deliver_postgresql(path, server)
    assert deliver_postgresql(path, server, schema="mart_other").changed
    assert ask("select build_id from mart_other.publish_info union all select build_id from mart.publish_info") == [
        ("v9-p9",), ("v1-p1",),
    ]  # fmt: skip


def test_what_is_wrong_with_a_connection_is_said_without_its_password(
    server: str, editions: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WRONG", os.environ["AIRFLOW_CONN_BI"].replace("/delivered", "/absent"))
    monkeypatch.setenv("AIRFLOW_CONN_FILES", "sftp://someone:secret@127.0.0.1")
    for name, word in (("wrong", 'database "absent" does not exist'), ("files", "of kind 'sftp', not postgresql")):
        with pytest.raises(DeliveryError, match=word) as raised:
            deliver_postgresql(editions[0], name)
        assert SECRET not in str(raised.value)
        assert "secret" not in str(raised.value)
    with pytest.raises(SourceError, match="set AIRFLOW_CONN_NOWHERE"):
        deliver_postgresql(editions[0], "nowhere")
    with pytest.raises(DeliveryError, match="the role 'nobody_here' does not exist"):
        deliver_postgresql(editions[0], server, readers=("nobody_here",))
    with pytest.raises(DeliveryError, match="--keep 1"):
        deliver_postgresql(editions[0], server, keep=0)


def test_the_command_delivers_what_the_city_asks_for(
    server: str,
    editions: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from onegrid import cli

    home = editions[0].parents[1]
    (tmp_path / "city.yml").write_text(
        "city: town\ntitle: t\ntime_zone: Asia/Shanghai\nnetworks: {}\n"
        "deliveries: [{connection: absent}, {connection: bi, readers: [bi_reader], schema: mart, keep: 3}]\n",
        encoding="utf-8",
    )
    call = ["onegrid", "deliver", "postgresql", "--city", str(tmp_path), "--home", str(home)]
    monkeypatch.setattr(sys, "argv", [*call, "--edition", "2"])
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    said = capsys.readouterr()
    assert said.out.startswith("edition 2 is shown in schema mart of bi: ")
    assert "AIRFLOW_CONN_ABSENT" in said.err
    monkeypatch.setattr(sys, "argv", [*call, "--connection", "bi", "--json"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code in (0, None)
    assert json.loads(capsys.readouterr().out)["edition"] == EDITIONS
