"""The whole way on the sample city without Airflow: centres are asked, an edition comes out, and older ones again."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.city import open_city
from ingest.home import open_home
from onegrid import workflow
from reporting.checksums import checksum
from simulator.happenings.world import World
from simulator.told import CHANNELS
from simulator.truth.write import write_truth
from tests.centres import PERSONAL, District, district
from tests.questions import questions

SANDBOX = Path(__file__).resolve().parents[2] / "cities" / "sandbox"

KINDS = ("case", "outage")  # streams that are told as cases; the others speak of cases or of work

pytestmark = pytest.mark.dbt


class Place:
    """A copy of the sample city, so that a contract may be changed, and a home."""

    def __init__(self, root: Path, told: District) -> None:
        self.city, self.home, self.told = root / "city", root / "home", told
        shutil.copytree(SANDBOX, self.city)
        self.runs: list[subprocess.CompletedProcess[str]] = []

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        places = ["--city", str(self.city), "--home", str(self.home)]
        call = [sys.executable, "-m", "onegrid.cli", *arguments, *places]
        done = subprocess.run(call, capture_output=True, text=True, check=False, env=dict(os.environ))
        self.runs.append(done)
        return done

    def manifest(self, edition: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / "editions" / edition / "manifest.json").read_bytes())
        return found

    def checksums(self, edition: str) -> dict[str, str]:
        return {mart["name"]: mart["checksum"] for mart in self.manifest(edition)["marts"]}


def keys(place: Place, feed: str) -> set[str]:
    """The records of a feed: as the simulator told them, or as they stand in the golden file of its sample."""
    if feed in place.told.ledgers:
        return place.told.keys(feed)
    rows = map(json.loads, (place.city / "golden" / f"{feed}.jsonl").read_text(encoding="utf-8").splitlines()[1:])
    return {row["stream_key"] for row in rows if row["row"] == "event"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("whole")
    with district(root / "centres") as told:
        told.day(14)
        place = Place(root, told)
        first = place.run("run")
        assert first.returncode == 0, first.stdout + first.stderr
        yield place


@pytest.fixture(scope="module")
def truth(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The truth folder of what was told up to the run."""
    told, folder = place.told, tmp_path_factory.mktemp("truth")
    write_truth(World(told.plan), told.ledgers, CHANNELS, folder, told.centres.clock, [told.centres.clock])
    return folder


def test_one_run_publishes_the_first_edition_and_says_so(place: Place) -> None:
    said = place.runs[0].stdout
    assert "police_incidents" in said
    assert "edition" in said
    assert (place.home / "editions" / "current" / "report" / "index.html").is_file()
    assert place.manifest("current")["number"] == 1


def test_the_marts_hold_every_record_that_was_told(place: Place) -> None:
    with duckdb.connect(str(place.home / "editions" / "1" / "onegrid.duckdb"), read_only=True) as edition:
        cases = edition.execute("select feed, list(stream_key) from mart.fct_case group by feed").fetchall()
    feeds = open_city(place.city).contracts.values()
    told = {one.feed: keys(place, one.feed) for one in feeds if one.stream and one.stream.type in KINDS}
    rounds = place.told.ledgers["governance_patrols"].rows
    # a walk that found nothing, and what was mended on the spot, are no cases
    told["governance_patrols"] -= set(rounds["recordNo"][rounds["recordType"].isin(["1", "3"])])
    assert {feed: sorted(keys) for feed, keys in cases} == {feed: sorted(keys) for feed, keys in told.items() if keys}
    assert len(cases) == 12


