"""The light reading of contracts that the timetable is made from."""

from datetime import timedelta
from pathlib import Path

import pytest

from ingest.city import open_city
from onegrid.networks import city_folder, home_folder, read_networks


def test_networks_and_feeds_come_in_name_order_with_what_the_contracts_say(timetable_city: Path) -> None:
    power, unreadable, water = read_networks(timetable_city)
    assert (power.name, power.title, [feed.name for feed in power.feeds]) == ("power", "供电", ["outages"])
    assert (water.title, water.offices, water.cadence) == ("供水", ("Metering", "Waterworks"), timedelta(minutes=30))
    assert unreadable.name == "unreadable"


def test_a_contract_that_is_no_yaml_is_a_feed_that_will_fail_in_plain_sight(timetable_city: Path) -> None:
    unreadable = read_networks(timetable_city)[1]
    assert [(feed.name, feed.office, feed.cadence) for feed in unreadable.feeds] == [
        ("torn", "unknown", timedelta(days=1))
    ]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("PT15M", timedelta(minutes=15)),
        ("P1DT12H", timedelta(hours=36)),
        ("P2W", timedelta(weeks=2)),
        ("PT90S", timedelta(seconds=90)),
        ("P", timedelta(days=1)),
        ("PT0S", timedelta(days=1)),  # a schedule of nothing would run without end
        ("daily", timedelta(days=1)),
    ],
)
def test_cadence(tmp_path: Path, text: str, meant: timedelta) -> None:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "a.yml").write_text(f"feed: a\nnetwork: water\ncadence: {text}\n", encoding="utf-8")
    assert read_networks(tmp_path)[0].cadence == meant


def test_the_light_reading_agrees_with_the_strict_one(repository: Path) -> None:
    """Over the sample city: same feeds, networks, cadences, owners and titles."""
    strict = open_city(repository / "cities" / "sandbox")
    light = {feed.name: feed for network in read_networks(strict.root) for feed in network.feeds}
    assert set(light) == set(strict.contracts)
    for name, contract in strict.contracts.items():
        card = light[name]
        assert (card.title, card.network, card.office) == (contract.title, contract.network, contract.owner.office)
        assert (card.cadence, card.mode) == (contract.cadence, contract.mode)


def test_a_city_without_contracts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="ONEGRID_CITY"):
        read_networks(tmp_path)


def test_city_and_home_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, repository: Path
) -> None:
    monkeypatch.delenv("ONEGRID_CITY", raising=False)
    monkeypatch.delenv("ONEGRID_HOME", raising=False)
    assert (city_folder(), home_folder()) == (repository / "cities" / "sandbox", repository / "var")
    monkeypatch.setenv("ONEGRID_CITY", str(tmp_path / "city"))
    monkeypatch.setenv("ONEGRID_HOME", str(tmp_path / "home"))
    assert (city_folder(), home_folder()) == (tmp_path / "city", tmp_path / "home")
