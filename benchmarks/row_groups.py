"""How large the row groups of a mart's Parquet file are, and what its rows are sorted by: sizes and times, measured.

    python -m benchmarks.row_groups [--rows 10000000] [--folder FOLDER]

Rows are made up in the shape of `fct_event` (random ids, three years, 200,000 events of each 60 days grouped in cases).
For each order and size it prints the size of the file, the seconds to write it, and for the questions that are asked of
it how many of its row groups can hold the answer by their minima and maxima, and the milliseconds that it took.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import duckdb

ORDERS = {"by key": "event_id", "by day": "occurred_on, event_id"}
SIZES = (30_720, 122_880, 491_520, 1_966_080)
DAY, MONTH = "occurred_on = date '2025-06-17'", "occurred_on between date '2025-06-01' and date '2025-06-30'"
QUESTIONS = {
    "one day by network": (f"select network, count(*) from told where {DAY} group by all", DAY),
    "one month by grid": (f"select grid_code, count(*) from told where {MONTH} group by all", MONTH),
    "all by network": ("select network, count(*) from told group by all", "true"),
}
MADE_UP = """
create table events as
select
    md5(range::varchar) as event_id,
    'feed_' || range % 24 as feed,
    'network_' || range % 8 as network,
    md5((range // 5)::varchar) as case_id,
    range % 5 as case_seq,
    'type_' || range % 17 as event_type,
    timestamp '2023-07-01' + to_seconds(range * 94608000 // {rows}) as occurred_at,
    occurred_at + interval 8 hour as occurred_at_local,
    occurred_at_local::date as occurred_on,
    occurred_at + to_seconds(range * 7919 % 3600) as recorded_at,
    'G' || hash(range) % 3000 as grid_code,
    'O' || hash(range + 1) % 400 as org_code_told,
    'C' || hash(range + 2) % 300 as category_code_told
from range({rows})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="row-groups-", dir=given.folder))
    try:
        measure(given.rows, folder)
    finally:
        shutil.rmtree(folder)


def measure(rows: int, folder: Path) -> None:
    """Write the rows in each order and size, ask the questions, print a line each."""
    connection = duckdb.connect(str(folder / "made_up.duckdb"))
    connection.execute(f"set temp_directory = '{folder / 'spill'}'")
    connection.execute(MADE_UP.format(rows=rows))
    print(f"{rows:,} rows; for each question: row groups that may hold an answer of all, and milliseconds")
    print(f"{'order':8} {'rows a group':>12} {'MB':>7} {'write s':>8}  " + "  ".join(f"{q:>22}" for q in QUESTIONS))
    file = folder / "events.parquet"
    for order, columns in ORDERS.items():
        connection.execute(f"create or replace table in_order as from events order by {columns}")
        for size in SIZES:
            start = time.perf_counter()
            connection.execute(f"copy in_order to '{file}' (format parquet, compression zstd, row_group_size {size})")
            spent = time.perf_counter() - start
            cells = [_asked(file, *question) for question in QUESTIONS.values()]
            megabytes = file.stat().st_size / 1e6
            print(f"{order:8} {size:12,} {megabytes:7.1f} {spent:8.1f}  " + "  ".join(f"{c:>22}" for c in cells))
            file.unlink()


def _asked(file: Path, sql: str, condition: str) -> str:
    """Row groups that a condition on the day leaves, of all; and the best of three times."""
    with duckdb.connect() as reader:
        reader.execute(f"create view told as from read_parquet('{file}')")
        limits = condition.replace("occurred_on = ", "low <= high and ").replace("date ", "")
        groups = reader.execute(
            "select stats_min_value::date as low, stats_max_value::date as high "
            f"from parquet_metadata('{file}') where path_in_schema = 'occurred_on'"
        ).fetchall()
        days = [part for part in limits.split("'") if part[:2] == "20"]
        left = [g for g in groups if not days or (str(g[0]) <= days[-1] and str(g[1]) >= days[0])]
        times = []
        for _ in range(3):
            start = time.perf_counter()
            reader.execute(sql).fetchall()
            times.append(time.perf_counter() - start)
    return f"{len(left)} of {len(groups)}, {min(times) * 1000:.0f} ms"


if __name__ == "__main__":
    main()
