"""The checksum of a mart: sees every change of a cell, no change of order."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from reporting.checksums import RUN_ONLY_COLUMNS, checksum, columns_of, fingerprint

ROWS = """
select i as id, i % 7 as part, 'text ' || i as text, (i * 1.25)::decimal(12, 2) as money, i / 3.0 as ratio,
    timestamp '2026-11-04 00:00:00' + interval (i) microsecond as at_utc, i % 2 = 0 as flag,
    case when i % 5 <> 0 then date '2026-01-01' + i::integer end as on_day
from range(5000) as given (i)
"""


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(f"create table told as {ROWS}")
        yield connection


def test_order_threads_and_parquet_change_nothing(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    expected = checksum(connection, "told")
    assert expected[0] == 5000
    connection.execute("create table shuffled as from told order by hash(id)")
    connection.execute(f"copy shuffled to '{tmp_path}/told.parquet' (format parquet, row_group_size 2048)")
    for threads in (1, 2, 4):
        connection.execute(f"set threads = {threads}")
        for relation in ("shuffled", f"read_parquet('{tmp_path}/told.parquet')"):
            assert checksum(connection, relation) == expected


@pytest.mark.parametrize(
    "change",
    [
        "update told set text = text || ' ' where id = 4999",
        "update told set on_day = null where id = 1",
        "update told set money = money + 0.01 where id = 77",
        "update told set ratio = nextafter(ratio, 1e9) where id = 8",
        "update told set at_utc = at_utc + interval 1 microsecond where id = 0",
        "update told set flag = not flag where id in (10, 11)",
        "delete from told where id = 3",
        "insert into told from told where id = 3",
        "alter table told rename column text to word",
        "alter table told alter column part type integer",
    ],
)
def test_every_change_is_seen(connection: duckdb.DuckDBPyConnection, change: str) -> None:
    before = checksum(connection, "told")
    connection.execute(change)
    assert checksum(connection, "told") != before


def test_cells_that_read_alike_side_by_side_differ(connection: duckdb.DuckDBPyConnection) -> None:
    cells = ["('a', 'bc')", "('ab', 'c')", "('', null)", "(null, '')", "('-', null)", "('1:a', '')", "('a', '1:')"]
    sums = {checksum(connection, f"(select * from (values {cell}) as given (x, y))")[1] for cell in cells}
    assert len(sums) == len(cells)


def test_two_rows_cannot_swap_their_cells(connection: duckdb.DuckDBPyConnection) -> None:
    one = checksum(connection, "(select * from (values (1, 'a'), (2, 'b')) as given (x, y))")
    two = checksum(connection, "(select * from (values (1, 'b'), (2, 'a')) as given (x, y))")
    assert one != two


def test_columns_of_the_run_are_left_out(connection: duckdb.DuckDBPyConnection) -> None:
    before = checksum(connection, "told")
    for name in RUN_ONLY_COLUMNS:
        connection.execute(f"alter table told add column {name} varchar default 'today'")
    assert checksum(connection, "told") == before


@pytest.mark.parametrize(
    "change",
    [
        "update told set text = text || ' ' where id = 4999",
        "update told set on_day = null where id = 1",
        "update told set money = money + 0.01 where id = 77",
        "update told set ratio = nextafter(ratio, 1e9) where id = 8",
        "update told set at_utc = at_utc + interval 1 microsecond where id = 0",
        "update told set flag = not flag where id in (10, 11)",
        "update told set text = (select text from told as other where other.id = 1 - told.id) where id in (0, 1)",
        "delete from told where id = 3",
        "insert into told from told where id = 3",
    ],
)
def test_a_fingerprint_sees_what_a_copy_may_have_done_wrong(connection: duckdb.DuckDBPyConnection, change: str) -> None:
    columns = columns_of(connection, "told")
    before = fingerprint(connection, "told", columns)
    connection.execute("create table shuffled as from told order by hash(id)")
    assert fingerprint(connection, "shuffled", columns) == before
    connection.execute(change)
    assert fingerprint(connection, "told", columns) != before
