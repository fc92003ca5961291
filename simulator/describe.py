"""A plan's world in one page: what happened, who told it and how late, what became of it, and what was planted."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.faults import FAULTS
from simulator.happenings.kinds import KINDS
from simulator.happenings.world import Block, World
from simulator.ledger import OUTCOMES
from simulator.places.district import NAME
from simulator.plan import DAY, HOUR, NETWORKS, Plan
from simulator.told import CHANNELS, told
from simulator.truth.write import delivered

_TOP = 4  # categories named a network
_TURNS = ("returned", "check_failed", "extended", "suspended", "supervised", "whistled", "appealed", "cancelled")
_TURN_WORDS = ("returned", "reworked", "extended", "suspended", "supervised", "whistled", "appealed", "cancelled")


@dataclass(frozen=True)
class _Happened:
    """All blocks' reports: one entry a report, `steps` by name; `incident` is a row of the incidents beside them."""

    kind: np.ndarray
    recurrence: np.ndarray
    sibling: np.ndarray
    incident: np.ndarray
    network: np.ndarray
    told_kind: np.ndarray
    late: np.ndarray
    placed: np.ndarray
    steps: dict[str, np.ndarray]


def describe(plan: Plan) -> str:
    """The page, as text of about a hundred columns; the same plan gives the same page."""
    world = World(plan)
    happened = _gathered([world.block(number, words=False) for number in world.blocks])
    parts = [_head(world, happened), _networks(happened), _kinds(happened), _lives(plan, happened), _feeds(world)]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _gathered(blocks: Sequence[Block]) -> _Happened:
    rows, steps, before = [], [], 0
    for block in blocks:
        order = np.argsort(block.reports.network, kind="stable")  # lives stand by network
        reports = block.reports.take(order)
        lives = [block.lives[network] for network in NETWORKS]
        steps.append({step: np.concatenate([one.steps[step] for one in lives]) for step in lives[0].steps})
        late = reports.told_at - block.incidents.at[reports.incident]
        rows.append((reports.incident + before, reports.network, reports.kind, late, reports.placed))
        before += len(block.incidents.id)
    incident, network, told_kind, late, placed = (np.concatenate(part) for part in zip(*rows, strict=True))
    return _Happened(
        kind=np.concatenate([block.incidents.kind for block in blocks]),
        recurrence=np.concatenate([block.incidents.recurrence_of for block in blocks]) >= 0,
        sibling=np.concatenate([block.incidents.sibling_of for block in blocks]) >= 0,
        incident=incident,
        network=network,
        told_kind=told_kind,
        late=late,
        placed=placed,
        steps={step: np.concatenate([one[step] for one in steps]) for step in steps[0]},
    )


def _head(world: World, happened: _Happened) -> list[str]:
    plan, district = world.plan, world.district
    count, told_by = len(happened.kind), np.bincount(happened.incident, minlength=len(happened.kind))
    pairs = np.unique(happened.incident * len(NETWORKS) + happened.network) // len(NETWORKS)
    several = np.bincount(pairs, minlength=count) > 1
    return [
        (
            f"{NAME}, a made-up district: {plan.days} days from {plan.begins}, seed {plan.seed} ({plan.purpose}), "
            f"noise {plan.noise}."
        ),
        f"{len(district.streets)} streets, {len(district.communities)} communities, {plan.grids} founding unit grids.",
        "",
        (
            f"{count:,} incidents, {count / plan.days:,.1f} a day: {_share(happened.recurrence)} are an earlier one "
            f"come back, {_share(happened.sibling)} have one of their kind beside them."
        ),
        (
            f"{len(happened.incident):,} reports, {len(happened.incident) / max(count, 1):.2f} an incident: "
            f"{_share(told_by == 1)} of the incidents are told once, {_share(several)} by several networks, "
            f"the most often told one {told_by.max(initial=0)} times."
        ),
    ]


