"""What happens in the district, who tells it, and what becomes of it; the noise is fixed, and a seed decides all."""

import json

import numpy as np
import pandas as pd
import pytest

from simulator.calendar import is_workday
from simulator.happenings.incidents import blocks, storms
from simulator.happenings.kinds import KINDS
from simulator.happenings.lives import STYLES
from simulator.happenings.noise import LEVELS
from simulator.happenings.world import Block, World
from simulator.plan import DAY, HOUR, NETWORKS, Plan

PLAN = Plan(seed=5, days=30, grids=120, incidents_a_day=400)


@pytest.fixture(scope="module")
def block() -> Block:
    return World(PLAN).block(0)


def test_the_levels_of_noise_stay_as_they_were_fixed() -> None:
    """Scores of linking rest on these numbers: whoever changes one must say so and score anew."""
    plain = {name: {**vars(level), "gps_sigma_m": dict(level.gps_sigma_m)} for name, level in LEVELS.items()}
    sigmas = {
        "city_management": 12.0, "governance_centre": 18.0, "gas": 20.0, "heat": 20.0, "water": 25.0, "power": 30.0,
        "public_security": 40.0, "hotline": 60.0,
    }  # fmt: skip
    same = {
        "confusion_across": 0.5, "recurrence": 0.22, "recurrence_days": (4, 20), "sibling": 0.08,
        "sibling_m": (90.0, 260.0), "single": 0.62, "more": 2.2, "outage_reports": (2.25, 0.85, 60),
    }  # fmt: skip
    numbers = {
        "low": (0.5, 0.02, 300.0, 0.06, 0.3, 0.1, 0.005),
        "middle": (1.0, 0.06, 300.0, 0.15, 0.6, 0.3, 0.02),
        "high": (2.0, 0.12, 500.0, 0.30, 0.9, 0.5, 0.06),
    }
    names = ("outlier_share", "outlier_m", "confusion", "paraphrase", "omitted_suffix", "dropped")
    expected = {
        level: {"gps_sigma_m": {n: m * scale for n, m in sigmas.items()}, **dict(zip(names, rest, strict=True)), **same}
        for level, (scale, *rest) in numbers.items()
    }
    assert json.dumps(plain, sort_keys=True) == json.dumps(expected, sort_keys=True)


def test_a_seed_decides_all_and_a_block_needs_no_other() -> None:
    plan = Plan(seed=9, days=70, grids=40, incidents_a_day=50)
    assert len(blocks(plan)) == 3
    alone, after = World(plan), World(plan)
    for number in (0, 1):
        after.block(number)
    one, two = alone.block(2), after.block(2)
    for name in ("id", "told_at", "lon", "kind", "caller"):
        assert np.array_equal(getattr(one.reports, name), getattr(two.reports, name)), name
    assert one.reports.text.tolist() == two.reports.text.tolist()
    assert all(
        np.array_equal(one.lives[network].steps["closed"], two.lives[network].steps["closed"]) for network in NETWORKS
    )
    score = World(Plan(seed=9, days=70, grids=40, incidents_a_day=50, purpose="score")).block(2)
    assert not np.array_equal(one.reports.told_at[:50], score.reports.told_at[:50])


def test_incidents_are_noticed_once_or_often_as_in_findings(block: Block) -> None:
    reports = pd.Series(block.reports.incident_id).value_counts()
    assert 2.3 < reports.mean() < 3.1
    assert 0.54 < (reports == 1).mean() < 0.63
    assert reports.max() <= 60
    long = World(Plan(seed=5, days=150, grids=60, incidents_a_day=100))
    parts = [long.block(number, words=False).incidents for number in long.blocks]
    again = np.concatenate([part.recurrence_of >= 0 for part in parts]).mean()
    beside = np.concatenate([part.sibling_of >= 0 for part in parts]).mean()
    assert 0.19 < again < 0.24
    assert 0.06 < beside < 0.10


