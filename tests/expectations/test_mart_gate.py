"""The mart gate: a clean build passes, each planted defect is seen, and a crash publishes nothing."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations import continuity, engine, gate, marts, star
from ingest.city import Continuity

from .warehouse import VERSION, make_build

NULLED = {
    "evt_grid_event": ("event_id",),
    "dim_grid": ("grid_id",),
    "dim_organisation": ("organisation_id",),
    "dim_category": ("category_id",),
    "fct_case": ("case_id", "feed", "stream_type", "stream_key"),
    "fct_case_deadline": ("case_id", "stage"),
    "rpt_grid_ledger": ("grid_code", "local_day", "network"),
    "rpt_timeliness": ("org_code", "month"),
    "rpt_indicator": ("indicator", "subject_kind", "subject_code", "period_kind", "period_start"),
    "rpt_indicator_item": ("indicator", "item_id"),
    "rpt_scorecard": ("scorecard", "month", "ratee_code"),
    "rpt_scorecard_line": ("scorecard", "month", "ratee_code", "line_no"),
    "rpt_scorecard_item": ("scorecard", "month", "ratee_code", "line_no", "item_id"),
    "dq_feed": ("feed",),
    "dq_rejection": ("feed", "field", "code", "severity", "owner"),
    "dq_landing": ("landing_id",),
}
REPEATED = {
    "evt_grid_event": ("event_id",),
    "dim_grid": ("grid_id",),
    "dim_organisation": ("organisation_id",),
    "dim_category": ("category_id",),
    "fct_case_deadline": ("case_id", "stage"),
    "rpt_grid_ledger": ("grid_code", "local_day", "network"),
    "rpt_timeliness": ("org_code", "month"),
    "rpt_indicator": ("indicator", "subject_kind", "subject_code", "period_kind", "period_start"),
    "rpt_indicator_item": ("indicator", "item_id"),
    "rpt_scorecard": ("scorecard", "month", "ratee_code"),
    "rpt_scorecard_line": ("scorecard", "month", "ratee_code", "line_no"),
    "rpt_scorecard_item": ("scorecard", "month", "ratee_code", "line_no", "item_id"),
    "dq_feed": ("feed",),
    "dq_rejection": ("feed", "field", "code", "severity", "owner"),
    "dq_landing": ("landing_id",),
}


def full_name(table: str) -> str:
    schemas = {"evt_grid_event": "intermediate", "mount": "log"}
    return f"{schemas.get(table, 'mart')}.{table}"


def one_row(table: str, change: str) -> str:
    """Change one row of a table, whichever is first."""
    return f"update {full_name(table)} set {change} where rowid = (select min(rowid) from {full_name(table)})"


DEFECTS: dict[str, str] = {
    **{f"{table}.{column}_null": one_row(table, f"{column} = null") for table, columns in NULLED.items()
       for column in columns},
    **{f"{table}.{'_'.join(key)}_repeated": f"insert into {full_name(table)} select * from {full_name(table)} limit 1"
       for table, key in REPEATED.items()},
    "mount.not_one_row": "insert into log.mount select * from log.mount",
    "mount.other_version": "update log.mount set log_version = 'v2'",
    "mount.no_clock": "update log.mount set clock_at = null",
    "mount.stale": "update log.mount set clock_at = clock_at - interval 25 hour",
    "evt_grid_event.not_told": one_row("evt_grid_event", "event_id = 'of-nobody'"),
    "evt_grid_event.fact_lost": "delete from intermediate.evt_grid_event where event_id = 'c1-closed'",
    "evt_grid_event.stream_lost": "delete from mart.fct_case where case_id = 'c3'",
    "dim_grid.no_unknown": "delete from mart.dim_grid where grid_id = 'unlocated'",
    "dim_organisation.no_unknown": "delete from mart.dim_organisation where organisation_id = 'unknown'",
    "dim_category.no_unknown": "update mart.dim_category set category_code = 'K1' where category_id = 'unknown'",
    **{f"{table}.validity_reversed": one_row(table, "valid_to_at = valid_from_at") for table in marts.DIMENSIONS},
    "dim_grid.validity_overlap": "update mart.dim_grid set valid_to_at = null",
    "dim_organisation.validity_overlap": "insert into mart.dim_organisation select 'O1@later', org_code, "
    "timestamp '2026-03-01', null from mart.dim_organisation where org_code = 'O1'",
    "dim_category.validity_overlap": "insert into mart.dim_category select 'K1@later', code_set, kind, category_code, "
    "timestamp '2026-03-01', null from mart.dim_category where category_code = 'K1'",
    "fct_case.case_id_repeated": "insert into mart.fct_case select * from mart.fct_case limit 1",
    "fct_case.feed_stream_type_stream_key_repeated": "insert into mart.fct_case select * replace ('c9' as case_id) "
    "from mart.fct_case limit 1",
    "fct_case.status_unknown": one_row("fct_case", "status = 'lost'"),
    "fct_case.dim_grid_lost": one_row("fct_case", "grid_id = 'unit/U9'"),
    "fct_case.dim_organisation_lost": one_row("fct_case", "org_code = 'O9'"),
    "fct_case.dim_category_lost": one_row("fct_case", "category_id = 'K9'"),
    "fct_case.status_contradicts": "update mart.fct_case set closed_at = null where case_id = 'c1'",
    "fct_case.place_contradicts": "update mart.fct_case set unlocated_reason = null where case_id = 'c6'",
    "fct_case.limit_contradicts": "update mart.fct_case set handle_due_at = null where case_id = 'c1'",
    "fct_case.counts_negative": one_row("fct_case", "urge_count = -1"),
    "fct_case.not_in_log": one_row("fct_case", "stream_key = 'of-nobody'"),
    "fct_case.ends_before_begin": "update mart.fct_case set closed_at = opened_at - interval 1 hour "
    "where case_id = 'c1'",
    "fct_case.after_clock": one_row("fct_case", "last_event_at = timestamp '2026-03-06'"),
    "fct_case_deadline.decision_contradicts": "update mart.fct_case_deadline set is_on_time = not is_on_time "
    "where case_id = 'c1' and stage = 'close'",
    "fct_case_deadline.case_differs": "delete from mart.fct_case_deadline where case_id = 'c3' and stage = 'handle'",
    **{f"{table}.count_negative": one_row(table, f"{column} = {value}") for table, column, value in (
        ("rpt_grid_ledger", "reopened", "-1"), ("rpt_timeliness", "without_limit", "null"), ("dq_feed", "events", "-1"),
        ("dq_rejection", "landings", "null"),
        ("dq_landing", "filtered", "-1"))},
    "rpt_grid_ledger.does_not_carry_over": "update mart.rpt_grid_ledger set open_at_end = open_at_end + 1 "
    "where network = 'city_management' and local_day = date '2026-03-02'",
    "rpt_grid_ledger.day_missing": "delete from mart.rpt_grid_ledger where local_day = date '2026-03-02'",
    "rpt_grid_ledger.overdue_above_open": one_row("rpt_grid_ledger", "overdue_at_end = open_at_end + 1"),
    "rpt_grid_ledger.opened_total": one_row("rpt_grid_ledger", "opened = opened + 1"),
    "rpt_grid_ledger.open_total": "delete from mart.rpt_grid_ledger where grid_code = 'unlocated'",
    "rpt_grid_ledger.grid_lost": one_row("rpt_grid_ledger", "grid_code = 'U9'"),
    "rpt_timeliness.parts_differ": one_row("rpt_timeliness", "handled_late = handled_late + 1"),
    "rpt_timeliness.on_time_above_total": "update mart.rpt_timeliness set close_due = closed_on_time - 1 "
    "where closed > 0",
    "rpt_timeliness.opened_total": one_row("rpt_timeliness", "opened = opened + 1"),
    "rpt_timeliness.handled_total": one_row("rpt_timeliness", "handled = handled + 1"),
    "rpt_timeliness.closed_total": "delete from mart.rpt_timeliness where closed > 0",
    "rpt_timeliness.organisation_lost": one_row("rpt_timeliness", "org_code = 'O9'"),
    "rpt_indicator.share_above_one": "update mart.rpt_indicator set numerator = denominator + 1 "
    "where indicator = 'handled_on_time_rate' and period_kind = 'month'",
    "rpt_indicator.figure_negative": one_row("rpt_indicator", "numerator = -1"),
    "rpt_indicator.subjects_differ": "delete from mart.rpt_indicator where subject_code = 'unknown'",
    "rpt_indicator.things_differ": "delete from mart.rpt_indicator_item where item_id = 'c1'",
    "rpt_indicator.indicator_lost": "delete from mart.dim_indicator where indicator = 'reported'",
    "rpt_indicator_item.reported_total": "delete from mart.rpt_indicator_item where item_id = 'c4'",
    "rpt_scorecard.lines_differ": one_row("rpt_scorecard", "score = score + 1"),
    "rpt_scorecard.rank_wrong": one_row("rpt_scorecard", "ranking = ranking + 1"),
    "rpt_scorecard_line.points_outside": one_row("rpt_scorecard_line", "points = maximum + 1"),
    "rpt_scorecard_item.line_differs": "delete from mart.rpt_scorecard_item where numerator = 1",
    "dq_feed.feeds_differ": "delete from mart.dq_feed where feed = 'silent'",
    "dq_feed.receipts_differ": "update mart.dq_feed set fetched = fetched + 1, rejected = rejected + 1 "
    "where feed = 'cases'",
    "dq_feed.imbalance": "update log.landing set filtered = 7 where landing_id = 'l1'; "
    "update mart.dq_feed set filtered = 7 where feed = 'cases'",
    "dq_feed.verdicts_differ": "update mart.dq_feed set warned = 0 where feed = 'calls'",
    "dq_feed.log_rows_differ": "delete from log.event where event_id = 'c4-reported'",
    "dq_feed.cases_differ": "update mart.dq_feed set unlocated_cases = 0",
    "dq_feed.nothing_of_it": "update mart.dq_feed set log_rows = 0 where feed = 'calls'",
    "dq_feed.behind": one_row("dq_feed", "is_behind = true"),
    "dq_feed.held_back": "update mart.dq_feed set held = 1 where feed = 'calls'",
    "dq_rejection.total": "update mart.dq_rejection set rejections = 2",
    "dq_landing.receipts_differ": one_row("dq_landing", "verdict = 'released'"),
    "dq_rejected_record.total": "delete from mart.dq_rejected_record",
    "dq_unknown_event_type.feed_null": "insert into mart.dq_unknown_event_type values (null, 'x', 'teleported', 1)",
    "dq_unknown_event_type.event_type_null": "insert into mart.dq_unknown_event_type values ('cases', 'x', null, 1)",
    "dq_unknown_event_type.feed_event_type_repeated": "insert into mart.dq_unknown_event_type values "
    "('cases', 'x', 'teleported', 1), ('cases', 'x', 'teleported', 1)",
    "dq_unknown_event_type.total": "update mart.dq_feed set unknown_type_events = 1 where feed = 'cases'",
    "dq_unknown_event_type.present": "insert into mart.dq_unknown_event_type values ('cases', 'x', 'teleported', 1)",
    "dq_place.total": "delete from mart.dq_place where grid_method = 'unlocated'",
    **{f"{table}.{column}_lost": one_row(table, f"{column} = 'of-nobody'") for table, column, _, _ in star.REFERENCES},
    "fct_event.elected_total": "delete from mart.fct_event where event_id = 'c1-closed'",
    "fct_event.elected_differs": one_row("fct_event", "occurred_at = occurred_at + interval 8 hour"),
    **{f"fct_case.{moment}_lost": f"update mart.fct_case set {moment} = {moment} + interval 8 hour where case_id = 'c1'"
       for moment in ("opened_at", "handled_at", "closed_at")},
    "dim_indicator.indicator_absent": "delete from mart.rpt_indicator where indicator = 'reported'",
    "rpt_mechanism.share_above_one": "update mart.rpt_mechanism set numerator = denominator + 1 "
    "where indicator = 'handled_on_time_rate'",
    "rpt_mechanism.above_whole": one_row("rpt_mechanism", "item_count = item_count + 1"),
    "dq_burden.feed_missing": "delete from mart.dq_burden where feed = 'silent'",
    "dq_burden.not_admitted": "update mart.dq_burden set admission_number = null where is_typed_at_the_base",
    "dq_watch.total": "insert into log.finding select * from log.finding",
    "dq_verdict.total": "insert into log.verdict select * from log.verdict",
    "dq_category.total": one_row("dq_category", "cases = cases + 1"),
    "bridge_incident_case.cases_total": "delete from mart.bridge_incident_case where case_id = 'c6'",
    "bridge_incident_case.first_finder_wrong": "update mart.bridge_incident_case set role = 'follower'",
    "fct_incident.cases_total": one_row("fct_incident", "case_count = case_count + 1"),
    "rpt_recurrence.incidents_total": one_row("rpt_recurrence", "incidents = incidents - 1"),
    "rpt_hot_spot.incidents_total": one_row("rpt_hot_spot", "incidents = incidents - 1"),
    "rpt_missed_discovery.parts_differ": one_row("rpt_missed_discovery", "missed = missed + 1"),
    "rpt_component.cases_total": one_row("rpt_component", "cases = 2"),
    "rpt_dwell.seconds_total": one_row("rpt_dwell", "dwell_seconds = dwell_seconds - 1"),
    "dq_report_balance.count_negative": one_row("dq_report_balance", "pending = null"),
    "dq_report_balance.not_balanced": one_row("dq_report_balance", "own_case = own_case - 1"),
    "dq_report_balance.cases_total": one_row("dq_report_balance", "reports = reports - 1, pending = pending - 1"),
    "rpt_due_soon.list_differs": "delete from mart.rpt_due_soon",
    "rpt_due_soon.band_wrong": one_row("rpt_due_soon", "minutes_left = minutes_left - 480"),
    "rpt_suspension.suspended_differs": "delete from mart.rpt_suspension",
    "rpt_suspension.expiry_wrong": one_row("rpt_suspension", "until_at = timestamp '2030-01-01'"),
    "rpt_shuttle.count_wrong": one_row("rpt_shuttle", "shuttle_count = 5"),
    "rpt_handover.contradiction_wrong": one_row("rpt_handover", "to_status = 'closed'"),
    "rpt_handover.workload_wrong": one_row("rpt_handover", "counted_network = 'public_security'"),
    "rpt_whistle.whistles_total": "delete from mart.rpt_whistle where whistle_id = 'w1'",
    "rpt_whistle.state_unknown": one_row("rpt_whistle", "state = 'blown twice'"),
    "rpt_whistle.on_time_wrong": one_row("rpt_whistle", "is_signed_on_time = false"),
    "rpt_whistle.repeat_wrong": "update mart.rpt_whistle set grid_code = 'unlocated' where whistle_id = 'w1'",
    "rpt_whistle_rate.count_negative": one_row("rpt_whistle_rate", "repeats = null"),
    "rpt_whistle_rate.calls_total": one_row("rpt_whistle_rate", "calls = calls + 1"),
    "rpt_whistle_rate.rate_wrong": one_row("rpt_whistle_rate", "whistles_per_million_cases = 333"),
    "rpt_whistle_rate.tail_unknown": one_row("rpt_whistle_rate", "tail = 'odd'"),
    "rpt_supervision.orders_total": "delete from mart.rpt_supervision where supervision_id = 's2'",
    "rpt_supervision.answer_wrong": one_row("rpt_supervision", "minutes_late = 0"),
    "rpt_supervision.open_wrong": one_row("rpt_supervision", "age_days = age_days + 1"),
    "rpt_supervision.relapse_wrong": "update mart.rpt_supervision set matter_key = 'M2' where supervision_id = 's1'",
    "rpt_decision.decisions_total": "delete from mart.rpt_decision where decision_id = 'd2'",
    "rpt_decision.state_unknown": "update mart.rpt_decision set state = 'forgotten' where decision_id = 'd2'",
    "rpt_decision.overdue_wrong": "update mart.rpt_decision set is_overdue = false where decision_id = 'd1'",
    "rpt_application.applications_total": "delete from mart.rpt_application",
    "rpt_application.step_unknown": one_row("rpt_application", "step = 'lost'"),
    "rpt_application.overdue_wrong": one_row("rpt_application", "days_overdue = days_overdue + 1"),
    "rpt_custody.count_negative": one_row("rpt_custody", "left_unsaid = null"),
    "rpt_custody.stays_total": one_row("rpt_custody", "stays = 1, open_now = 0"),
    "rpt_custody.ways_differ": one_row("rpt_custody", "passed_up = 1"),
    "rpt_custody.percentile_wrong": one_row("rpt_custody", "dwell_p90_seconds = 61"),
    "rpt_custody_matter.stays_total": "delete from mart.rpt_custody_matter where matter_id = 'm1'",
    "rpt_custody_matter.state_unknown": "update mart.rpt_custody_matter set state = 'lost' where matter_id = 'm2'",
    "rpt_custody_matter.state_wrong": "update mart.rpt_custody_matter set state = 'between' where matter_id = 'm2'",
    "rpt_discovery.count_negative": one_row("rpt_discovery", "self_fixed = null"),
    "rpt_discovery.cases_total": one_row("rpt_discovery", "found = found + 1"),
    "rpt_discovery.self_fixed_total": one_row("rpt_discovery", "self_fixed = 0"),
    "rpt_discovery.first_above_found": one_row("rpt_discovery", "missed_by_own = 1"),
    "rpt_patrol.count_negative": one_row("rpt_patrol", "patrol_seconds = -1"),
    "rpt_patrol.patrols_total": one_row("rpt_patrol", "patrols = 2"),
    "rpt_patrol.covered_above_days": one_row("rpt_patrol", "patrolled_days = 2"),
    "rpt_duty_post.count_negative": one_row("rpt_duty_post", "cases = -1"),
    "rpt_duty_post.cells_total": "delete from mart.rpt_duty_post",
    "rpt_duty_post.post_basis_unknown": one_row("rpt_duty_post", "post_basis = 'hearsay'"),
    "rpt_duty_post.gap_wrong": one_row("rpt_duty_post", "post_staff_id = 'S9'"),
    "rpt_duty_post.accepted_above_cases": one_row("rpt_duty_post", "accepted = 3"),
    "fct_case_stage.not_seamless": "delete from mart.fct_case_stage where case_id = 'c1' and valid_to_at is null",
    "fct_case_stage.case_missing": "delete from mart.fct_case_stage where case_id = 'c3'",
    "dim_grid_bridge.not_whole": one_row("dim_grid_bridge", "weight_ppm = 999999"),
    "dim_date.day_lost": "delete from mart.dim_date where day = date '2026-03-01'",
    "dim_indicator.registry_empty": "delete from mart.dim_indicator",
    "dq_control_total.count_negative": one_row("dq_control_total", "log_rows = null"),
    "dq_control_total.receipts_differ": "update log.landing set fetched = 7, recorded = 5 where landing_id = 'l1'",
    "dq_control_total.source_differs": one_row("dq_control_total", "duplicate = duplicate + 1"),
    "dq_control_total.log_differs": one_row("dq_control_total", "logged_records = logged_records - 1"),
    "dq_control_total.mart_differs": one_row("dq_control_total", "star_events = star_events - 1"),
}  # fmt: skip
STAR_KEYS = {
    f"{table}.{name}"
    for table, key in star.KEYS.items()
    for name in (*(f"{column}_null" for column in key), f"{'_'.join(key)}_repeated")
}
JUDGED_AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
CHECKS = {check.code: (table, check) for table, found in marts.checks(VERSION, JUDGED_AT).items() for check in found}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_build(tmp_path_factory.mktemp("clean") / "build")


@pytest.fixture
def broken(clean: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(clean, tmp_path / "build"))


def execute(build: Path, statements: str) -> None:
    with duckdb.connect(str(build / gate.WAREHOUSE)) as connection:
        connection.execute(statements)


def result(build: Path, code: str) -> dict[str, Any]:
    """What one check says of a build."""
    table, check = CHECKS[code]
    (row,) = gate._evaluate_marts(build / gate.WAREHOUSE, {table: [check]}, engine.Budget(60))
    return row


def test_a_clean_build_passes(clean: Path) -> None:
    verdict = gate.judge_marts(clean)
    assert (verdict.passed, verdict.crashed, verdict.failures) == (True, False, [])
    assert [row["check"] for row in verdict.results if not row["success"]] == ["dq_feed.held_back"]
    compared = {check.code for found in continuity.checks(Continuity()).values() for check in found}
    assert {row["check"] for row in verdict.results} == CHECKS.keys() | compared


@pytest.mark.parametrize("code", DEFECTS)
def test_a_planted_defect_is_seen(broken: Path, code: str) -> None:
    execute(broken, DEFECTS[code])
    row = result(broken, code)
    assert row["crashed"] is None
    assert not row["success"]
    assert row["observed"] > (1 if code == "dq_feed.held_back" else 0)  # the clean build has one held landing
    assert row["severity"] == CHECKS[code][1].severity


def test_every_check_has_a_defect_that_it_was_seen_to_catch() -> None:
    assert DEFECTS.keys() | STAR_KEYS == CHECKS.keys()


@pytest.mark.parametrize("table", star.KEYS)
def test_a_key_that_is_empty_or_there_twice_is_seen(broken: Path, table: str) -> None:
    name, key = f"mart.{table}", star.KEYS[table]
    execute(broken, f"insert into {name} select * from {name} limit 1")
    for column in key:
        execute(broken, f"insert into {name} select * replace (null as {column}) from {name} limit 1")
    of_key = [check for code, (_, check) in CHECKS.items() if code in STAR_KEYS and check.table == table]
    rows = gate._evaluate_marts(broken / gate.WAREHOUSE, {table: of_key}, engine.Budget(60))
    assert len(rows) == len(key) + 1
    assert [row["check"] for row in rows if row["success"] or row["crashed"]] == []


def test_a_critical_defect_fails_the_edition_and_says_why(broken: Path) -> None:
    execute(broken, DEFECTS["rpt_grid_ledger.does_not_carry_over"])
    verdict = gate.judge_marts(broken)
    assert (verdict.passed, verdict.crashed) == (False, False)
    (why,) = [failure for failure in verdict.failures if "carry_over" in failure]
    assert "opened + reopened - closed - cancelled" in why


def test_a_warning_is_published_with_the_edition(broken: Path) -> None:
    execute(broken, DEFECTS["dq_feed.behind"])
    verdict = gate.judge_marts(broken)
    assert verdict.passed
    assert any(warning.startswith("dq_feed.behind:") for warning in verdict.warnings)


@pytest.mark.parametrize(
    "crash",
    ["drop table mart.dq_place", "alter table mart.dq_place drop column cases", "drop table log.landing"],
    ids=["a mart is missing", "a column is missing", "the log is missing"],
)
def test_a_gate_that_crashes_has_not_passed(broken: Path, crash: str) -> None:
    execute(broken, crash)
    verdict = gate.judge_marts(broken)
    assert (verdict.passed, verdict.crashed) == (False, True)
    assert verdict.failures
    assert json.loads((verdict.pages / "results.json").read_bytes())["passed"] is False


def test_a_build_without_warehouse_or_mount_has_not_passed(broken: Path) -> None:
    (broken / gate.WAREHOUSE).unlink()
    assert gate.judge_marts(broken).crashed
    (broken / "mount.json").unlink()
    assert gate.judge_marts(broken).crashed


def test_a_gate_out_of_time_has_not_passed(clean: Path) -> None:
    verdict = gate.judge_marts(clean, seconds=0.0)
    assert (verdict.passed, verdict.crashed) == (False, True)


def test_a_crashing_warning_is_a_crash_all_the_same(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = marts.checks
    extra = marts.MartCheck(
        "dq_place.odd", "warning", "x", "x", "x", "dq_place",
        lambda gxe: gxe.ExpectColumnValuesToNotBeNull(column="not_there"),
    )  # fmt: skip
    monkeypatch.setattr(marts, "checks", lambda version, now: {**made(version, now), "dq_place": [extra]})
    verdict = gate.judge_marts(broken)
    assert (verdict.passed, verdict.crashed) == (False, True)
    assert "dq_place.odd" in verdict.failures[0]


def test_the_gate_reads_and_never_writes(clean: Path) -> None:
    before = (clean / gate.WAREHOUSE).read_bytes()
    gate.judge_marts(clean)
    assert (clean / gate.WAREHOUSE).read_bytes() == before
    with duckdb.connect(str(clean / gate.WAREHOUSE)) as connection:  # nothing holds the file any more
        connection.execute("select 1")


def test_the_page_needs_nothing_from_elsewhere(clean: Path) -> None:
    page = (gate.judge_marts(clean).pages / "index.html").read_text(encoding="utf-8")
    for foreign in ("http:", "https:", "//", "<script", "@import", "url("):
        assert foreign not in page
    for code in CHECKS:
        assert code in page


def test_the_handbook_names_every_check() -> None:
    handbook = (Path(__file__).parents[2] / "docs" / "gates.md").read_text(encoding="utf-8")
    for code, (table, _) in CHECKS.items():
        name = code.removeprefix(f"{table}.")
        assert f"`{table}`" in handbook
        assert name.endswith(("_null", "_repeated")) or f"`{name}`" in handbook, code
