"""`python -m tests.hostile.take_in ROOT FEED`: pull and land what lies there, then a good delivery; say what happened.

A process of its own for each file, started anew and not forked: the libraries below it keep threads. What it prints is
one JSON object; an error that nobody raised on purpose ends it with a traceback.
"""

import json
import sys
from pathlib import Path
from typing import Any

from ingest.city import open_city
from ingest.errors import OnegridError
from ingest.home import open_home
from ingest.land import land
from ingest.log import Log, file_list, session
from ingest.pull import pull
from tests.hostile.town import drop_good


def highest_megabytes() -> int:
    """The most memory that this program, or one that it started, held. (`ru_maxrss` tells a parent's too.)"""
    started = {
        process for task in Path("/proc/self/task").iterdir() for process in (task / "children").read_text().split()
    }
    return max(_highest(process) for process in ("self", *started))


def _highest(process: str) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024


def take_in(root: Path, feed: str) -> dict[str, Any]:
    city, home = open_city(root / "city"), open_home(root / "home")
    said: list[str] = []

    def ingest() -> None:
        for step in (pull, land):
            try:
                step(city, home, feed)
            except OnegridError as error:
                said.append(str(error))

    ingest()
    drop_good(root, feed)
    ingest()
    log = Log(home)
    told: dict[str, Any] = {"said": said, "receipts": [(r["batch_name"], r["recorded"]) for r in log.receipts(feed)]}
    for table, column in (("events", "stream_key"), ("rejections", "code")):
        files = log.files(table)
        sql = f"select distinct {column} from read_parquet({file_list(files)}) where length({column}) < 100"
        told[table] = sorted(row[0] for row in session().execute(sql).fetchall()) if files else []
    return told


if __name__ == "__main__":
    happened = take_in(Path(sys.argv[1]), sys.argv[2])
    print(json.dumps({**happened, "megabytes": highest_megabytes()}))
