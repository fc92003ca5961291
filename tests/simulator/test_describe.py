"""The world in one page: the same plan gives the same page, and its figures are those of the world."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pytest

from simulator.describe import describe
from simulator.faults import FAULTS, every
from simulator.happenings.world import World
from simulator.plan import NETWORKS, Plan

PLAN = Plan(days=10, faults=every())


@pytest.fixture(scope="module")
def page() -> str:
    return describe(PLAN)


def line(page: str, start: str) -> str:
    return next(one for one in page.splitlines() if one.startswith(start + " "))


def test_the_same_plan_gives_the_same_page(page: str) -> None:
    assert describe(PLAN) == page
    assert describe(Plan(days=10, seed=8)) != page


def test_the_page_counts_the_reports_of_the_world(page: str) -> None:
    world = World(PLAN)
    blocks = [world.block(number, words=False) for number in world.blocks]
    reports = np.concatenate([block.reports.network for block in blocks])
    incidents = sum(len(block.incidents.id) for block in blocks)
    assert f"{incidents:,} incidents" in page
    assert f"{len(reports):,} reports, {len(reports) / incidents:.2f} an incident" in page
    for number, network in enumerate(NETWORKS):
        assert line(page, network).split()[1] == f"{(reports == number).sum():,}"


def test_the_page_names_every_fault_that_is_switched_on(page: str) -> None:
    for name, fault in FAULTS.items():
        assert fault.sentence in line(page, name)
    planted = int(re.split(r"  +", line(page, "late_row"))[3].replace(",", ""))
    assert planted > 0
    assert "No faults are switched on." in describe(Plan(days=3))


def test_chinese_and_latin_words_stand_in_straight_columns(page: str) -> None:
    """Each table's lines end their columns at the same place, counted in columns of a screen."""
    table = page.split("Deliveries (")[1].split("\n\n", maxsplit=1)[0].splitlines()[1:]
    ends = {sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in one) for one in table}
    assert len(ends) == 1
    assert any("\u4e00" <= letter <= "\u9fff" for letter in page)
    assert max(len(one) for one in page.splitlines()) < 160
