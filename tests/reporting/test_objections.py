"""Before a month is closed: a draft, a window of working days, objections case by case, rulings, and what they change.

October 2026 has six cases of two organisations; the disposal of b and e came too late. The draft is laid open on
Thursday 5 November; the city works on Saturday the 7th and rests on Monday the 9th.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from ingest.city import ClosingRules
from ingest.errors import ClosingError
from onegrid import workflow
from onegrid.cli import app
from reporting.closing import Closing, Month, closings, parse_month, verify_closings
from reporting.objections import adjudicate, draft, object_to, proceedings, verify_acts
from reporting.reports import write_monthly
from reporting.restatement import read_summary
from tests.conftest import REPOSITORY
from tests.reporting.files import word_tables, word_text
from tests.reporting.months import MonthTown, case
from tests.reporting.town import Town

OCTOBER: Month = parse_month("2026-10")
RULES = ClosingRules(objection_days=3, adjudicator="考核科")
CASES = [
    case("a", 2), case("b", 5, handled_after_days=3), case("c", 12), case("d", 13, grid="G2", org="O2"),
    case("e", 14, grid="G2", org="O2", handled_after_days=3), case("f", 20, grid="G2", org="O2"),
]  # fmt: skip
CALENDAR = """
create table mart.dim_date as select day, day <> date '2026-11-09' and (isodow(day) <= 5 or day = date '2026-11-07')
    as is_workday from (select cast(unnest(generate_series(date '2026-10-01', date '2027-01-31', interval 1 day))
    as date) as day)
"""
# A scorecard of one line: a hundred points by the share that was in time, among units with at least two.
SCORECARD = """
alter table mart.rpt_indicator add column is_assessable boolean default true;
create table mart.rpt_scorecard_item as
    select 'units' as scorecard, date '2026-10-01' as month, org_code as ratee_code, cast(1 as bigint) as line_no,
        indicator, item_id, cast(1 as bigint) as weight, numerator, denominator
    from mart.rpt_indicator_item where indicator = 'handled_on_time_rate';
create table mart.rpt_scorecard_line as
    select scorecard, month, ratee_code, line_no, indicator, 'share' as rule, cast(null as bigint) as threshold,
        cast(null as bigint) as step, cast(sum(numerator) as bigint) as numerator,
        cast(sum(denominator) as bigint) as denominator, cast(100000 as bigint) as maximum,
        cast(round(100000 * sum(numerator) / sum(denominator)) as bigint) as points
    from mart.rpt_scorecard_item group by all;
drop table mart.rpt_scorecard;
create table mart.rpt_scorecard as
    select scorecard, month, ratee_code, 'organisation' as ratee_kind, '单位考核' as title, '样例1号' as authority,
        points as score, maximum, points * 10000 as score_share, denominator, cast(2 as bigint) as min_denominator,
        cast(null as varchar) as why_not_ranked,
        cast(rank() over (partition by scorecard, month order by points desc) as bigint) as ranking
    from mart.rpt_scorecard_line;
"""
WHO = {"by": "考核科 甲", "document": "样例考〔2026〕7号"}
RATE = "handled_on_time_rate"
POINTS = ("chain.closings.before", "chain.closings.after", "act.after_record")


@pytest.fixture(scope="module")
def _months(tmp_path_factory: pytest.TempPathFactory) -> MonthTown:
    months = MonthTown(Town(tmp_path_factory.mktemp("objections") / "town"))
    months.publish(CASES)
    months.change("v1-p1", "v2-p1", CALENDAR)
    return months


@pytest.fixture
def months(_months: MonthTown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MonthTown:
    monkeypatch.setenv("ONEGRID_NOW", "2026-11-05T09:00:00+08:00")
    return _months.copy(tmp_path / "town")


@pytest.fixture
def drafted(months: MonthTown) -> MonthTown:
    draft(months.home, OCTOBER, RULES, **WHO)
    return months


def at(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    monkeypatch.setenv("ONEGRID_NOW", f"2026-11-{moment}:00+08:00")


def objected(months: MonthTown, key: str, unit: str = "O2") -> int:
    made = object_to(months.home, OCTOBER, key, unit, "道路封闭，无法到场", "交警证明 12 号")
    return int(made["number"])


def ruled(months: MonthTown, number: int, upheld: bool = True) -> None:
    adjudicate(months.home, OCTOBER, RULES, number, upheld, "考核科", "乙", "证据属实", "样例裁〔2026〕1号")


def close(months: MonthTown, **options: Any) -> Closing:
    return workflow.close(months.home, "2026-10", rules=RULES, **{**WHO, **options})


def frozen(closing: Closing, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a closing; {table} is replaced by its frozen file."""
    with duckdb.connect() as connection:
        names = {path.stem: f"read_parquet('{path}')" for path in closing.path.glob("*.parquet")}
        return connection.execute(sql.format(**names)).fetchall()


