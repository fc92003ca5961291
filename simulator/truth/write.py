"""The plain tables of a truth folder: what was delivered, what really happened, and what the figures are read by.

The one module here that knows numpy and the world. What follows from its tables the others compute, which do not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from simulator.clock import iso
from simulator.deliver import Draft, drafts
from simulator.faults import FAULTS, Transport, spoil
from simulator.feeds.channel import Channel, Drop, Table
from simulator.feeds.reference import reference
from simulator.happenings.kinds import KINDS
from simulator.happenings.lives import STEPS
from simulator.happenings.world import Block, World
from simulator.ledger import FILTERED, OUTCOMES, RECORDED, REJECTED, Ledger
from simulator.plan import DAY, HOUR, NETWORKS, ZONE_HOURS, Plan
from simulator.telling import EARLIEST, as_files
from simulator.truth.as_told import judge
from simulator.truth.ideal import idealise
from simulator.truth.lists import follow
from simulator.truth.places import NONE
from simulator.truth.readings import EPOCH_MS, READINGS
from simulator.truth.tables import write as write_table
from simulator.truth.world import weigh


@dataclass(frozen=True)
class Delivery:
    """What one delivery of a feed held: one entry a row; -1 in `rows` is a row that the ledger does not know."""

    name: str
    at: int
    rows: np.ndarray
    outcomes: np.ndarray
    codes: np.ndarray
    faults: np.ndarray


def write_truth(
    world: World,
    told: Mapping[str, Ledger],
    channels: Mapping[str, Channel],
    out: Path,
    until: int | None = None,
    asked: Sequence[int] | None = None,
    transports: Iterable[tuple[str, Transport]] = (),
) -> None:
    """Write the whole truth folder: the plain tables, and what follows from them.

    Inputs: the world; each feed's whole ledger with its faults planted, and how it travels; the second up to which they
    were read (default: the plan's end); the seconds at which interfaces and tables were asked, where that was not once
    a day; what went wrong on the line, by feed.
    """
    plan = world.plan
    until = plan.end if until is None else until
    counts: Counter[tuple[str, str]] = Counter()
    expected, rejections, listed = [], [], []
    for feed in sorted(told):
        ledger, channel = told[feed], channels[feed]
        held, touched = delivered(plan, ledger, channel, until, asked)
        same = repeats(held)
        expected += [(feed, one.name, *_balance(one), same.get(one.name, "")) for one in held]
        rejections += [line for one in held for line in _rejections(ledger, one)]
        counts.update({(str(name), feed): int(count) for name, count in _planted(ledger).items()})
        counts.update({(name, feed): count for name, count in touched.items()})
        if isinstance(channel, Drop) and channel.mode == "snapshot":
            listed += _listed(plan, ledger, channel, held)
        if any(reading_feed(name) == feed for name in READINGS):
            _told(ledger, held, out / "told" / f"{feed}.csv")
    write_table(out / "lists.csv", ("feed", "made", "key", "incident", "began"), listed)
    for feed, line in transports:
        counts.update({(name, feed): count for name, count in line.counts.items()})
    write_table(out / "expected.csv", ("feed", "delivery", "at", "fetched", *OUTCOMES, "same_as"), expected)
    write_table(out / "rejections.csv", ("feed", "delivery", "line", "key", "code", "fault"), rejections)
    planted = [(name, FAULTS[name].level, feed, counts[name, feed]) for name, feed in sorted(counts)]
    write_table(out / "faults.csv", ("fault", "level", "feed", "count"), planted)
    stated = asdict(plan) | {"begins": plan.begins.isoformat(), "faults": dict(plan.faults), "until": until}
    stated["edition_from"] = plan.day_of(plan.edition_day * DAY).isoformat()
    (out / "plan.json").write_text(json.dumps(stated, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _reference(world, out, until)
    _world(world, out)
    judge(out)
    idealise(out)
    follow(out)
    weigh(out)


def reading_feed(name: str) -> str:
    """The feed that a reading is of."""
    return READINGS[name].feed or name


def delivered(
    plan: Plan, ledger: Ledger, channel: Channel, until: int, asked: Sequence[int] | None = None
) -> tuple[list[Delivery], Counter[str]]:
    """What reached the district by `until`, and how many deliveries each fault touched."""
    if asked is not None and not isinstance(channel, Drop):
        return _answers(ledger, channel, until, asked), Counter()
    drop = as_files(ledger.feed, channel)
    hook = spoil(plan, ledger.feed, drop)
    held = [
        Delivery(one.name, one.at, one.rows, one.outcomes, one.codes, one.faults)
        for draft in drafts(plan, ledger, drop, until, EARLIEST)
        for one in hook(draft)
        if one.at <= until and not _is_passing(one)
    ]
    return held, hook.counts


def repeats(held: Sequence[Delivery]) -> dict[str, str]:
    """Deliveries that tell just the admitted rows of an earlier one, and which: where nothing else tells them apart
    (an envelope with a time, the moment of a snapshot), they are the same batch."""
    first: dict[tuple[bytes, ...], str] = {}
    found = {}
    for one in held:
        admitted = one.outcomes != FILTERED
        touched = "/".join(one.faults[admitted]).encode()
        before = first.setdefault((one.rows[admitted].tobytes(), touched), one.name)
        if before != one.name:
            found[one.name] = before
    return found


def _is_passing(draft: Draft) -> bool:
    """Half a file under a passing name: nobody reads it."""
    return draft.data is not None and not len(draft.rows)


def _answers(ledger: Ledger, channel: Channel, until: int, asked: Sequence[int]) -> list[Delivery]:
    """What an interface or a table shows at the moments when it is asked and had not shown before."""
    known = np.zeros(len(ledger), dtype=bool)
    held = []
    for now in sorted(moment for moment in asked if moment <= until):
        shown = ledger.told_at <= now
        if not (isinstance(channel, Table) and channel.append):
            newest = ~ledger.rows[ledger.key][shown].duplicated(keep="last").to_numpy()
            shown[np.flatnonzero(shown)[~newest]] = False
        if not (isinstance(channel, Table) and channel.tombstone):
            shown &= ~ledger.gone  # a deleted row is just not there
        rows = np.flatnonzero(shown & ~known)
        known[rows] = True
        held.append(
            Delivery(f"{ledger.feed}@{now}", now, rows, ledger.outcome[rows], ledger.code[rows], ledger.fault[rows])
        )
    return held


def _balance(one: Delivery) -> tuple[int, ...]:
    found = Counter(one.outcomes.tolist())
    return one.at, len(one.outcomes), *(found[outcome] for outcome in OUTCOMES)


def _rejections(ledger: Ledger, one: Delivery) -> list[tuple[object, ...]]:
    keys = ledger.rows[ledger.key]
    return [
        (
            ledger.feed,
            one.name,
            at + 1,
            keys.iloc[one.rows[at]] if one.rows[at] >= 0 else "",
            one.codes[at],
            one.faults[at],
        )
        for at in np.flatnonzero(one.outcomes == REJECTED)
    ]


def _planted(ledger: Ledger) -> dict[str, int]:
    return {name: count for name, count in Counter(ledger.fault.tolist()).items() if name}


def _listed(plan: Plan, ledger: Ledger, drop: Drop, held: Sequence[Delivery]) -> list[tuple[object, ...]]:
    """The items of each list that could be read as one; one row without a key for a list of none."""
    how, keys = READINGS[ledger.feed], ledger.rows[ledger.key]
    assert how.times == EPOCH_MS
    utc = int(plan.start.astype("datetime64[s]").astype(np.int64)) - ZONE_HOURS * HOUR
    began = iso(plan, ledger.rows[how.began].to_numpy(dtype=np.int64) // 1000 - utc)
    lines: list[tuple[object, ...]] = []
    for one in held:
        made = iso(plan, np.array([one.at - drop.delay])).iloc[0]
        if len(one.rows) and one.rows[0] < 0:
            continue
        items = [(keys.iloc[row], int(ledger.incident[row]), began.iloc[row]) for row in one.rows if keys.iloc[row]]
        lines += [(ledger.feed, made, *item) for item in items] or [(ledger.feed, made, "", "", "")]
    return lines


def _told(ledger: Ledger, held: Sequence[Delivery], path: Path) -> None:
    """The delivered versions of a feed's rows, without any personal column: once a version and outcome."""
    names = [reading for name, reading in READINGS.items() if reading_feed(name) == ledger.feed]
    columns = dict.fromkeys([ledger.key, *(column for reading in names for column in reading.columns)])
    rows = [np.stack([one.rows, np.full(len(one.rows), one.at)], axis=1) for one in held]
    at = np.concatenate(rows) if rows else np.zeros((0, 2), dtype=np.int64)
    outcomes = np.concatenate([one.outcomes for one in held]) if held else np.zeros(0, dtype=object)
    table = ledger.rows.reindex(columns=list(columns)).iloc[at[:, 0]].reset_index(drop=True)
    table = table.assign(
        _position=at[:, 0],
        _delivered=at[:, 1],
        _outcome=outcomes,
        _gone=ledger.gone[at[:, 0]].astype(int),
        _incident=[number if number >= 0 else "" for number in ledger.incident[at[:, 0]].tolist()],
    )
    table = table[(at[:, 0] >= 0) & (outcomes == RECORDED)].drop_duplicates("_position", keep="last")
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, na_rep="", lineterminator="\n")


