"""What the DAG files may know of a city: names, owners, cadences and titles of its feeds, read unjudged.

A DAG file is parsed again for every task, so this reads YAML and nothing else. The strict reading of a
contract (`ingest.contract`) happens inside the tasks; a file that cannot even be read becomes a feed of the
network `unreadable`, so that it fails in plain sight and stops no other feed.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parent.parent
UNREADABLE = "unreadable"
DEFAULT_CADENCE = timedelta(days=1)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster, absent where libyaml is
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(frozen=True)
class FeedCard:
    """One feed as the timetable shows it. `cadence` is how often its centre promises to deliver."""

    name: str
    title: str
    network: str
    office: str
    mode: str
    cadence: timedelta
    description: str
    sends_receipts: bool = False


@dataclass(frozen=True)
class NetworkCard:
    """One line of work and its feeds, in name order; never empty."""

    name: str
    title: str
    feeds: tuple[FeedCard, ...]

    @property
    def offices(self) -> tuple[str, ...]:
        """Every office that owns one of the feeds, each once, in order."""
        return tuple(sorted({feed.office for feed in self.feeds}))

    @property
    def cadence(self) -> timedelta:
        """The shortest cadence of the feeds: how often the network is asked for news."""
        return min(feed.cadence for feed in self.feeds)


def city_folder() -> Path:
    """The deployment that this process serves: ONEGRID_CITY, or the sandbox beside the code."""
    return Path(os.environ.get("ONEGRID_CITY", REPOSITORY / "cities" / "sandbox"))


def home_folder() -> Path:
    """Where vault, log, builds and editions stand: ONEGRID_HOME, or `var` beside the code."""
    return Path(os.environ.get("ONEGRID_HOME", REPOSITORY / "var"))


def read_networks(city: Path) -> list[NetworkCard]:
    """The networks of a city folder that have at least one feed, in name order.

    Raises FileNotFoundError where there is no contract: an empty timetable would look like a quiet day.
    """
    contracts = sorted((city / "feeds").glob("*.yml"))
    if not contracts:
        raise FileNotFoundError(f"no contract in {city / 'feeds'}: point ONEGRID_CITY at a city folder")
    titles = _titles(city / "city.yml")
    feeds: dict[str, list[FeedCard]] = {}
    for path in contracts:
        card = _read_card(path)
        feeds.setdefault(card.network, []).append(card)
    return [NetworkCard(name, titles.get(name, name), tuple(cards)) for name, cards in sorted(feeds.items())]


def read_deliveries(city: Path) -> list[str]:
    """Names of the connections that a city's editions are delivered to, each once, in the order of city.yml."""
    asked = _mapping(city / "city.yml").get("deliveries")
    entries = [one for one in asked if isinstance(one, Mapping)] if isinstance(asked, list) else []
    return list(dict.fromkeys(str(one["connection"]) for one in entries if one.get("connection")))


def _titles(path: Path) -> dict[str, str]:
    networks = _mapping(path).get("networks")
    if not isinstance(networks, Mapping):
        return {}
    return {name: str(entry.get("title", name)) for name, entry in networks.items() if isinstance(entry, Mapping)}


def _read_card(path: Path) -> FeedCard:
    contract = _mapping(path)
    owner = contract.get("owner")
    network = str(contract.get("network", ""))
    return FeedCard(
        name=path.stem,
        title=str(contract.get("title", path.stem)),
        network=network if _NAME.fullmatch(network) else UNREADABLE,
        office=str(owner.get("office", "unknown")) if isinstance(owner, Mapping) else "unknown",
        mode=str(contract.get("mode", "unknown")),
        cadence=_duration(contract.get("cadence")),
        description=str(contract.get("description") or "").strip(),
        sends_receipts=bool(contract.get("receipt")),
    )


def _mapping(path: Path) -> Mapping[str, Any]:
    """The file's top level, or nothing where it cannot be read: the task that uses it says what is wrong."""
    try:
        loaded = yaml.load(path.read_bytes(), Loader=_LOADER)
    except (OSError, yaml.YAMLError):
        return {}
    return loaded if isinstance(loaded, Mapping) else {}


def _duration(text: object) -> timedelta:
    match = _DURATION.fullmatch(str(text))
    if not match or not any(match.groups()):
        return DEFAULT_CADENCE
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds) or DEFAULT_CADENCE
