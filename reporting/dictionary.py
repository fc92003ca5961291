"""The data dictionary of an edition: what dbt's manifest says of every mart and column, for people and BI tools."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One column of one mart. `label_zh` is what a Chinese reader sees; `description` may say more."""

    table_name: str
    position: int
    column_name: str
    data_type: str
    label_zh: str
    description: str


@dataclass(frozen=True)
class Described:
    """What dbt knows of a mart: a sentence on the table, and label and description by column."""

    description: str
    columns: dict[str, tuple[str, str]]


def described_marts(dbt_manifest: Path) -> dict[str, Described]:
    """Mart name → its description, from dbt's target/manifest.json; empty where there is none."""
    if not dbt_manifest.is_file():
        return {}
    nodes = json.loads(dbt_manifest.read_bytes())["nodes"].values()
    return {
        node["alias"]: Described(
            node.get("description") or "",
            {name: (_label(column), column.get("description") or "") for name, column in node["columns"].items()},
        )
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] == "mart"
    }


def _label(column: dict[str, Any]) -> str:
    """`label_zh` of the column's meta; dbt 1.10 and later keep meta under config."""
    metas = (column.get("config", {}).get("meta") or {}, column.get("meta") or {})
    return str(next((meta["label_zh"] for meta in metas if meta.get("label_zh")), ""))


def entries(marts: dict[str, list[tuple[str, str]]], described: dict[str, Described]) -> list[Entry]:
    """One entry per column of each mart (name → columns with their types), in the marts' own order."""
    found = []
    for table, columns in sorted(marts.items()):
        known = described.get(table, Described("", {})).columns
        for position, (column, kind) in enumerate(columns, start=1):
            label, description = known.get(column, ("", ""))
            found.append(Entry(table, position, column, kind, label, description))
    return found
