"""The dialect through which Great Expectations asks DuckDB: results outlive their connection, nothing is copied out."""

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from expectations import dialect, engine
from ingest.errors import GateError


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "some.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table told as select i as n, 0.5::decimal(10, 2) as share, 'x' as word from range(1000) t(i)"
        )
        connection.execute("create schema mart; create table mart.cases (seen_at timestamp, is_open boolean not null)")
        connection.execute("create view mart.seen as select 1::bigint as n")
    return path


@pytest.fixture
def connected(database: Path) -> Iterator[sa.Engine]:
    made = sa.create_engine(f"{dialect.register()}:///{database}?schema=mart,main", connect_args={"read_only": True})
    yield made
    made.dispose()


def test_a_result_is_read_after_other_statements_and_after_its_connection(connected: sa.Engine) -> None:
    with connected.connect() as connection:
        first = connection.execute(sa.text("select n from told order by n"))
        second = connection.execute(sa.select(sa.literal(7)))
    assert [row.n for row in first] == list(range(1000))
    assert second.scalar() == 7


def test_columns_are_read_from_duckdbs_own_catalogue(connected: sa.Engine) -> None:
    inspector = sa.inspect(connected)
    told = {column["name"]: column["type"] for column in inspector.get_columns("told")}
    assert isinstance(told["n"], sa.BigInteger)
    assert isinstance(told["share"], sa.Numeric)
    assert isinstance(told["word"], sa.String)
    (seen_at, is_open) = inspector.get_columns("cases", schema="mart")
    assert (seen_at["nullable"], is_open["nullable"]) == (True, False)
    assert [column["name"] for column in inspector.get_columns("seen")] == ["n"]
    with pytest.raises(sa.exc.NoSuchTableError):
        inspector.get_columns("not_there")


def test_the_file_is_opened_read_only_and_in_utc(connected: sa.Engine) -> None:
    with connected.connect() as connection:
        assert connection.execute(sa.text("select current_setting('TimeZone')")).scalar() == "UTC"
        with pytest.raises(sa.exc.DBAPIError, match="read-only"):
            connection.execute(sa.text("create table more (n int)"))


def test_expectations_run_as_sql_in_duckdb(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every statement of a validation is an aggregate; the rows of the table are never fetched."""
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    fetched: list[int] = []
    run_well = dialect.EagerExecutionContext.post_exec

    def counted(self: dialect.EagerExecutionContext) -> None:
        run_well(self)
        fetched.append(len(self.cursor_fetch_strategy._rowbuffer))

    monkeypatch.setattr(dialect.EagerExecutionContext, "post_exec", counted)
    suite = gx.ExpectationSuite("suite", expectations=[gxe.ExpectColumnValuesToBeBetween(column="n", max_value=997)])
    with engine.source(database, engine.Budget(60)) as origin:
        runner = origin.get_execution_engine()
        assert isinstance(runner, SqlAlchemyExecutionEngine)
        assert isinstance(runner.engine.dialect, dialect.EagerDuckDBDialect)
        (outcome,) = engine.run(origin, suite, "told")
    assert (outcome.success, outcome.observed, outcome.rows, outcome.failing) == (False, 2, 1_000, {})
    assert fetched
    assert max(fetched) < 10  # a thousand rows were judged; what came out are counts and the names of columns


def test_nothing_is_left_behind_on_disk_or_on_the_screen(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import great_expectations as gx
    import great_expectations.expectations as gxe

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    suite = gx.ExpectationSuite("suite", expectations=[gxe.ExpectColumnValuesToNotBeNull(column="n")])
    with engine.source(database, engine.Budget(60)) as origin:
        engine.run(origin, suite, "told")
    assert list(temporary.iterdir()) == []
    captured = capfd.readouterr()
    assert "Calculating" not in captured.out + captured.err


def test_a_query_that_runs_too_long_is_stopped() -> None:
    budget = engine.Budget(0.2)
    stopped = threading.Event()

    def endless() -> None:
        with duckdb.connect() as done:
            budget.on_timeout(done.interrupt)
        with duckdb.connect() as connection:
            budget.on_timeout(connection.interrupt)
            try:
                connection.execute(
                    "select count(*) from range(1000000000) a, range(1000000) b where a.range % 7 = b.range % 5"
                )
            finally:
                stopped.set()

    with pytest.raises(GateError, match=r"longer than 0.2 s"):
        engine.within(budget, endless)
    assert stopped.wait(30)
