"""The indicator registry of an edition: what its indicators are called and which rules it counted by."""

import csv
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from reporting.build import SNAPSHOT
from reporting.edition import MARTS

_SEED = "dbt_project/seeds/indicator.csv"


@dataclass(frozen=True)
class Indicator:
    """An indicator as the registry of an edition has it; without a title where only its figures tell of it."""

    code: str
    rule_version: str
    title_zh: str = ""
    title_en: str = ""


def registry(connection: duckdb.DuckDBPyConnection, catalog: str, edition: Path) -> dict[str, Indicator]:
    """Code → indicator: from the project kept with an edition, else from its figures (attached as `catalog`)."""
    with tarfile.open(edition / SNAPSHOT) as archive:
        stream = archive.extractfile(_SEED) if _SEED in archive.getnames() else None
        rows = list(csv.DictReader(io.StringIO(stream.read().decode("utf-8")))) if stream else []
    if rows:
        return {
            row["indicator"]: Indicator(row["indicator"], row["rule_version"], row["title_zh"], row["title_en"])
            for row in rows
        }
    told = connection.execute(
        f"select indicator, max(rule_version) from {catalog}.{MARTS}.rpt_indicator group by indicator order by all"
    ).fetchall()
    return {code: Indicator(code, version) for code, version in told}
