"""Who notices an incident and how it is told: network, moment, place with an error, kind with a confusion, words."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from simulator.happenings.incidents import Incidents
from simulator.happenings.kinds import KINDS
from simulator.happenings.noise import LEVELS, Noise
from simulator.happenings.wording import texts
from simulator.places.district import District
from simulator.plan import DAY, HOUR, MINUTE, NETWORKS, Plan

IDS_A_BLOCK = 16_000_000
_PHONES = ("public_security", "hotline")
_CALLED = 1 << 20  # callers are drawn from this many tokens a thousand grids; some people call often
_FIRST_MINUTES = {"acute": 20.0, "persistent": 240.0, "outage": 15.0}  # median delay of the first report
_NEXT_HOURS = {"acute": 2.0, "persistent": 36.0, "outage": 1.5}  # mean gap to a further report
_AGAIN = 0.12  # share of further reports by the person who called first
_CHANNELS = {
    "city_management": ("监督员上报", "监督员上报", "监督员上报", "视频发现", "公众举报"),
    "hotline": ("电话", "电话", "微信", "网站", "APP"),
    "public_security": ("110", "110", "110", "微信报警"),
    "governance_centre": ("网格员上报", "网格员上报", "来访", "电话"),
}


@dataclass(frozen=True)
class Reports:
    """Column-wise reports in order of `told_at`.

    id: unique in the world. incident: row of the block's incidents; incident_id: its id. network: index into NETWORKS.
    lon, lat: the place as told, degrees CGCS2000; placed: False where only words tell it. kind: as told. caller: token
    of the person. channel: how it came in.
    """

    id: np.ndarray
    incident: np.ndarray
    incident_id: np.ndarray
    network: np.ndarray
    told_at: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    placed: np.ndarray
    kind: np.ndarray
    address: pd.Series
    text: pd.Series
    caller: np.ndarray
    channel: np.ndarray

    def __len__(self) -> int:
        return len(self.id)

    def take(self, chosen: np.ndarray) -> Reports:
        """The reports at these positions (or under a mask), in this order."""
        rows = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        columns = {}
        for part in fields(self):
            values = getattr(self, part.name)
            columns[part.name] = (
                values.iloc[rows].reset_index(drop=True) if isinstance(values, pd.Series) else values[rows]
            )
        return Reports(**columns)


def tell(plan: Plan, district: District, incidents: Incidents, block: int, words: bool = True) -> Reports:
    """The reports of a block's incidents, whenever they are told.

    `words` False leaves addresses and texts empty: a bulk of events does without them.
    """
    noise, random = LEVELS[plan.noise], plan.stream("reports", block)
    told = _how_often(noise, random, incidents.kind)
    row = np.repeat(np.arange(len(incidents)), told)
    order = np.arange(len(row)) - np.repeat(np.cumsum(told) - told, told)  # 0 is the first report of its incident
    kind = incidents.kind[row].astype(np.int64)
    network = _networks(random, kind)
    at = _when(random, incidents, row, order, kind)
    east, north = _errors(noise, random, network)
    places = incidents.places.take(row)
    lon, lat = district.nudge(places, east, north)
    told_kind = _confused(noise, random, kind, network)
    caller = _callers(plan, random, row, order)
    placed = ~np.isin(network, [NETWORKS.index("hotline")]) & (random.random_sample(len(row)) < 0.97)
    chosen = np.argsort(at, kind="stable")
    empty = pd.Series(np.full(len(row), "", dtype=object), dtype="str")
    address = _addresses(random, district, places, told_kind) if words else empty
    text = texts(noise, random, district, told_kind, places, address) if words else empty
    every = Reports(
        id=np.arange(len(row), dtype=np.int64),
        incident=row,
        incident_id=incidents.id[row],
        network=network.astype(np.int8),
        told_at=at,
        lon=lon.round(6),
        lat=lat.round(6),
        placed=placed,
        kind=told_kind.astype(np.int16),
        address=address,
        text=text,
        caller=caller,
        channel=_channels(random, network),
    ).take(chosen)
    return Reports(
        **{part.name: getattr(every, part.name) for part in fields(Reports) if part.name != "id"},
        id=block * IDS_A_BLOCK + np.arange(len(row), dtype=np.int64),
    )


def _how_often(noise: Noise, random: np.random.RandomState, kind: np.ndarray) -> np.ndarray:
    """Number of reports of each incident, one at least."""
    count = len(kind)
    more = 2 + random.geometric(1 / (1 + noise.more), count) - 1
    usual = np.where(random.random_sample(count) < noise.single, 1, more)
    mean, deviation, most = noise.outage_reports
    seen = np.clip(np.exp(mean + deviation * random.standard_normal(count)).astype(np.int64), 1, most)
    outage = np.array([one.span == "outage" for one in KINDS])[kind]
    return np.where(outage, seen, np.minimum(usual, most))


def _networks(random: np.random.RandomState, kind: np.ndarray) -> np.ndarray:
    """The network that each report goes to, by the chances of the kind."""
    chances = np.array([[one.noticed.get(name, 0.0) for name in NETWORKS] for one in KINDS])
    ladder = np.cumsum(chances, axis=1) / chances.sum(axis=1, keepdims=True)
    flat = (ladder + np.arange(len(KINDS))[:, None]).ravel()
    at = np.searchsorted(flat, random.random_sample(len(kind)) + kind, side="right") - kind * len(NETWORKS)
    return np.minimum(at, len(NETWORKS) - 1)


def _when(
    random: np.random.RandomState, incidents: Incidents, row: np.ndarray, order: np.ndarray, kind: np.ndarray
) -> np.ndarray:
    """Second of each report: the first one soon, the others one after another."""
    spans = [one.span for one in KINDS]
    first = np.array([_FIRST_MINUTES[span] for span in spans])[kind] * MINUTE
    gap = np.array([_NEXT_HOURS[span] for span in spans])[kind] * HOUR
    wait = np.where(
        order == 0,
        first * np.exp(random.standard_normal(len(row)) * 0.8),
        gap * random.exponential(1.0, len(row)) / np.sqrt(np.maximum(order, 1)),
    )
    total = np.cumsum(wait)
    starts = np.flatnonzero(order == 0)
    before = np.repeat((total - wait)[starts], np.diff(np.append(starts, len(row))))
    return incidents.at[row] + np.minimum(total - before, 30 * DAY).astype(np.int64)


def _errors(noise: Noise, random: np.random.RandomState, network: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Metres east and north by which each told place is off."""
    sigma = np.array([noise.gps_sigma_m[name] for name in NETWORKS])[network]
    east, north = (sigma * random.standard_normal(len(network)) for _ in range(2))
    far = (random.random_sample(len(network)) < noise.outlier_share) & np.isin(
        network, [NETWORKS.index(name) for name in _PHONES]
    )
    turn = random.random_sample(len(network)) * 2 * np.pi
    return east + far * noise.outlier_m * np.cos(turn), north + far * noise.outlier_m * np.sin(turn)


