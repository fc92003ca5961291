"""The rule of attaching as a plain loop over cases in their order: what the rounds of SQL must answer too.

Also used to cluster the scores of other methods, so that scorers are compared and not clusterers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

HELD_WITHIN = 12_000


@dataclass(frozen=True)
class Told:
    """What the bounds of an incident look at: seconds, decimetres (None without a point), kind."""

    opened_s: int
    x_dm: int | None
    y_dm: int | None
    kind: str


@dataclass(frozen=True)
class Bounds:
    """Seconds and metres from its first case within which an incident of a kind takes others in."""

    span_s: int
    diameter_m: int


Pair = tuple[int, int, int, str | None]  # earlier case, later case, score, rule: must, cannot or None


def attach(
    cases: Mapping[int, Told], pairs: Sequence[Pair], bounds: Mapping[str, Bounds], above: int = 0
) -> dict[int, int]:
    """The number of the first case of each case's incident."""
    of_later: dict[int, list[Pair]] = {}
    for pair in pairs:
        of_later.setdefault(pair[1], []).append(pair)
    label: dict[int, int] = {}
    for case in sorted(cases):
        votes: dict[int, list[tuple[int, str | None]]] = {}
        for earlier, _, score, rule in of_later.get(case, ()):
            votes.setdefault(label[earlier], []).append((score, rule))
        best: tuple[bool, int, int] | None = None
        for incident, said in votes.items():
            if any(rule == "cannot" for _, rule in said):
                continue
            bound = any(rule == "must" for _, rule in said)
            scores = [score + HELD_WITHIN for score, _ in said]
            value = (max(scores) + sum(scores) // len(scores)) // 2 - HELD_WITHIN
            if bound or (value > above and _within(cases[incident], cases[case], bounds)):
                found = (bound, value, -incident)
                best = max(best, found) if best else found
        label[case] = -best[2] if best else case
    return label


def _within(founder: Told, later: Told, bounds: Mapping[str, Bounds]) -> bool:
    limit = bounds[later.kind if later.kind == founder.kind else "mixed"]
    if later.opened_s - founder.opened_s > limit.span_s:
        return False
    if founder.x_dm is None or founder.y_dm is None or later.x_dm is None or later.y_dm is None:
        return True
    square = (later.x_dm - founder.x_dm) ** 2 + (later.y_dm - founder.y_dm) ** 2
    return square <= limit.diameter_m**2 * 100


def read_cases(connection: duckdb.DuckDBPyConnection) -> dict[int, Told]:
    """The cases of a warehouse whose models have run."""
    rows = connection.execute("select case_no, opened_s, x_dm, y_dm, link_kind from intermediate.int_link_case")
    return {case: Told(opened, x, y, kind) for case, opened, x, y, kind in rows.fetchall()}


def read_bounds(connection: duckdb.DuckDBPyConnection) -> dict[str, Bounds]:
    """The bounds of each kind in the version in force."""
    rows = connection.execute(
        "select link_kind, span_hours, diameter_m from intermediate.link_kind "
        "inner join intermediate.int_link_model using (model_version)"
    )
    return {kind: Bounds(hours * 3_600, metres) for kind, hours, metres in rows.fetchall()}