def _reference(world: World, out: Path, until: int) -> None:
    for ledger in reference(world.district):
        table = ledger.feed.removeprefix("ref_")
        if table in ("grid", "limit", "rework_rule", "calendar", "shift", "category", "crosswalk", "duty", "staff"):
            known = ledger.take(ledger.told_at <= until).rows
            known = known.drop(columns=["staff_no", "name", "phone"], errors="ignore")  # nobody's data
            (out / "reference").mkdir(parents=True, exist_ok=True)
            known.to_csv(out / "reference" / f"{table}.csv", index=False, na_rep="", lineterminator="\n")
    versions = world.district.grid_versions
    units = versions[versions["scheme"] == "unit"]
    unit = units["management_unit_code"].replace("", NONE)
    kind = units["grid_kind"].map({"专属网格": "special", "基础网格": "basic"})
    found = zip(units["grid_code"], units["community_code"], units["street_code"], unit, kind, strict=True)
    write_table(out / "grids.csv", ("grid", "community", "street", "unit", "kind"), sorted(set(found)))


def _world(world: World, out: Path) -> None:
    """incidents.csv, places.csv, happened.csv and codes.csv: what really happened, whoever was told of it."""
    codes = [(kind.name, code_set, code) for kind in KINDS for code_set, code in kind.codes.items()]
    write_table(out / "codes.csv", ("kind", "code_set", "code"), codes)
    units = world.district.grid_versions
    borders = sorted({0, *(int(day) for day in units["from_day"] if 0 < day < world.plan.days)})
    tables: dict[str, list[pd.DataFrame]] = {"incidents": [], "places": [], "happened": []}
    for number in world.blocks:
        block = world.block(number, words=False)
        tables["incidents"].append(_incidents(block))
        tables["places"].append(_places(block, borders))
        tables["happened"].append(_happened(block))
    for name, parts in tables.items():
        pd.concat(parts).to_csv(out / f"{name}.csv", index=False, na_rep="", lineterminator="\n")


