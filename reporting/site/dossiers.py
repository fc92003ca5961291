"""一格一档: one grid or community over the last 90 days, all networks on one printable sheet. One page a street."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from reporting.page import Row
from reporting.site.board import colour_of, lines
from reporting.site.figures import Figures
from reporting.site.listing import label, quoted
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source, short

DAYS = 90
CASES, CATEGORIES, COMPONENTS, OUTAGES = 20, 10, 8, 8
"""Rows of a dossier's tables; how many there are stands beside them."""
RATES = ("handled_on_time_rate", "closed_on_time_rate", "recurrence_rate", "satisfaction_rate")
STREAMS = {
    "whistle": ("吹哨", "whistles"), "supervision": ("督办", "supervisions"), "patrol": ("巡查", "patrols"),
    "visit": ("走访", "visits"), "decision": ("议定事项", "decisions"), "transfer": ("移送", "transfers"),
    "self_fix": ("自行处置", "mended on the spot"), "meeting": ("会议", "meetings"), "notice": ("停供通知", "notices"),
    "outage": ("停供", "outages"), "count": ("统计报数", "counts"), "callback": ("回访", "call-backs"),
}  # fmt: skip


def make(source: Source) -> list[Sheet]:
    """The pages grids/<street>.html; the navigation leads to the first."""
    if not source.grids or not source.has("fct_case"):
        return []
    files = street_files(source)
    facts = _Facts(source)
    sheets: list[Sheet] = []
    for street, file in files.items():
        figures = source.figures()
        own = [grid for grid in source.grids if (grid["street_code"] or "") == street]
        subjects = [*_communities(own), *(_grid(grid) for grid in own)]
        charts: dict[str, Any] = {}
        rates = {
            kind: _rates(source, figures, kind, [one["code"] for one in subjects if one["kind"] == kind])
            for kind in ("community", "grid")
        }
        told = []
        for place, subject in enumerate(subjects):
            dossier = facts.of(subject)
            if dossier["weeks"]:
                charts[f"weeks-{place}"] = _chart(source, dossier["weeks"], facts.mondays)
            told.append(
                {**subject, **dossier, "place": place, "rates": rates[subject["kind"]].get(subject["code"], [])}
            )
        name = source.names["street"].get(street, source.info["city_title"])
        context: dict[str, Any] = {
            "subjects": told,
            "street": name,
            "streets": [(source.names["street"].get(code, "—"), one) for code, one in files.items()],
            "file": file,
            "days": DAYS,
            "since": facts.since,
            "month": source.month,
            "streams": STREAMS,
        }
        first = next(iter(files.values()))
        titles = (f"一格一档 · {name}", f"Dossiers · {name}") if sheets else ("一格一档", "Dossiers")
        under = first if sheets else ""
        sheets.append(
            Sheet(file, "dossier.html.j2", *titles, context, {"charts": charts}, ("dossier.js",), figures, under)
        )
    return sheets


def street_files(source: Source) -> dict[str, str]:
    """Street → the file of its dossiers; a code that makes no file name is numbered."""
    codes = sorted({grid["street_code"] or "" for grid in source.grids})
    return {
        code: f"grids/{code if re.fullmatch(r'[A-Za-z0-9_-]+', code) else f'street-{place}'}.html"
        for place, code in enumerate(codes)
    }


