"""The indicator registry of an edition: what its indicators are called and which rules it counted by."""

import csv
import io
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from reporting.build import SNAPSHOT
from reporting.edition import MARTS

_SEED = "dbt_project/seeds/indicator.csv"
_QUANTITIES = "dbt_project/models/indicators/_indicators.yml"
_WORDS = "dbt_project/seeds/work_word.csv"


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


Words = dict[str, dict[str, tuple[str, str]]]
"""Kind of stream → word → its Chinese label and what it means."""


def glossary(quantities: str, words: str) -> Words:
    """The words that the rules of the registry use, of cases from the YAML of their base quantities (`quantities`), of
    other work from the registry of words (`words`, CSV).
    """
    found: Words = {"case": {}}
    for model in (yaml.safe_load(quantities) or {"models": []})["models"]:
        if model["name"] == "int_case_measure":
            found["case"] = {
                column["name"].removeprefix("is_"): (column["config"]["meta"]["label_zh"], column["description"])
                for column in model["columns"]
                if column["name"].startswith("is_") or column["name"].endswith("_amount")
            }
    for row in csv.DictReader(io.StringIO(words)):
        found.setdefault(row["stream_type"], {})[row["word"]] = (row["label_zh"], row["meaning"])
    return found


def glossary_of(read: Callable[[str], str]) -> Words:
    """The same, of a project whose files `read` gives by their path in the house; empty text where there is none."""
    return glossary(read(_QUANTITIES), read(_WORDS))


def meanings(edition: Path, rule: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The words of a rule of the registry → label and meaning, as the project kept with an edition has them."""
    return meanings_in(glossary_of(lambda name: _kept(edition, name)), rule)


def meanings_in(words: Words, rule: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The words of a rule → label and meaning, as far as `words` knows them."""
    told = words.get(rule["stream_type"], {})
    return {word: told[word] for word in used_words(rule) if word in told}


def used_words(rule: Mapping[str, Any]) -> list[str]:
    """What a rule counts above and below the line, what it leaves out, and the amounts that it sums."""
    suffix = "_amount" if rule["stream_type"] == "case" else ""
    amounts = [f"{rule[name]}{suffix}" for name in ("amount", "denominator_amount") if rule.get(name)]
    return [
        word for word in (rule["numerator"], rule["denominator"], *(rule["excludes"] or "").split(), *amounts) if word
    ]


def _kept(edition: Path, name: str) -> str:
    """A file of the project kept with an edition; empty where it has none of that name."""
    with tarfile.open(edition / SNAPSHOT) as archive:
        stream = archive.extractfile(name) if name in archive.getnames() else None
        return stream.read().decode("utf-8") if stream else ""