def test_each_case_lives_and_is_due_as_a_perfect_office_finds(place: Place, truth: Path) -> None:
    """Status, category, office, steps, deadlines and whether they were met: the truth as told, case by case."""
    lives = f"""
        select
            lives.feed, lives.key, lives.status, coalesce(lives.code, 'unknown') as code,
            coalesce(lives.org, if(lives.feed = 'hotline_orders', 'HL01', 'unknown')) as org, lives.reported,
            if(lives.status = 'closed', lives.closed, null) as closed,
            handle.due as handle_due, close.due as close_due,
            if(lives.status = 'cancelled', null, handle.stopped) as stopped,
            if(handle.stopped is null, null, handle.met) as handled_on_time,
            if(close.stopped is null, null, close.met) as closed_on_time, handle.first_met
        from read_csv('{truth}/lives.csv', all_varchar = true) as lives
        left join read_csv('{truth}/deadlines.csv', all_varchar = true) as handle
            on lives.feed = handle.feed and lives.key = handle.key and handle.stage = 'handle'
        left join read_csv('{truth}/deadlines.csv', all_varchar = true) as close
            on lives.feed = close.feed and lives.key = close.key and close.stage = 'close'
    """
    mart = f"""
        select
            feed, stream_key, status, category_code, org_code, {local("opened_at")},
            if(status = 'closed', {local("closed_at")}, null), {local("handle_due_at")}, {local("close_due_at")},
            if(status = 'cancelled' or handle_due_at is null, null, {local("coalesce(handled_at, closed_at)")}),
            cast(is_handled_on_time as varchar), cast(is_closed_on_time as varchar),
            cast(is_first_handled_on_time as varchar)
        from mart.fct_case
        where stream_type = 'case' and feed not in ('market_complaints', 'safety_hazards')
    """
    with duckdb.connect(str(place.home / "editions" / "1" / "onegrid.duckdb"), read_only=True) as edition:
        assert edition.execute(f"({mart}) except ({lives})").fetchall() == []
        assert edition.execute(f"({lives}) except ({mart})").fetchall() == []
        [(count,)] = edition.execute(f"select count(*) from ({lives})").fetchall()
        stages = f"""
            select feed, key, stage, since, due, if(met is null, null, stopped) as stopped, met, first_met
            from read_csv('{truth}/deadlines.csv', all_varchar = true)
        """
        rows = f"""
            select
                feed, stream_key, deadlines.stage, {local("started_at")}, {local("deadlines.due_at")},
                if(is_on_time is null, null, {local("stopped_at")}), cast(is_on_time as varchar),
                if(first_stopped_at is null, null, cast(is_first_on_time as varchar))
            from mart.fct_case_deadline as deadlines
            inner join mart.fct_case as cases using (case_id, feed)
            where stream_type = 'case' and feed not in ('market_complaints', 'safety_hazards')
        """
        assert edition.execute(f"({rows}) except ({stages})").fetchall() == []
        assert edition.execute(f"({stages}) except ({rows})").fetchall() == []
        for column, kinds in (("day_rule", 2), ("stage", 5)):
            [(found, fewest)] = edition.execute(
                f"select count(*), min(rows) from (select {column}, count(*) as rows from mart.fct_case_deadline "
                f"group by {column})"
            ).fetchall()
            assert (found, fewest > 100) == (kinds, True)
        [(conditioned,)] = edition.execute(
            "select count(*) from mart.fct_case_deadline where limit_id like '%/危及安全@%'"
        ).fetchall()
        assert conditioned > 20
        reworked = edition.execute(
            "select rework_rule, count(*) from mart.fct_case_deadline where stage = 'handle' and undone_count > 0 "
            "group by rework_rule"
        ).fetchall()
        assert {rule for rule, _ in reworked} == {"bundled", "resume", "restart"}
    assert count > 1_000