def _networks(happened: _Happened) -> list[str]:
    rows = []
    for number, network in enumerate(NETWORKS):
        own = happened.network == number
        late = happened.late[own] / HOUR
        right = happened.told_kind[own] == happened.kind[happened.incident[own]]
        middle, tenth = (np.percentile(late, part) if own.any() else 0.0 for part in (50, 90))
        rows.append(
            (network, f"{own.sum():,}", f"{middle:.1f}", f"{tenth:.1f}", _share(happened.placed[own]), _share(right))
        )
    head = ("network", "reports", "told after h, half", "nine tenths", "with a point", "right category")
    return ["Reports, hours from happening to telling, and how well they are told:", *_table(head, rows)]


def _kinds(happened: _Happened) -> list[str]:
    lines = []
    for number, network in enumerate(NETWORKS):
        counts = np.bincount(happened.told_kind[happened.network == number], minlength=len(KINDS))
        order = np.argsort(-counts, kind="stable")[:_TOP]
        lines.append((network, "，".join(f"{KINDS[kind].name} {counts[kind]:,}" for kind in order if counts[kind])))
    return ["What they are told of most often:", *_table(("network", "categories and reports"), lines, words=2)]


def _lives(plan: Plan, happened: _Happened) -> list[str]:
    rows = []
    for number, network in enumerate(NETWORKS):
        own = happened.network == number
        steps = {step: at[own] for step, at in happened.steps.items()}
        ended = (steps["closed"] >= 0) | (steps["cancelled"] >= 0) | (steps["not_accepted"] >= 0)
        done = steps["handled"] >= 0
        days = (steps["handled"] - steps["reported"])[done] / DAY
        middle = f"{np.median(days):.1f}" if done.any() else "-"
        rows.append((network, middle, _share(~ended), *(_share(steps[turn] >= 0) for turn in _TURNS)))
    head = ("network", "days, half", "never closed", *_TURN_WORDS)
    return ["Lives of the cases, to their own ends: days to the disposal, and the share that takes each turn:",
            *_table(head, rows)]  # fmt: skip


def _feeds(world: World) -> list[str]:
    plan, ledgers = world.plan, told(world)
    rows, planted, feeds = [], Counter[str](), Counter[str]()
    for feed, ledger in ledgers.items():
        if feed.startswith("ref_"):
            continue
        held, touched = delivered(plan, ledger, CHANNELS[feed], plan.end)
        outcomes = Counter(outcome for one in held for outcome in one.outcomes.tolist())
        fetched = sum(outcomes.values())
        rows.append((feed, f"{len(held):,}", f"{fetched:,}", *(f"{outcomes[name]:,}" for name in OUTCOMES)))
        found = Counter(name for name in ledger.fault.tolist() if name) + touched
        planted += found
        feeds.update(found.keys())
    head = ("feed", "deliveries", "rows", *OUTCOMES)
    lines = [
        "Deliveries (interfaces and tables as a file a day) and what must become of their rows:",
        *_table(head, rows),
    ]
    if not plan.faults:
        return [*lines, "", "No faults are switched on."]
    listed = [
        (name, fault.level, f"{plan.faults[name]:g}", f"{planted[name]:,}", f"{feeds[name]:,}", fault.sentence)
        for name, fault in FAULTS.items()
        if name in plan.faults
    ]
    lines += ["", "Faults (those of transport are counted by the servers):"]
    return [*lines, *_table(("fault", "level", "rate", "planted", "feeds", "what"), listed, words=(0, 1, 5))]


def _share(where: np.ndarray) -> str:
    return f"{where.mean() * 100:.1f} %" if len(where) else "-"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int | Sequence[int] = 1) -> list[str]:
    """Lines of aligned columns: the first `words` (or those at these places) to the left, numbers to the right."""
    left = range(words) if isinstance(words, int) else words
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(_width(row[place]) for row in cells) for place in range(len(head))]
    return ["  ".join(_padded(row[at], widths[at], at in left) for at in range(len(head))).rstrip() for row in cells]


def _width(text: str) -> int:
    """Columns that a text takes on a screen: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int, left: bool) -> str:
    blank = " " * (width - _width(text))
    return text + blank if left else blank + text
