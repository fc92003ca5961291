"""What of the log may be seen: verdicts, superseded landings, older versions, snapshots that return."""

import json

import pytest

from ingest.errors import OnegridError
from ingest.log import GATE_CRASHED, Verdict
from onegrid import workflow
from reporting.mount import find_mount, keep_mount, newest_mount
from tests.laws.test_once import ONE, ONE_CLOSED, TWO
from tests.town import Town

CASES = "select stream_key, event_type from log.event order by all"


def test_a_landing_without_a_verdict_is_not_visible(town: Town) -> None:
    town.drop("cases_1.csv", ONE)
    town.ingest()
    assert town.visible(CASES) == []
    town.let_through()
    assert town.visible(CASES) == [("C1", "reported")]


def test_holding_the_first_of_two_overlapping_batches_shows_the_seconds_copy(town: Town) -> None:
    town.drop("cases_1.csv", ONE, TWO)
    town.drop("cases_2.csv", ONE_CLOSED, TWO)
    town.ingest()
    town.let_through()
    first, second = town.log.receipts("cases")
    sources = "select distinct batch_id from log.event where stream_key = 'C2'"
    assert {row[0] for row in town.visible(sources)} == {first["batch_id"], second["batch_id"]}
    town.decide(first["landing_id"], "held")
    assert town.visible(sources) == [(second["batch_id"],)]
    assert town.visible(CASES) == [("C1", "closed"), ("C1", "reported"), ("C2", "reported")]
    town.decide(first["landing_id"], "released")
    assert len(town.visible(sources)) == 2


def test_a_corrected_contract_replaces_the_landing_and_the_older_version_still_shows_the_old(town: Town) -> None:
    town.drop("cases_1.csv", ONE)
    town.ingest()
    town.let_through()
    before = newest_mount(town.home)
    keep_mount(town.home, before)
    codes = "select stream_key, category_code from log.event"
    assert town.visible(codes) == [("C1", "A")]
    town.contract(version=2, kind_map="{A: B}")
    town.ingest()
    assert town.visible(codes) == [("C1", "A")], "until the gate lets the new landing through, the old one stays"
    town.let_through()
    assert town.visible(codes) == [("C1", "B")]
    assert town.visible(codes, find_mount(town.home, before.version)) == [("C1", "A")]
    newest = town.log.receipts("cases")[-1]
    town.decide(newest["landing_id"], "refused")
    assert town.visible(codes) == [("C1", "A")], "a withdrawn landing gives back what it had hidden"


def test_a_record_told_again_without_its_event_leaves_a_trace_that_retracts_it(town: Town) -> None:
    town.drop("cases_1.csv", ONE_CLOSED)
    town.drop("cases_2.csv", ONE.replace("2026-11-01 08:00:00,A", "2026-11-03 08:00:00,A"))
    town.ingest()
    town.let_through()
    told = town.visible("select event_type, count(*) from log.event group by 1 order by 1")
    assert told == [("closed", 1), ("reported", 2)]


def _snapshot(town: Town, stamp: str, *numbers: str) -> None:
    items = [{"outage_no": n, "began_at": "2026-11-01 01:00:00", "cause": "故障"} for n in numbers]
    (town.root / "city" / "outages" / f"outages_{stamp}.json").write_text(json.dumps(items), encoding="utf-8")


def test_a_snapshot_history_that_returns_to_an_earlier_state_stays_three_observations(town: Town) -> None:
    _snapshot(town, "20261101T0100", "P1")
    _snapshot(town, "20261101T0200", "P1", "P2")
    _snapshot(town, "20261101T0300", "P1")
    town.ingest("outages")
    town.let_through("outages")
    taken = town.visible("select observed_at from log.event where event_type = 'snapshot_taken'")
    assert len(taken) == 3
    seen = "select stream_key, count(*) from log.event where event_type = 'item_observed' group by 1 order by 1"
    assert town.visible(seen) == [("P1", 3), ("P2", 1)]