def test_the_told_kind_is_confused_and_the_told_place_is_off_by_the_network_s_error(block: Block) -> None:
    reports, truth = block.reports, block.incidents.take(block.reports.incident)
    assert 0.12 < (reports.kind != truth.kind).mean() < 0.18
    metres = np.hypot(
        (reports.lon - truth.places.lon) * 111_320 * np.cos(np.radians(truth.places.lat)),
        (reports.lat - truth.places.lat) * 111_320,
    )
    median = {
        name: np.median(metres[(reports.network == NETWORKS.index(name)) & reports.placed])
        for name in ("city_management", "water", "public_security")
    }
    assert median["city_management"] < median["water"] < median["public_security"]
    assert not reports.placed[reports.network == NETWORKS.index("hotline")].any(), "the hotline only has words"
    collected = LEVELS["middle"].gps_sigma_m["city_management"]
    assert abs(median["city_management"] / (collected * 1.1774) - 1) < 0.15  # median of a Rayleigh error


def test_the_city_has_rhythms(block: Block) -> None:
    at, kind = block.incidents.at, block.incidents.kind
    hour = at % DAY // HOUR
    named = {one.name: number for number, one in enumerate(KINDS)}
    night = (hour >= 22) | (hour < 5)
    assert night[kind == named["施工扰民"]].mean() > 3 * night[kind == named["暴露垃圾"]].mean()
    stormy = storms(PLAN)
    assert stormy.any()
    day, fallen = at // DAY, kind == named["树木倒伏"]
    assert fallen[stormy[day]].mean() > 5 * fallen[~stormy[day]].mean()
    year = World(Plan(seed=5, days=365, grids=30, incidents_a_day=20, begins=PLAN.begins.replace(month=1, day=1)))
    parts = [year.block(number, words=False).incidents for number in year.blocks]
    warm = np.concatenate([part.at[part.kind == named["室温不达标"]] for part in parts])
    months = np.array([PLAN.begins.replace(month=1, day=1).toordinal()]) + warm // DAY
    summer = [6 <= pd.Timestamp.fromordinal(int(day)).month <= 9 for day in months]
    assert len(summer) > 100
    assert np.mean(summer) < 0.05


def test_steps_of_a_life_follow_one_another(block: Block) -> None:
    pairs = [
        ("reported", "accepted"), ("accepted", "dispatched"), ("filed", "dispatched"), ("dispatched", "returned"),
        ("returned", "redispatched"), ("dispatched", "signed"), ("extension_asked", "extended"),
        ("dispatched", "handled"), ("suspended", "resumed"), ("handled", "check_failed"),
        ("check_failed", "rehandled"), ("handled", "checked"),
        ("rehandled", "checked"), ("handled", "closed"), ("checked", "closed"), ("called_back", "closed"),
        ("closed", "appealed"), ("appealed", "appeal_granted"),
    ]  # fmt: skip
    for network in NETWORKS:
        steps = block.lives[network].steps
        for first, second in pairs:
            both = (steps[first] >= 0) & (steps[second] >= 0)
            assert (steps[first][both] <= steps[second][both]).all(), (network, first, second)
        ended = (steps["not_accepted"] >= 0) | (steps["cancelled"] >= 0)
        assert (steps["handled"][ended] < 0).all(), network


def test_every_turn_of_a_life_is_taken_by_some(block: Block) -> None:
    taken = {step for life in block.lives.values() for step, at in life.steps.items() if (at >= 0).any()}
    assert taken == set(next(iter(block.lives.values())).steps)
    closed = {network: (life.steps["closed"] >= 0).mean() for network, life in block.lives.items() if len(life)}
    assert all(share < 1 for network, share in closed.items() if STYLES[network].never)
    assert all(share > 0.8 for share in closed.values())


def test_offices_work_in_office_hours(block: Block) -> None:
    handled = block.lives["city_management"].steps["handled"]
    handled = handled[(handled >= 0) & (handled < 60 * DAY)]
    hour = handled % DAY / HOUR
    assert (((hour >= 8) & (hour < 12)) | ((hour >= 14) & (hour < 18))).all()
    assert all(is_workday(PLAN.day_of(int(at) // DAY * DAY)) for at in handled[:500])
    night = block.lives["water"].steps["handled"] % DAY / HOUR
    assert ((night < 8) | (night >= 18)).mean() > 0.1
