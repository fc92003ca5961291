"""No count of 1 to 4 that is blanked can be found again from what is published: the margins are solved to see."""

import random
from collections.abc import Iterable
from fractions import Fraction
from itertools import product
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.audience import cut_audiences
from reporting.suppress import DISTRICT, K, Subject, Sum, hidden_subjects, is_small
from tests.reporting import cuts

NETWORKS = [("network", name) for name in "abc"]
OFFICES = [("organisation", name) for name in "uvwxyz"]
STREETS = [("street", name) for name in "1234"]
SUMS = [Sum(DISTRICT, tuple(parts)) for parts in (NETWORKS, OFFICES, STREETS)]

Table = dict[Subject, int]
thing = st.tuples(st.sampled_from(NETWORKS), st.sampled_from(OFFICES), st.sampled_from(STREETS))
table = st.lists(thing, min_size=1, max_size=60).map(
    lambda things: {
        subject: count
        for subject in (DISTRICT, *NETWORKS, *OFFICES, *STREETS)
        if (count := len(things) if subject == DISTRICT else sum(subject in one for one in things))
    }
)


def determined(table: Table, hidden: set[Subject], sums: list[Sum] | None = None) -> set[Subject]:
    """The hidden cells that the published ones determine: Gaussian elimination over the sums, in fractions."""
    unknown = sorted(subject for subject in hidden if subject in table)
    rows = [[Fraction(int(one == total.whole) - int(one in total.parts)) for one in unknown] for total in sums or SUMS]
    pivots: list[int] = []
    for column in range(len(unknown)):
        pick = next((r for r in range(len(pivots), len(rows)) if rows[r][column]), None)
        if pick is None:
            continue
        top = len(pivots)
        rows[top], rows[pick] = rows[pick], rows[top]
        rows[top] = [value / rows[top][column] for value in rows[top]]
        for other in range(len(rows)):
            if other != top and rows[other][column]:
                rows[other] = [a - rows[other][column] * b for a, b in zip(rows[other], rows[top], strict=True)]
        pivots.append(column)
    return {unknown[c] for row, c in zip(rows, pivots, strict=False) if sum(value != 0 for value in row) == 1}


def another_world(table: Table, hidden: set[Subject], cell: Subject) -> bool:
    """Whether one thing may have been elsewhere: the same published cells, hidden ones others but at least 1."""
    unknown = [subject for subject in hidden if subject in table]
    swaps = [[None, *product([one for one in unknown if one in total.parts], repeat=2)] for total in SUMS]
    for change, *chosen in product((0, -1, 1), *swaps):
        world = dict(table)
        world[DISTRICT] += change
        for swap in chosen:
            if swap:
                world[swap[0]] += 1
                world[swap[1]] -= 1
        for total in SUMS:
            gap = world[DISTRICT] - sum(world.get(part, 0) for part in total.parts)
            blank = [part for part in total.parts if part in unknown]
            if gap and blank:
                world[blank[0]] += gap
        fits = all(world[total.whole] == sum(world.get(part, 0) for part in total.parts) for total in SUMS)
        same = all(world[subject] == table[subject] for subject in table if subject not in hidden)
        if fits and same and world[cell] != table[cell] and all(world[subject] >= 1 for subject in unknown):
            return True
    return False


@settings(max_examples=100, deadline=None)
@given(st.lists(table, min_size=1, max_size=3), st.booleans())
def test_no_small_count_is_determined_by_what_is_published(tables: list[Table], only_offices: bool) -> None:
    sensitive = {
        subject
        for one in tables
        for subject, count in one.items()
        if count < K and (not only_offices or subject in OFFICES)
    }
    hidden = hidden_subjects(tables, sensitive, SUMS)
    assert sensitive <= hidden
    assert bool(hidden) == bool(sensitive)
    for one in tables:
        assert determined(one, hidden) == set()
        for subject in sorted(sensitive & set(one)):
            assert another_world(one, hidden, subject), (one, hidden, subject)


def test_the_solver_finds_what_a_single_blank_gives_away() -> None:
    told = {DISTRICT: 20, ("street", "1"): 3, ("street", "2"): 17, ("network", "a"): 20, ("organisation", "u"): 20}
    assert determined(told, {("street", "1")}) == {("street", "1")}
    assert not another_world(told, {("street", "1")}, ("street", "1"))
    assert determined(told, hidden_subjects([told], {("street", "1")}, SUMS)) == set()


def test_two_blanks_of_one_thing_each_are_not_enough() -> None:
    told = {DISTRICT: 12, ("street", "1"): 1, ("street", "2"): 1, ("street", "3"): 10, ("network", "a"): 12}
    assert hidden_subjects([told], {("street", "1"), ("street", "2")}, SUMS) >= {("street", "3")}


def test_where_nothing_is_small_nothing_is_blank() -> None:
    assert hidden_subjects([{DISTRICT: 12, ("street", "1"): 12}], set(), SUMS) == set()


@pytest.mark.parametrize(
    ("numerator", "denominator", "things", "unit", "small"),
    [
        (3, None, 20, "count", True), (16, 20, 20, "share", True), (20, 20, 20, "share", False),
        (0, 9, 9, "share", False), (3, 20, 20, "seconds", False), (900, 4, 4, "seconds", True),
        (5, 10, 10, "share", False), (0, 0, 1, "share", True),
    ],
)  # fmt: skip
def test_small_is_any_count_of_one_to_four(
    numerator: int, denominator: int | None, things: int, unit: str, small: bool
) -> None:
    assert is_small(numerator, denominator, things, unit) is small


def test_the_blank_cells_of_a_published_cut_cannot_be_solved(tmp_path: Path) -> None:
    """End to end, from the file that readers hold: the figures of each indicator, unknown where they are blank."""
    dice = random.Random(7)
    told = (("visit_rate", "visit", 40), ("solved_rate", "rating", 25), ("visits_planned", "visit", 30))
    items = [
        cuts.item(indicator, row, dice.choice(["1", "2", "3", "4"]), dice.randint(0, 1), org=dice.choice("uvwx"))
        for indicator, row, count in told
        for _ in range(count)
    ]
    path = cuts.edition(tmp_path, items, only=cuts.FEW)
    (report,) = cut_audiences(cuts.city(tmp_path, "leaders: {title: 领导}\n"), cuts.home(tmp_path), path)
    with duckdb.connect(str(report.path / "onegrid.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select indicator, subject_kind, subject_code, numerator, denominator, item_count from mart.rpt_indicator"
        ).fetchall()
    blank = 0
    for indicator in {row[0] for row in rows}:
        own = {(row[1], row[2]): row[3:] for row in rows if row[0] == indicator}
        unknown = {subject for subject, figures in own.items() if figures[2] is None}
        assert all((figures[0] is None) == (subject in unknown) for subject, figures in own.items())
        assert not {DISTRICT, *own} - {s for total in sums(own) for s in (total.whole, *total.parts)}
        assert determined(dict.fromkeys(own, 1), unknown, sums(own)) == set()
        for figures in (figures for subject, figures in own.items() if subject not in unknown):
            assert all(count is None or count == 0 or count >= K for count in figures)
        blank += len(unknown)
    assert 5 < blank < len(rows)


def sums(subjects: Iterable[Subject]) -> list[Sum]:
    return [Sum(DISTRICT, tuple(s for s in subjects if s[0] == kind)) for kind in ("network", "organisation", "street")]
