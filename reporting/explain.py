"""What a figure or a case of an edition rests on, down to the line of the delivery that a centre sent.

A figure is told with its rule and with every item that it counts: their sum must be the figure. A case is told with its
life, its deadlines, the figures in which it counts, and for each event every telling of it: delivery, line, receipt.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb

from ingest.errors import ExplainError
from ingest.home import Home
from ingest.log import Log, file_list, session
from reporting.build import WAREHOUSE
from reporting.closing import edition_of
from reporting.edition import MARTS
from reporting.mount import find_mount, landings
from reporting.page import Row, query
from reporting.registry import meanings

_NAMES = {  # kind of subject → mart, its code and name there, and what is greatest for the name in force
    "organisation": ("dim_organisation", "org_code", "org_name", "valid_from_at"),
    "street": ("dim_grid", "street_code", "street_name", "valid_from_at"),
    "community": ("dim_grid", "community_code", "community_name", "valid_from_at"),
    "grid": ("dim_grid", "grid_code", "grid_name", "valid_from_at"),
    "grid_now": ("dim_grid", "grid_code", "grid_name", "valid_from_at"),
    "management_unit": ("dim_grid", "management_unit_code", "management_unit_name", "valid_from_at"),
    "category": ("dim_canonical_category", "canonical_code", "canonical_name", "canonical_name"),
}
_ITEM_CODES = {
    "network": "network", "organisation": "org_code", "street": "street_code", "community": "community_code",
    "grid": "grid_code", "grid_now": "grid_now_code", "management_unit": "management_unit_code",
    "grid_kind": "grid_kind_code", "category": "canonical_code", "collector": "collector_code",
}  # fmt: skip
KINDS = ("district", *_ITEM_CODES, "post")
_STEPS = {
    "year": r"(\d{4})", "quarter": r"(\d{4})-?[Qq]([1-4])", "month": r"(\d{4})-(\d{2})",
    "week": r"(\d{4})-?[Ww](\d{2})", "day": r"(\d{4})-(\d{2})-(\d{2})", "hour": r"(\d{4})-(\d{2})-(\d{2})T(\d{2})",
}  # fmt: skip


@dataclass(frozen=True)
class Period:
    """A period in the district's wall time: [start, end)."""

    kind: str
    start: datetime
    end: datetime

    @property
    def name(self) -> str:
        """As it is asked for: 2026, 2026-Q4, 2026-11, 2026-W48, 2026-11-24, 2026-11-24T08."""
        formats = {"year": "%Y", "month": "%Y-%m", "week": "%G-W%V", "day": "%Y-%m-%d", "hour": "%Y-%m-%dT%H"}
        if self.kind == "quarter":
            return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
        return self.start.strftime(formats[self.kind])


def parse_period(text: str) -> Period:
    """A year, quarter, month, ISO week, day or hour, as `Period.name` writes it. Raises ExplainError otherwise."""
    for kind, pattern in _STEPS.items():
        found = re.fullmatch(pattern, text)
        if found:
            try:
                start = _start(kind, [int(part) for part in found.groups()])
            except ValueError:
                break
            return Period(kind, start, _end(kind, start))
    raise ExplainError(f"{text!r} is no period; write 2026, 2026-Q4, 2026-11, 2026-W48, 2026-11-24 or 2026-11-24T08")


def _start(kind: str, parts: list[int]) -> datetime:
    if kind == "week":
        return datetime.fromisocalendar(parts[0], parts[1], 1)
    if kind == "quarter":
        return datetime(parts[0], 3 * parts[1] - 2, 1)
    year, month, day, hour = [*parts, *(1, 1, 1, 0)[len(parts) :]]
    return datetime(year, month, day, hour)


