"""The indicator registry of an edition: what its indicators are called and which rules it counted by."""

import csv
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from reporting.build import SNAPSHOT
from reporting.edition import MARTS

_SEED = "dbt_project/seeds/indicator.csv"
_QUANTITIES = "dbt_project/models/indicators/_indicators.yml"


@dataclass(frozen=True)
class Indicator:
    """An indicator as the registry of an edition has it; without a title where only its figures tell of it."""

    code: str
    rule_version: str
    title_zh: str = ""
    title_en: str = ""


def registry(connection: duckdb.DuckDBPyConnection, catalog: str, edition: Path) -> dict[str, Indicator]:
    """Code → indicator: from the project kept with an edition, else from its figures (attached as `catalog`)."""
    rows = list(csv.DictReader(io.StringIO(_kept(edition, _SEED))))
    if rows:
        return {
            row["indicator"]: Indicator(row["indicator"], row["rule_version"], row["title_zh"], row["title_en"])
            for row in rows
        }
    told = connection.execute(
        f"select indicator, max(rule_version) from {catalog}.{MARTS}.rpt_indicator group by indicator order by all"
    ).fetchall()
    return {code: Indicator(code, version) for code, version in told}


def glossary(text: str) -> dict[str, dict[str, tuple[str, str]]]:
    """Of each model of base quantities (`text` describes them, YAML): word → its Chinese label and what it means."""
    return {
        model["name"]: {
            column["name"].removeprefix("is_"): (column["config"]["meta"]["label_zh"], column["description"])
            for column in model["columns"]
            if column["name"].startswith("is_") or column["name"].endswith("_amount")
        }
        for model in (yaml.safe_load(text) or {"models": []})["models"]
    }


def meanings(edition: Path, rule: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The words of a rule of the registry → label and meaning, as the project kept with an edition has them."""
    words = glossary(_kept(edition, _QUANTITIES))
    told = words.get("int_case_measure" if rule["stream_type"] == "case" else "int_work_measure", {})
    return {word: told[word] for word in used_words(rule) if word in told}


def used_words(rule: Mapping[str, Any]) -> list[str]:
    """What a rule counts above and below the line, what it leaves out, and the amounts that it sums."""
    amounts = [f"{rule[name]}_amount" for name in ("amount", "denominator_amount") if rule.get(name)]
    return [
        word for word in (rule["numerator"], rule["denominator"], *(rule["excludes"] or "").split(), *amounts) if word
    ]


def _kept(edition: Path, name: str) -> str:
    """A file of the project kept with an edition; empty where it has none of that name."""
    with tarfile.open(edition / SNAPSHOT) as archive:
        stream = archive.extractfile(name) if name in archive.getnames() else None
        return stream.read().decode("utf-8") if stream else ""