def _incidents(block: Block) -> pd.DataFrame:
    one = block.incidents
    names = np.array([kind.name for kind in KINDS], dtype=object)
    return pd.DataFrame(
        {
            "incident": one.id,
            "kind": names[one.kind],
            "at": iso(block.plan, one.at),
            "ended_at": iso(block.plan, one.ended_at),
            "lon": np.round(one.places.lon, 6),
            "lat": np.round(one.places.lat, 6),
            "community": block.district.communities["code12"].to_numpy(dtype=object)[one.places.community],
            "recurrence_of": _or_empty(one.recurrence_of),
            "sibling_of": _or_empty(one.sibling_of),
            "component": one.component,
            "storm": one.storm.astype(int),
        }
    )


def _or_empty(ids: np.ndarray) -> list[object]:
    return [number if number >= 0 else "" for number in ids.tolist()]


def _places(block: Block, borders: Sequence[int]) -> pd.DataFrame:
    """The unit grid of each incident from the days on which any border changed, where its own did."""
    places, count = block.incidents.places, len(block.incidents.id)
    found, before = [], np.full(count, "", dtype=object)
    for day in borders:
        grid = block.district.unit_at(places, np.full(count, day * DAY)).to_numpy(dtype=object)
        moved = np.flatnonzero(grid != before)
        found.append(pd.DataFrame({"incident": block.incidents.id[moved], "from_day": day, "grid": grid[moved]}))
        before = grid
    return pd.concat(found)


def _happened(block: Block) -> pd.DataFrame:
    parts = []
    for number, network in enumerate(NETWORKS):
        reports = block.reports.take(np.flatnonzero(block.reports.network == number))
        lives = block.lives[network]
        parts.append(
            pd.DataFrame(
                {
                    "report": reports.id,
                    "incident": reports.incident_id,
                    "network": network,
                    "right_kind": (reports.kind == block.incidents.kind[reports.incident]).astype(int),
                    "org": lives.org_final,
                    "right_office": (lives.org == lives.org_final).astype(int),
                    "rating": lives.rating,
                    **{step: iso(block.plan, lives.steps[step]) for step in STEPS},
                }
            )
        )
    return pd.concat(parts).sort_values("report", kind="stable")
