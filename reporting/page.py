"""How a page of an edition is made: everything inline, every value escaped, and nothing that the browser may fetch."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"

Row = dict[str, Any]


def query(connection: duckdb.DuckDBPyConnection, sql: str, values: list[Any] | None = None) -> list[Row]:
    """The rows of a query by column name."""
    cursor = connection.execute(sql, values or [])
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def page(template: str, scripts: Sequence[str], context: dict[str, Any], data: dict[str, Any]) -> str:
    """A template as HTML. `context` has the edition's `info`; the scripts, one after another, find `data` as JSON."""
    script = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in scripts)
    return (
        _environment()
        .get_template(template)
        .render(
            **context,
            zone=ZoneInfo(context["info"]["time_zone"]),
            style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            data=data,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = "{:,}".format
    environment.filters["local"] = _local
    environment.filters["span"] = span
    return environment


def span(seconds: int | Decimal | None) -> str:
    """A duration in days, hours or minutes, cut: `3.2 d`, `5.0 h`, `12 min`; a dash where there is none."""
    if seconds is None:
        return "—"
    told = Decimal(int(seconds))
    for unit, length in (("d", 86400), ("h", 3600)):
        if told >= length:
            return f"{(told / length).quantize(Decimal('0.1'), ROUND_DOWN)} {unit}"
    return f"{int(told) // 60} min"


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    """A naive UTC time as wall time of a zone, to the minute."""
    return "—" if moment is None else f"{moment.replace(tzinfo=UTC).astimezone(zone):%Y-%m-%d %H:%M}"
