"""Two editions of a month that nobody closed: every figure's change is told by its causes, exactly."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.errors import ClosingError
from onegrid import workflow
from reporting.restatement import read_summary
from tests.reporting.months import Case, MonthTown, case
from tests.reporting.test_restatement import assert_sums_are_exact, causes, command, figures, table
from tests.reporting.town import Town

CASES = [case(name, day) for day, name in enumerate(["a", "b", "c", "d"], start=2)]


@pytest.fixture
def months(tmp_path: Path) -> MonthTown:
    return MonthTown(Town(tmp_path / "town"))


def another(chance: random.Random, one: Case) -> Case | None:
    """What the next edition may know of a case: gone, merged, told otherwise, or moved by a reference."""
    at = f"2026-10-{chance.randrange(10, 29)} 0{chance.randrange(10)}:00:00"
    ways: list[Case | None] = [
        None,
        replace(one, events=(*one.events, ("duplicate_of", at, "x"))),
        replace(one, events=(*(e for e in one.events if e[0] != "handled"), ("handled", at, "anew"))),
        replace(one, grid=f"G{chance.randrange(1, 5)}"),
        replace(one, org=f"O{chance.randrange(1, 4)}"),
        replace(one, category="k9"),
        replace(one, limit_days=chance.randrange(6)),
    ]
    return chance.choice(ways)


def test_the_change_between_two_editions_is_told_with_its_causes(months: MonthTown) -> None:
    months.publish(CASES)
    months.publish([replace(CASES[0], org="O4"), *CASES[2:], case("late", 9)])
    done = command(months, "diff", "1", "2", "--month", "2026-10")
    assert done.exit_code == 1, done.output
    assert "2026-10, edition 1 against edition 2:" in done.output
    assert "late 2, withdrawn 2, reorganised" in done.output
    report = workflow.differ(months.home, "1", month="2026-10")
    assert (report.closing, report.closed_edition, report.edition) == (None, 1, 2)
    assert {key: cause for key, (cause, _) in causes(report).items()} == {
        "a": "reorganised", "b": "withdrawn", "late": "late",
    }  # fmt: skip
    assert_sums_are_exact(months, report)
    assert workflow.closings(months.home) == []  # a look is no act
    page = report.page.read_text(encoding="utf-8")
    assert "两期差异" in page
    assert "月结" not in page
    assert "closing" not in page.partition("<body>")[2]


def test_the_same_edition_twice_and_an_earlier_one_afterwards(months: MonthTown) -> None:
    months.publish(CASES)
    months.publish(CASES[1:])
    same = command(months, "diff", "2", "--month", "2026-10")
    assert same.exit_code == 0, same.output
    assert "nothing changed" in same.output
    backwards = workflow.differ(months.home, "2", "1", "2026-10")
    assert figures(table(backwards, "figures"))[("reported", "district", "district")]["numerator_change"] == "1"


@pytest.mark.parametrize("seed", range(3))
def test_over_any_history_the_changes_sum_to_the_whole_difference(months: MonthTown, seed: int) -> None:
    chance = random.Random(seed)
    known = {f"c{n}": case(f"c{n}", chance.randrange(1, 25), chance.choice([1, 3, None])) for n in range(40)}
    months.publish(known.values())
    for edition in (2, 3):
        for key in chance.sample(sorted(known), 15):
            changed = another(chance, known[key])
            known = {k: one for k, one in known.items() if k != key} | ({key: changed} if changed else {})
        known |= {f"n{edition}{n}": case(f"n{edition}{n}", chance.randrange(1, 25)) for n in range(5)}
        months.publish(known.values())
    sums: dict[tuple[str, str, str], int] = {}
    for before, after in (("1", "2"), ("2", "3"), ("1", "3")):
        report = workflow.differ(months.home, before, after, "2026-10")
        assert report.changed
        assert_sums_are_exact(months, report)
        sign = -1 if (before, after) == ("1", "3") else 1
        for key, row in figures(table(report, "figures")).items():
            sums[key] = sums.get(key, 0) + sign * int(row["numerator_change"])
    assert not any(sums.values())  # by way of the second edition or at once: the same change


def test_the_month_is_that_of_the_later_editions_data_unless_told(months: MonthTown) -> None:
    months.publish([*CASES, Case("november", (("reported", "2026-11-03 02:00:00", ""),))])
    months.publish([*CASES, Case("november", (("reported", "2026-11-03 03:00:00", ""),))])
    report = workflow.differ(months.home, "1", "2")
    assert report.month == "2026-11"
    assert report.path == months.home.differences / "2026-11-1-2"
    assert read_summary(report.path)["items"] == report.items


def test_what_cannot_be_compared_is_said_and_leaves_nothing(months: MonthTown) -> None:
    months.publish(CASES)
    with pytest.raises(ClosingError, match="there is no edition '7'"):
        workflow.differ(months.home, "7")
    with pytest.raises(ClosingError, match="has no figure of 2026-02"):
        workflow.differ(months.home, "1", month="2026-02")
    assert not list(months.home.differences.glob("2*"))
    assert not list(months.home.differences.glob(".rows-*"))
