"""The landing gate: each check sees its own defect, names the landing that has it, and no other."""

import csv
import dataclasses
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations import gate, landings
from ingest.city import Bounds
from ingest.contract import FeedContract
from ingest.log import GATE_CRASHED

from .rows import CASES, GRIDS, LIMITS, OBSERVED, OUTAGES, Landing, Landings, contract_of, restate

BOUNDS = Bounds(lon=(120.1, 120.2), lat=(31.2, 31.3))
VOCABULARY = ["reported", "closed"]
PHONE, IDENTITY = "13800138000", "110101199003070134"  # invented
FAR = 100.12345

Defect = tuple[Callable[[Landing], Any], set[str]]


def put(event_type: str, /, **cells: Any) -> Callable[[Landing], None]:
    """Change cells of the first row of a type."""
    return lambda landing: landing.of(event_type)[0].update(cells)


def receipt(**changed: int) -> Callable[[Landing], None]:
    """Change the receipt's counts by these amounts."""

    def change(landing: Landing) -> None:
        for name, amount in changed.items():
            landing.receipt[name] += amount

    return change


def lose_a_record(landing: Landing) -> None:
    landing.drop([row for row in landing.events if row["line"] == 1])


def tell_a_record_twice(landing: Landing) -> None:
    for row in landing.events:
        if row["line"] == 2:
            row.update(record_key=landing.events[0]["record_key"], record_hash=landing.events[0]["record_hash"])


def tell_an_event_twice(landing: Landing) -> None:
    landing.events.append(dict(landing.events[0]))
    landing.receipt["events"] += 1


def unplace(records: int) -> Callable[[Landing], None]:
    def change(landing: Landing) -> None:
        for row in landing.events:
            if row["line"] <= records:
                row.update(lon=None, lat=None, grid_code_given=None)

    return change


def move_all_away(landing: Landing) -> None:
    for row in landing.events:
        row["lon"] = FAR


def shrink_to_two(landing: Landing) -> None:
    landing.drop([row for row in landing.events if row["line"] > 2])
    landing.receipt.update(fetched=2, recorded=2, duplicate=0, filtered=0)


def repeat_an_item(landing: Landing) -> None:
    first, second = landing.of("item_observed")[:2]
    second["stream_key"] = first["stream_key"]


def state_nothing(landing: Landing) -> None:
    landing.drop(landing.events)
    landing.receipt.update(fetched=0, recorded=0, duplicate=0, filtered=0)


def state_again(**changed: Any) -> Callable[[Landing], None]:
    """The second row speaks of the first one's key, from the local midnight of 2026-02-01."""

    def change(landing: Landing) -> None:
        first, second = landing.events[:2]
        second["attributes"] = first["attributes"]
        restate(second, valid_from="2026-02-01")
        second["occurred_at"] = datetime(2026, 1, 31, 16, tzinfo=UTC)
        restate(first, **changed)

    return change


def change_all(event_type: str, records: int, /, **cells: Any) -> Callable[[Landing], None]:
    """Change cells of the rows of a type in the first records; a text may be a template of the line."""

    def change(landing: Landing) -> None:
        for row in landing.of(event_type):
            if row["line"] <= records:
                row.update(cells)

    return change


def both(records: int, /, **cells: Any) -> Callable[[Landing], None]:
    def change(landing: Landing) -> None:
        for event_type in ("reported", "closed"):
            change_all(event_type, records, **cells)(landing)

    return change


