"""An edition whose every value says what it is: marts with the columns of the dbt project, and rows of six kinds.

A text is `class~mart.column~row;`, so that whoever reads a cut sees which class and whose row got into it. Figures are
sums of the items, as in dbt.
"""

import hashlib
import io
import json
import tarfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from ingest.city import City, open_city
from ingest.home import Home, open_home
from reporting.build import ROOT, SNAPSHOT, WAREHOUSE
from reporting.classification import of_model
from reporting.dictionary import PUBLISH_INFO
from reporting.sealed import MANIFEST, file_hash, files_of

ROWS: dict[str, dict[str, str]] = {
    "burst": {"network": "water", "feed": "water_repairs", "stream_type": "case", "org_code": "WT11"},
    "litter": {"network": "city_management", "feed": "city_cases", "stream_type": "case", "org_code": "CM11"},
    "dispute": {"network": "governance_centre", "feed": "disputes", "stream_type": "case", "org_code": "ST01"},
    "visit": {"network": "governance_centre", "feed": "visits", "stream_type": "visit", "org_code": "ST01"},
    "police": {"network": "public_security", "feed": "police", "stream_type": "case", "org_code": "PS01"},
    "rating": {"network": "hotline", "feed": "callbacks", "stream_type": "callback", "org_code": "CM11"},
}
"""Each kind of row and whose it is."""
ORGANISATIONS = [("GOV", None), ("CM01", "GOV"), ("CM11", "CM01"), ("WT11", "GOV"), ("ST01", "GOV"), ("PS01", "GOV")]
INDICATORS = [
    ("reported", "case", "count", "reported"), ("handled_on_time_rate", "case", "share", "disposed handle_fell_due"),
    ("visit_rate", "visit", "share", "visit_planned"), ("visits_planned", "visit", "count", "visit_planned"),
    ("solved_rate", "callback", "share", "called_back"), ("reached_rate", "callback", "share", "called_back"),
]  # fmt: skip
NOW = "2026-11-05T09:00:00+08:00"
CITY_YML = """
city: town
title: 样例镇
time_zone: Asia/Shanghai
networks:
  city_management: {title: 城管}
  water: {title: 供水}
  hotline: {title: 12345 热线}
  governance_centre: {title: 综治}
  public_security: {title: 公安}
"""
AUDIENCES_YML = """
subjects:
  dispute: {feeds: [disputes]}
  visit: {feeds: [visits]}
  rating: {feeds: [callbacks]}
  police: {feeds: [police]}
leaders: {title: 领导}
analysts: {title: 分析}
units:
  CM01: {title: 城管局}
centres:
  water: {title: 供水}
"""


def models() -> dict[str, dict[str, Any]]:
    """The marts as their YAML has them."""
    found = {}
    for path in sorted((ROOT / "dbt_project" / "models" / "marts").rglob("_*.yml")):
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        found.update({model["name"]: model for model in loaded["models"]})
    return found


def city(root: Path, audiences: str = AUDIENCES_YML) -> City:
    """A city folder without contracts; `audiences` is its audiences.yml."""
    (root / "city" / "feeds").mkdir(parents=True, exist_ok=True)
    (root / "city" / "city.yml").write_text(CITY_YML, encoding="utf-8")
    (root / "city" / "audiences.yml").write_text(audiences, encoding="utf-8")
    return open_city(root / "city")


FEW = {"rpt_indicator", "rpt_indicator_item", "dim_indicator", "dim_organisation", "dim_grid", "dim_component"}


CODES = {("dq_landing", "verdict"): "pass"}
"""Columns with a closed list of words, which pages look up: they hold one of these and no mark."""


