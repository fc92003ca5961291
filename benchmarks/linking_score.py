"""How good clusters are against the truth: pairs and B³, exactly, from two labels a case."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Score:
    """Precision, recall of pairs and of cases (B³), and how many incidents were found of how many there are."""

    pair_precision: float
    pair_recall: float
    b3_precision: float
    b3_recall: float
    found: int
    true: int

    @property
    def pair_f1(self) -> float:
        return harmonic(self.pair_precision, self.pair_recall)

    @property
    def b3_f1(self) -> float:
        return harmonic(self.b3_precision, self.b3_recall)


def harmonic(one: float, another: float) -> float:
    """The harmonic mean; 0 where both are."""
    return 2 * one * another / (one + another) if one + another else 0.0


def score(connection: duckdb.DuckDBPyConnection, labels: str) -> Score:
    """Score a query of (case_id, label) against the table `truth` (case_id, incident); every case must have a label."""
    row = connection.execute(
        f"""
        with labelled as (
            select truth.incident, labels.label from truth inner join ({labels}) as labels using (case_id)
        ),
        cells as (select incident, label, count(*) as both_of from labelled group by incident, label),
        found as (select label, sum(both_of) as found_of from cells group by label),
        true_ones as (select incident, sum(both_of) as true_of from cells group by incident)
        select
            sum(both_of * (both_of - 1)) / 2,
            (select sum(found_of * (found_of - 1)) / 2 from found),
            (select sum(true_of * (true_of - 1)) / 2 from true_ones),
            sum(both_of * both_of / found_of), sum(both_of * both_of / true_of), sum(both_of),
            (select count(*) from found), (select count(*) from true_ones), (select count(*) from truth)
        from cells inner join found using (label) inner join true_ones using (incident)
        """
    ).fetchall()[0]
    together, found_pairs, true_pairs, precise, recalled, cases, found, true, every = (float(value) for value in row)
    assert cases == every, "a case has no label"
    return Score(
        together / max(found_pairs, 1), together / max(true_pairs, 1), precise / cases, recalled / cases,
        int(found), int(true),
    )  # fmt: skip