CASE_DEFECTS: dict[str, Defect] = {
    "volume_unusual": (receipt(volume_unusual=1), set()),
    "uncategorised_share:warn": (both(5, category_code=None), {"required:kind"}),
    "unknown_code_share:warn": (both(3, category_code="Z"), {"code:kind"}),
    "unknown_office_share:warn": (both(3, org_code="D9"), set()),
    "unknown_grid_share:warn": (both(3, grid_code_given="9U"), set()),
    "coarse_coordinates": (both(9, lon=120.1), set()),
    "one_key_for_most": (both(21, record_key="K"), {"record_contradicts_itself"}),
    "record_contradicts_itself": (both(2, record_key="K"), set()),
    "columns_emptied": (receipt(columns_emptied=1), set()),
    "empty_text_share:warn": (both(5, text=" "), set()),
    "same_text_share:warn": (both(21, text="请处理"), set()),
    "records_stale": (both(40, recorded_at=OBSERVED - timedelta(days=6, hours=1)), set()),
    # the dispatch of a contract that tells none, before the report
    "stages_out_of_order": (
        put("closed", event_type="accepted", occurred_at=OBSERVED - timedelta(hours=6)),
        {"event_type_not_in_contract", "unknown_event_type"},
    ),
    "balance": (receipt(fetched=1), set()),
    "events_missing": (receipt(events=1), set()),
    "records_missing": (lose_a_record, set()),
    "rejections_missing": (receipt(rejected=1, fetched=1), set()),
    "foreign_rows": (put("closed", batch_id="b-of-another"), set()),
    "repeated_record": (tell_a_record_twice, set()),
    "event_type_not_in_contract": (put("closed", event_type="teleported"), {"unknown_event_type"}),
    "unknown_event_type": (put("closed", event_type="seen_again"), set()),
    **{f"null:{column}": (put("closed", **{column: None}), set()) for column in (*landings.ALWAYS, *landings.RECORD)},
    "null:line": (put("closed", line=None), {"repeated_record"}),
    "required:kind": (put("closed", category_code=None), set()),
    "required:size": (put("closed", attributes='{"size": null}'), set()),
    "code:kind": (put("closed", category_code="Z"), set()),
    "code:channel": (put("closed", channel="pigeon"), set()),
    "outside_share:warn": (put("closed", lon=FAR), set()),
    "outside_share:hold": (move_all_away, {"outside_share:warn"}),
    "new_columns": (receipt(new_columns=1), set()),
    "rejected_share:hold": (lambda landing: landing.reject(4), {"rejected_share:warn"}),
    "rejected_share:warn": (lambda landing: landing.reject(2), set()),
    "unlocated_share:hold": (unplace(21), {"unlocated_share:warn"}),
    "unlocated_share:warn": (unplace(13), set()),
    "too_few_records": (shrink_to_two, set()),
    "personal_value": (put("closed", text=f"请回电 {PHONE}"), set()),
    "token_in_clear": (put("closed", actor_token=PHONE), set()),
    "impossible_place": (put("closed", lat=None), set()),
    "time_before_1990": (put("reported", occurred_at=datetime(1970, 1, 1, tzinfo=UTC)), set()),
    "recorded_after_delivery": (put("closed", recorded_at=OBSERVED + timedelta(minutes=11)), set()),
    "occurred_after_delivery": (put("closed", occurred_at=OBSERVED + timedelta(minutes=11)), set()),
    "closed_before_reported": (put("closed", occurred_at=OBSERVED - timedelta(hours=6)), set()),
    "event_told_twice": (tell_an_event_twice, set()),
}
OUTAGE_DEFECTS: dict[str, Defect] = {
    "not_one_snapshot": (lambda landing: landing.drop(landing.of("snapshot_taken")), set()),
    "item_repeated": (repeat_an_item, set()),
    "too_few_records": (shrink_to_two, set()),
}
GRID_DEFECTS: dict[str, Defect] = {
    "nothing_stated": (state_nothing, set()),
    "validity_reversed": (lambda landing: restate(landing.events[0], valid_to="2025-12-31"), set()),
    "validity_overlap": (state_again(valid_to="2026-02-02"), set()),
    "polygon_unreadable": (lambda landing: restate(landing.events[0], polygon='{"type": "Point"}'), set()),
}
LIMIT_DEFECTS: dict[str, Defect] = {
    "limit_unusable": (lambda landing: restate(landing.events[0], limit_unit="fortnight"), set()),
}
SUBJECTS: dict[str, tuple[str, dict[str, Defect]]] = {
    "cases": (CASES, CASE_DEFECTS),
    "outages": (OUTAGES, OUTAGE_DEFECTS),
    "grids": (GRIDS, GRID_DEFECTS),
    "limits": (LIMITS, LIMIT_DEFECTS),
}
CLEAN = ("clean", "clean-too")


def judged(contract: FeedContract, made: Landings, folder: Path, **options: Any) -> gate.Judgement:
    events, rejections = made.write(folder)
    return gate.judge(contract, BOUNDS, made.receipts, events, rejections, VOCABULARY, **options)