def test_what_is_asked_every_morning_is_answered_as_a_perfect_office_does(place: Place, truth: Path) -> None:
    """What is due, suspended, tossed about and handed over: the truth as told, row by row."""
    asked = {
        "due_soon": (
            f"select feed, stream_key, stage, {local('due_at')}, cast(minutes_left as varchar), band "
            "from mart.rpt_due_soon"
        ),
        "suspensions": (
            f"select feed, stream_key, kind, {local('began_at')}, {local('until_at')}, cast(is_lasting as varchar), "
            "cast(age_days as varchar), cast(is_expired_not_resumed as varchar) from mart.rpt_suspension"
        ),
        "shuttle": (
            "select feed, stream_key, cast(shuttle_count as varchar), org_route, last_org_code, "
            f"{local('last_held_since_at')} from mart.rpt_shuttle"
        ),
        "handovers": (
            "select reference_key, from_network, to_network, from_status, to_status, "
            "cast(is_contradictory as varchar), counted_network from mart.rpt_handover"
        ),
    }
    untold = " where feed not in ('market_complaints', 'safety_hazards')"  # files by hand: no centre of the simulator's
    counts = {}
    with duckdb.connect(str(place.home / "editions" / "1" / "onegrid.duckdb"), read_only=True) as edition:
        for name, rows in asked.items():
            mart = rows if name == "handovers" else rows + untold
            told = f"select * from read_csv('{truth}/{name}.csv', all_varchar = true)"
            assert edition.execute(f"({mart}) except ({told})").fetchall() == []
            assert edition.execute(f"({told}) except ({mart})").fetchall() == []
            counts[name] = edition.execute(f"select count(*) from ({told})").fetchall()[0][0]
        [(contradictory,)] = edition.execute("select count(*) from mart.rpt_handover where is_contradictory").fetchall()
    assert counts["due_soon"] > 20
    assert counts["suspensions"] > 20
    assert counts["handovers"] > 50
    assert counts["shuttle"] >= 1
    assert contradictory > 5


MECHANISMS = {
    "whistles": (
        "select feed, stream_key, whistle_no, whistle_kind, street_code, org_code, grid_code, "
        "cast(month_on as varchar), "
        "cast(minutes_to_sign as varchar), cast(minutes_to_contact as varchar), cast(minutes_to_arrive as varchar), "
        "cast(minutes_to_plan as varchar), cast(minutes_to_close as varchar), cast(is_signed_on_time as varchar), "
        "cast(is_contacted_on_time as varchar), cast(is_closed_on_time as varchar), cast(score as varchar), "
        "cast(is_repeat as varchar) from mart.rpt_whistle"
    ),
    # the hand-made samples are cases of a street too, and no centre of the simulator's
    "whistle_rates": (
        "select street_code, cast(month_on as varchar), cast(whistles as varchar), cast(calls as varchar), "
        "cast(repeats as varchar), cast(cases - (select count(*) from mart.fct_case as s inner join mart.dim_grid as g "
        "using (grid_id) where s.feed in ('market_complaints', 'safety_hazards') and g.street_code = r.street_code and "
        "date_trunc('month', s.opened_on) = r.month_on) as varchar), tail from mart.rpt_whistle_rate as r "
        "where cases > 0"
    ),
    "supervisions": (
        "select feed, stream_key, level, way, matter_key, org_code, grid_code, cast(month_on as varchar), "
        "cast(age_days as varchar), cast(minutes_to_answer as varchar), cast(minutes_late as varchar), "
        "cast(is_answered_on_time as varchar), cast(is_open as varchar), cast(is_relapse as varchar) "
        "from mart.rpt_supervision"
    ),
    "decisions": (
        "select feed, stream_key, meeting_no, meeting_type, org_code, street_code, cast(month_on as varchar), "
        "cast(due_on as varchar), state, cast(days_overdue as varchar), cast(is_overdue as varchar) "
        "from mart.rpt_decision"
    ),
    "applications": (
        "select feed, stream_key, benefit_kind, org_code, community_code, street_code, cast(month_on as varchar), "
        "step, cast(due_on as varchar), cast(days_overdue as varchar), cast(is_overdue as varchar), "
        "cast(people as varchar) from mart.rpt_application"
    ),
    "custody": (
        "select level, unit_code, cast(month_on as varchar), cast(stays as varchar), cast(open_now as varchar), "
        "cast(closed_here as varchar), cast(passed_up as varchar), cast(passed_down as varchar), "
        "cast(wrong_level as varchar), cast(dwell_seconds as varchar), cast(dwell_p50_seconds as varchar), "
        "cast(dwell_p90_seconds as varchar), cast(oldest_open_seconds as varchar) from mart.rpt_custody"
    ),
    "custody_matters": (
        "select matter_no, grid_code, first_level, cast(month_on as varchar), cast(stays as varchar), "
        "cast(wrong_levels as varchar), state, level_now, unit_now, strftime(since_at_local, '%Y-%m-%dT%H:%M:%S'), "
        "cast(seconds_here as varchar), cast(is_closed_at_lowest as varchar), cast(is_stuck as varchar) "
        "from mart.rpt_custody_matter"
    ),
    # less what the hand-made samples tell
    "discovery": (
        "select channel, device, grid_code, cast(month_on as varchar), channel_kind, cast(found - (select count(*) "
        "from mart.fct_case as s where s.feed in ('market_complaints', 'safety_hazards') and s.channel = r.channel "
        "and s.grid_code = r.grid_code and date_trunc('month', s.opened_on) = r.month_on) as varchar) as told, "
        "cast(self_fixed as varchar) from mart.rpt_discovery as r where told <> '0' or self_fixed > 0"
    ),
    "patrols": (
        "select grid_code, cast(month_on as varchar), cast(patrols as varchar), cast(patrol_seconds as varchar), "
        "cast(noted as varchar), cast(fixed as varchar), cast(found as varchar), cast(patrolled_days as varchar), "
        "cast(grid_days as varchar) from mart.rpt_patrol"
    ),
    "duties": (
        "select duty_code, duty_class, owner_org_code, approval_document, cast(staff_count as varchar), "
        "cast(budget_yuan as varchar) from mart.rpt_duty where month_on = (select max(month_on) from mart.rpt_duty) "
        "and duty_code in (select duty_code from mart.dim_duty where is_current)"
    ),
    "duty_posts": (
        "select duty_code, grid_code, owner_org_code, post_basis, cast(cases as varchar), cast(accepted as varchar), "
        "cast(accept_seconds as varchar), cast(longest_accept_seconds as varchar) from mart.rpt_duty_post"
    ),
}


