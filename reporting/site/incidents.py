"""Incidents (一件事): what cases of several networks speak of, who told it when, what the grid did not find itself."""

from typing import Any

from reporting.page import Row
from reporting.site.listing import Column, Listing, label, listing, named, number, quoted
from reporting.site.rates import percent, rate_text
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source, short

LISTED = 150
"""Incidents that are listed, those of most networks and cases first."""
TELLINGS = 40
"""Cases of an incident that its timeline shows, the first ones."""
ROLES = {
    "first_finder": ("首报", "found first"), "follower": ("后报", "told later"), "transfer": ("流转", "handed on"),
}  # fmt: skip
BASES = {
    "first": ("首件", "first case"), "score": ("得分", "score"), "human": ("人工", "a person's word"),
    "duplicate": ("来源并案", "its source"), "transfer": ("流转", "handed on"), "bound": ("编号", "a number or word"),
}  # fmt: skip
"""What a case was linked by."""


def make(source: Source) -> list[Sheet]:
    """The page incidents.html."""
    if not source.has("fct_incident", "bridge_incident_case", "fct_case"):
        return []
    rows = source.query(
        "select incident_id, first_feed, first_network, first_channel_kind, canonical_name, grid_code, status, "
        "opened_at_local, case_count, network_count, appeal_count, second_network_seconds, life_seconds "
        "from mart.fct_incident order by network_count desc, case_count desc, opened_at_local desc, incident_id "
        "limit ?",
        [LISTED],
    )
    tellings = _tellings(source, [row["incident_id"] for row in rows])
    shown = [
        {
            **row,
            "id": short(row["incident_id"]),
            "first": source.network(row["first_network"]),
            "grid": label(source, "grid_code", row["grid_code"]),
            "state": label(source, "status", row["status"]),
            "where": f"mart.fct_incident where incident_id = {quoted(row['incident_id'])}",
        }
        for row in rows
    ]
    context: dict[str, Any] = {
        "cards": _cards(source),
        "incidents": shown,
        "overlap": _overlap(source),
        "missed": _missed(source),
    }
    names = {network.name: [network.zh, network.en] for network in source.networks}
    data = {
        "tellings": tellings,
        "networks": names,
        "roles": ROLES,
        "bases": BASES,
        "charts": {"timeline": {"series": []}},
    }
    titles = ("一件事", "Incidents")
    return [Sheet("incidents.html", "incidents.html.j2", *titles, context, data, ("incidents.js",))]


def _cards(source: Source) -> list[tuple[str, str, str, str]]:
    """Title in two languages, figure, and the query that gives it."""
    found = []
    for zh, en, query in (
        ("一件事", "Incidents", "count(*) from mart.fct_incident"),
        ("案件", "Cases", "count(*) from mart.bridge_incident_case"),
        ("多网同报", "Told by several networks", "count(*) from mart.fct_incident where network_count > 1"),
        ("多诉并一", "Told more than once", "count(*) from mart.fct_incident where case_count > 1"),
        ("复发", "Recurrences", "count(*) from mart.fct_incident where recurrence_of is not null"),
    ):
        [(value,)] = source.connection.execute(f"select {query}").fetchall()
        found.append((zh, en, f"{int(value):,}", query))
    return found


def _tellings(source: Source, incidents: list[str]) -> dict[str, list[list[Any]]]:
    """Short id → its cases in order: local time, network, number, id, role, what linked it, value of the link."""
    rows = source.query(
        """
        select bridge.incident_id, bridge.case_id, bridge.network, bridge.role, bridge.linked_by, bridge.link_value,
            cases.feed, cases.stream_type, cases.stream_key,
            strftime(coalesce(cases.opened_at_local, cases.handled_at_local), '%Y-%m-%d %H:%M') as told_local,
            row_number() over (partition by bridge.incident_id order by cases.first_event_at, bridge.case_id) as place
        from mart.bridge_incident_case as bridge
        inner join mart.fct_case as cases on bridge.case_id = cases.case_id
        where list_contains(?::varchar[], bridge.incident_id)
        qualify place <= ?
        order by bridge.incident_id, place
        """,
        [incidents, TELLINGS],
    )
    source.list_items([(row["case_id"], row["feed"], row["stream_type"], row["stream_key"]) for row in rows])
    found: dict[str, list[list[Any]]] = {}
    for row in rows:
        found.setdefault(short(row["incident_id"]), []).append(
            [
                row["told_local"], row["network"], row["stream_key"], short(row["case_id"]), row["role"],
                row["linked_by"], row["link_value"],
            ]
        )  # fmt: skip
    return found


