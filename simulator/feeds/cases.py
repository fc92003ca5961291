"""What a centre's register of cases is made from: the reports of its network, their lives and the versions of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from simulator.clock import compact_day
from simulator.feeds.chance import Chance
from simulator.feeds.versions import Versions, versions
from simulator.happenings.incidents import Incidents
from simulator.happenings.kinds import KINDS
from simulator.happenings.lives import Lives
from simulator.happenings.reports import Reports
from simulator.happenings.world import Block
from simulator.ledger import Ledger, ledger
from simulator.offices import organisations
from simulator.people import People, person_of
from simulator.plan import MINUTE, NETWORKS, Plan

NOTHING: Any = None  # an empty cell; numpy's types know no None
Column = Any  # an array or a series of one entry a case (or a version)


@dataclass(frozen=True)
class Cases:
    """Reports of one network with what follows them; entry i of each part is case i.

    incidents: the true incident of each case. lives: seconds of the steps of each case.
    """

    block: Block
    chance: Chance
    reports: Reports
    incidents: Incidents
    lives: Lives

    def __len__(self) -> int:
        return len(self.reports.id)

    def take(self, chosen: np.ndarray) -> Cases:
        """The cases at these positions, in this order."""
        return replace(
            self,
            reports=self.reports.take(chosen),
            incidents=self.incidents.take(chosen),
            lives=self.lives.take(chosen),
        )

    def keys(self, prefix: str) -> pd.Series:
        """Numbers of the cases as the centre prints them: prefix, day of the report, running number."""
        return numbered(self.block, prefix, self.reports.told_at, self.reports.id)

    def codes(self, code_set: str, other: str) -> np.ndarray:
        """The code that the centre gives each case; `other` where its list has none for what was told."""
        known = np.array([kind.codes.get(code_set, "") or other for kind in KINDS], dtype=object)
        return known[self.reports.kind]

    def people(self) -> People:
        """Who reported each case."""
        return person_of(self.reports.caller)

    def versions(self, names: Iterable[str], whole_minutes: bool = False) -> Versions:
        """Versions by these steps of the lives, cut to the minute where the centre keeps no seconds."""
        steps = {name: self.lives.steps[name] for name in names}
        if whole_minutes:
            steps = {name: np.where(at >= 0, at // MINUTE * MINUTE, -1) for name, at in steps.items()}
        return versions(steps)

    def org(self, known: Versions) -> np.ndarray:
        """The office that has the case as each version knows it, '' before the dispatch."""
        first, last = np.asarray(self.lives.org, dtype=object), np.asarray(self.lives.org_final, dtype=object)
        moved = known.knows("redispatched") if "redispatched" in known.steps else np.zeros(len(known), dtype=bool)
        return np.where(known.knows("dispatched"), np.where(moved, last[known.case], first[known.case]), "")

    def communities(self) -> pd.DataFrame:
        """The community in which each case truly lies: one row a case."""
        return self.block.district.communities.iloc[self.incidents.places.community].reset_index(drop=True)

    def told(self, text: str, people: People) -> np.ndarray:
        """Free text as a clerk writes it down: who called, what was said, which number to call back."""
        said = np.asarray(self.reports.text, dtype=object)
        return text + people.names + "反映：" + said + "，回电" + people.phones


def cases(block: Block, network: str, feed: str, within: str = "", without: str = "") -> Cases:
    """The cases of a network in a block: those of a kind that the code set `within` has a code for, or the others."""
    of_network = np.flatnonzero(block.reports.network == NETWORKS.index(network))
    reports = block.reports.take(of_network)
    told = Cases(
        block=block,
        chance=Chance(block.plan, feed),
        reports=reports,
        incidents=block.incidents.take(reports.incident),
        lives=block.lives[network],
    )
    if not within and not without:
        return told
    listed = np.array([bool(kind.codes.get(within or without)) for kind in KINDS])[reports.kind]
    return told.take(np.flatnonzero(listed == bool(within)))


def departments(block: Block) -> np.ndarray:
    """Codes of the district's departments that a centre can call or charge."""
    offices = organisations(block.district)
    return offices["org_code"].to_numpy(dtype=object)[(offices["org_type"] == "department").to_numpy()]


def numbered(block: Block, prefix: str, at: np.ndarray, ids: np.ndarray) -> pd.Series:
    """`<prefix><YYMMDD><id>`: numbers as registers print them, of moments (seconds) and ids."""
    return prefix + compact_day(block.plan, at).str[2:] + pd.Series(np.asarray(ids).astype(str)).str.zfill(6)


def empty_as_none(values: Column) -> np.ndarray:
    """Texts with None for the empty ones, as json shows what is missing."""
    texts = _plain(values).astype(object)
    return np.where(texts == "", NOTHING, texts)


def day_cells(plan: Plan, at: np.ndarray) -> np.ndarray:
    """Local days of moments (seconds) as dates, None for never."""
    days = (plan.start + np.maximum(at, 0).astype("timedelta64[s]")).astype("datetime64[D]").astype(object)
    return np.where(np.asarray(at) >= 0, days, NOTHING)


def register(
    feed: str,
    known: Versions,
    fixed: Mapping[str, Column],
    moving: Mapping[str, Column],
    order: Sequence[str] = (),
    *,
    incident: np.ndarray,
    secrets: Mapping[str, Iterable[Any]],
    delay: np.ndarray | int = 0,
    gone: np.ndarray | None = None,
) -> Ledger:
    """A ledger whose first column is its key.

    fixed: columns of one entry a case. moving: columns of one entry a version. order: of all columns, where it is not
    fixed before moving. incident: true incident of each case. delay: seconds from a step to its being readable, a case.
    secrets: personal values by kind; empty ones and addresses that name no room are left out.
    """
    columns = {name: _plain(values)[known.case] for name, values in fixed.items()}
    columns |= {name: _plain(values) for name, values in moving.items()}
    names = list(order) or list(columns)
    late = np.broadcast_to(np.asarray(delay), len(known.steps[next(iter(known.steps))]))[known.case]
    return ledger(
        feed,
        names[0],
        pd.DataFrame({name: columns[name] for name in names}),
        known.at + late,
        incident=np.asarray(incident)[known.case],
        gone=gone,
        secrets={kind: _personal(kind, values) for kind, values in secrets.items()},
    )


def _personal(kind: str, values: Iterable[Any]) -> set[str]:
    return {str(value) for value in values if value and (kind != "address" or str(value).endswith("室"))}


def _plain(values: Column) -> np.ndarray:
    return values.to_numpy() if isinstance(values, pd.Series) else np.asarray(values)
