"""The registers of the ways a district governs: what refers to something refers to it, and the truth counts by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from simulator.happenings.world import World
from simulator.ledger import Ledger, joined
from simulator.plan import DAY, Plan
from simulator.told import CHANNELS, told_by_block
from simulator.truth.readings import READINGS
from simulator.truth.readings_ledgers import LEDGERS
from simulator.truth.tables import rows
from simulator.truth.write import write_truth

PLAN = Plan(days=22, seed=5)
FEEDS = sorted({how.feed or name for name, how in LEDGERS.items()})
Table = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def ledgers() -> dict[str, Ledger]:
    world = World(PLAN)
    blocks = list(told_by_block(world, [*FEEDS, "governance_supervisions"]))
    return {feed: joined([block[feed] for block in blocks]) for feed in blocks[0]}


@pytest.fixture(scope="module")
def current(ledgers: dict[str, Ledger]) -> Table:
    """What each register says of each record in its last file of the plan."""
    last = {feed: _last_file(feed) for feed in FEEDS}
    return {feed: ledgers[feed].current(last[feed]).rows.astype(str).to_dict("records") for feed in FEEDS}


@pytest.fixture(scope="module")
def figures(ledgers: dict[str, Ledger], tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, int | None]]:
    """The truth's figures of the district over all time."""
    folder = tmp_path_factory.mktemp("truth")
    write_truth(World(PLAN), {feed: ledgers[feed] for feed in FEEDS}, CHANNELS, folder)
    return {
        row["indicator"]: (int(row["numerator"]), int(row["denominator"]) if row["denominator"] else None)
        for row in rows(Path(folder) / "indicators.csv")
        if row["by"] == "district" and not row["month"]
    }


def _last_file(feed: str) -> int:
    """Second of the last file that the plan's days hold."""
    channel = CHANNELS[feed]
    return int(max(range(channel.first, PLAN.end + 1, channel.cadence)))  # type: ignore[union-attr]


def entries(current: Table, reading: str) -> list[dict[str, str]]:
    how = READINGS[reading]
    found = [row for row in current[how.feed or reading] if not how.where[0] or row[how.where[0]] == how.where[1]]
    assert len(found) > 2, reading
    return found


def total(values: Iterable[str]) -> int:
    return sum(int(value) for value in values if value)


@pytest.mark.parametrize("reading", LEDGERS)
def test_no_step_comes_before_the_first_one_and_none_after_its_row_was_told(
    ledgers: dict[str, Ledger], reading: str
) -> None:
    how = READINGS[reading]
    ledger = ledgers[how.feed or reading]
    table = ledger.rows if not how.where[0] else ledger.rows[ledger.rows[how.where[0]] == how.where[1]]
    assert len(table) > 2
    for column in how.steps.values():
        taken = table[table[column] != ""]
        assert len(taken) > 0, column
        assert (taken[column] >= taken[how.began]).all(), column
        assert (taken[column] <= taken[how.updated]).all(), column


def test_operations_name_orders_that_were_given_and_activities_needs_that_were_listed(
    ledgers: dict[str, Ledger],
) -> None:
    orders = set(ledgers["governance_supervisions"].rows["orderNo"])
    operations = ledgers["governance_operations"].rows
    named = {number for cell in operations["caseNos"] if cell for number in cell.split(",")}
    assert len(named) > 10
    assert named <= orders
    lines = ledgers["governance_requests"].rows
    listed = set(lines["recordNo"][lines["recordType"] == "2"])
    answered = set(ledgers["governance_volunteering"].rows["needNo"]) - {""}
    assert len(answered) > 2
    assert answered <= listed


def test_persons_are_counts(ledgers: dict[str, Ledger]) -> None:
    assert all(not ledgers[feed].secrets for feed in FEEDS)


def test_responses_and_person_times_are_those_of_the_register(
    current: Table, figures: dict[str, tuple[int, int | None]]
) -> None:
    served = [row for row in entries(current, "governance_requests") if row["servedTime"]]
    assert figures["request_responses"] == (len(served), None)
    assert figures["request_person_times"] == (total(row["personTimes"] for row in served), None)