def edition(root: Path, items: list[dict[str, Any]], number: int = 1, only: set[str] | None = None) -> Path:
    """Write an edition with these items (indicator, row, network, org_code, street_code, hit, month).

    `only` names the marts that it holds; FEW is what figures need, and what the public edition is asked for.
    """
    home = open_home(root / "home")
    path = home.editions / str(number)
    (path / "marts").mkdir(parents=True)
    (path / SNAPSHOT).write_bytes(project())
    with duckdb.connect(str(path / WAREHOUSE)) as connection:
        connection.execute("begin; create schema mart")
        for name, model in models().items():
            if only is None or name in only:
                _fill(connection, name, model)
        _organisations_and_indicators(connection)
        if only is None:  # a mechanism of the registry that has a page
            connection.execute(
                "insert into mart.dim_mechanism by name select 'visit' as mechanism, '走访' as title_zh, 'Visits' as "
                "title_en, false as is_core, 'visit' as stream_types, '' as measures_zh, '' as measures_en, "
                "'' as cannot_zh, '' as cannot_en"
            )
        _figures(connection, items)
        told = {
            "edition": str(number), "city": "'town'", "city_title": "'样例镇'", "time_zone": "'Asia/Shanghai'",
            "log_version": "'v1'", "project_sha256": "'p1'", "clock_at_utc": "timestamp '2026-11-04 10:00:00'",
            "clock_at_local": "timestamp '2026-11-04 18:00:00'", "published_at_utc": "timestamp '2026-11-05 01:00:00'",
        }  # fmt: skip
        listed = (f"cast({told.get(name, 'null')} as {kind}) as {name}" for name, kind, _ in PUBLISH_INFO)
        connection.execute(f"create table mart.publish_info as select {', '.join(listed)}")
        connection.execute(
            "create table mart.data_dictionary as select table_name, ordinal_position as position, column_name, "
            "data_type, '列' as label_zh, 'column' as description from information_schema.columns "
            "where table_schema = 'mart' and table_name <> 'publish_info'; commit"
        )
    manifest = {
        "number": number, "build_id": f"v{number}-p1", "city": "town", "title": "样例镇", "time_zone": "Asia/Shanghai",
        "clock_at": "2026-11-04T10:00:00+00:00", "published_at": NOW, "marts": [], "unified_scheme": "ward",
        "networks": {name: network["title"] for name, network in yaml.safe_load(CITY_YML)["networks"].items()},
        "files": {name: file_hash(path / name) for name in files_of(path)}, "previous": None,
    }  # fmt: skip
    (path / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    current = home.editions / "current"
    current.unlink(missing_ok=True)
    current.symlink_to(str(number))
    return path


def project() -> bytes:
    """The project that an edition keeps, as far as a cut reads it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in sorted((ROOT / "dbt_project" / "models" / "marts").rglob("_*.yml")):
            archive.add(path, f"dbt_project/{path.relative_to(ROOT / 'dbt_project').as_posix()}")
    return buffer.getvalue()


def _fill(connection: duckdb.DuckDBPyConnection, name: str, model: dict[str, Any]) -> None:
    mart = of_model(model)
    columns = {column["name"]: column["data_type"] for column in model["columns"]}
    connection.execute(
        f"create table mart.{name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})"
    )
    if name in ("rpt_indicator", "rpt_indicator_item", "dim_indicator", "dim_organisation"):
        return
    things = ["burst", "litter"]
    only = {"rating": ["rating"], "facility": ["burst"], "component": things, "component_position": things}.get(
        mart.about, list(ROWS)
    )
    for row in only:
        texts = {
            "case_id": row,
            "item_id": row,
            "outage_id": row,
            "indicator": "reported",
            "scorecard": "s",
            **ROWS[row],
        }
        own = {scope.column: ROWS[row]["org_code"] for scope in (mart.unit,) if scope and not scope.of}
        texts |= own | (
            {"ratee_kind": "organisation", "ratee_code": ROWS[row]["org_code"]} if "ratee_kind" in columns else {}
        )
        values = [
            CODES.get((name, column)) or texts.get(column, f"{mart.class_of(column)}~{name}.{column}~{row};")
            if kind == "varchar"
            else _value(kind)
            for column, kind in columns.items()
        ]
        connection.execute(f"insert into mart.{name} values ({', '.join('?' * len(values))})", values)


def _value(kind: str) -> Any:
    return {"date": date(2026, 10, 1), "timestamp": datetime(2026, 10, 1), "boolean": True, "double": 30.123456789}.get(
        kind, 7
    )


def _organisations_and_indicators(connection: duckdb.DuckDBPyConnection) -> None:
    for code, parent in ORGANISATIONS:
        connection.execute(
            "insert into mart.dim_organisation by name select ? as org_code, ? as parent_org_code", [code, parent]
        )
    for name, stream, unit, window in INDICATORS:
        connection.execute(
            "insert into mart.dim_indicator by name select ? as indicator, ? as stream_type, ? as unit, "
            "? as window_moment", [name, stream, unit, window],
        )  # fmt: skip


def _figures(connection: duckdb.DuckDBPyConnection, items: list[dict[str, Any]]) -> None:
    names = ("indicator", "row", "network", "org_code", "street_code", "hit", "month")
    connection.register("told", pa.table({name: [item[name] for item in items] for name in names}))
    connection.execute(
        """
        insert into mart.rpt_indicator_item by name
        select
            told.indicator, row || '/' || row_number() over () as item_id, network, org_code, street_code,
            case row when 'dispute' then 'disputes' when 'visit' then 'visits' else row end as feed,
            known.stream_type, 'personal_token~rpt_indicator_item.collector_code~' || row || ';' as collector_code,
            cast(month || '-05' as timestamp) as counted_at_local, hit as numerator,
            case known.unit when 'share' then 1 end as denominator
        from told inner join mart.dim_indicator as known using (indicator)
        """
    )
    kinds = {"district": "'district'", "network": "network", "organisation": "org_code", "street": "street_code",
             "collector": "collector_code"}  # fmt: skip
    parts = " union all ".join(
        f"select *, '{k}' as kind, {c} as code from mart.rpt_indicator_item" for k, c in kinds.items()
    )
    connection.execute(
        f"""
        insert into mart.rpt_indicator by name
        select
            indicator, kind as subject_kind, code as subject_code, period as period_kind,
            date_trunc('month', counted_at_local) as period_start, sum(numerator)::bigint as numerator,
            sum(denominator)::bigint as denominator, count(*) as item_count, true as is_assessable,
            sum(numerator)::bigint as numerator_before
        from ({parts}) cross join (values ('month'), ('week')) as periods (period) group by all
        """
    )
    connection.unregister("told")


def item(indicator: str, row: str, street: str, hit: int = 1, month: str = "2026-10", org: str = "") -> dict[str, Any]:
    return {
        "indicator": indicator, "row": row, "network": ROWS[row]["network"], "org_code": org or ROWS[row]["org_code"],
        "street_code": street, "hit": hit, "month": month,
    }  # fmt: skip


def several(count: int, hits: int, indicator: str, row: str, street: str, **more: Any) -> list[dict[str, Any]]:
    """`count` items, the first `hits` of them with 1 above the line."""
    return [item(indicator, row, street, int(place < hits), **more) for place in range(count)]


def digest(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files_of(folder)}


def home(root: Path) -> Home:
    return open_home(root / "home")