@pytest.fixture(scope="module")
def judgements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, gate.Judgement]:
    """Per feed one run over clean landings and one landing for each defect."""
    found = {}
    for feed, (text, defects) in SUBJECTS.items():
        contract = contract_of(text)
        made = Landings(contract)
        made.add(CLEAN[0])
        for name, (break_it, _) in defects.items():
            break_it(made.add(name))
        made.add(CLEAN[1])
        found[feed] = judged(contract, made, tmp_path_factory.mktemp(feed))
    return found


def broken(judgement: gate.Judgement, landing: str) -> set[str]:
    return {row["check"] for row in judgement.rows if row["landing_id"] == f"l-{landing}"}


@pytest.mark.parametrize(
    ("feed", "check"), [(feed, check) for feed, (_, defects) in SUBJECTS.items() for check in defects]
)
def test_a_check_sees_its_defect_and_nothing_else(judgements: dict[str, gate.Judgement], feed: str, check: str) -> None:
    assert judgements[feed].crash is None
    assert broken(judgements[feed], check) == {check} | SUBJECTS[feed][1][check][1]


@pytest.mark.parametrize("feed", SUBJECTS)
def test_a_clean_landing_among_broken_ones_passes(judgements: dict[str, gate.Judgement], feed: str) -> None:
    verdicts = {verdict.landing_id: verdict for verdict in judgements[feed].verdicts}
    for name in CLEAN:
        assert verdicts[f"l-{name}"].verdict == "pass"
        assert verdicts[f"l-{name}"].reasons == []


def test_every_check_has_a_defect_that_it_was_seen_to_catch() -> None:
    checks: set[str] = set()
    for text, _ in SUBJECTS.values():
        contract = contract_of(text)
        found = [*landings.generated(contract, BOUNDS), *landings.by_hand(contract, VOCABULARY)]
        checks |= {check.code for check in found}
    seen = {check for _, defects in SUBJECTS.values() for check in defects}
    alike = {check for check in checks if check.startswith("required:")}  # one way of looking, seen on two fields
    assert checks - alike == seen - alike
    assert alike & seen == {"required:kind", "required:size"}


@pytest.mark.parametrize(
    ("told", "usable"),
    [
        ({"day_rule": "day_count", "end_minute": "1080", "roll_over": "true"}, True),
        ({"limit_unit": "urgent_day", "stage": "first_measure", "filing_condition": "缺失"}, True),
        ({"day_rule": "calendar"}, False),
        ({"day_rule": "day_count", "limit_unit": "work_hour"}, False),
        ({"end_minute": "1441"}, False),
        ({"roll_over": "perhaps"}, False),
        ({"stage": "sing"}, False),
    ],
)
def test_a_limit_says_how_its_days_are_counted(tmp_path: Path, told: dict[str, str], usable: bool) -> None:
    made = Landings(contract_of(LIMITS))
    restate(made.add("told").events[0], **told)
    judgement = judged(contract_of(LIMITS), made, tmp_path)
    assert broken(judgement, "told") == (set() if usable else {"limit_unusable"})


def test_the_stages_of_limits_are_those_of_the_warehouse() -> None:
    seed = Path(__file__).parents[2] / "dbt_project" / "seeds" / "stage.csv"
    with seed.open(encoding="utf-8", newline="") as lines:
        assert tuple(row["stage"] for row in csv.DictReader(lines)) == landings.STAGES


def test_the_handbook_names_every_check() -> None:
    handbook = (Path(__file__).parents[2] / "docs" / "gates.md").read_text(encoding="utf-8")
    shapes = {"null": "null:<column>", "required": "required:<field>", "code": "code:<field>"}
    for _, defects in SUBJECTS.values():
        for code in defects:
            assert f"`{shapes.get(code.split(':', maxsplit=1)[0], code)}`" in handbook, code


@pytest.mark.parametrize("feed", SUBJECTS)
def test_the_severity_decides_the_verdict(judgements: dict[str, gate.Judgement], feed: str) -> None:
    severities = {check["check"]: check["severity"] for check in judgements[feed].checks}
    verdicts = {verdict.landing_id: verdict.verdict for verdict in judgements[feed].verdicts}
    for name, (_, also) in SUBJECTS[feed][1].items():
        worst = {severities[check] for check in {name} | also}
        assert verdicts[f"l-{name}"] == ("held" if "hold" in worst else "warn"), name


