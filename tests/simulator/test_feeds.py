"""Each centre's own words: the columns that its page names, times in order, and no person who could be real."""

import importlib
import re

import numpy as np
import pytest

from simulator.feeds import FEEDS
from simulator.happenings.world import World
from simulator.ledger import RECORDED, Ledger
from simulator.plan import DAY, Plan
from simulator.told import CHANNELS, told
from simulator.truth.readings import READINGS
from tests.centres import PERSONAL

PLAN = Plan(seed=3, days=40, incidents_a_day=80)


@pytest.fixture(scope="module")
def ledgers() -> dict[str, Ledger]:
    return told(World(PLAN))


@pytest.mark.parametrize("feed", FEEDS)
def test_its_columns_are_those_that_its_page_names(ledgers: dict[str, Ledger], feed: str) -> None:
    page = importlib.import_module(f"simulator.feeds.{feed}").__doc__ or ""
    cells = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")]
    named = {name.strip() for cell in cells[1:] for name in cell.split(",")} - {""}
    columns = set(ledgers[feed].rows.columns)
    if "`<step>_time`" in named:
        named = named - {"`<step>_time`"} | {name for name in columns if name.endswith("_time")}
    assert columns == named


@pytest.mark.parametrize("feed", FEEDS)
def test_a_ledger_stands_in_the_order_of_its_telling_and_begins_with_the_world(
    ledgers: dict[str, Ledger], feed: str
) -> None:
    ledger = ledgers[feed]
    assert len(ledger) > 0
    assert (np.diff(ledger.told_at) >= 0).all()
    assert ledger.told_at[0] >= 0
    assert set(ledger.outcome) == {RECORDED}, "no fault is switched on"
    assert not ledger.rows[ledger.key].isna().any()


@pytest.mark.parametrize("feed", sorted(feed for feed in FEEDS if feed in READINGS and READINGS[feed].updated))
def test_what_changed_says_when_it_did(ledgers: dict[str, Ledger], feed: str) -> None:
    """A record's later version never carries an earlier time of change, whatever becomes of it."""
    column, ledger = READINGS[feed].updated, ledgers[feed]
    for _, versions in ledger.rows.groupby(ledger.key, sort=False)[column]:
        assert versions.is_monotonic_increasing


@pytest.mark.parametrize("feed", CHANNELS)
def test_every_personal_value_in_it_is_on_the_list_of_planted_ones(ledgers: dict[str, Ledger], feed: str) -> None:
    """So a search for the planted values is a search for all there are."""
    ledger = ledgers[feed]
    planted = {value for values in ledger.secrets.values() for value in values}
    shapes = re.compile(r"1540000\d{4}|990000\d{11}[\dX]|[拟样虚例仿][青禾知远云舒亦安景和若初南乔书言]\w")
    found = {
        value
        for column in ledger.rows.select_dtypes(exclude="number")
        for text in ledger.rows[column].dropna().astype(str).unique()
        for value in shapes.findall(text)
    }
    assert found <= planted
    assert all(PERSONAL.fullmatch(value) for value in planted)


def test_nothing_criminal_leaves_the_police_but_as_a_count(ledgers: dict[str, Ledger]) -> None:
    assert set(ledgers["police_incidents"].rows["bjlb"].str[0]) <= {"5", "6"}
    assert len(ledgers["police_counts"]) > 0


def test_city_management_changes_to_the_codes_of_2026_on_one_day(ledgers: dict[str, Ledger]) -> None:
    rows = ledgers["city_management_cases"].rows
    begun = rows["create_time"].str[:10]
    first = str(PLAN.day_of(PLAN.edition_day * DAY))
    assert set(rows["code_edition"][begun < first]) == {"2013"}
    assert set(rows["code_edition"][begun > first]) == {"2026"}


def test_the_heating_company_is_silent_out_of_season(ledgers: dict[str, Ledger]) -> None:
    seasons = ledgers["heat_repairs"].rows["season"]
    assert set(seasons) <= {"", "2026-2027"}
    assert (seasons == "2026-2027").mean() > 0.9
