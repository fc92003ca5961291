"""What every page of the site reads: one edition, and what its tables, feeds, places and months are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from reporting.page import Row, query
from reporting.site.figures import Figures, Item, short
from reporting.site.kept import Kept

__all__ = ["DISTRICT", "UNKNOWN", "Month", "Network", "Reader", "Source", "is_incomplete", "networks_of", "short"]

UNKNOWN = ("unknown", "unlocated", "none", "")


@dataclass(frozen=True)
class Network:
    """A network with its name in two languages; `incomplete` where one of its feeds is held or behind."""

    name: str
    zh: str
    en: str
    through: datetime | None
    incomplete: bool


@dataclass(frozen=True)
class Month:
    """A month that has figures; `is_over` where the edition's clock has reached its end."""

    start: datetime
    is_over: bool

    @property
    def label(self) -> str:
        return f"{self.start:%Y-%m}"

    @property
    def before(self) -> datetime:
        return (self.start - timedelta(days=1)).replace(day=1)

    @property
    def end(self) -> datetime:
        return (self.start + timedelta(days=32)).replace(day=1)


DISTRICT = ("district", "district")


@dataclass(frozen=True)
class Reader:
    """For whom a site is made from a cut: the title, and the subject whose figures stand for the whole."""

    title: str
    subject: tuple[str, str] = DISTRICT