def _overlap(source: Source) -> dict[str, Any]:
    """Incidents that two networks both tell of, and how many of them the one of the row told first."""
    rows = source.query(
        """
        with told as (
            select incident_id, network, min(case when role = 'first_finder' then 0 else 1 end) as place
            from mart.bridge_incident_case group by incident_id, network
        )
        select one.network as network, other.network as other, count(*) as incidents,
            count(*) filter (where one.place = 0) as told_first
        from told as one
        inner join told as other on one.incident_id = other.incident_id and one.network <> other.network
        group by one.network, other.network
        order by one.network, other.network
        """
    )
    names = [network for network in source.networks if any(row["network"] == network.name for row in rows)]
    cells = {(row["network"], row["other"]): row for row in rows}
    return {"networks": names, "cells": cells}


def _missed(source: Source) -> Listing | None:
    """漏报: by grid and category of the newest month that is over, those that were missed most often first."""
    if not source.has("rpt_missed_discovery") or source.month is None:
        return None
    month = source.month.start.date()
    rows = source.query(
        "select grid_code, canonical_code, max(canonical_name) as canonical_name, sum(incidents)::bigint as incidents, "
        "sum(found_first)::bigint as found_first, sum(found_later)::bigint as found_later, "
        "sum(missed)::bigint as missed, sum(complained_of_first)::bigint as complained "
        "from mart.rpt_missed_discovery where month_on = ? "
        "group by grid_code, canonical_code order by missed desc, complained desc, grid_code, canonical_code limit ?",
        [month, LISTED],
    )
    if not rows:
        return None
    [(total,)] = source.connection.execute(
        "select count(*) from (select distinct grid_code, canonical_code from mart.rpt_missed_discovery "
        "where month_on = ?)",
        [month],
    ).fetchall()

    def first_rate(row: Row) -> str:
        told = percent(row["found_first"], row["incidents"])
        return "—" if told is None else f"{told}%"

    columns = (
        Column("网格", "grid", named(source, "grid_code")),
        Column("类别", "category", lambda row: row["canonical_name"] or row["canonical_code"]),
        Column("一件事", "incidents", number("incidents"), "sum(incidents)", "figures"),
        Column("网格先发现", "found first", number("found_first"), "sum(found_first)", "figures"),
        Column("先发现率", "rate", first_rate, "", "figures"),
        Column("后来发现", "found later", number("found_later"), "sum(found_later)", "figures"),
        Column("未发现", "missed", number("missed"), "sum(missed)", "figures"),
        Column("群众先诉", "public first", number("complained"), "sum(complained_of_first)", "figures"),
    )
    return listing(
        source, "missed", (f"漏报 {month:%Y-%m}", f"Not found by the grid, {month:%Y-%m}"), rows, columns,
        (("grid_code", "网格", "grid"), ("canonical_code", "类别", "category")), int(total), "rpt_missed_discovery",
        lambda row: f"month_on = '{month}' and grid_code = {quoted(row['grid_code'])} "
        f"and canonical_code = {quoted(row['canonical_code'])}",
    )  # fmt: skip


def warnings(source: Source) -> Listing | None:
    """Early warnings: grids and categories above their usual range, the newest first."""
    if not source.has("rpt_hot_spot"):
        return None
    rows = source.query(
        "select *, count(*) over () as total from mart.rpt_hot_spot where is_warning "
        "order by local_day desc, heat desc, grid_code, category, day_part limit ?",
        [LISTED],
    )
    if not rows:
        return None
    columns = (
        Column("日期", "day", lambda row: str(row["local_day"]), style="number"),
        Column("时段", "hours", lambda row: f"{6 * row['day_part']}–{6 * row['day_part'] + 6}", style="number"),
        Column("网格", "grid", named(source, "grid_code")),
        Column("类别", "category", lambda row: str(source.names["category"].get(row["category"], row["category"]))),
        Column("一件事", "incidents", number("incidents"), "incidents", "figures"),
        Column("案件", "cases", number("cases"), "cases", "figures"),
        Column(
            "常态（日均）",
            "usual (a day)",
            lambda row: rate_text("", row["usual_incidents"], row["usual_days"]),
            "",
            "figures",
        ),
        Column("热度", "heat", number("heat"), "heat", "figures"),
    )
    found = listing(
        source, "warnings", ("预警", "Early warnings"), rows, columns, (("grid_code", "网格", "grid"),),
        rows[0]["total"], "rpt_hot_spot",
        lambda row: f"local_day = '{row['local_day']}' and day_part = {row['day_part']} "
        f"and grid_code = {quoted(row['grid_code'])} and category = {quoted(row['category'])}",
    )  # fmt: skip
    return Listing(**{**found.__dict__, "source": "rpt_hot_spot where is_warning"})


PAGE = SitePage("handling", make)