def _communities(grids: list[Row]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for grid in grids:
        code = grid["community_code"]
        if code:
            one = found.setdefault(
                code,
                {
                    "kind": "community",
                    "code": code,
                    "name": grid["community_name"],
                    "within": grid["street_name"],
                    "codes": [code],
                },
            )
            one["codes"].append(grid["grid_code"])
    return list(found.values())


def _grid(grid: Row) -> dict[str, Any]:
    within = " · ".join(name for name in (grid["street_name"], grid["community_name"]) if name)
    return {
        "kind": "grid",
        "code": grid["grid_code"],
        "name": grid["grid_name"],
        "within": within,
        "codes": [grid["grid_code"]],
    }


class _Facts:
    """What the edition tells of every grid over the last days, read once for all of them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.until: date = source.day
        self.since = self.until - timedelta(days=DAYS)
        [(told,)] = source.connection.execute("select min(opened_on) from mart.fct_case").fetchall()
        first = max(self.since, told or self.since)
        first -= timedelta(days=first.weekday())
        self.mondays = [first + timedelta(days=7 * week) for week in range((self.until - first).days // 7 + 1)]
        recent = f"opened_on > date '{self.since}'"
        self.recent = recent
        self.networks = _by_grid(
            source.query(
                f"select grid_code, network, count(*) filter (where {recent}) as opened, "
                f"count(*) filter (where closed_on > date '{self.since}') as closed, "
                "count(*) filter (where is_open) as open, count(*) filter (where is_overdue) as overdue "
                "from mart.fct_case group by grid_code, network order by network"
            )
        )
        self.weeks = _by_grid(
            source.query(
                "select grid_code, network, date_trunc('week', opened_on)::date as week, count(*) as opened "
                f"from mart.fct_case where {recent} group by all order by all"
            )
        )
        self.categories = _by_grid(
            source.query(
                f"select grid_code, canonical_code, count(*) as cases from mart.fct_case where {recent} "
                "and canonical_code is not null group by grid_code, canonical_code order by all"
            )
        )
        self.cases = _by_grid(
            source.query(
                "select case_id, feed, stream_type, stream_key, grid_code, network, org_code, canonical_name, stage, "
                "opened_at_local, coalesce(handle_due_at_local, close_due_at_local) as due_local, "
                "coalesce(is_overdue, false) as is_overdue from mart.fct_case where is_open "
                "qualify row_number() over (partition by grid_code order by coalesce(is_overdue, false) desc, "
                "opened_at_local nulls last, case_id) <= ? "
                "order by is_overdue desc, opened_at_local nulls last, case_id",
                [CASES],
            )
        )
        self.streams = _by_grid(self._streams(recent="occurred_on"))
        self.components = _by_grid(self._components())
        self.outages = _by_grid(self._outages())

    def _streams(self, recent: str) -> list[Row]:
        if not self.source.has("fct_event"):
            return []
        return self.source.query(
            "select grid_code, stream_type, count(distinct feed || '|' || stream_key) as things from mart.fct_event "
            f"where stream_type <> 'case' and {recent} > date '{self.since}' and grid_code is not null "
            "group by grid_code, stream_type order by all"
        )

    def _components(self) -> list[Row]:
        if not self.source.has("rpt_component"):
            return []
        return self.source.query(
            "select grid_code, component_code, component_name, owner_org_code, cases, open_cases, repeat_failures "
            "from mart.rpt_component where cases > 0 order by repeat_failures desc, cases desc, component_code"
        )

    def _outages(self) -> list[Row]:
        if not self.source.has("fct_outage", "fct_outage_grid"):
            return []
        return self.source.query(
            "select places.grid_code, outage.network, outage.stream_key, outage.started_at_local, "
            "outage.restored_at_local, "
            "outage.status, outage.outage_seconds from mart.fct_outage_grid as places "
            "inner join mart.fct_outage as outage on places.outage_id = outage.outage_id "
            f"where coalesce(outage.started_at_local, outage.restored_at_local) > timestamp '{self.since}' "
            "order by outage.started_at_local desc, outage.outage_id"
        )

    def of(self, subject: dict[str, Any]) -> dict[str, Any]:
        """The dossier of a subject over all the grids that it has."""
        codes = subject["codes"]
        cases = _take(self.cases, codes)
        cases.sort(
            key=lambda row: (
                not row["is_overdue"],
                row["opened_at_local"] is None,
                row["opened_at_local"] or 0,
                row["case_id"],
            )
        )
        shown = cases[:CASES]
        source = self.source
        source.list_items([(row["case_id"], row["feed"], row["stream_type"], row["stream_key"]) for row in shown])
        networks = _sum(_take(self.networks, codes), ("network",), ("opened", "closed", "open", "overdue"))
        return {
            "where": f"grid_code in ({', '.join(quoted(code) for code in codes)})",
            "networks": [{**row, "title": source.network(row["network"])} for row in networks],
            "weeks": _sum(_take(self.weeks, codes), ("network", "week"), ("opened",)),
            "categories": sorted(
                _sum(_take(self.categories, codes), ("canonical_code",), ("cases",)),
                key=lambda row: (-row["cases"], row["canonical_code"]),
            )[:CATEGORIES],
            "cases": [
                {
                    **row,
                    "id": short(row["case_id"]),
                    "title": source.network(row["network"]),
                    "unit": label(source, "org_code", row["org_code"]),
                    "stage_words": label(source, "stage", row["stage"]),
                }
                for row in shown
            ],
            "open": sum(row["open"] for row in networks),
            "things": _sum(_take(self.streams, codes), ("stream_type",), ("things",)),
            "components": _take(self.components, codes)[:COMPONENTS],
            "outages": [
                {**row, "title": source.network(row["network"])} for row in _once(_take(self.outages, codes))[:OUTAGES]
            ],
        }


def _by_grid(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["grid_code"], []).append(row)
    return found


def _take(rows: dict[str, list[Row]], codes: Iterable[str]) -> list[Row]:
    return [row for code in codes for row in rows.get(code, [])]


def _sum(rows: list[Row], keys: tuple[str, ...], counts: tuple[str, ...]) -> list[Row]:
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        one = found.setdefault(
            tuple(row[key] for key in keys), {**{key: row[key] for key in keys}, **dict.fromkeys(counts, 0)}
        )
        for count in counts:
            one[count] += int(row[count])
    return [found[key] for key in sorted(found)]


def _once(outages: list[Row]) -> list[Row]:
    """An outage that touches several grids of a community is told once."""
    return list({(row["network"], row["stream_key"]): row for row in outages}.values())


def _rates(source: Source, figures: Figures, kind: str, codes: list[str]) -> dict[str, list[tuple[Row, Any]]]:
    """Code → its rates of the month that is shown first, each with its rule."""
    wanted = [code for code in RATES if code in source.rules]
    if source.month is None or not codes:
        return {}
    read = figures.read(wanted, kind, "month", [source.month.start], codes)
    found: dict[str, list[tuple[Row, Any]]] = {}
    for indicator in wanted:
        for code in codes:
            figure = read.get((indicator, code, source.month.start))
            if figure is not None:
                found.setdefault(code, []).append((source.rules[indicator], figures.show(figure)))
    return found


def _chart(source: Source, weeks: list[Row], mondays: list[date]) -> dict[str, Any]:
    """Cases opened by week, one colour a network."""
    told = {(row["network"], row["week"]): row["opened"] for row in weeks}
    series = []
    for name in sorted({row["network"] for row in weeks}):
        network = source.network(name)
        series.append(
            {
                "name": {"zh": network.zh, "en": network.en}, "type": "bar", "stack": "all",
                "color": colour_of(source, name),
                "data": [told.get((name, monday), 0) for monday in mondays],
            }
        )  # fmt: skip
    return lines([f"{monday:%m-%d}" for monday in mondays], series)


PAGE = SitePage("ledgers", make)