def test_the_window_ends_with_the_third_working_day_of_the_citys_calendar(months: MonthTown) -> None:
    made = draft(months.home, OCTOBER, RULES, **WHO)
    # the 6th, Saturday the 7th, Tuesday the 10th
    assert made["window_end"] == "2026-11-10T16:00:00+00:00"
    assert (made["edition"], made["log_version"], made["adjudicator"]) == (2, "v2", "考核科")
    assert closings(months.home) == []


def test_without_a_calendar_it_is_monday_to_friday(months: MonthTown) -> None:
    made = draft(months.home, OCTOBER, RULES, edition="1", **WHO)
    assert made["window_end"] == "2026-11-10T16:00:00+00:00"
    again = draft(months.home, OCTOBER, ClosingRules(objection_days=2), edition="1", again="天数更正", **WHO)
    assert again["window_end"] == "2026-11-09T16:00:00+00:00"


def test_an_upheld_objection_takes_the_case_out_of_the_rate_and_leaves_the_fact(
    drafted: MonthTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, "09T10:00")
    ruled(drafted, objected(drafted, "e"))
    ruled(drafted, objected(drafted, "b", "O1"), upheld=False)
    at(monkeypatch, "11T09:00")
    closing = close(drafted)
    changed = frozen(
        closing,
        "select subject_kind, subject_code, numerator_before, denominator_before, numerator, denominator "
        "from {closing_figure} where excluded_items > 0 order by all",
    )
    assert changed == [
        ("district", "district", 4, 6, 4, 5),
        ("grid", "G2", 2, 3, 2, 2),
        ("network", "water", 4, 6, 4, 5),
        ("organisation", "O2", 2, 3, 2, 2),
        ("street", "S2", 2, 3, 2, 2),
    ]
    # the raw fact: both figures and items stand as the edition has them; what is merely counted is untouched
    raw = "select numerator, denominator from {rpt_indicator} where indicator = '%s' and subject_kind = 'district'"
    assert frozen(closing, raw % RATE) == [(4, 6)]
    items = "select count(*) from {rpt_indicator_item} where stream_key = 'e'"
    assert frozen(closing, items) == [(2,)]
    counted = "select numerator_before, numerator from {closing_figure} where indicator = 'reported' and "
    assert frozen(closing, counted + "subject_kind = 'district'") == [(6, 6)]
    assert frozen(
        closing, "select objection, indicator, stream_key, reason, role, approver, document from {closing_exclusion}"
    ) == [(1, RATE, "e", "证据属实", "考核科", "乙", "样例裁〔2026〕1号")]
    assert [one["objection"] for one in closing.record["upheld"]] == [1]
    assert workflow.verify(drafted.home) == []


@pytest.fixture
def scored(months: MonthTown) -> MonthTown:
    """The draft is of an edition with a scorecard; both units have 66.667 points and share the first rank."""
    months.change("v2-p1", "v3-p1", SCORECARD)
    draft(months.home, OCTOBER, RULES, **WHO)
    return months


SCORES = (
    "select ratee_code, score_before, ranking_before, score, ranking, denominator, excluded_items "
    "from {closing_score} order by all"
)


