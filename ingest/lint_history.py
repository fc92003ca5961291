"""Whether a contract breaks with what has landed by the one before it: other facts under old names, or persons let out.

A contract may change at will in what it reads more or better. What makes a record or an event the same when it is told
again must stay: else facts stand twice, series end and begin anew, and comparisons over the change mean nothing. Who
has to break with the past says so in the contract (`breaks_with`), with the version that is broken with and why.
"""

from pathlib import Path

from pydantic import ValidationError

from ingest.city import City
from ingest.contract import EventRule, FeedContract
from ingest.errors import OnegridError
from ingest.home import Home
from ingest.log import Log

STRICTEST_FIRST = ("drop", "name", "token", "address", "scrub", "clear")


def landed_contract(home: Home, feed: str) -> FeedContract | None:
    """The contract of the newest landing; None where nothing landed, or an older language cannot be read any more."""
    receipts = Log(home).receipts(feed)
    if not receipts:
        return None
    kept: Path = home.vault / "contracts" / receipts[-1]["contract_hash"]
    try:
        return FeedContract.model_validate_json(kept.read_bytes())
    except (OSError, ValidationError):
        return None


def lint_history(city: City, home: Home) -> list[str]:
    """Every contract of the city that breaks with what has landed, as sentences; empty where none does."""
    faults = []
    for feed in city.feeds:
        try:
            faults += breaks(city.contract(feed), landed_contract(home, feed))
        except OnegridError:  # a contract that is wrong by itself is the plain lint's
            continue
    return faults


def breaks(contract: FeedContract, landed: FeedContract | None) -> list[str]:
    """What of a contract breaks with the one that landed before it, as sentences that say what to do."""
    if landed is None or landed == contract:
        return []
    where = f"{contract.feed}.yml"
    if contract.version <= landed.version:
        landed_one = f"version {landed.version} has landed and says something else"
        return [f"{where}: version: {landed_one}; raise it to {landed.version + 1}"]
    if contract.breaks_with is not None and contract.breaks_with.version == landed.version:
        return []
    way_out = f"; take it back, or say why: breaks_with: {{version: {landed.version}, why: …}}"
    return [f"{where}: {place}: {what}{way_out}" for place, what in _differences(contract, landed)]


def _differences(contract: FeedContract, landed: FeedContract) -> list[tuple[str, str]]:
    found = []
    for name in ("network", "mode", "key"):
        if getattr(contract, name) != getattr(landed, name):
            found.append((name, "it was another one in what has landed, so every fact would be a new one"))
    if (landed.stream is None) != (contract.stream is None) or (
        contract.stream and landed.stream and contract.stream != landed.stream
    ):
        found.append(("stream", "cases would have other names than those that were quoted so far"))
    then, now = _rules(landed), _rules(contract)
    for event_type in sorted(then.keys() - now.keys()):
        found.append(("events", f"{event_type!r} is told no more, but has landed; figures that count it end today"))
    for event_type in sorted(then.keys() & now.keys()):
        if _identities(then[event_type]) != _identities(now[event_type]):
            found.append(("events", f"{event_type!r} is the same event by another rule, so it would stand twice"))
    for name, rule in sorted(landed.fields.items()):
        new = contract.fields.get(name)
        if rule.privacy is None or new is None:
            continue
        was, is_now = rule.privacy, new.privacy
        if is_now is None or STRICTEST_FIRST.index(is_now.rule) > STRICTEST_FIRST.index(was.rule):
            found.append((f"fields.{name}", f"it was {was.rule!r}, and what is personal would come out"))
        elif (was.rule, is_now.rule) == ("token", "token") and was.purpose != is_now.purpose:
            found.append((f"fields.{name}", "a token of another purpose is another person"))
    return found


def _rules(contract: FeedContract) -> dict[str, list[EventRule]]:
    found: dict[str, list[EventRule]] = {}
    for rule in contract.events:
        found.setdefault(rule.type, []).append(rule)
    return found


def _identities(rules: list[EventRule]) -> list[str]:
    """What makes each rule's event the same when it is told again."""
    return sorted(
        f"{rule.identity} {rule.discriminator!r} {rule.stream!r} {rule.at if rule.identity == 'each' else ''!r}"
        for rule in rules
    )