def test_a_reason_names_owner_severity_and_what_was_observed(judgements: dict[str, gate.Judgement]) -> None:
    verdict = next(v for v in judgements["cases"].verdicts if v.landing_id == "l-rejected_share:warn")
    (reason,) = verdict.reasons
    assert (reason["check"], reason["severity"], reason["owner"]) == ("rejected_share:warn", "warn", "样例科室")
    assert reason["observed"] == pytest.approx(2 / 43)  # 40 recorded, 1 duplicate, 2 rejected; the filtered one is out
    assert "3.00%" in reason["sentence"]


def test_a_landing_that_touches_the_threshold_is_let_through(tmp_path: Path) -> None:
    contract = contract_of(CASES)
    made = Landings(contract)
    made.add("at", records=56).reject(3)  # 3 of 60: exactly 5 %
    made.add("over", records=55).reject(3)
    judgement = judged(contract, made, tmp_path)
    assert [verdict.verdict for verdict in judgement.verdicts] == ["warn", "held"]


def test_rows_of_other_attempts_do_not_count(tmp_path: Path) -> None:
    contract = contract_of(CASES)
    made = Landings(contract)
    made.add("clean")
    put("closed", text=PHONE)(made.add("not judged now"))
    events, rejections = made.write(tmp_path)
    judgement = gate.judge(contract, BOUNDS, made.receipts[:1], events, rejections, VOCABULARY)
    assert [(v.landing_id, v.verdict) for v in judgement.verdicts] == [("l-clean", "pass")]


def test_a_row_that_touches_the_next_does_not_overlap(tmp_path: Path) -> None:
    contract = contract_of(GRIDS)
    made = Landings(contract)
    state_again(valid_to="2026-02-01")(made.add("follows"))
    assert judged(contract, made, tmp_path).verdicts[0].verdict == "pass"


def test_nothing_landed_is_nothing_judged(tmp_path: Path) -> None:
    assert gate.judge(contract_of(CASES), BOUNDS, [], [], []) == gate.Judgement([], [], [])


def test_a_receipt_whose_rows_are_gone_is_held(tmp_path: Path) -> None:
    contract = contract_of(CASES)
    made = Landings(contract)
    made.add("lost")
    judgement = gate.judge(contract, BOUNDS, made.receipts, [], [], VOCABULARY)
    assert broken(judgement, "lost") == {"events_missing", "records_missing"}
    assert judgement.verdicts[0].verdict == "held"