def test_a_rating_without_a_document_is_seen_and_in_no_other_figure(
    current: Table, figures: dict[str, tuple[int, int | None]]
) -> None:
    told = entries(current, "governance_ratings")
    right = [row for row in told if row["授权文件"]]
    assert 0 < len(right) < len(told)
    assert figures["appraisals"] == (len(right), None)
    assert figures["appraisals_unauthorised"] == (len(told) - len(right), None)
    assert figures["appraisal_score"] == (total(row["得分"] for row in right), len(right))
    many = [row for row in right if row["应答人数"]]
    pleased, answered = (total(row[column] for row in many) for column in ("满意人数", "应答人数"))
    assert figures["survey_satisfied_rate"] == (pleased, answered)
    itself = [row for row in right if row["自评得分"]]
    assert figures["appraisal_self_score"] == (total(row["自评得分"] for row in itself), len(itself))
    over = sum(max(int(row["自评得分"]) - int(row["得分"]), 0) for row in itself)
    assert figures["appraisal_self_over"] == (over, len(itself))


def test_the_hour_of_a_question_runs_by_night(current: Table, figures: dict[str, tuple[int, int | None]]) -> None:
    told = entries(current, "governance_requests/questions")
    assert {row["dutyShift"] for row in told} == {"白班", "夜班"}
    now = datetime.combine(PLAN.begins, datetime.min.time()) + timedelta(days=PLAN.days)
    waits = [
        (
            (datetime.fromisoformat(row["answeredTime"]) - datetime.fromisoformat(row["startTime"])).total_seconds()
            if row["answeredTime"]
            else None,
            now - datetime.fromisoformat(row["startTime"]) >= timedelta(hours=1),
        )
        for row in told
    ]
    owed = [wait for wait, has_passed in waits if wait is not None or has_passed]
    assert figures["question_answered_in_an_hour_rate"] == (
        sum(wait is not None and wait <= 3600 for wait in owed),
        len(owed),
    )
    assert any(wait is not None and wait > 3600 for wait in owed)


def test_what_was_abolished_and_asked_for_again_is_revived_unless_it_was_admitted_anew(
    current: Table, figures: dict[str, tuple[int, int | None]]
) -> None:
    told = entries(current, "governance_admissions/ledgers")
    again = [row for row in told if row["demandTime"]]
    assert figures["ledgers_abolished"] == (len(told), None)
    assert figures["ledgers_revived"] == (sum(not row["readmitTime"] for row in again), None)


def test_sample_and_pass_rates_are_sums_of_pieces(current: Table, figures: dict[str, tuple[int, int | None]]) -> None:
    told = entries(current, "governance_inspections")
    pieces, drawn, passed = (total(row[column] for row in told) for column in ("总体件数", "抽查件数", "合格件数"))
    assert figures["inspection_sample_rate"] == (drawn, pieces)
    assert figures["inspection_pass_rate"] == (passed, drawn)


def test_operations_count_units_and_the_orders_they_end(
    current: Table, figures: dict[str, tuple[int, int | None]]
) -> None:
    told = entries(current, "governance_operations")
    assert figures["operation_units"] == (total(row["unitCount"] for row in told), None)
    assert figures["operation_cases_closed"] == (total(row["casesClosed"] for row in told), None)


def test_the_five_steps_never_grow(current: Table, figures: dict[str, tuple[int, int | None]]) -> None:
    count = len(entries(current, "governance_deliberations"))
    shares = [figures[f"deliberation_{step}_rate"] for step in ("agenda", "held", "routed", "reviewed")]
    assert [below for _, below in shares] == [count] * 4
    above = [above for above, _ in shares]
    assert above == sorted(above, reverse=True)


def test_a_longer_plan_tells_the_same_days_the_same_way(ledgers: dict[str, Ledger]) -> None:
    longer = next(told_by_block(World(Plan(days=PLAN.days + 9, seed=PLAN.seed)), FEEDS))
    for feed in FEEDS:
        if feed == "governance_operations":  # made of matters, which follow the plan's days
            continue
        until = str(PLAN.day_of(10 * DAY))
        column = READINGS[feed].began
        one, other = (table[table[column] < until] for table in (ledgers[feed].rows, longer[feed].rows))
        pd.testing.assert_frame_equal(_sorted(one, feed), _sorted(other, feed))


def _sorted(table: pd.DataFrame, feed: str) -> pd.DataFrame:
    how = READINGS[feed]
    assert len(table) > 0
    assert max(Counter(zip(table[how.key], table[how.updated], strict=True)).values()) == 1
    return table.sort_values([how.key, how.updated]).reset_index(drop=True)