def _end(kind: str, start: datetime) -> datetime:
    if kind in ("week", "day", "hour"):
        return start + {"week": timedelta(7), "day": timedelta(1), "hour": timedelta(hours=1)}[kind]
    months = start.year * 12 + start.month - 1 + {"year": 12, "quarter": 3, "month": 1}[kind]
    return datetime(months // 12, months % 12 + 1, 1)


def explain_figure(
    home: Home, indicator: str, subject: tuple[str, str] = ("district", "district"), period: str = "", edition: str = ""
) -> dict[str, Any]:
    """A figure of an edition ('' the current one): edition, rule, subject, period, figure, items.

    `indicator` is a code or title, `subject` a kind with a code or name, `period` by default the month that the data
    end in. `figure` is None where nothing was counted. Times are the district's wall time. Raises ExplainError where
    one of them is not there or is not one, and where the items do not add up to the figure.
    """
    path, manifest = edition_of(home, edition)
    with _opened(path) as connection:
        rule = _rule(connection, indicator)
        kind, code, name = _subject(connection, manifest["networks"], *subject)
        when = parse_period(period) if period else _newest_month(connection)
        asked = [rule["indicator"], kind, code, when.kind, when.start]
        figures = query(
            connection,
            f"select * from {MARTS}.rpt_indicator where indicator = ? and subject_kind = ? and subject_code = ? "
            "and period_kind = ? and period_start = ?",
            asked,
        )
        items = _items(connection, rule, kind, code, when)
        told = {
            "edition": _stamp(connection, manifest),
            "rule": {**rule, "words": meanings(path, rule)},
            "subject": {"kind": kind, "code": code, "name": name},
            "period": {"kind": when.kind, "name": when.name, "start": when.start, "end": when.end},
            "figure": figures[0] if figures else None,
            "items": items,
            "behind": _behind(connection, items),
        }
    _check_sum(told, figures, items)
    return told


def explain_case(home: Home, case: str, feed: str = "", edition: str = "") -> dict[str, Any]:
    """The life of a case of an edition ('' the current one): case, labels, deadlines, events, figures, contradictions.

    `case` is its id or the centre's own number, `feed` tells cases of the same number apart. Each event has its
    tellings, the elected one marked, with delivery, line and receipt. Raises ExplainError where it is not one case.
    """
    path, manifest = edition_of(home, edition)
    with _opened(path) as connection:
        found = query(
            connection,
            f"select * from {MARTS}.fct_case where (case_id = $1 or stream_key = $1) and ($2 = '' or feed = $2) "
            "order by feed",
            [case, feed],
        )
        if len(found) != 1:
            raise ExplainError(
                _not_one("case", case, [f"{row['feed']} {row['stream_key']}" for row in found], "--feed")
            )
        case_id = found[0]["case_id"]
        of_case = f"from {MARTS}.{{}} where case_id = $1 order by {{}}"
        events = query(connection, "select * " + of_case.format("fct_event", "case_seq, occurred_at"), [case_id])
        told = {
            "edition": _stamp(connection, manifest),
            "case": found[0],
            "labels": _labels(connection, "fct_case"),
            "deadlines": query(connection, "select * " + of_case.format("fct_case_deadline", "started_at"), [case_id]),
            "figures": _counts_in(connection, case_id),
            "contradictions": query(
                connection, "select * " + of_case.format("dq_case_contradiction", "contradiction"), [case_id]
            ),
        }
        elected = _elected(connection, case_id)
    tellings = _tellings(home, manifest, events, elected)
    told["events"] = [{**event, "tellings": tellings.get(event["event_id"], [])} for event in events]
    return told


def _opened(edition: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(edition / WAREHOUSE), read_only=True)


def _stamp(connection: duckdb.DuckDBPyConnection, manifest: dict[str, Any]) -> Row:
    [info] = query(
        connection,
        "select edition, city_title, log_version, time_zone, clock_at_local, data_through_local, held_feeds "
        f"from {MARTS}.publish_info",
    )
    return {**info, "project_sha256": manifest["project"]["sha256"]}


def _rule(connection: duckdb.DuckDBPyConnection, asked: str) -> Row:
    registry = query(connection, f"select * from {MARTS}.dim_indicator order by indicator")
    for row in registry:
        if asked.casefold() in (row["indicator"], row["title_zh"].casefold(), row["title_en"].casefold()):
            return row
    names = {name: row for row in registry for name in (row["indicator"], row["title_zh"], row["title_en"])}
    near = [f"{names[one]['indicator']} {names[one]['title_zh']}" for one in get_close_matches(asked, names, 5, 0.5)]
    listed = f"; near it: {', '.join(dict.fromkeys(near))}" if near else ""
    raise ExplainError(f"no indicator is named {asked!r}{listed}; `mart.dim_indicator` lists them all")


def _subject(
    connection: duckdb.DuckDBPyConnection, networks: dict[str, str], kind: str, asked: str
) -> tuple[str, str, str]:
    """Kind, code and name of a subject. Raises ExplainError where there is none, or more than one of that name."""
    if kind not in KINDS:
        raise ExplainError(f"{kind!r} is no kind of subject; there are {', '.join(KINDS)}")
    if kind == "district":
        return kind, "district", ""
    names = [one for one in networks.items() if asked in one] if kind == "network" else []
    if kind in _NAMES:
        mart, code, name, newest = _NAMES[kind]
        names = connection.execute(
            f"select {code}, max_by({name}, {newest}) from {MARTS}.{mart} where {code} = ? or {name} = ? "
            f"group by {code} order by {code}",
            [asked, asked],
        ).fetchall()
    exact = [one for one in names if one[0] == asked] or names
    if len(exact) > 1:
        raise ExplainError(_not_one(kind, asked, [f"{code} {name}" for code, name in exact], "its code"))
    if exact:
        return kind, exact[0][0], exact[0][1] or ""
    counted = f"select 1 from {MARTS}.rpt_indicator where subject_kind = ? and subject_code = ? limit 1"
    if connection.execute(counted, [kind, asked]).fetchall():
        return kind, asked, ""
    raise ExplainError(_not_one(kind, asked, [], ""))


def _not_one(what: str, asked: str, found: list[str], tell: str) -> str:
    if not found:
        return f"the edition knows no {what} {asked!r}"
    shown = ", ".join(found[:5]) + (" …" if len(found) > 5 else "")
    return f"{asked!r} is more than one {what} ({shown}): tell which by {tell}"


def _newest_month(connection: duckdb.DuckDBPyConnection) -> Period:
    [(clock,)] = connection.execute(f"select clock_at_local from {MARTS}.publish_info").fetchall()
    return parse_period((clock - timedelta(microseconds=1)).strftime("%Y-%m"))


def _items(connection: duckdb.DuckDBPyConnection, rule: Row, kind: str, code: str, when: Period) -> list[Row]:
    """The items of a figure with what decides them; those below the line only come first."""
    if kind == "district":
        of_subject, codes = "true", []
    elif kind == "post":
        network, _, post = code.partition("/")
        of_subject, codes = ("items.network = ?" if post == rule["post"] else "false and items.network = ?"), [network]
    else:
        of_subject, codes = f"items.{_ITEM_CODES[kind]} = ?", [code]
    moments = ("counted_at_local", "also_counted_at_local")
    within = " or ".join(f"items.{moment} >= ? and items.{moment} < ?" for moment in moments)
    return query(
        connection,
        f"""
        select items.item_id, items.feed, items.network, items.stream_type, items.stream_key,
            items.org_code, items.grid_code, items.counted_at_local, items.also_counted_at_local,
            items.numerator, items.denominator,
            cases.status, cases.opened_at_local, cases.handled_at_local, cases.handle_due_at_local,
            cases.closed_at_local, cases.close_due_at_local
        from {MARTS}.rpt_indicator_item as items
        left join {MARTS}.fct_case as cases on items.item_id = cases.case_id
        where items.indicator = ? and {of_subject} and ({within})
        order by items.numerator, items.network, items.stream_key, items.item_id
        """,
        [rule["indicator"], *codes, *(when.start, when.end) * 2],
    )


def _check_sum(told: dict[str, Any], figures: list[Row], items: list[Row]) -> None:
    above = sum(item["numerator"] for item in items)
    below = sum(item["denominator"] or 0 for item in items)
    kept = figures[0] if figures else {"numerator": 0, "denominator": 0}
    if (above, below) != (kept["numerator"], kept["denominator"] or 0):
        raise ExplainError(
            f"the items of {told['rule']['indicator']} add up to {above} / {below}, the figure is "
            f"{kept['numerator']} / {kept['denominator']}: run `onegrid verify`; if all is sound, this is a fault of "
            "the code: report it"
        )


def _behind(connection: duckdb.DuckDBPyConnection, items: list[Row]) -> list[Row]:
    """The feeds among those of the items that are late or held: why a figure may not be assessable."""
    feeds = sorted({item["feed"] for item in items})
    return query(
        connection,
        f"select feed, title, owner_office, data_through_at, held from {MARTS}.dq_feed "
        "where list_contains(?::varchar[], feed) and (is_behind or held > 0) order by feed",
        [feeds],
    )


def _labels(connection: duckdb.DuckDBPyConnection, mart: str) -> dict[str, str]:
    told = f"select column_name, label_zh from {MARTS}.data_dictionary where table_name = ? order by position"
    return dict(connection.execute(told, [mart]).fetchall())


def _counts_in(connection: duckdb.DuckDBPyConnection, case_id: str) -> list[Row]:
    return query(
        connection,
        "select indicator, title_zh, title_en, counted_at_local, also_counted_at_local, items.numerator, "
        f"items.denominator from {MARTS}.rpt_indicator_item as items "
        f"inner join {MARTS}.dim_indicator using (indicator) where item_id = ? order by indicator",
        [case_id],
    )


def _elected(connection: duckdb.DuckDBPyConnection, case_id: str) -> set[tuple[str, str]]:
    """(event id, content hash), sixteen digits each, of the tellings that count."""
    rows = connection.execute(f"select events_told from {MARTS}.rpt_item_basis where item_id = ?", [case_id]).fetchall()
    listed = [one.partition("#")[2].split(":") for (told,) in rows for one in told.split(" ")]
    return {(event, content) for event, content in listed}


def _tellings(
    home: Home, manifest: dict[str, Any], events: list[Row], elected: set[tuple[str, str]]
) -> dict[str, list[Row]]:
    """Event → each telling of it in the log version of the edition: when recorded, delivered and landed, and where."""
    log = Log(home)
    mount = find_mount(home, str(manifest["number"]))
    visible = {row["attempt_id"]: row for row in landings(log, mount) if row["visible"]}
    files = log.files("events")
    if not files:
        return {}
    connection = session()
    rows = query(
        connection,
        f"select event_id, content_hash, attempt_id, line, source_ref, recorded_at, observed_at, landed_at from "
        f"read_parquet({file_list(files)}, hive_partitioning = true, hive_types_autocast = false) "
        "where list_contains(?::varchar[], feed) and list_contains(?::varchar[], event_id) order by landed_at, line",
        [sorted({event["feed"] for event in events}), sorted(event["event_id"] for event in events)],
    )
    found: dict[str, list[Row]] = {}
    for row in rows:
        landing = visible.get(row["attempt_id"])
        if landing is not None:
            told = {
                "is_elected": (row["event_id"][:16], row["content_hash"][:16]) in elected,
                **{name: row[name] for name in ("recorded_at", "observed_at", "landed_at", "line", "source_ref")},
                "delivery": landing["batch_name"],
                "batch_id": landing["batch_id"],
                "landing_id": landing["landing_id"],
                "receipt": landing["seq"],
                "receipt_hash": landing["hash"],
                "contract_version": landing["contract_version"],
                "verdict": landing["verdict"],
            }
            found.setdefault(row["event_id"], []).append(told)
    return found
