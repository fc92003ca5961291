"""Three ways for readers of a PostgreSQL schema to go over to other tables, and what readers meet meanwhile.

    AIRFLOW_CONN_BENCH=postgresql://… python -m benchmarks.swaps --connection bench [--readers 12] [--swaps 300]

Each edition has six tables that hold its number. Readers ask for all six, in one statement or in the statements of one
REPEATABLE READ transaction, and must meet one number. Works in schemas `bench*`, which it drops. The way that editions
are delivered is the last one: `reporting/delivery.py`.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg2

from reporting.postgresql import session

TABLES = range(6)
SCHEMAS = ("bench", "bench_a", "bench_b", "bench_store")
STATEMENT = f"select {', '.join(f't{i}.e' for i in TABLES)} from {', '.join(f'bench.t{i} as t{i}' for i in TABLES)}"


@dataclass(frozen=True)
class Met:
    """What readers met: readings, those of more than one edition or none, errors, and the longest that one took."""

    readings: int
    torn: int
    errors: int
    longest: float


def read(name: str, as_transaction: bool, stop: Any, told: Any) -> None:
    """One reader's process, until it is told to stop."""
    readings = torn = errors = 0
    longest = 0.0
    with session(name) as connection, connection.cursor() as cursor:
        cursor.execute("set jit = off")
        while not stop.is_set():
            start = time.perf_counter()
            try:
                torn += len(set(_numbers(cursor, as_transaction))) != 1
            except psycopg2.Error:
                errors += 1
                cursor.execute("rollback")
            readings, longest = readings + 1, max(longest, time.perf_counter() - start)
    told.put(Met(readings, torn, errors, longest))


def _numbers(cursor: Any, as_transaction: bool) -> list[int | None]:
    if not as_transaction:
        cursor.execute(STATEMENT)
        return list(cursor.fetchone() or [None, 0])
    found: list[int | None] = []
    cursor.execute("begin isolation level repeatable read")
    for table in TABLES:
        cursor.execute(f"select e from bench.t{table}")
        found.append((cursor.fetchone() or [None])[0])
    cursor.execute("commit")
    return found


def _tables(cursor: Any, schema: str, number: int) -> None:
    cursor.execute(f"create schema {schema}")
    for table in TABLES:
        cursor.execute(f"create table {schema}.t{table} as select {number} as e, {number} as _edition")
        cursor.execute(f"alter table {schema}.t{table} alter _edition set not null")
        cursor.execute(f"analyze {schema}.t{table}")


def two_schemas(cursor: Any) -> None:
    _tables(cursor, "bench", 0)
    _tables(cursor, "bench_b", 1)


def rename(cursor: Any, _: int) -> None:
    cursor.execute("alter schema bench rename to bench_a")
    cursor.execute("alter schema bench_b rename to bench")
    cursor.execute("alter schema bench_a rename to bench_b")


def views(cursor: Any) -> None:
    _tables(cursor, "bench_a", 0)
    _tables(cursor, "bench_b", 1)
    cursor.execute("create schema bench")
    replace_views(cursor, 1)


def replace_views(cursor: Any, swap: int) -> None:
    for table in TABLES:
        cursor.execute(f"create or replace view bench.t{table} as select e from bench_{'ba'[swap % 2]}.t{table}")


def partitions(cursor: Any) -> None:
    _tables(cursor, "bench_a", 0)
    _tables(cursor, "bench_b", 1)
    cursor.execute("create schema bench")
    cursor.execute("create schema bench_store")
    cursor.execute("create table bench_store.shown as select 0 as number")
    for table in TABLES:
        parent = f"bench_store.t{table}"
        cursor.execute(f"create table {parent} (e int, _edition int not null) partition by list (_edition)")
        for number, schema in enumerate(("bench_a", "bench_b")):
            cursor.execute(f"alter table {parent} attach partition {schema}.t{table} for values in ({number})")
        shown = "(select number from bench_store.shown)"
        cursor.execute(f"create view bench.t{table} as select e from {parent} where _edition = {shown}")


def update(cursor: Any, swap: int) -> None:
    cursor.execute("update bench_store.shown set number = %s", (1 - swap % 2,))


WAYS: dict[str, tuple[Callable[[Any], None], Callable[[Any, int], None]]] = {
    "schemas renamed": (two_schemas, rename),
    "views replaced": (views, replace_views),
    "one row updated": (partitions, update),
}


def measure(name: str, way: str, as_transaction: bool, readers: int, swaps: int) -> tuple[Met, float, int]:
    """What all readers met together, the mean seconds of a swap, and the swaps that gave way to readers."""
    prepare, swap = WAYS[way]
    stop = multiprocessing.Event()
    told: multiprocessing.Queue[Met] = multiprocessing.Queue()
    with session(name) as connection, connection.cursor() as cursor:
        for schema in SCHEMAS:
            cursor.execute(f"drop schema if exists {schema} cascade")
        prepare(cursor)
        processes = [
            multiprocessing.Process(target=read, args=(name, as_transaction, stop, told)) for _ in range(readers)
        ]
        for process in processes:
            process.start()
        time.sleep(1)
        spent, gave_way = 0.0, 0
        for number in range(swaps):
            start = time.perf_counter()
            cursor.execute("begin")
            cursor.execute("set local lock_timeout = '500ms'")
            try:
                swap(cursor, number)
                cursor.execute("commit")
            except psycopg2.errors.LockNotAvailable:
                gave_way += 1
                cursor.execute("rollback")
            spent += time.perf_counter() - start
            time.sleep(0.01)
        stop.set()
        each = [told.get() for _ in processes]
        for process in processes:
            process.join()
        for schema in SCHEMAS:
            cursor.execute(f"drop schema if exists {schema} cascade")
    met = Met(
        sum(one.readings for one in each), sum(one.torn for one in each), sum(one.errors for one in each),
        max(one.longest for one in each),
    )  # fmt: skip
    return met, spent / swaps, gave_way


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--connection", required=True)
    parser.add_argument("--readers", type=int, default=12)
    parser.add_argument("--swaps", type=int, default=300)
    given = parser.parse_args()
    print(
        f"{'way':16} {'asked in':12} {'readings':>9} {'torn':>6} {'errors':>6} {'longest s':>9} {'swap ms':>8} gave way"
    )
    for way in WAYS:
        for as_transaction in (False, True):
            met, seconds, gave_way = measure(given.connection, way, as_transaction, given.readers, given.swaps)
            asked = "transactions" if as_transaction else "statements"
            print(
                f"{way:16} {asked:12} {met.readings:9,} {met.torn:6,} {met.errors:6,} {met.longest:9.2f} "
                f"{seconds * 1000:8.1f} {gave_way:8}"
            )


if __name__ == "__main__":
    main()
