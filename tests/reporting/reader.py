"""A reader of editions, as a BI tool or a copying job is one: reads until it is told to stop, and checks all it read.

Called as `python -m tests.reporting.reader EDITIONS STOP_FILE`; prints one JSON object, and meanwhile adds the number
of each edition that it met to `STOP_FILE.met`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import duckdb

from ingest.privacy import literal, quoted
from reporting.checksums import checksum


def read(editions: Path) -> tuple[int, list[str]]:
    """One visit: the number of the edition met, and what did not fit its manifest."""
    edition = (editions / "current").resolve()
    manifest = json.loads((edition / "manifest.json").read_bytes())
    torn = [] if manifest["number"] == int(edition.name) else [f"manifest of {manifest['number']} in {edition.name}"]
    connection = duckdb.connect()
    try:
        connection.execute(f"attach {literal(str(edition / 'onegrid.duckdb'))} as edition (read_only)")
        for mart in manifest["marts"]:
            for relation in (
                f"edition.mart.{quoted(mart['name'])}",
                f"read_parquet({literal(str(edition / mart['file']))})",
            ):
                if checksum(connection, relation) != (mart["rows"], mart["checksum"]):
                    torn.append(f"edition {edition.name}: {relation}")
    finally:
        connection.close()
    return manifest["number"], torn


def read_through_the_link(editions: Path) -> list[str]:
    """Open the file by the link, as a dashboard does: all of it is of the edition that it says it is."""
    with duckdb.connect(str(editions / "current" / "onegrid.duckdb"), read_only=True) as connection:
        [(number,)] = connection.execute("select edition from mart.publish_info").fetchall()
        manifest = json.loads((editions / str(number) / "manifest.json").read_bytes())
        told = {mart["name"]: (mart["rows"], mart["checksum"]) for mart in manifest["marts"]}
        return [name for name in told if checksum(connection, f"mart.{quoted(name)}") != told[name]]


def main(editions: Path, stop: Path) -> dict[str, Any]:
    os.nice(10)  # many readers shall not slow the one publisher of a small machine
    report: dict[str, Any] = {"reads": 0, "errors": [], "torn": [], "numbers": []}
    last = False
    while not last:
        last = stop.exists()  # one more visit after the word to stop, so that the newest edition is met
        try:
            number, torn = read(editions)
            torn += read_through_the_link(editions)
        except Exception as error:
            report["errors"].append(repr(error))
            continue
        report["reads"] += 2
        report["torn"] += torn
        report["numbers"].append(number)
        with Path(f"{stop}.met").open("a", encoding="utf-8") as met:
            met.write(f"{number}\n")
    return report


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