def test_an_unreadable_snapshot_makes_nothing_vanish(town: Town) -> None:
    (town.root / "city" / "outages" / "outages_20261101T0400.json").write_text('{"half": ', encoding="utf-8")
    town.ingest("outages")
    town.let_through("outages")
    assert town.visible("select count(*) from log.event") == [(0,)]
    assert town.visible("select line, code from log.rejection") == [(0, "unreadable_delivery")]
    receipt = town.log.receipts("outages")[0]
    assert (receipt["fetched"], receipt["rejected"]) == (1, 1)


def test_a_listed_item_whose_record_is_rejected_is_still_in_the_list(town: Town) -> None:
    bad = [{"outage_no": "P1", "began_at": "不详", "cause": "故障"}]
    _snapshot(town, "20261101T0100", "P1")
    (town.root / "city" / "outages" / "outages_20261101T0200.json").write_text(json.dumps(bad), encoding="utf-8")
    _snapshot(town, "20261101T0300", "P1")
    town.ingest("outages")
    town.let_through("outages")
    seen = "select record_hash = 'unreadable', count(*) from log.event where stream_key = 'P1' group by 1 order by 1"
    assert town.visible(seen) == [(False, 2), (True, 1)]
    assert [r["rejected"] for r in town.log.receipts("outages")] == [0, 1, 0]


def test_a_decision_by_hand_needs_a_name_and_a_reason(town: Town) -> None:
    town.drop("cases_1.csv", ONE)
    town.ingest()
    landing = town.log.receipts("cases")[0]["landing_id"]
    with pytest.raises(OnegridError, match="who decides"):
        workflow.judge_by_hand(town.city, town.home, landing, "released", "", "")
    assert workflow.judge_by_hand(town.city, town.home, landing[:8], "released", "张三丰", "核对无误") == landing
    kept = town.log.verdicts("cases")[-1]
    assert (kept["verdict"], kept["by"], kept["why"]) == ("released", "张三丰", "核对无误")


def test_a_landing_is_made_anew_by_a_person_who_says_why(town: Town) -> None:
    town.drop("cases_1.csv", ONE)
    town.ingest()
    old = town.log.receipts("cases")[0]["landing_id"]
    town.decide(old, "held")
    with pytest.raises(OnegridError, match="raise its version first"):
        workflow.land_again(town.city, town.home, old[:8], "张三丰", "try once more")
    town.contract(version=2, kind_map="{A: B}")
    new = workflow.land_again(town.city, town.home, old[:8], "张三丰", "the map of codes was wrong")
    assert [r["landing_id"] for r in town.log.receipts("cases")] == [old, new]
    newest = {verdict["landing_id"]: verdict for verdict in town.log.verdicts("cases")}
    assert (newest[old]["verdict"], newest[old]["by"]) == ("refused", "张三丰")
    assert newest[old]["why"] == f"landed again as {new[:12]}: the map of codes was wrong"
    assert newest[new]["by"] == "gate"
    assert town.visible(CASES) == [("C1", "reported")]


def test_a_crash_of_the_gate_holds_until_the_gate_has_judged_after_all(town: Town) -> None:
    town.drop("cases_1.csv", ONE)
    town.ingest()
    landing = town.log.receipts("cases")[0]["landing_id"]
    crash = {"check": GATE_CRASHED, "severity": "hold", "owner": "数据局", "observed": 1, "sentence": "tried in a test"}
    town.log.record_verdicts("cases", [Verdict(landing, "held", [crash])])
    assert town.visible(CASES) == []
    report = workflow.gate_landings(town.city, town.home, "cases")
    assert (report.passed + report.warned, report.held) == (1, 0)
    assert town.visible(CASES) == [("C1", "reported")]
    assert workflow.gate_landings(town.city, town.home, "cases").passed == 0, "a verdict stands"


def test_a_broken_contract_stops_its_own_feed_and_no_other(town: Town) -> None:
    town.drop("cases_1.csv", ONE)
    _snapshot(town, "20261101T0100", "P1")
    (town.root / "city" / "feeds" / "outages.yml").write_text("feed: outages\nmode: sideways\n", encoding="utf-8")
    done = town.command("pull")
    assert done.returncode == 1
    assert "cases: batches 1" in done.stdout
    assert done.stderr.startswith("outages: outages.yml: version: is missing")
