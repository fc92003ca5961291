"""The closing table, over a home that really pulled and landed two reference feeds of the sample city."""

import json
import re
from pathlib import Path

import pytest

from ingest.log import Log, Verdict
from onegrid import workflow
from onegrid.summary import run_summary
from simulator.plan import Plan
from tests.centres import district


@pytest.fixture
def landed(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """City and home; ref_calendar is landed and judged, ref_shift is landed and waits for its verdict."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    city, home = repository / "cities" / "sandbox", tmp_path / "home"
    place, store = workflow.open_city(city), workflow.open_home(home)
    with district(tmp_path / "centres", Plan(days=1)) as told:
        told.day(1)
        for feed in ("ref_calendar", "ref_shift"):
            workflow.pull(place, store, feed)
            workflow.land(place, store, feed)
    (receipt,) = Log(store).receipts("ref_calendar")
    for verdict in ("held", "released"):
        by_hand = Verdict(receipt["landing_id"], verdict, [], by="the desk", why="known")
        Log(store).record_verdicts("ref_calendar", [by_hand])
    return city, home


def line_of(table: str, feed: str) -> list[str]:
    (line,) = [line for line in table.splitlines() if re.search(rf"\b{feed}\b", line)]
    return line.split()


def test_each_feed_shows_its_counts_and_its_newest_verdicts(landed: tuple[Path, Path]) -> None:
    city, home = landed
    table = run_summary(city, home)
    (receipt,) = Log(workflow.open_home(home)).receipts("ref_calendar")
    counts = [str(receipt[name]) for name in ("fetched", "recorded", "duplicate", "rejected", "filtered")]
    assert receipt["fetched"] > 0
    assert line_of(table, "ref_calendar") == ["reference", "ref_calendar", "1", *counts, "1", "released"]
    assert line_of(table, "ref_shift")[-2:] == ["1", "unjudged"]


def test_feeds_that_brought_nothing_are_shown_and_the_total_adds_up(landed: tuple[Path, Path]) -> None:
    table = run_summary(*landed)
    assert line_of(table, "power_outages")[2:] == ["0", "0", "0", "0", "0", "0", "-"]
    fetched = [int(line_of(table, feed)[3]) for feed in ("ref_calendar", "ref_shift")]
    assert line_of(table, "total")[1:3] == ["2", str(sum(fetched))]


def test_without_an_edition_it_says_so(landed: tuple[Path, Path]) -> None:
    assert run_summary(*landed).endswith("no edition is published yet")


def test_the_current_edition_its_gate_and_its_report_are_named(landed: tuple[Path, Path]) -> None:
    city, home = landed
    current = home / "editions" / "current"
    current.mkdir(parents=True)
    manifest = {
        "number": 7,
        "title": "A district",
        "log_version": "abc",
        "published_at": "2026-11-23T01:00:00+00:00",
        "gates": {
            "marts": {"results": [{"check": "fct_case_key", "success": True}, {"check": "late_feed", "success": False}]}
        },
    }
    (current / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    lines = run_summary(city, home).splitlines()[-3:]
    assert lines[0].startswith("edition 7 of A district, log version abc")
    assert lines[1] == "mart gate: 1 of 2 checks passed, warned: late_feed"
    assert lines[2] == f"report: {current / 'report' / 'index.html'}"
