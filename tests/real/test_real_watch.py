"""The watch over a month of real lists: what it says when they are read at their word, and when one collapses."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.city import open_city
from ingest.home import open_home
from onegrid import workflow
from watch.history import History, Workday, read_histories
from watch.look import look

pytestmark = pytest.mark.real
CITY = Path(__file__).resolve().parents[2] / "cities" / "bay_area"
MONTH_ENDS = datetime(2024, 3, 31, 23, 55, tzinfo=UTC)


@pytest.fixture(scope="module")
def read_at_their_word(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, History], Workday]]:
    """Both lists landed by contracts of someone who does not know them: UTC is UTC, the date is the date."""
    root = tmp_path_factory.mktemp("word")
    shutil.copytree(CITY, root / "city")
    outages, dispatch = (root / "city" / "feeds" / f"{feed}.yml" for feed in ("power_outages", "fire_dispatch"))
    text = re.sub(r"(?s)time:\n  labelled.*?(?=crs:)", "time: {zone: UTC}\n", outages.read_text(encoding="utf-8"))
    never = "  county: {source: COUNTY}\n  zip: {source: ZIP, privacy: {rule: clear}}\n"
    outages.write_text(text.replace("  place: {source: CITY}\n", "  place: {source: CITY}\n" + never), encoding="utf-8")
    text = dispatch.read_text(encoding="utf-8")
    by_date = '    derived: look_date\n    type: timestamp\n    formats: ["%Y-%m-%d"]\n'
    text = re.sub(r"(?s)    derived: \"case when contains.*?(?=    required: true)", by_date, text)
    dispatch.write_text(text, encoding="utf-8")
    before = {name: os.environ.get(name) for name in ("ONEGRID_SHARED_DATA", "ONEGRID_NOW")}
    os.environ["ONEGRID_SHARED_DATA"], os.environ["ONEGRID_NOW"] = str(shared_data), MONTH_ENDS.isoformat()
    try:
        city, home = open_city(root / "city"), open_home(root / "home")
        for feed in city.feeds:
            workflow.pull(city, home, feed)
            workflow.land(city, home, feed)
        yield read_histories(city, home, MONTH_ENDS)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def test_the_defects_of_both_lists_are_named(read_at_their_word: tuple[dict[str, History], Workday]) -> None:
    histories, workday = read_at_their_word
    outages = {(one.code, one.subject): one.detail for one in look(histories["power_outages"], MONTH_ENDS, workday)}
    assert outages.keys() == {
        ("clock_offset", ""), ("column_never_filled", "COUNTY"), ("column_never_filled", "ZIP"), ("items_returned", ""),
    }  # fmt: skip
    assert "7.1 h old or older" in outages["clock_offset", ""]
    assert "3 entries" in outages["items_returned", ""]
    dispatch = {(one.code, one.subject): one.detail for one in look(histories["fire_dispatch"], MONTH_ENDS, workday)}
    assert dispatch.keys() == {("redated", "00"), ("items_returned", "")}
    assert "26 of 62 entries took another time" in dispatch["redated", "00"]


def test_summer_time_shows_as_a_clock_that_jumps_by_an_hour(
    read_at_their_word: tuple[dict[str, History], Workday],
) -> None:
    histories, workday = read_at_their_word
    said = _over_the_month(histories["power_outages"], workday)
    assert {code for code, _ in said} >= {"clock_offset", "silent"}
    # the longest gap of the month, 93 minutes in a list that comes every seventeen
    silences = [at for code, at in said if code == "silent"]
    assert datetime(2024, 3, 22, 12, 19, tzinfo=UTC) < silences[-1] < datetime(2024, 3, 22, 13, 53, tzinfo=UTC)
    assert len(silences) <= 2


def test_a_collapse_as_in_may_2024_is_named_within_a_day(
    read_at_their_word: tuple[dict[str, History], Workday],
) -> None:
    """Sixty outages became two, and stayed two (counted in the later history of the same list)."""
    histories, workday = read_at_their_word
    history, falls = histories["power_outages"], datetime(2024, 3, 20, 15, tzinfo=UTC)
    arrivals = [replace(one, records=min(one.records, 2)) if one.at >= falls else one for one in history.arrivals]
    for minutes in range(10, 1440, 10):
        now = falls + timedelta(minutes=minutes)
        told = replace(history, arrivals=[one for one in arrivals if one.at <= now])
        if "list_shrunk" in {one.code for one in look(told, now, workday)}:
            break
    print(f"the collapse was named after {minutes} minutes")
    assert minutes <= 13 * 60


def _over_the_month(history: History, workday: Workday) -> list[tuple[str, datetime]]:
    """(code, when it was found) of what is new at each look, every ten minutes."""
    opened: dict[tuple[str, str], datetime] = {}
    said, now = [], datetime(2024, 3, 4, tzinfo=UTC)
    while now < MONTH_ENDS:
        told = replace(history, arrivals=[one for one in history.arrivals if one.at <= now], redated={}, returned=0)
        found = {one.key: one.since for one in look(told, now, workday, opened)}
        said += [(key[0], now) for key in found.keys() - opened.keys()]
        opened = {key: opened.get(key, since) for key, since in found.items()}
        now += timedelta(minutes=10)
    return said
