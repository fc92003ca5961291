"""A closed month against a later edition: every figure that would change, by how much, and why; exactly."""

import csv
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from ingest.errors import ClosingError
from onegrid import workflow
from onegrid.cli import app
from reporting.closing import verify_closings
from reporting.restatement import RestatementReport, read_summary
from reporting.restatement_causes import CAUSES
from reporting.restatement_page import CAUSES as NAMED
from tests.reporting.months import RULES, Case, MonthTown, case
from tests.reporting.town import Town

PLAIN = {name: case(name, day) for day, name in enumerate(["a", "b", "c", "d", "e", "f", "g", "h"], start=2)}
OPEN = case("open", 20, handled_after_days=None)
CASES = {**PLAIN, "open": OPEN, "stays": case("stays", 25, grid="G2", org="O2")}


@pytest.fixture(scope="module")
def _closed(tmp_path_factory: pytest.TempPathFactory) -> MonthTown:
    months = MonthTown(Town(tmp_path_factory.mktemp("months") / "town"))
    months.publish(CASES.values())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEGRID_NOW", "2026-11-05T09:00:00+08:00")
        workflow.close(months.home, "2026-10", by="考核办", why="月结")
    return months


@pytest.fixture
def closed(_closed: MonthTown, tmp_path: Path) -> MonthTown:
    """A town that closed October with edition 1."""
    return _closed.copy(tmp_path / "town")


def with_events(one: Case, **told: str) -> Case:
    """The same case with events of other content, or further ones (`type="2026-10-05 02:00"`)."""
    kept = tuple(event for event in one.events if event[0] not in told)
    return replace(one, events=(*kept, *((kind, at, "told anew") for kind, at in told.items())))


def later(closed: MonthTown, rules: dict[str, str] | None = None, **changes: Case | None) -> None:
    """A second edition in which some cases are others, new, or gone."""
    cases = {**CASES, **changes}
    closed.publish([one for one in cases.values() if one is not None], rules)