def test_the_core_mechanisms_are_counted_as_a_perfect_office_does(place: Place, truth: Path) -> None:
    """Whistles and their rates …: the truth as told, row by row."""
    counts = {}
    with duckdb.connect(str(place.home / "editions" / "1" / "onegrid.duckdb"), read_only=True) as edition:
        for name, mart in MECHANISMS.items():
            told = f"select * from read_csv('{truth}/{name}.csv', all_varchar = true)"
            assert edition.execute(f"({mart}) except all ({told})").fetchall() == [], name
            assert edition.execute(f"({told}) except all ({mart})").fetchall() == [], name
            counts[name] = edition.execute(f"select count(*) from ({told})").fetchall()[0][0]
        [(repeats,)] = edition.execute("select count(*) from mart.rpt_whistle where is_repeat").fetchall()
        [(devices, mended)] = edition.execute(
            "select count(distinct device), sum(self_fixed) from mart.rpt_discovery"
        ).fetchall()
        [(relapses,)] = edition.execute("select count(*) from mart.rpt_supervision where is_relapse").fetchall()
    assert counts["whistles"] > 30
    assert counts["whistle_rates"] == 4
    assert repeats > 2
    assert counts["supervisions"] > 30
    assert relapses > 1
    assert counts["decisions"] > 5
    assert counts["applications"] > 20
    assert counts["custody"] > 15
    assert counts["custody_matters"] > 60
    assert counts["discovery"] > 100
    assert counts["patrols"] > 30
    assert counts["duties"] == 118
    assert counts["duty_posts"] > 3_000
    assert devices > 10
    assert mended > 3


def test_the_questions_of_an_analyst_are_answered(place: Place) -> None:
    asked = questions()
    assert len(asked) >= 20
    with duckdb.connect(str(place.home / "editions" / "1" / "onegrid.duckdb"), read_only=True) as edition:
        empty = {
            int(title.partition(".")[0]) for title, query in asked.items() if not edition.execute(query).fetchall()
        }
    # of a fortnight within a month there is no month before; every code that is told is on a list
    assert empty <= {4, 12}


