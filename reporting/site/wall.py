"""The feed of a wall screen: `wall.json` beside the pages, counts of what is owed, and nothing about anybody.

Counts of applications are about persons: 1 to 4 are told as null, and so is what two told counts would give away.
"""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from reporting.site.listing import label
from reporting.site.source import Source
from reporting.site.supervision import AGES, age_condition, age_name
from reporting.suppress import K

logger = logging.getLogger(__name__)

FILE = "wall.json"
FORMAT = 1
OWNERS = 50
"""Owners that the feed lists, those with the most overdue."""


def write(folder: Path, source: Source) -> None:
    """Write wall.json for the edition into the folder of its pages."""
    text = json.dumps(feed(source), ensure_ascii=False, indent=1, default=str)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def feed(source: Source) -> dict[str, Any]:
    """What the wall shows; a part whose mart the edition lacks is null."""
    told: dict[str, Any] = {
        "format": FORMAT,
        "city": source.info["city_title"],
        "edition": source.info["edition"],
        "clock_local": f"{source.info['clock_at_local']:%Y-%m-%dT%H:%M:%S}",
        "incomplete": [{"zh": one.zh, "en": one.en} for one in source.networks if one.incomplete],
    }
    for name, mart, make in (
        ("supervision", "rpt_supervision", _supervision),
        ("decisions", "rpt_decision", _decisions),
        ("whistles", "rpt_whistle", _whistles),
        ("applications", "rpt_application", _applications),
    ):
        told[name] = None if source.lacks(mart) else _part(source, make)
    return told


def _part(source: Source, make: Callable[[Source], Any]) -> Any:
    """A part of the feed; null where an older or a cut edition lacks a column that it reads."""
    try:
        return make(source)
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        logger.warning("wall feed: a part is left out: %s", str(error).splitlines()[0])
        return None


def _supervision(source: Source) -> dict[str, Any]:
    ages = ", ".join(f"count(*) filter (where {age_condition(*band)}) as band_{n}" for n, band in enumerate(AGES))
    rows = source.query(
        f"select level, count(*) as open, count(*) filter (where answered_at is null and is_answered_on_time = false) "
        f"as overdue, count(*) filter (where is_relapse) as relapsed, {ages} "
        "from mart.rpt_supervision where is_open group by level order by level"
    )
    levels = [
        {
            **{key: row[key] for key in ("level", "open", "overdue", "relapsed")},
            "age_days": {age_name(*band): row[f"band_{n}"] for n, band in enumerate(AGES)},
        }
        for row in rows
    ]
    whole = {key: sum(row[key] for row in rows) for key in ("open", "overdue", "relapsed")}
    return {**whole, "by_level": levels}


def _decisions(source: Source) -> dict[str, Any]:
    rows = source.query(
        "select org_code, count(*) filter (where state = 'open') as open, "
        "count(*) filter (where is_overdue) as overdue, max(days_overdue) filter (where is_overdue) as longest_days "
        "from mart.rpt_decision group by org_code "
        "having count(*) filter (where state = 'open') > 0 order by overdue desc, open desc, org_code"
    )
    owners = []
    for row in rows[:OWNERS]:
        zh, en = label(source, "org_code", row["org_code"])
        owners.append({"zh": zh, "en": en, **{key: row[key] for key in ("open", "overdue", "longest_days")}})
    return {**{key: sum(row[key] for row in rows) for key in ("open", "overdue")}, "by_owner": owners}


def _whistles(source: Source) -> dict[str, Any]:
    [row] = source.query(
        "select count(*) filter (where closed_at is null) as open, "
        "count(*) filter (where signed_at is null) as unsigned, "
        "count(*) filter (where closed_at is null and is_closed_on_time = false) as overdue from mart.rpt_whistle"
    )
    return dict(row)


def _applications(source: Source) -> list[dict[str, Any]]:
    rows = source.query(
        "select benefit_kind as kind, count(*) filter (where not is_over) as open, "
        "count(*) filter (where is_overdue) as overdue from mart.rpt_application group by benefit_kind order by kind"
    )
    return [{"kind": row["kind"], **large_enough(row["open"], row["overdue"])} for row in rows]


def large_enough(whole: int, part: int) -> dict[str, int | None]:
    """Counts about persons as a wall may show them: null where one, or what is left between them, is 1 to 4."""

    def is_small(count: int) -> bool:
        return 0 < count < K

    if is_small(whole):
        return {"open": None, "overdue": None}
    return {"open": whole, "overdue": None if is_small(part) or is_small(whole - part) else part}