def table(report: RestatementReport, name: str) -> list[dict[str, str]]:
    with (report.path / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def causes(report: RestatementReport) -> dict[str, tuple[str, str]]:
    """Case → its cause and all causes, over both indicators (which must agree)."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in table(report, "items"):
        found.setdefault(row["stream_key"], set()).add((row["cause"], row["causes"]))
    return {key: one for key, (one,) in found.items()}


def figures(rows: list[dict[str, str]]) -> dict[tuple[str, str, str], dict[str, str]]:
    return {(row["indicator"], row["subject_kind"], row["subject_code"]): row for row in rows}


def command(closed: MonthTown, *arguments: str) -> Result:
    city = closed.town.home / "builds" / "v1-p1" / "project" / "city"
    return CliRunner().invoke(app, [*arguments, "--home", str(closed.town.home), "--city", str(city)])


def assert_sums_are_exact(closed: MonthTown, report: RestatementReport) -> None:
    """Against the two editions themselves: every figure's difference is the sum of its items', by hand."""
    told: dict[tuple[str, str, str], list[int]] = {}
    with duckdb.connect() as connection:
        for sign, edition in ((-1, report.closed_edition), (1, report.edition)):
            path = closed.town.editions / str(edition) / "marts" / "rpt_indicator.parquet"
            rows = connection.execute(
                "select indicator, subject_kind, subject_code, numerator, coalesce(denominator, 0) "
                f"from read_parquet('{path}') where period_kind = 'month' and period_start = '2026-10-01'"
            ).fetchall()
            for *key, above, below in rows:
                sums = told.setdefault((key[0], key[1], key[2]), [0, 0])
                sums[0] += sign * above
                sums[1] += sign * below
    changed = {key: tuple(sums) for key, sums in told.items() if any(sums)}
    explained: dict[tuple[str, str, str], list[int]] = {}
    for row in table(report, "contributions"):
        sums = explained.setdefault((row["indicator"], row["subject_kind"], row["subject_code"]), [0, 0])
        sums[0] += int(row["numerator_change"])
        sums[1] += int(row["denominator_change"])
    assert {key: tuple(sums) for key, sums in explained.items() if any(sums)} == changed
    reported = figures(table(report, "figures"))
    assert {
        key: (int(row["numerator_change"]), int(row["denominator_change"] or 0)) for key, row in reported.items()
    } == changed


def test_nothing_changed_is_said_and_is_no_failure(closed: MonthTown) -> None:
    later(closed, november=Case("november", (("reported", "2026-11-03 02:00:00", ""),)))
    done = command(closed, "restate", "2026-10")
    assert done.exit_code == 0, done.output
    assert "2026-10, closing 1 (edition 1) against edition 2: nothing changed" in done.output
    page = (closed.home.closings / "2026-10" / "1" / "restatement-2" / "index.html").read_text(encoding="utf-8")
    assert "没有变化" in page
    assert "Nothing changed" in page
    same = workflow.restate(closed.home, "2026-10", edition="1")
    assert (same.changed, same.figures, same.items) == (False, 0, 0)


def test_each_cause_is_found_by_name_and_the_sums_are_exact(closed: MonthTown) -> None:
    duplicate = (*PLAIN["b"].events, ("duplicate_of", "2026-11-06 02:00:00", "c"))
    transferred = (*OPEN.events, ("transferred", "2026-11-06 02:00:00", ""))
    later(
        closed,
        late=case("late", 3),
        a=None,
        b=replace(PLAIN["b"], events=duplicate, org="O2", org_told="O2"),
        c=with_events(PLAIN["c"], handled="2026-10-20 02:00:00"),
        open=replace(OPEN, events=transferred, org="O5", org_told="O5"),
        d=replace(PLAIN["d"], category="k9", org="O3"),
        e=replace(PLAIN["e"], grid="G5"),
        f=replace(PLAIN["f"], org="O4"),
        g=replace(PLAIN["g"], limit_days=0),
    )
    report = workflow.restate(closed.home, "2026-10")
    assert causes(report) == {
        "late": ("late", "late"),
        "a": ("withdrawn", "withdrawn"),
        "b": ("merged", "merged"),
        "c": ("corrected", "corrected"),
        "open": ("continued", "continued"),
        "d": ("recategorised", "recategorised reorganised"),
        "e": ("regridded", "regridded"),
        "f": ("reorganised", "reorganised"),
        "g": ("reruled", "reruled"),
    }
    assert list(report.causes) == [cause for cause in CAUSES if cause != "indirect"]
    assert_sums_are_exact(closed, report)
    # 8 + open + stays were reported, one was withdrawn and one came late; of the disposals c and g are late now
    district = figures(table(report, "figures"))[("handled_on_time_rate", "district", "district")]
    assert (district["share_closed"], district["share_now"], district["share_change"]) == ("9/10", "7/10", "-1/5")
    assert ("reported", "district", "district") not in figures(table(report, "figures"))
    shown = {row["stream_key"]: row for row in table(report, "items") if row["indicator"] == "handled_on_time_rate"}
    assert shown["c"]["events_changed"] == "handled 2026-10-20T02:00:00Z"
    assert shown["b"]["events_added"] == "duplicate_of 2026-11-06T02:00:00Z"
    assert shown["e"]["differences"] == "grid_code: G1 → G5"
    assert shown["g"]["differences"].startswith("handle_limit_value: 2 → 0; handle_due_at: 2026-10-10 02:00:00 → ")


def test_every_figure_is_explained_by_cause(closed: MonthTown) -> None:
    later(closed, late=case("late", 3, org="O2", grid="G2"), e=replace(PLAIN["e"], grid="G2"))
    report = workflow.restate(closed.home, "2026-10")
    told = [(row["cause"], row["items"], row["numerator_change"]) for row in table(report, "causes")
            if (row["indicator"], row["subject_kind"], row["subject_code"]) == ("reported", "grid", "G2")]  # fmt: skip
    assert told == [("late", "1", "1"), ("regridded", "1", "1")]
    assert figures(table(report, "figures"))[("reported", "grid", "G1")]["numerator_change"] == "-1"
    assert figures(table(report, "figures"))[("reported", "post", "water/desk")]["numerator_change"] == "1"
    assert_sums_are_exact(closed, report)


def test_a_step_of_before_the_closing_that_was_told_after_it_is_a_correction(closed: MonthTown) -> None:
    later(closed, open=with_events(OPEN, handled="2026-10-21 02:00:00"))
    report = workflow.restate(closed.home, "2026-10")
    assert report.causes == {"corrected": 1}
    [item] = table(report, "items")
    assert (item["numerator_closed"], item["numerator_now"]) == ("0", "1")
    assert (item["events_added"], item["events_removed"]) == ("handled 2026-10-21T02:00:00Z", "")
    assert_sums_are_exact(closed, report)


def test_several_causes_are_told_and_the_strongest_is_the_cause(closed: MonthTown) -> None:
    moved = with_events(PLAIN["c"], handled="2026-10-20 02:00:00")
    later(closed, c=replace(moved, grid="G7", limit_days=30))
    assert causes(workflow.restate(closed.home, "2026-10")) == {"c": ("corrected", "corrected regridded reruled")}


def test_of_two_changes_of_reference_each_figure_is_told_the_one_that_moved_it(closed: MonthTown) -> None:
    later(closed, g=replace(PLAIN["g"], limit_days=0, grid="G5", org="O4"))
    report = workflow.restate(closed.home, "2026-10")
    assert causes(report) == {"g": ("regridded", "regridded reorganised reruled")}
    told = {
        (row["subject_kind"], row["subject_code"]): row["cause"]
        for row in table(report, "causes")
        if row["indicator"] == "handled_on_time_rate"
    }
    assert told[("district", "district")] == told[("network", "water")] == "reruled"
    assert {told[("grid", code)] for code in ("G1", "G5")} == {"regridded"}
    assert {told[("organisation", code)] for code in ("O1", "O4")} == {"reorganised"}


def test_another_rule_of_an_indicator_is_named(closed: MonthTown) -> None:
    later(closed, rules={**RULES, "reported": "2026-12"}, e=replace(PLAIN["e"], grid="G5"))
    report = workflow.restate(closed.home, "2026-10")
    assert {row["indicator"]: row["causes"] for row in table(report, "items")} == {
        "reported": "regridded reruled",
        "handled_on_time_rate": "regridded",
    }
    assert "2026-11 → 2026-12" in report.page.read_text(encoding="utf-8")


def test_an_indicator_that_was_not_in_the_registry_at_the_closing_is_reruled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEGRID_NOW", "2026-11-05T09:00:00+08:00")
    months = MonthTown(Town(tmp_path))
    path = months.publish(CASES.values())
    drop = "; ".join(
        f"delete from mart.{mart} where indicator = 'reported'" for mart in ("rpt_indicator", "rpt_indicator_item")
    )
    months.change("v1-p1", "v0-p1", drop)
    workflow.close(months.home, "2026-10", by="考核办", why="月结")
    report = workflow.restate(months.home, "2026-10", edition=path.name)
    assert report.causes == {"reruled": len(CASES)}
    assert_sums_are_exact(months, report)


def test_what_changes_by_itself_alone_is_indirect(closed: MonthTown) -> None:
    closed.change(
        "v1-p1",
        "v2-p1",
        "update mart.rpt_indicator_item set numerator = 0 "
        "where stream_key = 'h' and indicator = 'handled_on_time_rate'; "
        "update mart.rpt_indicator set numerator = numerator - 1 where indicator = 'handled_on_time_rate' "
        "and period_start = '2026-10-01' and subject_code in ('district', 'water', 'O1', 'S1', 'G1')",
    )
    report = workflow.restate(closed.home, "2026-10")
    assert causes(report) == {"h": ("indirect", "indirect")}
    assert_sums_are_exact(closed, report)


def test_differences_that_cancel_out_are_told_all_the_same(closed: MonthTown) -> None:
    later(closed, a=None, again=replace(PLAIN["a"], key="again"))
    report = workflow.restate(closed.home, "2026-10")
    assert (report.figures, report.causes) == (0, {"late": 2, "withdrawn": 2})
    assert "互相抵消" in report.page.read_text(encoding="utf-8")


def test_a_figure_that_is_not_the_sum_of_its_items_is_an_error_and_leaves_nothing(closed: MonthTown) -> None:
    wrong = (
        "update mart.rpt_indicator set numerator = numerator + 1 where subject_code = 'O2' and indicator = 'reported'"
    )
    closed.change("v1-p1", "v2-p1", wrong)
    with pytest.raises(
        ClosingError, match="1 figures are not the sum of their items, the first is reported of organisa"
    ):
        workflow.restate(closed.home, "2026-10")
    closing = closed.home.closings / "2026-10" / "1"
    assert not [path.name for path in closing.iterdir() if "restatement" in path.name]


def test_other_frozen_tables_are_compared_row_by_row(closed: MonthTown) -> None:
    later(closed, late=case("late", 3))
    report = workflow.restate(closed.home, "2026-10")
    [scorecard] = [one for one in read_summary(report.path)["other_tables"] if one["name"] == "rpt_scorecard"]
    assert (scorecard["closed_only"], scorecard["now_only"]) == (1, 1)
    rows = {row["edition"]: row["score"] for row in table(report, "rpt_scorecard")}
    assert int(rows["now"]) == int(rows["closed"]) + 1


def test_scores_and_ranks_that_would_change_are_shown(closed: MonthTown) -> None:
    wrong = {key: with_events(PLAIN[key], handled="2026-10-20 02:00:00") for key in "abcdefgh"}
    later(closed, **wrong)
    report = workflow.restate(closed.home, "2026-10")
    told = {
        row["ratee_code"]: [row[f"{name}_{side}"] for name in ("score", "ranking") for side in ("closed", "now")]
        for row in table(report, "scores")
    }
    assert told == {"S1": ["8", "0", "1", "2"], "S2": ["1", "1", "2", "1"]}
    assert "scores.csv" in report.page.read_text(encoding="utf-8")


def test_figures_that_are_no_more_assessable_are_counted(closed: MonthTown) -> None:
    # the closing is of an edition that tells assessability, the later one finds a gap
    assessable = "alter table mart.rpt_indicator add column is_assessable boolean default "
    closed.change("v1-p1", "v2-p1", assessable + "true")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEGRID_NOW", "2026-11-05T09:00:00+08:00")
        workflow.close(closed.home, "2026-10", by="考核办", why="月结", again="补充可考核性")
    closed.change("v1-p1", "v3-p1", assessable + "false")
    report = workflow.restate(closed.home, "2026-10")
    assert not report.changed
    assert read_summary(report.path)["assessable_changes"] > 10
    assert "仅在一期可用于考核" in report.page.read_text(encoding="utf-8")


def test_a_report_stands_beside_the_closing_or_where_it_is_wanted_and_spoils_nothing(
    closed: MonthTown, tmp_path: Path
) -> None:
    later(closed, late=case("late", 3))
    done = command(closed, "restate", "2026-10")
    assert done.exit_code == 1
    assert "figures would change, by 2 items: late 2" in done.output
    assert verify_closings(closed.home) == []
    assert command(closed, "restate", "2026-10").exit_code == 1, "the report is made again in its place"
    names = {path.name for path in (closed.home.closings / "2026-10" / "1").iterdir() if path.is_dir()}
    assert names == {"restatement-2"}
    out = tmp_path / "reports" / "october"
    assert command(closed, "restate", "2026-10", "--out", str(out)).exit_code == 1
    kept = {path.name: path.read_bytes() for path in out.iterdir()}
    assert {"index.html", "figures.csv", "figures.parquet", "items.csv", "contributions.parquet", "causes.csv"} <= set(
        kept
    )
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("信", encoding="utf-8")
    with pytest.raises(ClosingError, match="holds something else"):
        workflow.restate(closed.home, "2026-10", out=tmp_path / "mine")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"month": "2026-09"}, "2026-09 is not closed"),
        ({"month": "2026-10", "closing": 2}, "has no closing 2"),
        ({"month": "2026-10", "edition": "9"}, "no edition '9'"),
    ],
)
def test_what_cannot_be_compared_is_said(closed: MonthTown, arguments: dict[str, Any], word: str) -> None:
    with pytest.raises(ClosingError, match=word):
        workflow.restate(closed.home, **arguments)


def test_a_closing_that_was_tampered_with_is_not_compared(closed: MonthTown) -> None:
    later(closed, late=case("late", 3))
    file = closed.home.closings / "2026-10" / "1" / "rpt_indicator.parquet"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(
        ClosingError, match=r"rpt_indicator\.parquet was changed since the month was closed: it cannot be"
    ):
        workflow.restate(closed.home, "2026-10")


def test_an_edition_of_an_older_project_is_named(closed: MonthTown) -> None:
    closed.change("v1-p1", "v2-p1", "drop table mart.rpt_item_basis")
    with pytest.raises(ClosingError, match="edition 2 has no rpt_item_basis"):
        workflow.restate(closed.home, "2026-10")


def test_the_page_shows_the_shares_and_fetches_nothing(closed: MonthTown) -> None:
    hostile = "<script>alert(1)</script>"
    later(closed, **{hostile: case(hostile, 3), "g": replace(PLAIN["g"], limit_days=0)})
    report = workflow.restate(closed.home, "2026-10")
    page = report.page.read_text(encoding="utf-8")
    assert hostile not in page
    assert "default-src 'none'" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    row = figures(table(report, "figures"))[("handled_on_time_rate", "district", "district")]
    assert Fraction(row["share_change"]) == Fraction(9, 11) - Fraction(9, 10)
    assert row["share_change"] in page


def test_every_cause_has_a_name_in_both_languages() -> None:
    assert tuple(NAMED) == CAUSES
