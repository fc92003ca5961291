"""The steps from a source to an edition, as plain functions: the DAGs and the command line call these and nothing else.

Each step takes all that is new, may run twice at once, and may be killed anywhere: what it had not committed is done
again by the next call.
"""

import logging
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.acknowledge import AcknowledgeReport, acknowledge
from ingest.city import City, open_city
from ingest.errors import GateError, OnegridError
from ingest.home import Home, open_home
from ingest.land import LandReport, land
from ingest.log import Log, Verdict, is_crash
from ingest.pull import PullReport, pull
from reporting.build import BuildReport, current_edition
from reporting.build import build as build_warehouse
from reporting.edition import EditionReport, verify_edition
from reporting.edition import publish as publish_edition

logger = logging.getLogger(__name__)

__all__ = [
    "AcknowledgeReport", "BuildReport", "EditionReport", "GateReport", "LandReport", "MartGateReport", "PullReport",
    "acknowledge", "build",
    "gate_landings", "gate_marts", "judge_by_hand", "land", "open_city", "open_home", "publish", "pull", "redrive",
    "verify",
]  # fmt: skip


@dataclass(frozen=True)
class GateReport:
    """What the landing gate said of the landings that had no verdict; `reasons` name landing and check."""

    feed: str
    passed: int = 0
    warned: int = 0
    held: int = 0
    reasons: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class MartGateReport:
    """What the mart gate said of a build: `failures` as sentences, `pages` where a person reads the results."""

    passed: bool
    failures: list[str]
    pages: Path

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "pages": str(self.pages)}


@dataclass(frozen=True)
class RedriveReport:
    """What landing again did: rejected records and held landings of the newest landings, before and after."""

    feed: str
    landings: int
    rejected_before: int
    rejected_after: int
    held_before: int
    held_after: int


def gate_landings(city: City, home: Home, feed: str) -> GateReport:
    """Judge every landing of a feed that has no verdict, and record the verdicts.

    A crash of the gate holds them until the gate has judged them after all, or a person has.
    """
    log = Log(home)
    judged = {verdict["landing_id"] for verdict in log.verdicts(feed) if not is_crash(verdict)}
    pending = [receipt for receipt in log.receipts(feed) if receipt["landing_id"] not in judged]
    if not pending:
        return GateReport(feed)
    from expectations.gate import judge_landings

    told = judge_landings(city, home, feed, pending)
    log.record_verdicts(feed, told)
    counts = {name: sum(1 for v in told if v.verdict == name) for name in ("pass", "warn", "held")}
    reasons = [f"{v.landing_id[:8]}: {reason['check']}" for v in told if v.verdict != "pass" for reason in v.reasons]
    logger.info("feed %s: %s landings judged, %s held", feed, len(told), counts["held"])
    return GateReport(feed, counts["pass"], counts["warn"], counts["held"], reasons)


def redrive(city: City, home: Home, feed: str) -> RedriveReport:
    """Land again whatever the contract in force, the code or the keys would land differently, and judge it.

    Every batch is sealed, so nothing has to be asked of the source again; a batch whose recipe is unchanged stays.
    """
    log = Log(home)
    rejected, held = _waiting(log, feed)
    landed = land(city, home, feed)
    gate_landings(city, home, feed)
    rejected_after, held_after = _waiting(log, feed)
    return RedriveReport(feed, landed.landings, rejected, rejected_after, held, held_after)


def _waiting(log: Log, feed: str) -> tuple[int, int]:
    """Rejected records and held landings among the newest landing of each batch."""
    newest = {receipt["batch_id"]: receipt for receipt in log.receipts(feed)}
    verdicts = {verdict["landing_id"]: verdict["verdict"] for verdict in log.verdicts(feed)}
    held = sum(verdicts.get(receipt["landing_id"]) == "held" for receipt in newest.values())
    return sum(receipt["rejected"] for receipt in newest.values()), held


def judge_by_hand(city: City, home: Home, landing: str, verdict: str, by: str, why: str) -> str:
    """A person releases, holds or refuses a landing (by its id or the beginning of it). Returns the full id.

    Raises OnegridError where no landing, or more than one, is meant, or `by` or `why` is empty.
    """
    if not by.strip() or not why.strip():
        raise OnegridError("say who decides (--by) and why (--why): both are kept with the verdict")
    log = Log(home)
    found = [r for r in log.receipts() if r["landing_id"].startswith(landing)]
    if len(found) != 1:
        what = "no landing" if not found else f"{len(found)} landings"
        raise OnegridError(f"{what} begin with {landing!r}; `onegrid status --held` lists those that wait")
    city.contract(found[0]["feed"])
    log.record_verdicts(found[0]["feed"], [Verdict(found[0]["landing_id"], verdict, [], by=by, why=why)])
    return str(found[0]["landing_id"])


def build(city: City, home: Home, as_of: str | None = None) -> BuildReport:
    """Build the log as it stands (or as of an edition or log version) unless its edition is published already."""
    made = build_warehouse(city, home, as_of)
    current = current_edition(home)
    published = as_of is None and current is not None and current["build_id"] == made.build_id
    return replace(made, changed=not published)


def gate_marts(city: City, home: Home, build_id: str) -> MartGateReport:
    """Judge the marts of a build; results stay beside it. A crashed check is a failure."""
    from expectations.gate import judge_marts

    path = _build_path(home, build_id)
    verdict = judge_marts(path)
    return MartGateReport(verdict.passed, verdict.failures, verdict.pages)


def publish(city: City, home: Home, build_id: str) -> EditionReport:
    """Publish a gated build as the next edition. Raises PublishError where its gate did not pass."""
    return publish_edition(_build_path(home, build_id), home.root)


def _build_path(home: Home, build_id: str) -> Path:
    path = home.builds / build_id
    if not (path / "build.json").is_file():
        raise GateError(f"there is no finished build {build_id!r}; run `onegrid build` first")
    return path


def verify(home: Home) -> list[str]:
    """Everything wrong with the vault, the log and the editions of a home, as sentences; empty when sound."""
    from ingest.vault import Vault

    found = [*Vault(home).faults(), *Log(home).faults()]
    editions = sorted((p for p in home.editions.glob("*") if p.name.isdigit()), key=lambda p: int(p.name))
    for edition in editions:
        found.extend(f"edition {edition.name}: {fault}" for fault in verify_edition(edition))
    return found
