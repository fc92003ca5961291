"""The lives of the things that other pages list: what each is, and every event of it in order.

The page holds those that are listed, as many as fit; a life beyond them is told by the command that the page names.
"""

from typing import Any

from reporting.page import Row
from reporting.site.listing import label
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Item, Source, short

LIVES = 4_000
EVENTS = 30
"""Events of a life that the page tells, the first ones."""


def make(source: Source) -> list[Sheet]:
    """The page cases.html; it is made after all others, which say what they list."""
    if not source.has("fct_case", "fct_event") or not source.listed_items:
        return []
    items = source.listed_items[:LIVES]
    lives = _lives(source, items)
    words: dict[str, tuple[str, str]] = {}
    for life in lives.values():
        for _, kind, _, stage in life["e"]:
            words[kind] = source.kept.events.get(kind, (kind, kind))
            if stage:
                words[stage] = label(source, "stage", stage)
    units = {code for life in lives.values() for code in [life.get("o"), *(event[2] for event in life["e"])] if code}
    data = {
        "lives": lives,
        "words": words,
        "units": {code: label(source, "org_code", code)[0] for code in sorted(units)},
        "titles": source.feed_titles,
        "first": next((short(item_id) for item_id, _, kind, _ in items if kind == "case"), short(items[0][0])),
    }
    context = {"told": len(lives), "listed": len(source.listed_items)}
    return [Sheet("cases.html", "cases.html.j2", "案件一生", "Life of a case", context, data, ("cases.js",))]


def _lives(source: Source, items: list[Item]) -> dict[str, dict[str, Any]]:
    """Short id → what the thing is and its events: local time, type, unit as told, stage after it."""
    import pyarrow as pa

    names = ("item_id", "feed", "stream_type", "stream_key")
    table = pa.table({name: [item[at] for item in items] for at, name in enumerate(names)})
    source.connection.register("listed", table)
    events = source.query(
        """
        with told as (
            select listed.item_id, event.* from listed
            inner join mart.fct_event as event on listed.stream_type = 'case' and event.case_id = listed.item_id
            union all
            select listed.item_id, event.* from listed
            inner join mart.fct_event as event
                on listed.stream_type <> 'case' and event.stream_type = listed.stream_type
                and event.feed = listed.feed and event.stream_key = listed.stream_key
        )
        select item_id, strftime(occurred_at_local, '%m-%d %H:%M') as at, event_type, org_code_told, stage_after,
            row_number() over (partition by item_id order by case_seq nulls last, occurred_at, event_id) as seq,
            count(*) over (partition by item_id) as total
        from told
        qualify seq <= ?
        order by item_id, seq
        """,
        [EVENTS],
    )
    cases = source.query(
        """
        select cases.case_id, cases.network, cases.status, cases.org_code, cases.grid_code, cases.canonical_name,
            cases.opened_at_local, cases.handled_at_local, cases.handle_due_at_local, cases.is_handled_on_time,
            cases.closed_at_local, cases.close_due_at_local, cases.is_closed_on_time, cases.is_overdue
        from mart.fct_case as cases inner join listed on cases.case_id = listed.item_id
        """
    )
    found: dict[str, dict[str, Any]] = {
        short(item_id): {"f": feed, "t": kind, "k": key, "e": [], "total": 0} for item_id, feed, kind, key in items
    }
    for row in cases:
        found[short(row["case_id"])].update(_attributes(source, row))
    for row in events:
        life = found[short(row["item_id"])]
        life["e"].append([row["at"], row["event_type"], row["org_code_told"], row["stage_after"]])
        life["total"] = row["total"]
    return found


def _attributes(source: Source, row: Row) -> dict[str, Any]:
    grid = label(source, "grid_code", row["grid_code"])[0]
    times = {
        name: row[key].strftime("%Y-%m-%d %H:%M")
        for name, key in (
            ("opened", "opened_at_local"), ("handled", "handled_at_local"), ("handle_due", "handle_due_at_local"),
            ("closed", "closed_at_local"), ("close_due", "close_due_at_local"),
        )
        if row[key]
    }  # fmt: skip
    kept = {
        name: row[key]
        for name, key in (("hok", "is_handled_on_time"), ("cok", "is_closed_on_time"), ("late", "is_overdue"))
        if row[key] is not None
    }
    return {
        "n": row["network"],
        "o": row["org_code"],
        "g": grid,
        "c": row["canonical_name"],
        "s": row["status"],
        **times,
        **kept,
    }


PAGE = SitePage("ledgers", make)
