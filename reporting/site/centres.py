"""A page for each centre: what became of its deliveries, and what it must mend (回执).

The same that goes back as receipts, for people: counts and verdicts by delivery, checks of the gate that were broken
and whether they stand open, faults by field and reason with the lines where they were seen last. It names places, never
values.
"""

from typing import Any

import duckdb

from reporting.page import Row, query
from reporting.site.shell import Sheet

DELIVERIES = 30  # newest ones of a feed that are listed
PLACES = 2  # newest deliveries that a fault is shown in
LINES = 8  # of a delivery
VERDICTS = {
    "pass": "通过", "warn": "警告", "held": "暂扣", "released": "放行", "refused": "拒绝", "unjudged": "待判",
}  # fmt: skip


def centre_sheets(connection: duckdb.DuckDBPyConnection, info: Row, networks: dict[str, str]) -> list[Sheet]:
    """A page for each network that has feeds. `networks`: titles of city.yml."""
    feeds = query(connection, "select * from mart.dq_feed order by feed")
    deliveries = _by_feed(
        query(
            connection,
            "select *, count(*) over (partition by feed) as total from mart.dq_landing qualify row_number() over "
            "(partition by feed order by observed_at desc, landed_at desc, landing_id) <= ? "
            "order by observed_at desc, landed_at desc, landing_id",
            [DELIVERIES],
        )
    )
    faults = _by_feed(_faults(connection))
    checks = _by_feed(
        query(
            connection,
            "select * from mart.dq_gate_check order by is_open desc, severity, last_seen_at desc, feed, check_code",
        )
    )
    findings = _by_feed(
        query(
            connection,
            "select * from mart.dq_watch where is_open or over_at > cast(? as timestamp) - interval 7 day "
            "order by is_open desc, severity, since_at desc, code, subject",
            [info["clock_at_utc"]],
        )
    )
    found = []
    for network in sorted({feed["network"] for feed in feeds}):
        title = networks.get(network, network)
        own = [
            {
                **feed,
                "deliveries": deliveries.get(feed["feed"], []),
                "checks": checks.get(feed["feed"], []),
                "findings": findings.get(feed["feed"], []),
                "faults": faults.get(feed["feed"], []),
            }
            for feed in feeds
            if feed["network"] == network
        ]
        english = network.replace("_", " ").capitalize()
        context = {"feeds": own, "verdicts": VERDICTS}
        file = f"centres/{network}.html"
        titles = f"{title} · 数据回执", f"{english} · receipts"
        found.append(Sheet(file, "centre.html.j2", *titles, context, under="quality.html"))
    return found


def _faults(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Faults of the feeds, the most frequent first, each with the places where it was seen last."""
    seen = query(
        connection,
        """
        with deliveries as (
            select feed, field, code, severity, owner, batch_name, observed_at, landing_id,
                list(line order by line)[: ? + 1] as lines
            from mart.dq_rejected_record
            group by all
        )
        select * from deliveries
        qualify row_number() over (
            partition by feed, field, code, severity, owner order by observed_at desc, landing_id
        ) <= ?
        order by observed_at desc, landing_id
        """,
        [LINES, PLACES],
    )
    places: dict[tuple[Any, ...], list[Row]] = {}
    for row in seen:
        entry = {**row, "lines": row["lines"][:LINES], "more": len(row["lines"]) > LINES}
        places.setdefault(_fault(row), []).append(entry)
    found = query(connection, "select * from mart.dq_rejection order by rejections desc, feed, code, field, owner")
    return [{**row, "places": places.get(_fault(row), [])} for row in found]


def _fault(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("feed", "field", "code", "severity", "owner"))


def _by_feed(found: list[Row]) -> dict[str, list[Row]]:
    by_feed: dict[str, list[Row]] = {}
    for row in found:
        by_feed.setdefault(row["feed"], []).append(row)
    return by_feed
