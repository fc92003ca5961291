"""The cases of a made-up district as the linking models read them, with the true incident of each beside them.

One report of the simulator is one case. Each network tells what its feed tells and no more: the hotline, the gas
company and the disputes have no point, disputes have no address, waterworks leave out two points of five, rooms are
cut from addresses and masked in texts as landing does it, and a person has another token in each network. What is left
out here is what comes after the telling: rejections, late rows and withdrawn ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from ingest.privacy import address_sql, scrub_sql
from simulator.feeds.chance import Chance
from simulator.feeds.code_lists import categories
from simulator.happenings import kinds
from simulator.happenings.kinds import KINDS
from simulator.happenings.world import Block, World
from simulator.plan import HOUR, NETWORKS, ZONE_HOURS, Plan

_REGISTERS = {  # feed of a network's cases, its code set, and the code for what that set has no name for
    "public_security": ("police_incidents", kinds.POLICE, "609900"),
    "city_management": ("city_management_cases", kinds.CM_2026, "10099"),
    "water": ("water_repairs", kinds.WATER, "W99"),
    "power": ("power_repairs", kinds.POWER, "P9"),
    "gas": ("gas_repairs", kinds.GAS, "G99"),
    "heat": ("heat_repairs", kinds.HEAT, "H99"),
    "hotline": ("hotline_orders", kinds.HOTLINE, "H999"),
}
_DISPUTES, _ROUNDS = ("governance_disputes", kinds.DISPUTE, "99"), ("governance_patrols", kinds.ROUNDS, "S99")
_POINTLESS = ("governance_disputes", "gas_repairs", "hotline_orders")
_WITH_COMMUNITY = ("governance_disputes", "governance_patrols", "gas_repairs", "hotline_orders")
_LOCATED_WATER = 0.6
_ROOMS = (r"[0-9]+单元[0-9]+室",)
_COLUMNS = """
    feed varchar, stream_key varchar, network varchar, channel_kind varchar, opened bigint, closed bigint,
    canonical_name varchar, category_key varchar, lon double, lat double, address varchar, text varchar,
    community varchar, grid_told varchar, token varchar, component varchar, incident bigint, report bigint
