"""Cases of any network that the governance centres take up: those whistled for, those supervised."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from simulator.feeds.cases import cases
from simulator.feeds.governance_disputes import CODE_SET, PREFIX
from simulator.happenings.kinds import KINDS
from simulator.happenings.world import Block
from simulator.plan import NETWORKS


@dataclass(frozen=True)
class Matters:
    """Entry i of each array is matter i.

    ids: of the report, whole numbers not below 0. incident: id of the true incident. at: second of the step asked for.
    closed: second of the close, -1 for never. org: the office that has the case in the end. title: what it is about.
    grid, street: codes of the place on that day. dispute: number in the register of disputes, '' where it is none.
    """

    ids: np.ndarray
    incident: np.ndarray
    at: np.ndarray
    closed: np.ndarray
    org: np.ndarray
    title: np.ndarray
    grid: np.ndarray
    street: np.ndarray
    dispute: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def matters(block: Block, step: str) -> Matters:
    """The cases of all networks that ever took this step."""
    parts = [_of_network(block, network, step) for network in NETWORKS]
    return Matters(
        **{part.name: np.concatenate([getattr(one, part.name) for one in parts]) for part in fields(Matters)}
    )


def _of_network(block: Block, network: str, step: str) -> Matters:
    told = cases(block, network, "matters")
    told = told.take(np.flatnonzero(told.lives.steps[step] >= 0))
    kinds, reports = told.reports.kind, told.reports
    is_dispute = np.array([bool(kind.codes.get(CODE_SET)) for kind in KINDS])[kinds] & (network == "governance_centre")
    streets = block.district.streets["code9"].to_numpy(dtype=object)[told.communities()["street"].to_numpy()]
    names = np.array([kind.name for kind in KINDS], dtype=object)[kinds]
    return Matters(
        ids=reports.id,
        incident=reports.incident_id,
        at=told.lives.steps[step],
        closed=told.lives.steps["closed"],
        org=np.asarray(told.lives.org_final, dtype=object),
        title=told.communities()["name"].to_numpy(dtype=object) + names,
        grid=block.district.unit_at(told.incidents.places, told.lives.steps[step]).to_numpy(dtype=object),
        street=streets,
        dispute=np.where(is_dispute, told.keys(PREFIX).to_numpy(dtype=object), ""),
    )