class Source:
    """An edition, or a cut of it, as the pages read it. `folder`: where the project lies that the edition keeps.

    Of a cut the manifest tells no more than the names of the networks and the unified scheme.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        manifest: dict[str, Any],
        folder: Path,
        closings: Sequence[dict[str, Any]] = (),
        reader: Reader | None = None,
    ) -> None:
        self.closings = list(closings)
        self.reader = reader
        self.subject_kind, self.subject = reader.subject if reader else DISTRICT
        self.connection = connection
        self.manifest = manifest
        self.kept = Kept(folder)
        self.info: Row = self.query("select * from mart.publish_info")[0]
        self.day: date = self.info["clock_at_local"].date()
        self.feeds = self.rows("dq_feed", "order by mode = 'reference', network, feed")
        self.networks = networks_of(self.feeds, manifest["networks"]) or self._networks_of_cases()
        self._items: dict[Item, None] = {}

    def query(self, sql: str, values: list[Any] | None = None) -> list[Row]:
        """The rows of a query by column name."""
        return query(self.connection, sql, values)

    def rows(self, mart: str, rest: str) -> list[Row]:
        """The rows of a mart; none where the edition, cut for its readers, lacks it."""
        return self.query(f"select * from mart.{mart} {rest}") if mart in self.tables else []

    def lacks(self, *marts: str) -> bool:
        """Whether the edition has not each of the marts."""
        return not set(marts) <= set(self.tables)

    def _networks_of_cases(self) -> list[Network]:
        """The networks of the cases, of an edition that tells nothing of its feeds."""
        if "network" not in self.tables.get("fct_case", set()):
            return []
        told = {row["network"] for row in self.query("select distinct network from mart.fct_case")}
        titles = self.manifest["networks"].items()
        return [Network(name, title, english(name), None, False) for name, title in titles if name in told]

    @property
    def whole(self) -> tuple[str, str]:
        """What the subject is called in headings: the district, or whom the cut is for."""
        if self.subject_kind == "district":
            return "全区", "The district"
        name = self.names.get(self.subject_kind, {}).get(self.subject, self.subject)
        return name, name

    @cached_property
    def tables(self) -> dict[str, set[str]]:
        """Mart → its columns."""
        rows = self.connection.execute(
            "select table_name, list(column_name) from information_schema.columns where table_schema = 'mart' "
            "group by table_name"
        ).fetchall()
        return {name: set(columns) for name, columns in rows}

    def has(self, *marts: str) -> bool:
        """Whether the edition has each of the marts, with at least one row."""
        return all(
            mart in self.tables and bool(self.connection.execute(f"select 1 from mart.{mart} limit 1").fetchall())
            for mart in marts
        )

    @cached_property
    def rules(self) -> dict[str, Row]:
        """The registry of the indicators by code, in its own order; empty where it lacks what pages read."""
        if not self.has("dim_indicator", "rpt_indicator") or not self.tables["dim_indicator"] >= REGISTRY:
            return {}
        rows = self.query("select * from mart.dim_indicator order by indicator")
        order = {code: place for place, code in enumerate(self.kept.labels("indicator"))}
        rows.sort(key=lambda row: order.get(row["indicator"], len(order)))
        return {row["indicator"]: {**row, "short_en": short_title(row)} for row in rows}

    def figures(self) -> Figures:
        """The indicator figures of one page."""
        return Figures(self.connection, self.rules)

    @cached_property
    def months(self) -> list[Month]:
        """The months that have figures of the whole up to the clock, newest first."""
        if not self.rules:
            return []
        rows = self.connection.execute(
            "select distinct period_start::timestamp from mart.rpt_indicator where subject_kind = ? "
            "and subject_code = ? and period_kind = 'month' and period_start <= ? order by 1 desc",
            [self.subject_kind, self.subject, self.info["clock_at_local"]],
        ).fetchall()
        clock = self.info["clock_at_local"]
        found = [Month(start, False) for (start,) in rows]
        return [Month(month.start, month.end <= clock) for month in found]

    @cached_property
    def month(self) -> Month | None:
        """The newest month that is over, else the newest: what is ranked and compared."""
        over = [month for month in self.months if month.is_over]
        return over[0] if over else (self.months[0] if self.months else None)

    @cached_property
    def organisations(self) -> dict[str, Row]:
        """Organisations as they are now by code: name, network, parent."""
        if not self.has("dim_organisation"):
            return {}
        columns = self.tables["dim_organisation"]
        wanted = [name for name in ("org_name", "org_type", "parent_org_code", "level", "network") if name in columns]
        listed = "".join(f", {name}" for name in wanted)
        rows = self.query(f"select org_code{listed} from mart.dim_organisation where is_current order by org_code")
        nothing = dict.fromkeys(("org_name", "org_type", "parent_org_code", "level", "network"))
        return {row["org_code"]: {**nothing, **row} for row in rows}

    @cached_property
    def grids(self) -> list[Row]:
        """The unified grids that stand at the clock, with community, street and border."""
        if self.lacks("dim_grid"):
            return []
        columns = self.tables["dim_grid"]
        community = (
            "community_code, community_name"
            if "community_code" in columns
            else "null as community_code, null as community_name"
        )
        street = "street_code" if "street_code" in columns else "street_name as street_code"
        unit = (
            "management_unit_code, management_unit_name"
            if "management_unit_code" in columns
            else "null as management_unit_code, null as management_unit_name"
        )
        return self.query(
            f"select grid_code, grid_name, {community}, {street}, street_name, {unit}, polygon from mart.dim_grid "
            "where scheme = ? and member_kind = 'grid' and is_current order by grid_code",
            [self.manifest["unified_scheme"]],
        )

    @cached_property
    def names(self) -> dict[str, dict[str, str]]:
        """Kind of subject → code → name."""
        return {
            "district": {"district": self.info["city_title"]},
            "network": dict(self.manifest["networks"]),
            "organisation": {code: row["org_name"] or code for code, row in self.organisations.items()},
            "street": {row["street_code"]: row["street_name"] for row in self.grids if row["street_code"]},
            "community": {row["community_code"]: row["community_name"] for row in self.grids if row["community_code"]},
            "management_unit": {
                row["management_unit_code"]: row["management_unit_name"]
                for row in self.grids
                if row["management_unit_code"]
            },
            "grid_kind": {"basic": "基础网格", "special": "专属网格"},
            "grid": self._grid_names,
            "grid_now": self._grid_names,
            "category": self._category_names,
        }

    @cached_property
    def _grid_names(self) -> dict[str, str]:
        """Unified grids of all times, divisions, and what has no place, each with its newest name."""
        if self.lacks("dim_grid"):
            return {}
        rows = self.query(
            "select grid_code, max_by(grid_name, is_current) as grid_name from mart.dim_grid where scheme = ? "
            "group by grid_code",
            [self.manifest["unified_scheme"]],
        )
        return {**{row["grid_code"]: row["grid_name"] or row["grid_code"] for row in rows}, "unlocated": "未定位"}

    @cached_property
    def _category_names(self) -> dict[str, str]:
        if not self.has("dim_canonical_category"):
            return {}
        rows = self.query("select canonical_code, canonical_name from mart.dim_canonical_category")
        return {row["canonical_code"]: row["canonical_name"] for row in rows}

    @cached_property
    def feed_titles(self) -> dict[str, str]:
        """Feed → its title."""
        return {feed["feed"]: feed["title"] for feed in self.feeds}

    def network(self, name: str | None) -> Network:
        """A network by name; one of its own name where city.yml has none."""
        told = next((network for network in self.networks if network.name == name), None)
        return told or Network(name or "", name or "其他", english(name) if name else "Others", None, False)

    def list_items(self, items: list[Item]) -> None:
        """Note that a page lists the items: their lives are told on a page of their own."""
        self._items.update(dict.fromkeys(items))

    @property
    def listed_items(self) -> list[Item]:
        """The items that pages list, in the order in which they were noted."""
        return list(self._items)


REGISTRY = {"indicator", "title_zh", "title_en", "unit", "direction"}


def short_title(rule: Row) -> str:
    """An indicator's English title as a heading takes it: without what stands in brackets or after a comma."""
    told = str(rule["title_en"]).split(" (")[0].split(", ")[0]
    return f"{told} after exclusions" if str(rule["indicator"]).endswith("_after_exclusions") else told


def is_incomplete(feed: Row) -> bool:
    """Whether figures that rest on the feed are not complete: a landing waits, or deliveries are overdue."""
    return feed["mode"] != "reference" and bool(feed["held"] or feed["unjudged"] or feed["is_behind"])


def networks_of(feeds: list[Row], titles: dict[str, str]) -> list[Network]:
    """The networks that have feeds, in the order of city.yml; data through = the oldest of their feeds'."""
    found = []
    for name, title in titles.items():
        own = [feed for feed in feeds if feed["network"] == name and feed["mode"] != "reference"]
        if not own:
            continue
        throughs = [feed["data_through_at"] for feed in own]
        through = None if None in throughs else min(throughs)
        found.append(Network(name, title, english(name), through, any(map(is_incomplete, own))))
    return found


def english(name: str) -> str:
    """A network's name in English."""
    return name.replace("_", " ").capitalize()