"""
_OWN = ("监督员上报", "视频发现", "网格员上报")


@dataclass(frozen=True)
class Size:
    """How big a world is: grids, days and incidents a day (mean)."""

    grids: int
    days: int
    incidents_a_day: int


SIZES = {  # two incidents a grid and day, as in the sandbox
    "small": Size(60, 30, 120),
    "middle": Size(300, 30, 600),
    "long": Size(300, 120, 600),  # as many cases as the big one, at the days' pace of the middle one
    "big": Size(1_200, 30, 2_400),
    "million": Size(5_000, 36, 10_000),
}


def plan_of(size: Size, noise: str, purpose: str, seed: int = 7) -> Plan:
    """The plan of a world of that size: `purpose` 'develop' to fit weights on, 'score' to score them."""
    return Plan(
        seed=seed,
        days=size.days,
        grids=size.grids,
        incidents_a_day=size.incidents_a_day,
        noise=noise,  # type: ignore[arg-type]
        purpose=purpose,  # type: ignore[arg-type]
    )


def write_cases(plan: Plan, connection: duckdb.DuckDBPyConnection) -> int:
    """Write the table `told_case`: what the models read, and `incident`, which they do not.

    Times are seconds since 1970 UTC. Returns the number of cases.
    """
    world = World(plan)
    names = _canonical_names(plan)
    connection.execute(f"create or replace table told_case ({_COLUMNS})")
    count = 0
    for number in world.blocks:
        block = world.block(number)
        for part in _parts(block, names):
            connection.register("part", part)
            connection.execute(f"insert into told_case select * replace ({_private()}) from part")
            connection.unregister("part")
            count += len(part)
    return count


def _private() -> str:
    return f"{address_sql('address', (), ())} as address, {scrub_sql('text', (), _ROOMS)} as text"


def _canonical_names(plan: Plan) -> dict[tuple[str, str], str]:
    listed = categories(plan)
    return dict(
        zip(zip(listed["code_set"], listed["category_code"], strict=True), listed["canonical_name"], strict=True)
    )


def _parts(block: Block, names: dict[tuple[str, str], str]) -> Iterator[pd.DataFrame]:
    for network in NETWORKS:
        own = np.flatnonzero(block.reports.network == NETWORKS.index(network))
        if not len(own):
            continue
        if network == "governance_centre":
            disputed = np.array([bool(kind.codes.get(kinds.DISPUTE)) for kind in KINDS])[block.reports.kind[own]]
            yield _part(block, network, _DISPUTES, own, np.flatnonzero(disputed), names)
            yield _part(block, network, _ROUNDS, own, np.flatnonzero(~disputed), names)
        else:
            yield _part(block, network, _REGISTERS[network], own, np.arange(len(own)), names)


def _part(
    block: Block,
    network: str,
    register: tuple[str, str, str],
    own: np.ndarray,
    chosen: np.ndarray,
    names: dict[tuple[str, str], str],
) -> pd.DataFrame:
    feed, code_set, other = register
    plan, reports = block.plan, block.reports.take(own[chosen])
    steps = block.lives[network].steps
    places = block.incidents.places.take(reports.incident)
    epoch = int(plan.start.astype("datetime64[s]").astype(np.int64)) - ZONE_HOURS * HOUR
    codes = np.array([kind.codes.get(code_set) or other for kind in KINDS], dtype=object)[reports.kind]
    called = np.array([names.get((code_set, code), "") for code in codes], dtype=object)
    closed = np.where(steps["closed"][chosen] < plan.end, steps["closed"][chosen], -1)
    point = reports.placed & (feed not in _POINTLESS)
    if feed == "water_repairs":
        point &= Chance(plan, "water_repairs").roll(reports.id, "located") < _LOCATED_WATER
    collected = np.isin(reports.channel, _OWN) & np.isin(network, ("city_management", "governance_centre"))
    grid = np.asarray(block.district.unit_at(places, reports.told_at), dtype=object)
    community = _communities(block, places.community, np.where(point, reports.lon, np.nan), reports.lat)
    nothing = np.full(len(reports), None, dtype=object)
    component = np.asarray(block.incidents.component[reports.incident], dtype=object)
    inside = reports.told_at < plan.end
    return pd.DataFrame(
        {
            "feed": feed,
            "stream_key": np.char.add(feed[:2], reports.id.astype(str)).astype(object),
            "network": network,
            "channel_kind": np.where(collected, "own", "public"),
            "opened": epoch + reports.told_at,
            "closed": np.where(closed >= 0, epoch + closed, -1),
            "canonical_name": called,
            "category_key": np.array([f"{code_set}/{code}" for code in codes], dtype=object),
            "lon": np.where(point, reports.lon, np.nan),
            "lat": np.where(point, reports.lat, np.nan),
            "address": nothing if feed == "governance_disputes" else np.asarray(reports.address, dtype=object),
            "text": np.asarray(reports.text, dtype=object),
            "community": np.where(point | (feed in _WITH_COMMUNITY), community, nothing),
            "grid_told": grid if feed == "governance_disputes" else nothing,
            "token": np.char.add(f"{network}:", reports.caller.astype(str)).astype(object),
            "component": component if network == "city_management" else nothing,
            "incident": reports.incident_id,
            "report": reports.id,
        }
    )[inside].reset_index(drop=True)


def _communities(block: Block, true: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """The community that a told point lies in; the true one where no point is told or it lies outside."""
    cell = block.district.lattice.locate(np.where(np.isnan(lon), 0, lon), lat)
    row = np.where(cell >= 0, block.district._layout[1][cell], true)
    return block.district.communities["code12"].to_numpy(dtype=object)[row]
