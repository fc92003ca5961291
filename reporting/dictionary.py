"""The two tables that every edition brings besides the marts: `publish_info` and `data_dictionary`.

`publish_info` is one row that every dashboard shows; `data_dictionary` is what dbt's manifest says of each column.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

PUBLISH_INFO = (
    ("edition", "integer", "期号 · number of the edition"),
    ("city", "varchar", "部署 · name of the deployment"),
    ("city_title", "varchar", "地区 · title of the district"),
    ("log_version", "varchar", "日志版本 · version of the event log it was built from"),
    ("build_id", "varchar", "构建号 · log version and project"),
    ("mart_version", "varchar", "集市契约版本 · version of the contract of the marts; null before there was one"),
    ("project_sha256", "varchar", "工程快照 · hash of the project kept with it"),
    ("time_zone", "varchar", "时区 · zone of every *_local, *_on, *_day and month column"),
    ("clock_at_utc", "timestamp", "数据时钟 · the newest delivery: the now of every figure, UTC"),
    ("clock_at_local", "timestamp", "数据时钟（本地） · the same, local"),
    (
        "data_through_utc",
        "timestamp",
        "数据截至 · all feeds are known up to here, UTC; null where one is silent",
    ),
    ("data_through_local", "timestamp", "数据截至（本地） · the same, local"),
    ("feed_count", "integer", "数据源数 · feeds, reference feeds left out"),
    ("silent_feed_count", "integer", "无数据的源 · of them, those that brought nothing yet"),
    ("held_landing_count", "bigint", "待处理批次 · landings that wait: figures of their feeds are not complete"),
    ("held_feeds", "varchar", "待处理的源 · feeds with such landings"),
    ("published_at_utc", "timestamp", "发布时间 · published, UTC"),
    ("waived_checks", "varchar", "豁免的检查 · failed checks that a person accepted; null for none"),
    ("waived_by", "varchar", "豁免人 · who accepted them"),
    ("waived_why", "varchar", "豁免理由 · and why"),
)
DATA_DICTIONARY = (
    ("table_name", "varchar", "表 · mart"),
    ("position", "integer", "序号 · place of the column"),
    ("column_name", "varchar", "列 · column"),
    ("data_type", "varchar", "类型 · type"),
    ("label_zh", "varchar", "中文名 · label"),
    ("description", "varchar", "说明 · description"),
)


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


def dictionary_rows(marts: dict[str, list[tuple[str, str]]], described: dict[str, Described]) -> list[tuple[Any, ...]]:
    """Rows of `data_dictionary`: one per column of each mart (name → columns with their types), in the marts' order."""
    found = []
    for table, columns in sorted(marts.items()):
        known = described.get(table, Described("", {})).columns
        for position, (column, kind) in enumerate(columns, start=1):
            found.append((table, position, column, kind, *known.get(column, ("", ""))))
    return found


def info_row(manifest: dict[str, Any]) -> tuple[Any, ...]:
    """The one row of `publish_info`."""
    zone = ZoneInfo(manifest["time_zone"])
    feeds = [feed for feed in manifest["feeds"] if feed["mode"] != "reference"]
    held = [feed for feed in manifest["feeds"] if feed["held_landings"]]
    throughs = [feed["data_through"] for feed in feeds]
    waived = manifest["gates"]["marts"].get("waived")
    through = min(throughs) if throughs and None not in throughs else None
    return (
        *(manifest[name] for name in ("number", "city", "title", "log_version", "build_id")),
        (manifest.get("mart_contract") or {}).get("version"),
        manifest["project"]["sha256"],
        manifest["time_zone"],
        _naive(manifest["clock_at"], UTC),
        _naive(manifest["clock_at"], zone),
        _naive(through, UTC),
        _naive(through, zone),
        len(feeds),
        throughs.count(None),
        sum(feed["held_landings"] for feed in held),
        ", ".join(feed["feed"] for feed in held),
        _naive(manifest["published_at"], UTC),
        *((", ".join(waived["checks"]), waived["by"], waived["why"]) if waived else (None, None, None)),
    )


def _naive(moment: str | None, zone: Any) -> datetime | None:
    """The wall clock of an instant in a zone, as tables hold it."""
    return None if moment is None else datetime.fromisoformat(moment).astimezone(zone).replace(tzinfo=None)