def _confused(noise: Noise, random: np.random.RandomState, kind: np.ndarray, network: np.ndarray) -> np.ndarray:
    """The kind as told: mostly the true one; else another that the same network knows, in the group or across."""
    told = kind.copy()
    wrong = random.random_sample(len(kind)) < noise.confusion
    across = random.random_sample(len(kind)) < noise.confusion_across
    roll = random.random_sample(len(kind))
    groups = np.array([one.group for one in KINDS])
    for name in np.unique(network):
        known = np.array([one.noticed.get(NETWORKS[name], 0) > 0 for one in KINDS])
        for true in np.unique(kind[wrong & (network == name)]):
            within = np.flatnonzero(known & (groups == groups[true]) & (np.arange(len(KINDS)) != true))
            beyond = np.flatnonzero(known & (groups != groups[true]))
            for far, pool in ((False, within), (True, beyond)):
                rows = np.flatnonzero(wrong & (network == name) & (kind == true) & (across == far))
                others = pool if len(pool) else (beyond if len(beyond) else within)
                if len(rows) and len(others):
                    told[rows] = others[(roll[rows] * len(others)).astype(np.int64)]
    return told


def _callers(plan: Plan, random: np.random.RandomState, row: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Token of the person behind each report; some call again about the same thing."""
    people = _CALLED * max(1, plan.grids // 1_000)
    fresh = (people * random.random_sample(len(row)) ** 1.3).astype(np.int64)
    starts = np.flatnonzero(order == 0)
    first = np.repeat(fresh[starts], np.diff(np.append(starts, len(row))))
    return np.where((order > 0) & (random.random_sample(len(row)) < _AGAIN), first, fresh)


def _addresses(random: np.random.RandomState, district: District, places: object, kind: np.ndarray) -> pd.Series:
    """The address as told: down to the room indoors, the road outdoors."""
    indoors = np.array([one.indoors for one in KINDS])[kind]
    return district.room_address(places).where(indoors, district.road_address(places))  # type: ignore[arg-type]


def _channels(random: np.random.RandomState, network: np.ndarray) -> np.ndarray:
    roll = random.random_sample(len(network))
    found = np.full(len(network), "电话", dtype=object)
    for name, pool in _CHANNELS.items():
        own = network == NETWORKS.index(name)
        found[own] = np.array(pool, dtype=object)[(roll[own] * len(pool)).astype(np.int64)]
    return found