class TestCrash:
    """A gate that crashes has not passed anything."""

    def test_a_crashing_expectation_holds_every_landing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        import great_expectations.expectations as gxe

        made_well = landings.suite

        def with_a_crash(name: str, checks: Any) -> Any:
            suite = made_well(name, checks)
            meta = {"check": "crashing", "severity": "warn", "owner": "x", "sentence": "x", "sentence_zh": "x"}
            suite.add_expectation(gxe.ExpectColumnValuesToBeBetween(column="not_there", max_value=0, meta=meta))
            return suite

        monkeypatch.setattr(landings, "suite", with_a_crash)
        contract = contract_of(CASES)
        made = Landings(contract)
        made.add("one")
        made.add("two")
        judgement = judged(contract, made, tmp_path)
        assert [verdict.verdict for verdict in judgement.verdicts] == ["held", "held"]
        assert {reason["check"] for verdict in judgement.verdicts for reason in verdict.reasons} == {GATE_CRASHED}
        assert judgement.crash is not None
        assert "crashing" in judgement.crash

    def test_a_missing_file_holds_every_landing(self, tmp_path: Path) -> None:
        contract = contract_of(CASES)
        made = Landings(contract)
        made.add("one")
        events, rejections = made.write(tmp_path)
        Path(events[0]).unlink()
        judgement = gate.judge(contract, BOUNDS, made.receipts, events, rejections, VOCABULARY)
        assert [verdict.verdict for verdict in judgement.verdicts] == ["held"]
        assert judgement.rows[0]["check"] == GATE_CRASHED

    def test_a_gate_out_of_time_holds_every_landing(self, tmp_path: Path) -> None:
        contract = contract_of(CASES)
        made = Landings(contract)
        made.add("one")
        judgement = judged(contract, made, tmp_path, seconds=0.0)
        assert [verdict.verdict for verdict in judgement.verdicts] == ["held"]
        assert "longer than 0 s" in str(judgement.crash)

    def test_a_landing_that_no_check_looked_at_is_not_passed(self, tmp_path: Path) -> None:
        contract = contract_of(CASES)
        made = Landings(contract)
        made.add("one")
        outcomes = gate._evaluate(
            contract, {"by hand": landings.by_hand(contract)}, made.receipts, [], [], gate.engine.Budget(60)
        )
        unseen = gate.engine.evaluated(outcomes, rows=2)
        assert all(outcome.crash for outcome in unseen)

    def test_an_error_that_quotes_a_row_does_not_reach_the_results(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stumble(connection: duckdb.DuckDBPyConnection, *_: Any) -> None:
            connection.execute(f"select cast(word as bigint) from (values ('call {PHONE}')) as told(word)")

        monkeypatch.setattr(gate, "make_profile", stumble)
        contract = contract_of(CASES)
        made = Landings(contract)
        made.add("one")
        judgement = judged(contract, made, tmp_path)
        assert judgement.verdicts[0].verdict == "held"
        assert judgement.crash == "ConversionException"
        assert PHONE not in json.dumps(dataclasses.asdict(judgement))


def test_results_hold_counts_and_references_only(tmp_path: Path) -> None:
    contract = contract_of(CASES)
    made = Landings(contract)
    landing = made.add("speaks")
    for row, words in zip(landing.events, (f"我叫王小样，电话 {PHONE}", f"身份证 {IDENTITY}"), strict=False):
        row["text"] = words
    landing.events[2]["actor_token"] = PHONE
    landing.events[3]["category_code"] = "王小样"
    judgement = judged(contract, made, tmp_path / "log")
    assert {"personal_value", "token_in_clear", "code:kind"} <= broken(judgement, "speaks")
    gate.write_judgement(tmp_path / "gate", "cases", made.receipts, judgement, OBSERVED)
    for path in (tmp_path / "gate" / "results.json", tmp_path / "gate" / "index.html"):
        written = path.read_text(encoding="utf-8")
        for value in (PHONE, IDENTITY, "王小样", "120.12"):
            assert value not in written


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path, judgements: dict[str, gate.Judgement]) -> None:
    made = Landings(contract_of(CASES))
    for name in (CLEAN[0], *CASE_DEFECTS, CLEAN[1]):
        made.add(name)
    gate.write_judgement(tmp_path, "cases", made.receipts, judgements["cases"], OBSERVED)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    for foreign in ("http:", "https:", "//", "<script", "@import", "url("):
        assert foreign not in page
    for name in CASE_DEFECTS:
        assert f"l-{name}" in page
    assert "样例科室" in page


def test_thousands_of_landings_are_judged_in_one_run_in_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """3,000 landings, every hundredth broken; no data frame ever holds them."""
    import pandas as pd

    widest = 0
    made_well = pd.DataFrame.__init__

    def measured(self: pd.DataFrame, *arguments: Any, **options: Any) -> None:
        nonlocal widest
        made_well(self, *arguments, **options)
        widest = max(widest, len(self))

    contract = contract_of(CASES)
    made = Landings(contract)
    for number in range(3000):
        landing = made.add(str(number), records=3)
        if number % 100 == 7:
            put("closed", category_code="Z")(landing)
    events, rejections = made.write(tmp_path)
    monkeypatch.setattr(pd.DataFrame, "__init__", measured)
    begun = time.monotonic()
    judgement = gate.judge(contract, BOUNDS, made.receipts, events, rejections, VOCABULARY)
    with capsys.disabled():
        print(f"\n3,000 landings judged in {time.monotonic() - begun:.1f} s")
    held = [verdict.landing_id for verdict in judgement.verdicts if verdict.verdict == "held"]
    assert held == [f"l-{number}" for number in range(7, 3000, 100)]
    assert widest < 100


def test_the_profile_holds_one_row_a_landing_and_no_null(tmp_path: Path) -> None:
    from expectations.profile import make_profile

    contract = contract_of(CASES)
    made = Landings(contract)
    made.add("one")
    made.add("two")
    checks = [*landings.generated(contract, BOUNDS), *landings.by_hand(contract, VOCABULARY)]
    with duckdb.connect() as connection:
        make_profile(connection, contract, checks, made.receipts, [], [])  # no file at all: every left join is empty
        rows = connection.execute("select * from profile").fetchall()
    assert len(rows) == 2
    assert all(cell is not None for row in rows for cell in row)
