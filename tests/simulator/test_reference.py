"""What the bureau states: lists with validity, what became of their codes, duties sunk to the grids, components."""

from collections import Counter

import pandas as pd
import pytest

from simulator.feeds.duties import ADDED, REASSIGNED, WITHDRAWN
from simulator.feeds.reference import reference
from simulator.happenings.kinds import CM_2013, CM_2026
from simulator.ledger import Ledger
from simulator.places.district import District
from simulator.plan import DAY, Plan

PLAN = Plan(grids=60)


@pytest.fixture(scope="module")
def ledgers() -> dict[str, Ledger]:
    return {ledger.feed: ledger for ledger in reference(District(PLAN))}


@pytest.fixture(scope="module")
def tables(ledgers: dict[str, Ledger]) -> dict[str, pd.DataFrame]:
    return {feed.removeprefix("ref_"): ledger.rows for feed, ledger in ledgers.items()}


def _codes(rows: pd.DataFrame, side: str = "") -> set[tuple[str, ...]]:
    """List, kind and code of each row."""
    return set(rows[[f"{side}code_set", f"{side}kind", f"{side}category_code"]].itertuples(index=False, name=None))


def test_every_code_stands_in_a_list_that_is_stated(tables: dict[str, pd.DataFrame]) -> None:
    sets = tables["code_set"]
    assert set(tables["category"]["code_set"]) == set(sets["code_set"])
    assert not sets["title"].eq("").any()
    assert set(sets.loc[sets["is_local"] == "false", "standard"]) == {
        "GB/T 30428.2-2013", "GB/T 47678.5-2026", "GB/T 31000-2015"
    }  # fmt: skip


def test_the_same_digits_stand_for_a_component_and_an_event(tables: dict[str, pd.DataFrame]) -> None:
    newer = tables["category"][tables["category"]["code_set"] == CM_2026]
    kinds = newer.groupby("category_code")["kind"].agg(set)
    assert {"事项", "部件"} in list(kinds)
    assert set(tables["component"]["category_code"]) <= set(newer.loc[newer["kind"] == "部件", "category_code"])


def test_the_edition_of_2013_ends_on_the_day_on_which_that_of_2026_begins(tables: dict[str, pd.DataFrame]) -> None:
    switch = str(PLAN.day_of(PLAN.edition_day * DAY))
    codes = tables["category"]
    assert set(codes.loc[codes["code_set"] == CM_2013, "valid_to"]) == {switch}
    assert set(codes.loc[codes["code_set"] == CM_2026, "valid_from"]) == {switch}
    assert set(tables["crosswalk"]["valid_from"]) == {switch}


def test_not_every_code_goes_over_into_one_that_means_the_same(tables: dict[str, pd.DataFrame]) -> None:
    pairs = tables["crosswalk"]
    assert set(pairs["mapping"]) == {"exact", "broader", "narrower"}
    exact = pairs[pairs["mapping"] == "exact"]
    assert exact["category_code"].is_unique
    assert exact["to_category_code"].is_unique
    assert Counter(pairs["category_code"])["0699"] > 1, "one code that becomes several"
    assert Counter(pairs["to_category_code"])["10099"] > 1, "several that become one"
    listed = _codes(tables["category"])
    assert _codes(pairs) | _codes(pairs, "to_") <= listed


def test_nine_classes_and_118_duties_are_sunk_at_the_beginning(tables: dict[str, pd.DataFrame]) -> None:
    duties = tables["duty"]
    first = duties[duties["valid_from"] == PLAN.founded]
    assert first["duty_class"].nunique() == 9
    assert first["duty_code"].nunique() == 118
    assert first.groupby("duty_code")["duty_name"].nunique().eq(1).all()
    assert first["duty_name"].nunique() == 118
    without = first.groupby("duty_code")["category_code"].agg(lambda codes: set(codes) == {""})
    assert 30 < without.sum() < 80, "some are about nothing that ever happens"
    listed = _codes(tables["category"])
    about = duties[duties["category_code"] != ""]
    assert _codes(about) <= listed
    assert set(duties["owner_org_code"]) <= set(tables["organisation"]["org_code"])


def test_one_duty_is_withdrawn_one_added_and_one_handed_over_each_told_the_evening_before(
    ledgers: dict[str, Ledger],
) -> None:
    ledger = ledgers["ref_duty"]
    middle = PLAN.day_of(PLAN.days // 2 * DAY)
    later = ledger.rows[ledger.told_at > 0]
    assert set(later["duty_code"]) == {WITHDRAWN, ADDED, REASSIGNED}
    assert set(ledger.told_at[ledger.told_at > 0]) == {PLAN.days // 2 * DAY - 6 * 3600}
    ends = later.groupby("duty_code")[["valid_from", "valid_to"]].agg(sorted).to_dict("index")
    assert set(ends[WITHDRAWN]["valid_to"]) == {str(middle)}
    assert set(ends[ADDED]["valid_from"]) == {str(middle)}
    owners = ledger.rows[ledger.rows["duty_code"] == REASSIGNED].groupby("valid_from")["owner_org_code"].agg(set)
    assert owners[PLAN.founded] != owners[str(middle)]


def test_components_name_owner_supervisor_and_maintainer_and_some_belong_to_nobody(
    tables: dict[str, pd.DataFrame],
) -> None:
    register = tables["component"]
    nobody = register["owner_org_code"] == ""
    assert 0.005 < nobody.mean() < 0.05
    assert set(register.loc[nobody, "maintain_org_code"]) == {""}
    assert not register["supervise_org_code"].eq("").any()
    assert (register["maintain_org_code"] != register["owner_org_code"]).any()
    known = set(tables["organisation"]["org_code"]) | {""}
    for column in ("owner_org_code", "supervise_org_code", "maintain_org_code"):
        assert set(register[column]) <= known