def local(column: str) -> str:
    """SQL of a moment (UTC) as the truth writes it: of UTC+8."""
    return f"strftime({column} + interval 8 hour, '%Y-%m-%dT%H:%M:%S')"


def test_a_second_run_changes_nothing_and_says_so(place: Place) -> None:
    before = sorted(p.name for p in (place.home / "editions").iterdir())
    again = place.run("run")
    assert again.returncode == 0, again.stderr
    assert "nothing changed" in again.stdout
    assert sorted(p.name for p in (place.home / "editions").iterdir()) == before


def test_a_rebuild_from_nothing_gives_the_same_marts(place: Place) -> None:
    shutil.rmtree(place.home / "builds")
    city, home = open_city(place.city), open_home(place.home)
    made = workflow.build(city, home)
    with duckdb.connect(str(made.path / "onegrid.duckdb"), read_only=True) as warehouse:
        for mart, kept in place.checksums("1").items():
            assert checksum(warehouse, f"mart.{mart}")[1] == kept, mart


def test_no_planted_personal_value_is_in_warehouse_edition_or_any_file(place: Place) -> None:
    planted = place.told.personal_values() | {
        "例舒棠",
        "15400000037",
        "拟禾屿",
        "15400000091",
    }  # the last of the samples
    assert len(planted) > 1_000
    searched = 0
    for database in [*place.home.glob("builds/*/onegrid.duckdb"), *place.home.glob("editions/*/onegrid.duckdb")]:
        with duckdb.connect(str(database), read_only=True) as warehouse:
            tables = warehouse.execute(
                "select table_schema, table_name from information_schema.tables where table_schema <> 'log'"
            ).fetchall()
            for schema, table in tables:
                text = "\n".join(str(row) for row in warehouse.sql(f'from "{schema}"."{table}"').fetchall())
                assert not planted & set(PERSONAL.findall(text)), f"{schema}.{table}"
                searched += 1
    assert searched > 20
    for path in place.home.rglob("*"):
        if path.is_file() and path.suffix not in (".parquet", ".duckdb"):
            text = path.read_bytes().decode("utf-8", errors="ignore")
            assert not planted & set(PERSONAL.findall(text)), path.relative_to(place.home)


def test_a_corrected_contract_makes_a_second_edition_and_the_first_is_built_again_as_it_was(place: Place) -> None:
    contract = place.city / "feeds" / "police_incidents.yml"
    text = contract.read_text(encoding="utf-8")
    version = int(re.search(r"^version: (\d+)$", text, re.M)[1])  # type: ignore[index]
    text = re.sub(r"^version: \d+$", f"version: {version + 1}", text, count=1, flags=re.M)
    text = text.replace("  channel: channel\n", '  channel: {value: "110-corrected"}\n')
    text = re.sub(r"^title: .*$", "title: 改名后的警情", text, count=1, flags=re.M)
    assert "110-corrected" in text
    contract.write_text(text, encoding="utf-8")
    done = place.run("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert place.manifest("current")["number"] == 2
    first, second = place.checksums("1"), place.checksums("2")
    assert first["fct_case"] != second["fct_case"]
    assert first["dq_feed"] != second["dq_feed"]
    city, home = open_city(place.city), open_home(place.home)
    old = workflow.build(city, home, as_of="1")
    assert old.log_version == place.manifest("1")["log_version"]
    with duckdb.connect(str(old.path / "onegrid.duckdb"), read_only=True) as warehouse:
        for mart, kept in first.items():
            assert checksum(warehouse, f"mart.{mart}")[1] == kept, mart


def test_everything_verifies_at_the_end(place: Place) -> None:
    done = place.run("verify")
    assert (done.returncode, done.stdout.strip()) == (0, "sound"), done.stderr


def test_dbt_writes_its_own_documentation(place: Place) -> None:
    done = place.run("docs")
    assert done.returncode == 0, done.stderr
    page = Path(done.stdout.strip().splitlines()[-1])
    assert page.stat().st_size > 100_000
