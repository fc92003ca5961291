"""一格一档: one grid or community over the last 90 days, all networks on one printable sheet. One page a street."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from reporting.page import Row
from reporting.site.board import colour_of, lines
from reporting.site.figures import Figures
from reporting.site.listing import label, quoted
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source, short

DAYS = 90
ADDRESS = "address"
CASES, CATEGORIES, COMPONENTS, OUTAGES = 20, 10, 8, 8
"""Rows of a dossier's tables; how many there are stands beside them."""
RATES = ("handled_on_time_rate", "closed_on_time_rate", "recurrence_rate", "satisfaction_rate")
STREAMS = {
    "whistle": ("吹哨", "whistles"), "supervision": ("督办", "supervisions"), "patrol": ("巡查", "patrols"),
    "visit": ("走访", "visits"), "decision": ("议定事项", "decisions"), "transfer": ("移送", "transfers"),
    "self_fix": ("自行处置", "mended on the spot"), "meeting": ("会议", "meetings"), "notice": ("停供通知", "notices"),
    "outage": ("停供", "outages"), "count": ("统计报数", "counts"), "callback": ("回访", "call-backs"),
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """What a dossier is of: a grid or community with the grids that it has, or a house by its `address`.

    Of an address the things stand in the temp table `dossier_thing` (feed, stream_type, stream_key).
    """

    kind: str
    code: str
    name: str
    within: str
    codes: tuple[str, ...]

    @property
    def is_address(self) -> bool:
        return self.kind == ADDRESS


def make(source: Source) -> list[Sheet]:
    """The pages grids/<street>.html; the navigation leads to the first."""
    if not source.grids or not source.has("fct_case"):
        return []
    files = street_files(source)
    facts = _Facts(source)
    sheets: list[Sheet] = []
    for street, file in files.items():
        places = places_of([grid for grid in source.grids if (grid["street_code"] or "") == street])
        name = source.names["street"].get(street, source.info["city_title"])
        first = next(iter(files.values()))
        titles = (f"一格一档 · {name}", f"Dossiers · {name}") if sheets else ("一格一档", "Dossiers")
        streets = [(source.names["street"].get(code, "—"), one) for code, one in files.items()]
        sheets.append(_sheet(source, facts, places, file, titles, streets, under=first if sheets else ""))
    return sheets


def make_one(source: Source, place: Place) -> list[Sheet]:
    """The page index.html: the dossier of one place, without any other."""
    return [_sheet(source, _Facts(source, place), [place], "index.html", ("一格一档", "Dossier"), [])]


def places_of(grids: list[Row]) -> list[Place]:
    """The communities of some grids, then the grids."""
    return [*_communities(grids), *(_grid(grid) for grid in grids)]


def _sheet(
    source: Source, facts: "_Facts", places: list[Place], file: str, titles: tuple[str, str],
    streets: list[tuple[str, str]], under: str = "",
) -> Sheet:  # fmt: skip
    figures = source.figures()
    charts: dict[str, Any] = {}
    rates = {
        kind: _rates(source, figures, kind, [place.code for place in places if place.kind == kind])
        for kind in ("community", "grid")
    }
    told = []
    for number, place in enumerate(places):
        dossier = facts.of(place)
        if dossier["weeks"]:
            charts[f"weeks-{number}"] = _chart(source, dossier["weeks"], facts.mondays)
        own = rates.get(place.kind, {}).get(place.code, [])
        told.append({**place.__dict__, **dossier, "place": number, "rates": own})
    context: dict[str, Any] = {
        "subjects": told,
        "streets": streets,
        "file": file,
        "days": DAYS,
        "since": facts.since,
        "month": source.month,
        "streams": STREAMS,
        "addresses": facts.addresses,
    }
    return Sheet(file, "dossier.html.j2", *titles, context, {"charts": charts}, ("dossier.js",), figures, under)


def street_files(source: Source) -> dict[str, str]:
    """Street → the file of its dossiers; a code that makes no file name is numbered."""
    codes = sorted({grid["street_code"] or "" for grid in source.grids})
    return {
        code: f"grids/{code if re.fullmatch(r'[A-Za-z0-9_-]+', code) else f'street-{place}'}.html"
        for place, code in enumerate(codes)
    }


def _communities(grids: list[Row]) -> list[Place]:
    found: dict[str, list[Row]] = {}
    for grid in grids:
        if grid["community_code"]:
            found.setdefault(grid["community_code"], []).append(grid)
    return [
        Place(
            "community",
            code,
            own[0]["community_name"],
            own[0]["street_name"] or "",
            (code, *(grid["grid_code"] for grid in own)),
        )
        for code, own in found.items()
    ]


def _grid(grid: Row) -> Place:
    within = " · ".join(name for name in (grid["street_name"], grid["community_name"]) if name)
    return Place("grid", grid["grid_code"], grid["grid_name"], within, (grid["grid_code"],))


class _Facts:
    """What the edition tells of every grid over the last days, or of one address, read once for all of them."""

    def __init__(self, source: Source, place: Place | None = None) -> None:
        self.source = source
        self.cases_of, self.events_of, self.addresses = "mart.fct_case", "mart.fct_event", []
        self.case_ids: list[str] = []
        if place is not None and place.is_address:
            of_it = (
                f"(select * replace ({quoted(place.code)} as grid_code) from {{}} semi join dossier_thing "
                "using (feed, stream_type, stream_key))"
            )
            self.cases_of, self.events_of = of_it.format("mart.fct_case"), of_it.format("mart.fct_event")
            rows = source.query(f"select case_id from {self.cases_of} order by case_id")
            self.case_ids = [row["case_id"] for row in rows]
            self.addresses = source.query("from dossier_address order by things desc, address")
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
                f"from {self.cases_of} group by grid_code, network order by network"
            )
        )
        self.weeks = _by_grid(
            source.query(
                "select grid_code, network, date_trunc('week', opened_on)::date as week, count(*) as opened "
                f"from {self.cases_of} where {recent} group by all order by all"
            )
        )
        self.categories = _by_grid(
            source.query(
                f"select grid_code, canonical_code, count(*) as cases from {self.cases_of} where {recent} "
                "and canonical_code is not null group by grid_code, canonical_code order by all"
            )
        )
        self.cases = _by_grid(
            source.query(
                "select case_id, feed, stream_type, stream_key, grid_code, network, org_code, canonical_name, stage, "
                "opened_at_local, coalesce(handle_due_at_local, close_due_at_local) as due_local, "
                f"coalesce(is_overdue, false) as is_overdue from {self.cases_of} where is_open "
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
            "select grid_code, stream_type, count(distinct feed || '|' || stream_key) as things "
            f"from {self.events_of} "
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

    def of(self, place: Place) -> dict[str, Any]:
        """The dossier of a place over all the grids that it has."""
        codes = place.codes
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
            "where": f"case_id in ({', '.join(map(quoted, self.case_ids)) or 'null'})"
            if place.is_address
            else f"grid_code in ({', '.join(quoted(code) for code in codes)})",
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