def test_an_upheld_objection_gives_the_points_back_and_ranks_again(
    scored: MonthTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled(scored, objected(scored, "e"))
    at(monkeypatch, "11T09:00")
    closing = close(scored)
    assert frozen(closing, SCORES) == [
        ("O1", 66_667, 1, 66_667, 2, 3, 0),
        ("O2", 66_667, 1, 100_000, 1, 2, 1),
    ]
    raw = "select ratee_code, score, ranking from {rpt_scorecard} order by all"
    assert frozen(closing, raw) == [("O1", 66_667, 1), ("O2", 66_667, 1)], "the edition's own stand beside them"
    lines = "select ratee_code, numerator_before, denominator_before, numerator, denominator, points from "
    assert frozen(closing, lines + "{closing_score_line} order by all") == [
        ("O1", 2, 3, 2, 3, 66_667),
        ("O2", 2, 3, 2, 2, 100_000),
    ]
    word = next(path for path in write_monthly(scored.home, "2026-10") if path.suffix == ".docx")
    [table] = [rows for rows in word_tables(word) if "剔除前得分" in rows[0]]
    assert table[1:] == [
        ["单位考核", "1", "O2", "100.00", "100.00", "66.67", "1"],
        ["单位考核", "2", "O1", "66.67", "100.00", "66.67", "1"],
    ]
    assert "得分与名次已剔除申诉成立的案件" in word_text(word)
    assert workflow.verify(scored.home) == []


def test_who_is_left_with_too_few_cases_is_not_ranked_any_more(
    scored: MonthTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("d", "e"):
        ruled(scored, objected(scored, key))
    at(monkeypatch, "11T09:00")
    told = frozen(close(scored), "select ratee_code, score, ranking, why_not_ranked from {closing_score} order by all")
    assert told == [("O1", 66_667, 1, None), ("O2", 100_000, None, "below_minimum")]


def test_scores_by_a_ruling_after_the_closing_are_told_by_the_restatement(
    scored: MonthTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled(scored, objected(scored, "e"))
    objected(scored, "b", "O1")
    at(monkeypatch, "11T09:00")
    closing = close(scored, unruled="裁定未出")
    kept = {path.name: path.read_bytes() for path in closing.path.iterdir()}
    at(monkeypatch, "12T09:00")
    ruled(scored, 2)
    report = workflow.restate(scored.home, "2026-10")
    with duckdb.connect() as connection:
        told = connection.execute(f"from '{report.path}/ruled_scores.parquet'").fetchall()
    # scorecard, ratee; score, maximum and rank of the closing beside those without the later ruling's case
    assert told == [("units", "O1", 66_667, 100_000, 100_000, 100_000, 2, 1)]
    assert read_summary(report.path)["ruled_scores"] == 1
    assert 'data-ruled-score="units/O1"' in report.page.read_text(encoding="utf-8")
    assert {path.name: path.read_bytes() for path in closing.path.iterdir() if path.is_file()} == kept
    assert workflow.verify(scored.home) == []


def test_scores_that_were_changed_by_hand_are_found(scored: MonthTown, monkeypatch: pytest.MonkeyPatch) -> None:
    ruled(scored, objected(scored, "e"))
    at(monkeypatch, "11T09:00")
    scores = close(scored).path / "closing_score.parquet"
    scores.chmod(0o644)
    with duckdb.connect() as connection:
        connection.execute(f"create table told as from read_parquet('{scores}')")
        connection.execute("update told set score = score + 1 where ratee_code = 'O1'")
        connection.execute(f"copy told to '{scores}' (format parquet)")
    assert any("closing_score holds 2 rows" in fault for fault in verify_closings(scored.home))


def test_scores_that_leave_an_objection_out_are_found(scored: MonthTown, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the code had scored wrongly: a record whose hash is right, of rows that the objections do not give."""
    from ingest.chain import record_hash

    ruled(scored, objected(scored, "e"))
    at(monkeypatch, "11T09:00")
    closing = close(scored)
    path = scored.home.log / "chain" / "closings" / "months" / "0000000004.json"
    record = {**closing.record, "upheld": []}
    record["hash"] = record_hash(record)
    path.chmod(0o644)
    path.write_text(json.dumps(record, sort_keys=True), encoding="utf-8")
    faults = verify_closings(scored.home)
    assert any("closing_score is not what the raw rows and the upheld objections give" in fault for fault in faults)
    assert any("closing_score_line is not what" in fault for fault in faults)


def test_two_objections_to_one_case_take_it_out_once(drafted: MonthTown, monkeypatch: pytest.MonkeyPatch) -> None:
    for unit in ("O1", "O2"):
        ruled(drafted, objected(drafted, "e", unit))
    at(monkeypatch, "11T09:00")
    figure = "select numerator, denominator from {closing_figure} where indicator = '%s' and subject_kind = 'district'"
    assert frozen(close(drafted), figure % RATE) == [(4, 5)]


@pytest.mark.parametrize(
    ("moment", "word"),
    [("10T23:59", "units may object until 2026-11-11 00:00"), ("11T00:00", "has not ruled on objections 1")],
)
def test_a_month_is_closed_when_its_window_is_over_and_all_is_ruled_on(
    drafted: MonthTown, monkeypatch: pytest.MonkeyPatch, moment: str, word: str
) -> None:
    objected(drafted, "e")
    at(monkeypatch, moment)
    with pytest.raises(ClosingError, match=word):
        close(drafted)
    assert closings(drafted.home) == []
    at(monkeypatch, "11T00:00")
    closing = close(drafted, unruled="裁定未出，先行月结")
    assert (closing.record["pending"], closing.record["unruled"]) == ([1], "裁定未出，先行月结")


def test_what_is_ruled_after_the_closing_is_told_by_the_restatement_only(
    drafted: MonthTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled(drafted, objected(drafted, "e"))
    objected(drafted, "b", "O1")
    at(monkeypatch, "11T09:00")
    closing = close(drafted, unruled="裁定未出")
    kept = {path.name: path.read_bytes() for path in closing.path.iterdir()}
    at(monkeypatch, "12T09:00")
    assert not workflow.restate(drafted.home, "2026-10").changed
    ruled(drafted, 2)
    appeal = object_to(drafted.home, OCTOBER, "a", "O1", "重复案件", "并案说明")
    assert appeal["closing"] == 1
    ruled(drafted, appeal["number"])
    report = workflow.restate(drafted.home, "2026-10")
    assert (report.changed, report.items, report.rulings) == (True, 0, 2)
    assert [one["objection"] for one in read_summary(report.path)["rulings"]] == [2, 3]
    with duckdb.connect() as connection:
        told = connection.execute(
            f"select numerator_closed, denominator_closed, numerator_ruled, denominator_ruled "
            f"from '{report.path}/ruled_figures.parquet' where subject_kind = 'district'"
        ).fetchall()
    # closed without e; later without b, which was late, and without a, which was in time
    assert told == [(4, 5, 3, 3)]
    page = report.page.read_text(encoding="utf-8")
    assert 'data-ruling="2"' in page
    assert "证据属实" in page
    assert {path.name: path.read_bytes() for path in closing.path.iterdir() if path.is_file()} == kept
    assert workflow.verify(drafted.home) == []


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda m: object_to(m.home, OCTOBER, "e", "O2", "", "x"), "say which unit objects"),
        (lambda m: object_to(m.home, OCTOBER, "e", "O2", "x", ""), "by what evidence"),
        (lambda m: object_to(m.home, OCTOBER, "zz", "O2", "x", "x"), "no rate of 2026-10 counts a case 'zz'"),
        (lambda m: object_to(m.home, OCTOBER, "e", "O9", "x", "x"), "no organisation has the code 'O9'"),
        (lambda m: object_to(m.home, OCTOBER, "e", "O2", "x", "x", indicator="reported"), "does not count"),
        (lambda m: adjudicate(m.home, OCTOBER, RULES, 1, True, "考核科", "乙", "x"), "has no objection 1"),
        (lambda m: adjudicate(m.home, OCTOBER, RULES, 1, True, "秘书科", "乙", "x"), "考核科 rules on objections"),
        (lambda m: draft(m.home, OCTOBER, RULES, **WHO), "has a draft of edition 2"),
        (lambda m: close(m, edition="1"), "units may object until"),
    ],
)
def test_what_may_not_be_is_refused_and_nothing_is_recorded(drafted: MonthTown, call: Any, word: str) -> None:
    with pytest.raises(ClosingError, match=word):
        call(drafted)
    known = proceedings(drafted.home, OCTOBER)
    assert (known.objections, known.rulings) == ([], {})


def test_nobody_objects_between_the_window_and_the_closing(drafted: MonthTown, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "11T00:00")
    with pytest.raises(ClosingError, match=r"could be made until 2026-11-11 00:00.*an appeal is still recorded"):
        objected(drafted, "e")
    with pytest.raises(ClosingError, match="the draft of 2026-10 is edition 2"):
        close(drafted, edition="1")


def test_an_objection_is_ruled_on_once(drafted: MonthTown) -> None:
    number = objected(drafted, "e")
    ruled(drafted, number, upheld=False)
    with pytest.raises(ClosingError, match="was rejected by 乙; a ruling is not replaced"):
        ruled(drafted, number)


def test_a_city_without_a_window_closes_at_once_and_drafts_nothing(months: MonthTown) -> None:
    at_once = ClosingRules(objection_days=0)
    with pytest.raises(ClosingError, match="close the month at once"):
        draft(months.home, OCTOBER, at_once, **WHO)
    closing = workflow.close(months.home, "2026-10", rules=at_once, **WHO)
    assert "upheld" not in closing.record
    assert not (closing.path / "closing_figure.parquet").exists()


def test_a_city_with_a_window_closes_nothing_without_a_draft(months: MonthTown) -> None:
    with pytest.raises(ClosingError, match=r"2026-10 has no draft.*3 working days.*--draft"):
        close(months)
    assert closings(months.home) == []


def test_a_month_that_is_closed_again_is_laid_open_again_and_keeps_what_was_upheld(
    drafted: MonthTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled(drafted, objected(drafted, "e"))
    at(monkeypatch, "11T09:00")
    close(drafted)
    with pytest.raises(ClosingError, match="is closed; for another draft"):
        draft(drafted.home, OCTOBER, RULES, **WHO)
    draft(drafted.home, OCTOBER, RULES, again="补报", **WHO)
    at(monkeypatch, "17T09:00")
    second = close(drafted, again="补报")
    assert second.record["number"] == 2
    assert [one["objection"] for one in second.record["upheld"]] == [1]
    assert workflow.verify(drafted.home) == []


def test_what_is_changed_by_hand_is_found(drafted: MonthTown, monkeypatch: pytest.MonkeyPatch) -> None:
    ruled(drafted, objected(drafted, "e"))
    at(monkeypatch, "11T09:00")
    closing = close(drafted)
    chain = drafted.home.log / "chain" / "closings" / "months"
    ruling = chain / "0000000003.json"
    told = ruling.read_bytes()
    ruling.chmod(0o644)
    ruling.write_bytes(told.replace(b'"upheld":true', b'"upheld":false'))
    assert any("was changed after it was written" in fault for fault in verify_closings(drafted.home))
    ruling.write_bytes(told)
    assert workflow.verify(drafted.home) == []
    figures = closing.path / "closing_figure.parquet"
    figures.chmod(0o644)
    with duckdb.connect() as connection:
        connection.execute(f"create table told as from read_parquet('{figures}')")
        connection.execute("update told set numerator = numerator_before, denominator = denominator_before")
        connection.execute(f"copy told to '{figures}' (format parquet)")
    assert any("closing_figure" in fault for fault in verify_closings(drafted.home))


def test_the_loss_of_the_newest_act_is_found(drafted: MonthTown) -> None:
    objected(drafted, "e")
    (drafted.home.log / "chain" / "closings" / "months" / "0000000002.json").unlink()
    assert [fault for fault in verify_acts(drafted.home) if "act 2 is not in the log" in fault]


def test_a_closing_that_forgets_an_objection_is_found(drafted: MonthTown, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the code had closed wrongly: a record whose hash is right, and which leaves out what was upheld."""
    from ingest.chain import record_hash

    ruled(drafted, objected(drafted, "e"))
    at(monkeypatch, "11T09:00")
    closing = close(drafted)
    path = drafted.home.log / "chain" / "closings" / "months" / "0000000004.json"
    record = {**closing.record, "upheld": []}
    record["hash"] = record_hash(record)
    path.chmod(0o644)
    path.write_text(json.dumps(record, sort_keys=True), encoding="utf-8")
    assert "2026-10: closing 1 does not take out what was upheld" in verify_acts(drafted.home)
    assert any("closing_figure is not what the raw rows" in fault for fault in verify_closings(drafted.home))


@pytest.mark.parametrize(
    ("act", "point"), [*((act, POINTS[0]) for act in ("draft", "object", "adjudicate")), ("object", POINTS[1]),
                       ("adjudicate", POINTS[2])],
)  # fmt: skip
def test_a_kill_anywhere_leaves_a_whole_act_or_none(months: MonthTown, act: str, point: str) -> None:
    if act != "draft":
        draft(months.home, OCTOBER, RULES, **WHO)
    if act == "adjudicate":
        objected(months, "e")
    commands = {
        "draft": ["close", "2026-10", "--draft", "--by", "甲", "--why", "公示"],
        "object": ["object", "2026-10", "e", "--unit", "O2", "--why", "封路", "--evidence", "证明"],
        "adjudicate": ["adjudicate", "2026-10", "1", "--uphold", "--role", "考核科", "--by", "乙", "--why", "属实"],
    }
    before = len(list((months.home.log / "chain" / "closings" / "months").glob("*.json")))
    killed = in_child(months, commands[act], point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    recorded = len(list((months.home.log / "chain" / "closings" / "months").glob("*.json")))
    assert recorded == before + (point != "chain.closings.before")
    assert [*verify_closings(months.home), *verify_acts(months.home)] == []
    if act == "object":  # and the next act finds its way
        again = in_child(months, commands[act])
        assert again.returncode == 0, again.stderr
        assert [*verify_closings(months.home), *verify_acts(months.home)] == []


def places(months: MonthTown) -> list[str]:
    """Home, and a city whose file gives three days for objections."""
    city = months.town.root / "windowed"
    city.mkdir(exist_ok=True)
    plain = (months.home.builds / "v1-p1" / "project" / "city" / "city.yml").read_text(encoding="utf-8")
    rules = "closing: {objection_days: 3, adjudicator: 考核科}"
    (city / "city.yml").write_text(plain.replace("closing: {objection_days: 0}", rules), encoding="utf-8")
    return ["--home", str(months.town.home), "--city", str(city)]


def in_child(months: MonthTown, arguments: list[str], fault: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "onegrid.cli", *arguments, *places(months)],
        cwd=REPOSITORY, env={**os.environ, "ONEGRID_FAULT": fault}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_whole_way_by_command(months: MonthTown, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        done = CliRunner().invoke(app, [*arguments, *places(months)])
        assert done.exception is None or done.exit_code == 0, done.exception
        return done.output

    who = ["--role", "考核科", "--by", "乙", "--why", "属实"]
    assert said("objections", "2026-10") == "no draft, no objections\n"
    assert "objections until 2026-11-11 00:00" in said(
        "close", "2026-10", "--draft", "--by", "甲", "--document", "公示1号"
    )
    proof = tmp_path / "proof.txt"
    proof.write_text("封路通知", encoding="utf-8")
    words = ["--unit", "O2", "--why", "封路", "--evidence", "通知", "--file", str(proof), "--indicator", RATE]
    assert said("object", "2026-10", "e", *words) == f"2026-10: objection 1 to e in {RATE}\n"
    unsaid = CliRunner().invoke(app, ["adjudicate", "2026-10", "1", *who, *places(months)])
    assert "--uphold or --reject" in str(unsaid.exception)
    assert said("adjudicate", "2026-10", "1", "--uphold", *who) == "2026-10: objection 1 upheld\n"
    assert "1: O2 to e (water_cases), 封路; evidence 通知: upheld by 乙" in said("objections", "2026-10")
    at(monkeypatch, "11T00:00")
    done = said("close", "2026-10", "--by", "甲", "--document", "月结1号", "--json")
    assert json.loads(done)["upheld"] == [1]
    [record] = proceedings(months.home, OCTOBER).objections
    assert (record["file"], len(record["file_sha256"])) == ("proof.txt", 64)
    assert said("verify") == "sound\n"
